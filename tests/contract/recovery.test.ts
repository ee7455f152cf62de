import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RoomMemory } from '../../src/store/queue-store.ts';
import { type HeldTicket, newRoom, openRoom } from '../support/room-under-test.ts';
import { busyRoom } from '../support/busy-room.ts';
import { giveBack, kindOf } from '../support/lost-room.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('recovery (%s)', (kind) => {
  const test = useStore(kind);

  describe('a loss is noticed', () => {
    it('when there is no room', async () => {
      const { room } = await busyRoom(test);
      await test.wipe(room.roomId);
      expect(await kindOf(test, room)).toBe('no-room');
    });

    it('when the same epoch has a lower event number: an older copy', async () => {
      const { room, other } = await busyRoom(test);
      const copy = await test.copy(room.roomId);
      await room.joinIds(randomUUID());
      await room.leave({ ticketId: (await room.observe()).tickets.at(-1)?.[0] ?? '' });
      await copy.restore();
      expect(await kindOf(test, room)).toBe('behind');
      expect(await kindOf(test, other)).toBe('served');
    });

    it('when another epoch began below what the caller knows: an older copy in a new process', async () => {
      const { room, other } = await busyRoom(test);
      const copy = await test.copy(room.roomId);
      await room.leave((await room.join(1))[0] ?? { ticketId: '' });
      await copy.restore();
      await test.restart(room.roomId);
      expect(await kindOf(test, other)).toBe('served');
      expect(await kindOf(test, room)).toBe('behind');
    });

    it('when its epoch is lower than the caller’s: a room made anew', async () => {
      const { room } = await busyRoom(test);
      await test.restart(room.roomId);
      await room.tick();
      await test.wipe(room.roomId);
      await test.store.create(newRoom(room.roomId), 0);
      expect(await kindOf(test, room)).toBe('behind');
      expect(await kindOf(test, room.another())).toBe('served');
    });

    it('and changes nothing', async () => {
      const { room } = await busyRoom(test);
      const copy = await test.copy(room.roomId);
      await room.leave((await room.join(1))[0] ?? { ticketId: '' });
      await copy.restore();
      const before = await room.observe();
      await test.store.join(room.roomId, room.cursor, [randomUUID()]);
      expect(await room.observe()).toEqual(before);
    });

    it('not by a new process alone, nor by a caller that knows nothing', async () => {
      const { room } = await busyRoom(test);
      await test.restart(room.roomId);
      expect(await kindOf(test, room.another())).toBe('served');
      expect(await kindOf(test, room)).toBe('served');
    });
  });

  describe('the first caller', () => {
    it('brings the counters back, moves above its epoch, and empties the bucket', async () => {
      const { room } = await busyRoom(test);
      const before = room.memory();
      await test.wipe(room.roomId);
      expect(await giveBack(test, before)).toBe('recovered');
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
      const { room, tickets } = await busyRoom(test);
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
      const { room, tickets } = await busyRoom(test);
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
      const { room } = await busyRoom(test);
      await test.wipe(room.roomId);
      await room.tick();
      await room.pass(79_999);
      expect((await room.observe()).counters.assumed).toBe(2);
      await room.pass(1);
      expect((await room.observe()).counters.assumed).toBe(0);
    });

    it('assumes at least those it knew inside, and for an old memory what the pace allowed since', async () => {
      const { room } = await busyRoom(test);
      const policy = { ...room.memory().room.policy, capacity: 20, batchSizeMax: 2 };
      const memory = { ...room.memory(), room: { ...newRoom(room.roomId), policy }, held: 3 };
      const assumedAfter = async (changed: Partial<RoomMemory>, ageMs: number): Promise<number> => {
        await test.wipe(room.roomId);
        await giveBack(test, { ...memory, ...changed }, memory.rememberedAtMs + ageMs);
        return (await room.observe()).counters.assumed;
      };
      expect(await assumedAfter({}, 0)).toBe(5);
      expect(await assumedAfter({}, 1_001)).toBe(7);
      expect(await assumedAfter({}, 3_600_000)).toBe(20);
      expect(await assumedAfter({ held: 25 }, 0)).toBe(25);
    });

    it('empties a stale store too, but what that knows as ended stays ended', async () => {
      const { room, tickets } = await busyRoom(test);
      const [, , leaving] = tickets as [HeldTicket, HeldTicket, HeldTicket];
      await room.leave(leaving);
      const copy = await test.copy(room.roomId);
      await room.leave((await room.join(1))[0] ?? { ticketId: '' });
      await copy.restore();
      room.ended.clear();
      expect(await giveBack(test, room.memory())).toBe('recovered');
      expect((await room.observe()).tickets).toEqual([]);
      expect((await room.observe()).counters.placesUsed).toBe(2);
      await room.tick();
      expect(await room.sight(leaving)).toEqual([{ kind: 'ended' }]);
    });

    it('remembers who ended, so that nobody gets a second turn, and completions count once', async () => {
      const { room, tickets } = await busyRoom(test);
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
      const { room } = await busyRoom(test);
      await room.change({ capacity: 9 }, 'paused');
      await test.wipe(room.roomId);
      await room.tick();
      const other = room.another();
      expect((await other.tick()).room).toEqual(room.room);
    });

    it('keeps the later version of a policy, whether it is the store’s or the caller’s', async () => {
      const { room, other } = await busyRoom(test);
      await room.change({ capacity: 9 });
      const copy = await test.copy(room.roomId);
      await room.leave((await room.join(1))[0] ?? { ticketId: '' });
      await copy.restore();
      // It knows of more events, but of an older policy.
      other.head = room.head;
      expect(await giveBack(test, other.memory())).toBe('recovered');
      expect((await room.observe()).counters.version).toBe(2);
      await test.wipe(room.roomId);
      await other.bringBack();
      expect((await room.observe()).counters.version).toBe(1);
    });
  });

  describe('runs of a room', () => {
    it('a memory of an earlier run is forgotten', async () => {
      const { room, other } = await busyRoom(test);
      await test.store.remove(room.roomId, room.cursor);
      test.time.passMs(1_000);
      await test.store.create(newRoom(room.roomId), test.time.us);
      expect(await giveBack(test, other.memory())).toBe('forgotten');
      await other.tick().catch(() => {});
      expect((await room.observe()).counters).toMatchObject({ epochNumber: 1, placesUsed: 0 });
    });

    it('a memory of a later run replaces the room', async () => {
      const { room } = await busyRoom(test);
      await test.wipe(room.roomId);
      await test.store.create(newRoom(room.roomId, {}, 'closed'), 0);
      const anew = room.another();
      await anew.join(1).catch(() => {});
      await anew.setState('open').catch(() => {});
      const stranger = { ticketId: randomUUID() };
      await anew.call((store, cursor) =>
        store.finish(room.roomId, cursor, { ...stranger, outcome: 'gave-up', placesUsed: 0 }),
      );
      expect(await giveBack(test, room.memory())).toBe('recovered');
      const { counters, spent, state } = await room.observe();
      expect(counters).toMatchObject({
        startedUs: room.cursor && room.memory().startedUs,
        placesUsed: 2,
        version: 1,
      });
      expect({ spent: spent.includes(stranger.ticketId), state }).toEqual({ spent: false, state: 'open' });
    });

    it('a deleted room is forgotten by whoever remembers it, unless they know a later run', async () => {
      const { room } = await busyRoom(test);
      await test.store.remove(room.roomId, room.cursor);
      expect(await giveBack(test, room.memory())).toBe('deleted');
      expect(await giveBack(test, { ...room.memory(), startedUs: test.time.us + 1 })).toBe('recovered');
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
      expect(await kindOf(test, fromFile)).toBe('behind');
      expect(await giveBack(test, fromFile.memory())).toBe('recovered');
      expect((await room.observe()).counters).toMatchObject({ startedUs: 0, epochNumber: 2 });
    });
  });
});
