import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RoomMemory } from '../../src/store/queue-store.ts';
import { busyRoom } from '../support/busy-room.ts';
import type { HeldTicket } from '../support/room-under-test.ts';
import { giveBack, kindOf } from '../support/lost-room.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('later callers of a recovery (%s)', (kind) => {
  const test = useStore(kind);

  it('are merged in while the room holds: each adds what the others did not know', async () => {
    const { room, other, tickets } = await busyRoom(test);
    await room.finish(tickets[0] as HeldTicket, 'completed', 1);
    await room.change({ places: 20 });
    await room.tickUntilDone();
    await test.wipe(room.roomId);
    await other.tick();
    const before = await room.observe();
    expect(before.counters).toMatchObject({ placesUsed: 2, version: 1 });
    expect(await kindOf(test, room)).toBe('behind');
    await room.ticks(1);
    const after = await room.observe();
    expect(after.counters).toMatchObject({
      placesUsed: 3,
      version: 2,
      epochNumber: before.counters.epochNumber,
    });
    expect(after.spent).toContain(tickets[0]?.ticketId);
    expect(room.cursor.epochId).toBe(other.cursor.epochId);
  });

  it('who knew no more add nothing but an event, even when repeated after a lost reply', async () => {
    const { room, other } = await busyRoom(test);
    await test.wipe(room.roomId);
    const memory = other.memory();
    expect(await giveBack(test, memory)).toBe('recovered');
    const before = await room.observe();
    expect(await giveBack(test, memory)).toBe('recovered');
    expect(await giveBack(test, room.memory())).toBe('recovered');
    const eventNumber = before.counters.eventNumber + 2;
    expect(await room.observe()).toEqual({ ...before, counters: { ...before.counters, eventNumber } });
  });

  it('are told by an event, so that a copy from before it is known as one', async () => {
    const { room, other } = await busyRoom(test);
    await room.finish({ ticketId: randomUUID() }, 'completed', 1);
    await test.wipe(room.roomId);
    await other.tick();
    const copy = await test.copy(room.roomId);
    await room.tick();
    await copy.restore();
    await test.restart(room.roomId);
    expect(await kindOf(test, room)).toBe('behind');
    await room.tick();
    expect((await room.observe()).counters.placesUsed).toBe(3);
  });

  it('with a higher frontier ask those back who were put back to wait below it', async () => {
    const { room, other, tickets } = await busyRoom(test);
    const waiting = tickets[2] as HeldTicket;
    await room.change({ capacity: 3 });
    await room.ticks(2);
    expect(await room.stateOf(waiting)).toBe('admitted');
    await test.wipe(room.roomId);
    await other.tick();
    expect((await other.sight(...tickets)).map((answer) => answer.kind)).toEqual([
      'lapsed',
      'lapsed',
      'waiting',
      'waiting',
      'waiting',
    ]);
    await room.tick();
    expect(await room.statesOf(tickets)).toEqual(['lapsed', 'lapsed', 'lapsed', 'waiting', 'waiting']);
    const { events } = await other.tick();
    expect(events.find(({ type }) => type === 'lapsed')).toMatchObject({ ticketIds: [waiting.ticketId] });
  });

  it('places finished since the recovery are not counted twice', async () => {
    const { room, other } = await busyRoom(test);
    await test.wipe(room.roomId);
    await room.tick();
    await room.finish({ ticketId: randomUUID() }, 'completed', 1);
    await other.tick();
    expect((await room.observe()).counters.placesUsed).toBe(3);
  });

  it('with a later room clock move nobody’s session or presence', async () => {
    const { room, other, tickets } = await busyRoom(test);
    const inside = tickets[0] as HeldTicket;
    await test.wipe(room.roomId);
    await other.tick();
    const kept = await other.keepAlive(inside, 'pass');
    const { atMs } = (await other.sight(tickets[3] as HeldTicket))[0] as { atMs: number };
    const { clockMs } = other.cursor as RoomMemory;
    await giveBack(test, { ...room.memory(), clockMs: clockMs + 600_000 });
    await other.ticks(1);
    expect(await room.observeTicket(inside)).toMatchObject({
      state: 'entered',
      atMs: Reflect.get(kept, 'expiryMs'),
    });
    expect((await room.observe()).counters.clockUs).toBeLessThan(atMs * 1_000);
  });

  it('who come after the hold and knew less of events are served; who knew more begin anew', async () => {
    const { room, other } = await busyRoom(test);
    await test.wipe(room.roomId);
    const memory = room.memory();
    await room.tick();
    await room.pass(31_000);
    expect(await giveBack(test, memory)).toBe('known');
    expect(await kindOf(test, other)).toBe('served');
    expect(await giveBack(test, { ...memory, eventNumber: memory.eventNumber + 50 })).toBe('recovered');
    expect((await room.observe()).counters.epochNumber).toBe(memory.epochNumber + 2);
  });

  it('bring more ended tickets than one call takes in further calls, each as from before the loss', async () => {
    const { room } = await busyRoom(test);
    const ends = (count: number): RoomMemory['ended'] =>
      Array.from({ length: count }, () => ({ ticketId: randomUUID(), outcome: 'left', placesUsed: 0 }));
    await test.wipe(room.roomId);
    const memory = room.memory();
    expect(await giveBack(test, { ...memory, ended: ends(500) })).toBe('recovered');
    const { counters } = await room.observe();
    expect(await giveBack(test, { ...memory, ended: ends(200) })).toBe('recovered');
    const after = await room.observe();
    expect(after.spent).toHaveLength(700);
    expect(after.counters).toEqual({ ...counters, eventNumber: counters.eventNumber + 1 });
    await room.pass(31_000);
    expect(await giveBack(test, { ...memory, ended: ends(1) })).toBe('known');
  });

  it('free no seat of somebody who left, when the pass was shown again meanwhile', async () => {
    const { room, other, tickets } = await busyRoom(test);
    const inside = tickets[0] as HeldTicket;
    await room.leave(inside);
    await room.tickUntilDone();
    await test.wipe(room.roomId);
    await other.tick();
    expect(await other.keepAlive(inside, 'pass')).toMatchObject({ kind: 'kept' });
    await room.tick();
    expect(await room.observeTicket(inside)).toMatchObject({ state: 'entered', left: true });
    expect(await room.keepAlive(inside, 'pass')).toEqual({ kind: 'ended' });
  });

  it('are not merged into a copy from within a recovery: that is stale, and worth no more than any', async () => {
    const { room, tickets } = await busyRoom(test);
    await test.wipe(room.roomId);
    await room.tick();
    await room.sight(...tickets);
    await room.comeBack(tickets[0] as HeldTicket);
    const copy = await test.copy(room.roomId);
    await test.restart(room.roomId);
    await room.pass(31_000);
    await room.finish(tickets[1] as HeldTicket);
    await room.sight(...tickets);
    await room.ticks(2);
    expect(await room.stateOf(tickets[0] as HeldTicket)).toBe('admitted');
    await copy.restore();
    await room.tick();
    expect((await room.observe()).tickets).toEqual([]);
    expect(await room.sight(tickets[0] as HeldTicket)).toMatchObject([{ kind: 'lapsed' }]);
  });

  it('take back a ticket that was sighted meanwhile and had ended', async () => {
    const { room, other, tickets } = await busyRoom(test);
    const leaving = tickets[3] as HeldTicket;
    await room.leave(leaving);
    await room.tickUntilDone();
    await test.wipe(room.roomId);
    await other.tick();
    expect(await other.sight(leaving)).toMatchObject([{ kind: 'waiting' }]);
    await room.tick();
    expect(await room.stateOf(leaving)).toBe('spent');
  });

  it('a store process that changes during a recovery loses nobody and counts nothing twice', async () => {
    const { room, other, tickets } = await busyRoom(test);
    await test.wipe(room.roomId);
    await room.tick();
    await other.tick();
    await room.sight(...tickets);
    await room.finish({ ticketId: randomUUID() }, 'completed', 1);
    await other.tick();
    await test.restart(room.roomId);
    await room.tick();
    await other.tick();
    expect(await room.statesOf(tickets)).toEqual(['lapsed', 'lapsed', 'waiting', 'waiting', 'waiting']);
    expect((await room.observe()).counters.placesUsed).toBe(3);
  });
});
