import { describe, expect, it } from 'vitest';
import type { Served, TickAnswer } from '../../src/store/queue-store.ts';
import { type HeldTicket, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('events (%s)', (kind) => {
  const test = useStore(kind);

  async function tickFrom(room: RoomUnderTest, readFrom: number, cursor = room.cursor): Promise<TickAnswer> {
    const request = { readFrom, knownVersion: 1, callerWallMs: test.time.ms };
    return ((await test.store.tick(room.roomId, cursor, request)) as Served<TickAnswer>).answer;
  }

  it('tell a whole life in order, each with what its reader needs', async () => {
    const room = await openRoom(test, { capacity: 1, enterWithinMs: 5_000, sessionTtlMs: 60_000 });
    const [first] = (await room.join(1)) as [HeldTicket];
    await room.pass(5_000);
    await room.tick();
    await room.comeBack(first);
    await room.ticks(1);
    await room.enter(first);
    await room.finish(first, 'completed', 1);
    const { events, gap, more, readTo } = await tickFrom(room, 0);
    const ticketIds = [first.ticketId];
    expect(events).toEqual([
      { eventNumber: 1, atMs: 3_000, type: 'admitted', ticketIds, releaseNumber: 1, deadlineMs: 8_000 },
      { eventNumber: 2, atMs: 8_000, type: 'lapsed', ticketIds },
      { eventNumber: 3, atMs: 9_000, type: 'admitted', ticketIds, releaseNumber: 2, deadlineMs: 14_000 },
      { eventNumber: 4, atMs: 9_000, type: 'entered', ticketIds, expiryMs: 69_000 },
      { eventNumber: 5, atMs: 9_000, type: 'ended', ticketIds, outcome: 'completed', placesUsed: 1 },
    ]);
    expect({ gap, more, readTo }).toEqual({ gap: false, more: false, readTo: 5 });
  });

  it('are read on from the cursor: every replica sees each once', async () => {
    const room = await openRoom(test, { capacity: 10 });
    await room.join(1);
    await room.tick();
    await room.join(1);
    expect((await room.tick()).events.map(({ eventNumber }) => eventNumber)).toEqual([2]);
    expect((await room.tick()).events).toEqual([]);
    const other = room.another();
    expect((await other.tick()).events.map(({ eventNumber }) => eventNumber)).toEqual([1, 2]);
  });

  it('come at most 200 in one reply; more says to call again', async () => {
    const room = await openRoom(test, { capacity: 0 });
    for (const ticket of await room.join(450)) await room.leave(ticket);
    const counts: number[] = [];
    for (let more = true, readTo = 0; more; ) {
      const answer = await tickFrom(room, readTo);
      counts.push(answer.events.length);
      ({ more, readTo } = answer);
    }
    expect(counts).toEqual([200, 200, 50]);
  });

  it('carry at most 1,000 ids in one reply, and no event is cut', async () => {
    const room = await openRoom(test, {
      capacity: 10_000,
      outflowPerMinute: 600_000,
      batchSizeMax: 20_000,
      releaseEveryMs: 1_000,
    });
    await room.setState('paused');
    await room.join(1_600);
    await room.change({ outflowPerMinute: 36_000 }, 'open');
    for (let tick = 0; tick < 4; tick += 1) {
      test.time.passMs(1_000);
      await room.moveClock();
      await tickFrom(room, 0);
    }
    expect(await room.countOf('admitted')).toBe(1_600);
    const sizes: number[] = [];
    for (let more = true, readTo = 0; more; ) {
      const answer = await tickFrom(room, readTo);
      sizes.push(
        answer.events.reduce((sum, event) => sum + ('ticketIds' in event ? event.ticketIds.length : 0), 0),
      );
      ({ more, readTo } = answer);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_600);
    expect(sizes.length).toBeGreaterThan(1);
  });

  it('older than a session and a turn are dropped, and whoever had not read them is told of the gap', async () => {
    const room = await openRoom(test, { capacity: 5, enterWithinMs: 5_000, sessionTtlMs: 10_000 });
    await room.joinAndEnter();
    const { readTo } = await tickFrom(room, 0);
    expect(readTo).toBe(2);
    await room.pass(15_000);
    await tickFrom(room, 2);
    expect((await room.observe()).counters.eventsFrom).toBe(0);
    await room.pass(1_000);
    await room.joinAndEnter();
    expect(await tickFrom(room, 1)).toMatchObject({ gap: true, more: false, readTo: 5 });
    expect((await tickFrom(room, 2)).gap).toBe(false);
    const { gap, events } = await tickFrom(room, 0);
    expect(gap).toBe(true);
    expect(events.map(({ eventNumber, type }) => [eventNumber, type])).toEqual([
      [3, 'ended'],
      [4, 'admitted'],
      [5, 'entered'],
    ]);
  });

  it('a caller of another epoch is told of a gap, and reads on from its cursor', async () => {
    const room = await openRoom(test, { capacity: 5 });
    await room.join(2);
    const before = room.cursor;
    await test.restart(room.roomId);
    const answer = await tickFrom(room, 1, before);
    expect(answer).toMatchObject({ gap: true, events: [], readTo: 1 });
    const { head } = (await test.store.tick(room.roomId, before, {
      readFrom: 1,
      knownVersion: 1,
      callerWallMs: test.time.ms,
    })) as Served<TickAnswer>;
    expect((await tickFrom(room, 1, head)).gap).toBe(false);
  });
});
