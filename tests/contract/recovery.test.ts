import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RoomMemory } from '../../src/store/queue-store.ts';
import { type HeldTicket, newRoom, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('recovery (%s)', (kind) => {
  const test = useStore(kind);

  const giveBack = async (memory: RoomMemory, callerWallMs = test.time.ms): Promise<string> => {
    const reply = await test.store.recover(memory, callerWallMs);
    return reply.kind === 'served' ? reply.answer : reply.kind;
  };
  const kindOf = async (room: RoomUnderTest): Promise<string> =>
    (await test.store.enter(room.roomId, room.cursor, { ticketId: randomUUID(), gen: 0 })).kind;

  /** A room with one inside, one admitted and three waiting; two replicas know all of it. */
  async function busyRoom(): Promise<{ room: RoomUnderTest; other: RoomUnderTest; tickets: HeldTicket[] }> {
    const room = await openRoom(test, {
      capacity: 2,
      outflowPerMinute: 60,
      batchSizeMax: 2,
      sessionTtlMs: 60_000,
      enterWithinMs: 20_000,
      recoverWithinMs: 30_000,
      places: 10,
    });
    const done = await room.joinAndEnter();
    await room.finish(done, 'completed', 2);
    await room.ticks(1);
    const inside = await room.joinAndEnter();
    const tickets = [inside, ...(await room.join(4))];
    await room.ticks(2);
    const other = room.another();
    await other.tick();
    return { room, other, tickets };
  }

  describe('a loss is noticed', () => {
    it('when there is no room', async () => {
      const { room } = await busyRoom();
      await test.wipe(room.roomId);
      expect(await kindOf(room)).toBe('no-room');
    });

    it('when the same epoch has a lower event number: an older copy', async () => {
      const { room, other } = await busyRoom();
      const copy = await test.copy(room.roomId);
      await room.joinIds(randomUUID());
      await room.leave({ ticketId: (await room.observe()).tickets.at(-1)?.[0] ?? '' });
      await copy.restore();
      expect(await kindOf(room)).toBe('behind');
      expect(await kindOf(other)).toBe('served');
    });

    it('when another epoch began below what the caller knows: an older copy in a new process', async () => {
      const { room, other } = await busyRoom();
      const copy = await test.copy(room.roomId);
      await room.leave((await room.join(1))[0] ?? { ticketId: '' });
      await copy.restore();
      await test.restart(room.roomId);
      expect(await kindOf(other)).toBe('served');
      expect(await kindOf(room)).toBe('behind');
    });

    it('when its epoch is lower than the caller’s: a room made anew', async () => {
      const { room } = await busyRoom();
      await test.restart(room.roomId);
      await room.tick();
      await test.wipe(room.roomId);
      await test.store.create(newRoom(room.roomId), 0);
      expect(await kindOf(room)).toBe('behind');
      expect(await kindOf(room.another())).toBe('served');
    });

    it('and changes nothing', async () => {
      const { room } = await busyRoom();
      const copy = await test.copy(room.roomId);
      await room.leave((await room.join(1))[0] ?? { ticketId: '' });
      await copy.restore();
      const before = await room.observe();
      await test.store.join(room.roomId, room.cursor, [randomUUID()]);
      expect(await room.observe()).toEqual(before);
    });

    it('not by a new process alone, nor by a caller that knows nothing', async () => {
      const { room } = await busyRoom();
      await test.restart(room.roomId);
      expect(await kindOf(room.another())).toBe('served');
      expect(await kindOf(room)).toBe('served');
    });
  });

  describe('the first caller', () => {
    it('brings the counters back, moves above its epoch, and empties the bucket', async () => {
      const { room } = await busyRoom();
      const before = room.memory();
      await test.wipe(room.roomId);
      expect(await giveBack(before)).toBe('recovered');
      const { counters, tickets, state } = await room.observe();
      expect({ state, tickets }).toEqual({ state: 'open', tickets: [] });
      expect(counters).toMatchObject({
        version: 1,
        startedUs: before.startedUs,
        epochNumber: before.epochNumber + 1,
        eventNumber: before.eventNumber + 1,
        epochFrom: before.eventNumber + 1,
        eventsFrom: before.eventNumber,
        lastNumber: before.lastNumber + 1_000,
        lastOrder: before.lastOrder + 5_000_000,
        frontier: before.frontier,
        placesUsed: 2,
        bucket: 0,
        clockUs: before.clockMs * 1_000,
        holdUntilMs: before.clockMs + 30_000,
      });
    });

    it('finds everyone in the order they had: the waiting wait, the others are asked back', async () => {
      const { room, tickets } = await busyRoom();
      await test.wipe(room.roomId);
      await room.tick();
      const newcomers = await room.join(1);
      await room.sight(...tickets.toReversed());
      expect(await room.statesOf(tickets)).toEqual(['lapsed', 'lapsed', 'waiting', 'waiting', 'waiting']);
      const orders = await Promise.all(
        [...tickets, ...newcomers].map((ticket) => room.observeTicket(ticket)),
      );
      expect(orders.map((ticket) => ticket?.order)).toEqual(
        [...tickets, ...newcomers].map(({ order }) => order),
      );
      expect(newcomers[0]?.order).toBeGreaterThan(tickets.at(-1)?.order ?? 0);
      expect(newcomers[0]?.number).toBeGreaterThan(1_000);
    });

    it('admits nobody for recoverWithinMs, and then not beyond those assumed inside', async () => {
      const { room, tickets } = await busyRoom();
      await test.wipe(room.roomId);
      await room.tick();
      await room.sight(...tickets);
      await room.ticks(29);
      expect((await room.observe()).counters.admittedTotal).toBe(0);
      await room.ticks(3);
      expect((await room.observe()).counters).toMatchObject({ admittedTotal: 0, assumed: 2 });
      expect(await room.keepAlive(tickets[0] as HeldTicket, 'pass')).toMatchObject({ kind: 'kept' });
      await room.ticks(3);
      expect((await room.observe()).counters).toMatchObject({ admittedTotal: 0, assumed: 1 });
      await room.finish(tickets[0] as HeldTicket);
      await room.ticks(2);
      expect((await room.observe()).counters).toMatchObject({ admittedTotal: 1, assumed: 1 });
    });

    it('stops assuming once every old pass is over', async () => {
      const { room } = await busyRoom();
      await test.wipe(room.roomId);
      await room.tick();
      await room.pass(79_999);
      expect((await room.observe()).counters.assumed).toBe(2);
      await room.pass(1);
      expect((await room.observe()).counters.assumed).toBe(0);
    });

    it('assumes at least those it knew inside, and for an old memory what the pace allowed since', async () => {
      const { room } = await busyRoom();
      const policy = { ...room.memory().room.policy, capacity: 20, batchSizeMax: 2 };
      const memory = { ...room.memory(), room: { ...newRoom(room.roomId), policy }, held: 3 };
      const assumedAfter = async (changed: Partial<RoomMemory>, ageMs: number): Promise<number> => {
        await test.wipe(room.roomId);
        await giveBack({ ...memory, ...changed }, memory.rememberedAtMs + ageMs);
        return (await room.observe()).counters.assumed;
      };
      expect(await assumedAfter({}, 0)).toBe(5);
      expect(await assumedAfter({}, 1_001)).toBe(7);
      expect(await assumedAfter({}, 3_600_000)).toBe(20);
      expect(await assumedAfter({ held: 25 }, 0)).toBe(25);
    });

    it('empties a stale store too, but what that knows as ended stays ended', async () => {
      const { room, tickets } = await busyRoom();
      const [, , leaving] = tickets as [HeldTicket, HeldTicket, HeldTicket];
      await room.leave(leaving);
      const copy = await test.copy(room.roomId);
      await room.leave((await room.join(1))[0] ?? { ticketId: '' });
      await copy.restore();
      room.ended.clear();
      expect(await giveBack(room.memory())).toBe('recovered');
      expect((await room.observe()).tickets).toEqual([]);
      expect((await room.observe()).counters.placesUsed).toBe(2);
      await room.tick();
      expect(await room.sight(leaving)).toEqual([{ kind: 'ended' }]);
    });

    it('remembers who ended, so that nobody gets a second turn, and completions count once', async () => {
      const { room, tickets } = await busyRoom();
      const [inside, , leaving] = tickets as [HeldTicket, HeldTicket, HeldTicket];
      await room.finish(inside, 'completed', 3);
      await room.leave(leaving);
      await room.tickUntilDone();
      await test.wipe(room.roomId);
      await room.tick();
      expect((await room.sight(inside, leaving)).map((answer) => answer.kind)).toEqual(['ended', 'ended']);
      expect((await room.joinIds(inside.ticketId))[0]?.kind).toBe('gone');
      expect(await room.finish(inside, 'completed', 1)).toMatchObject({ placesUsed: 3 });
      expect((await room.observe()).counters.placesUsed).toBe(5);
    });

    it('makes the room anew with its policy, state and notice', async () => {
      const { room } = await busyRoom();
      await room.change({ capacity: 9 }, 'paused');
      await test.wipe(room.roomId);
      await room.tick();
      const other = room.another();
      expect((await other.tick()).room).toEqual(room.room);
    });

    it('keeps the later version of a policy, whether it is the store’s or the caller’s', async () => {
      const { room, other } = await busyRoom();
      await room.change({ capacity: 9 });
      const copy = await test.copy(room.roomId);
      await room.leave((await room.join(1))[0] ?? { ticketId: '' });
      await copy.restore();
      // It knows of more events, but of an older policy.
      other.head = room.head;
      expect(await giveBack(other.memory())).toBe('recovered');
      expect((await room.observe()).counters.version).toBe(2);
      await test.wipe(room.roomId);
      await other.bringBack();
      expect((await room.observe()).counters.version).toBe(1);
    });
  });

  describe('later callers', () => {
    it('are merged in while the room holds: each adds what the others did not know', async () => {
      const { room, other, tickets } = await busyRoom();
      await room.finish(tickets[0] as HeldTicket, 'completed', 1);
      await room.change({ places: 20 });
      await room.tickUntilDone();
      await test.wipe(room.roomId);
      await other.tick();
      const before = await room.observe();
      expect(before.counters).toMatchObject({ placesUsed: 2, version: 1 });
      expect(await kindOf(room)).toBe('behind');
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
      const { room, other } = await busyRoom();
      await test.wipe(room.roomId);
      const memory = other.memory();
      expect(await giveBack(memory)).toBe('recovered');
      const before = await room.observe();
      expect(await giveBack(memory)).toBe('recovered');
      expect(await giveBack(room.memory())).toBe('recovered');
      const eventNumber = before.counters.eventNumber + 2;
      expect(await room.observe()).toEqual({ ...before, counters: { ...before.counters, eventNumber } });
    });

    it('are told by an event, so that a copy from before it is known as one', async () => {
      const { room, other } = await busyRoom();
      await room.finish({ ticketId: randomUUID() }, 'completed', 1);
      await test.wipe(room.roomId);
      await other.tick();
      const copy = await test.copy(room.roomId);
      await room.tick();
      await copy.restore();
      await test.restart(room.roomId);
      expect(await kindOf(room)).toBe('behind');
      await room.tick();
      expect((await room.observe()).counters.placesUsed).toBe(3);
    });

    it('with a higher frontier ask those back who were put back to wait below it', async () => {
      const { room, other, tickets } = await busyRoom();
      const waiting = tickets[2] as HeldTicket;
      await room.change({ capacity: 3 });
      await room.ticks(2);
      expect(await room.stateOf(waiting)).toBe('admitted');
      await test.wipe(room.roomId);
      await other.tick();
      expect((await other.sight(...tickets)).map((answer) => answer.kind)).toEqual([
        ...['lapsed', 'lapsed', 'waiting', 'waiting', 'waiting'],
      ]);
      await room.tick();
      expect(await room.statesOf(tickets)).toEqual(['lapsed', 'lapsed', 'lapsed', 'waiting', 'waiting']);
      const { events } = await other.tick();
      expect(events.find(({ type }) => type === 'lapsed')).toMatchObject({ ticketIds: [waiting.ticketId] });
    });

    it('places finished since the recovery are not counted twice', async () => {
      const { room, other } = await busyRoom();
      await test.wipe(room.roomId);
      await room.tick();
      await room.finish({ ticketId: randomUUID() }, 'completed', 1);
      await other.tick();
      expect((await room.observe()).counters.placesUsed).toBe(3);
    });

    it('with a later room clock move nobody’s session or presence', async () => {
      const { room, other, tickets } = await busyRoom();
      const inside = tickets[0] as HeldTicket;
      await test.wipe(room.roomId);
      await other.tick();
      const kept = await other.keepAlive(inside, 'pass');
      const { atMs } = (await other.sight(tickets[3] as HeldTicket))[0] as { atMs: number };
      const { clockMs } = other.cursor as RoomMemory;
      await giveBack({ ...room.memory(), clockMs: clockMs + 600_000 });
      await other.ticks(1);
      expect(await room.observeTicket(inside)).toMatchObject({
        state: 'entered',
        atMs: Reflect.get(kept, 'expiryMs'),
      });
      expect((await room.observe()).counters.clockUs).toBeLessThan(atMs * 1_000);
    });

    it('who come after the hold and knew less of events are served; who knew more begin anew', async () => {
      const { room, other } = await busyRoom();
      await test.wipe(room.roomId);
      const memory = room.memory();
      await room.tick();
      await room.pass(31_000);
      expect(await giveBack(memory)).toBe('known');
      expect(await kindOf(other)).toBe('served');
      expect(await giveBack({ ...memory, eventNumber: memory.eventNumber + 50 })).toBe('recovered');
      expect((await room.observe()).counters.epochNumber).toBe(memory.epochNumber + 2);
    });

    it('bring more ended tickets than one call takes, in further calls under the new epoch', async () => {
      const { room } = await busyRoom();
      const ends = (count: number): RoomMemory['ended'] =>
        Array.from({ length: count }, () => ({ ticketId: randomUUID(), outcome: 'left', placesUsed: 0 }));
      await test.wipe(room.roomId);
      const memory = room.memory();
      const reply = await test.store.recover({ ...memory, ended: ends(500) }, test.time.ms);
      if (reply.kind !== 'served') throw new Error(reply.kind);
      expect(await giveBack({ ...memory, ...reply.head, ended: ends(200) })).toBe('recovered');
      expect((await room.observe()).spent).toHaveLength(700);
      await room.pass(31_000);
      expect(await giveBack({ ...memory, ...reply.head, ended: ends(1) })).toBe('known');
    });

    it('take back a ticket that was sighted meanwhile and had ended', async () => {
      const { room, other, tickets } = await busyRoom();
      const leaving = tickets[3] as HeldTicket;
      await room.leave(leaving);
      await room.tickUntilDone();
      await test.wipe(room.roomId);
      await other.tick();
      expect(await other.sight(leaving)).toMatchObject([{ kind: 'waiting' }]);
      await room.tick();
      expect(await room.stateOf(leaving)).toBe('spent');
    });
  });

  describe('runs of a room', () => {
    it('a memory of an earlier run is forgotten', async () => {
      const { room, other } = await busyRoom();
      await test.store.remove(room.roomId, room.cursor);
      test.time.passMs(1_000);
      await test.store.create(newRoom(room.roomId), test.time.us);
      expect(await giveBack(other.memory())).toBe('forgotten');
      await other.tick().catch(() => {});
      expect((await room.observe()).counters).toMatchObject({ epochNumber: 1, placesUsed: 0 });
    });

    it('a memory of a later run replaces the room', async () => {
      const { room } = await busyRoom();
      await test.wipe(room.roomId);
      await test.store.create(newRoom(room.roomId, {}, 'closed'), 0);
      const anew = room.another();
      await anew.join(1).catch(() => {});
      await anew.setState('open').catch(() => {});
      const stranger = { ticketId: randomUUID() };
      await anew.call((store, cursor) =>
        store.finish(room.roomId, cursor, { ...stranger, outcome: 'gave-up', placesUsed: 0 }),
      );
      expect(await giveBack(room.memory())).toBe('recovered');
      const { counters, spent, state } = await room.observe();
      expect(counters).toMatchObject({
        startedUs: room.cursor && room.memory().startedUs,
        placesUsed: 2,
        version: 1,
      });
      expect({ spent: spent.includes(stranger.ticketId), state }).toEqual({ spent: false, state: 'open' });
    });

    it('a deleted room is forgotten by whoever remembers it, unless they know a later run', async () => {
      const { room } = await busyRoom();
      await test.store.remove(room.roomId, room.cursor);
      expect(await giveBack(room.memory())).toBe('deleted');
      expect(await giveBack({ ...room.memory(), startedUs: test.time.us + 1 })).toBe('recovered');
      expect((await test.store.create(newRoom(room.roomId), 0)) as string).toBe('exists');
    });

    it('made anew from a rooms file, it is brought back by a replica of the same run', async () => {
      const room = await openRoom(test);
      await test.wipe(room.roomId);
      await test.store.create(newRoom(room.roomId), 0);
      const fromFile = room.another();
      await fromFile.tick();
      await fromFile.leave((await fromFile.join(1))[0] ?? { ticketId: '' });
      await test.wipe(room.roomId);
      await test.store.create(newRoom(room.roomId), 0);
      expect(await kindOf(fromFile)).toBe('behind');
      expect(await giveBack(fromFile.memory())).toBe('recovered');
      expect((await room.observe()).counters).toMatchObject({ startedUs: 0, epochNumber: 2 });
    });
  });

  it('a store process that changes during a recovery loses nobody and counts nothing twice', async () => {
    const { room, other, tickets } = await busyRoom();
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
