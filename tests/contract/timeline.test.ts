import { describe, expect, it } from 'vitest';
import { timelineLevels } from '../../src/domain/timeline.ts';
import type { TimelinePage } from '../../src/store/figures-store.ts';
import { type HeldTicket, newRoom, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

const dayMs = 24 * 3_600_000;

describe.each(storeKinds)('a timeline (%s)', (kind) => {
  const test = useStore(kind);

  const note = (room: RoomUnderTest): Promise<string> => test.figures.note(room.roomId);
  const read = (room: RoomUnderTest, page: Partial<TimelinePage> = {}) =>
    test.figures.timeline(room.roomId, {
      everyMs: 5_000,
      fromMs: 0,
      toMs: null,
      after: null,
      limit: 1_000,
      ...page,
    });
  const toNext = (everyMs: number): void => test.time.passMs(everyMs - (test.time.ms % everyMs));

  /** A second later and ticked, so that the frame is new. */
  async function noteLater(room: RoomUnderTest, ms = 5_000): Promise<string> {
    test.time.passMs(ms);
    await room.tick();
    return note(room);
  }

  it('holds one entry an interval, whoever notes it first', async () => {
    const room = await openRoom(test, { capacity: 0 });
    await room.join(3);
    toNext(600_000);
    await room.tick();
    expect(await Promise.all([note(room), note(room), note(room)])).toEqual(['noted', 'there', 'there']);
    test.time.passMs(4_999);
    expect(await note(room)).toBe('there');
    test.time.passMs(1);
    await room.join(1);
    expect(await note(room)).toBe('noted');
    const entries = await read(room);
    expect(entries.map(({ figures }) => figures.waiting)).toEqual([3, 3]);
    expect(entries.map(({ atMs }) => atMs % 5_000)).toEqual([0, 0]);
    expect(await read(room, { everyMs: 60_000 })).toHaveLength(1);
    expect(await read(room, { everyMs: 600_000 })).toHaveLength(1);
  });

  it('an entry holds the frame of its moment and what the operators asked for', async () => {
    const room = await openRoom(test, { capacity: 1, outflowPerMinute: 120, places: 7 });
    const [ticket] = (await room.join(2)) as [HeldTicket];
    await room.enter(ticket);
    await room.ticks(1);
    const { frame } = await room.tick();
    await note(room);
    const { counters } = await room.observe();
    const { checkpoints: _, ...figures } = frame;
    expect(await read(room)).toEqual([
      {
        entryId: `${test.time.ms - (test.time.ms % 5_000)}-0`,
        atMs: test.time.ms - (test.time.ms % 5_000),
        startedUs: counters.startedUs,
        state: 'open',
        version: 1,
        epochNumber: 1,
        capacity: 1,
        outflowPerMinute: 120,
        places: 7,
        figures,
      },
    ]);
    expect(figures).toMatchObject({ inside: 1, waiting: 1, joinedTotal: 2, enteredTotal: 1 });
  });

  it('of a room that nobody is in and nobody changes, one entry stands for all', async () => {
    const room = await openRoom(test, { capacity: 5 });
    toNext(600_000);
    await room.tick();
    expect(await note(room)).toBe('noted');
    for (let hours = 0; hours < 5; hours += 1) expect(await noteLater(room, 3_600_000)).toBe('same');
    expect(await read(room)).toHaveLength(1);
    for (const joinedTotal of [1, 2]) {
      const [ticket] = (await room.join(1)) as [HeldTicket];
      await room.leave(ticket);
      expect(await noteLater(room)).toBe('noted');
      const last = (await read(room)).at(-1);
      expect(last?.figures).toMatchObject({ joinedTotal, endedTotal: joinedTotal, waiting: 0 });
    }
    // The coarse levels have the last change as soon as their intervals end, without anything new.
    expect(await noteLater(room, 600_000)).toBe('noted');
    for (const { everyMs } of timelineLevels) {
      const last = (await read(room, { everyMs })).at(-1);
      expect(last?.figures).toMatchObject({ joinedTotal: 2, endedTotal: 2 });
    }
    expect(await noteLater(room, 600_000)).toBe('same');
  });

  it('of a room that is not there, or was never ticked, there is nothing to note', async () => {
    const room = await openRoom(test);
    expect(await note(room)).toBe('nothing');
    expect(await test.figures.note('no-such-room')).toBe('nothing');
    expect(await test.figures.timeline('no-such-room', pageOf({}))).toEqual([]);
    await room.tick();
    expect(await note(room)).toBe('noted');
    await test.store.remove(room.roomId, { ...room.cursor, epochNumber: 0 });
    await test.figures.forget(room.roomId);
    expect(await note(room)).toBe('nothing');
    expect(await read(room)).toEqual([]);
  });

  it('what an earlier run of the room left goes with the first entry of the next', async () => {
    const room = await openRoom(test);
    await room.tick();
    await note(room);
    await test.store.remove(room.roomId, { ...room.cursor, epochNumber: 0 });
    test.time.passMs(600_000);
    expect(await test.store.create(newRoom(room.roomId), test.time.us)).toBe('created');
    const again = room.another();
    await again.tick();
    expect(await note(again)).toBe('noted');
    for (const { everyMs } of timelineLevels) {
      const entries = await read(room, { everyMs });
      expect(entries.map(({ startedUs }) => startedUs)).toEqual([(await again.observe()).counters.startedUs]);
    }
  });

  it('goes on in order while the store’s clock is set back and forward', async () => {
    const room = await openRoom(test, { capacity: 0 });
    await room.join(1);
    toNext(5_000);
    await room.tick();
    await note(room);
    const firstMs = test.time.ms;
    for (const stepMs of [-3_600_000, 5_000, 5_000]) {
      expect(await noteLater(room, stepMs)).toBe('noted');
      expect(await note(room)).toBe('there');
    }
    expect(await noteLater(room, 2 * 3_600_000)).toBe('noted');
    const entries = await read(room);
    expect(entries.map(({ atMs }) => atMs - firstMs)).toEqual([
      0,
      -3_600_000,
      -3_595_000,
      -3_590_000,
      2 * 3_600_000 - 3_590_000,
    ]);
    expect(entries[1]?.entryId).toBe(`${firstMs}-1`);
  });

  it('is thinned with age, in levels of bounded length, and no count is lost', {
    timeout: 60_000,
  }, async () => {
    const room = await openRoom(test, { capacity: 0, presentWithinMs: 3_600_000 });
    await room.join(1);
    // Enough for the finest level to have dropped what it had first, and the next one to go on.
    for (let noted = 0; noted < 1_500; noted += 1) {
      if (noted % 300 === 0) await room.join(1);
      await noteLater(room);
    }
    for (let hours = 0; hours < 60; hours += 1) {
      await room.join(1);
      await noteLater(room, 3_600_000);
    }
    const levels = await Promise.all(
      timelineLevels.map(async ({ everyMs, entriesMax }) => {
        const first = await read(room, { everyMs });
        const second = await read(room, { everyMs, after: first.at(-1)?.entryId ?? null });
        return { entries: [...first, ...second], entriesMax };
      }),
    );
    for (const { entries, entriesMax } of levels) {
      expect(entries.length).toBeLessThanOrEqual(entriesMax);
      expect(entries.at(-1)?.figures.joinedTotal).toBe(66);
      const orders = entries.map(({ atMs }) => atMs);
      expect(orders).toEqual(orders.toSorted((one, other) => one - other));
    }
    expect(levels.map(({ entries }) => entries.length)).toEqual([1_440, 186, 73]);
    expect(levels.at(-1)?.entries[0]?.figures.joinedTotal).toBe(2);
  });

  it('forgets what is older than a year', async () => {
    const room = await openRoom(test, { capacity: 0 });
    await room.join(1);
    for (const ms of [5_000, 100 * dayMs, 100 * dayMs, 165 * dayMs + 600_000]) await noteLater(room, ms);
    expect(await read(room, { everyMs: 600_000 })).toHaveLength(3);
  });

  it('is read in pages, from one time to another', async () => {
    const room = await openRoom(test, { capacity: 0 });
    await room.join(1);
    toNext(5_000);
    const startMs = test.time.ms;
    for (let noted = 0; noted < 7; noted += 1) await noteLater(room);
    const at = (entries: { atMs: number }[]): number[] => entries.map(({ atMs }) => (atMs - startMs) / 5_000);
    const first = await read(room, { fromMs: startMs + 10_000, limit: 3 });
    expect(at(first)).toEqual([2, 3, 4]);
    const next = await read(room, { after: first[2]?.entryId ?? null, toMs: startMs + 30_000, limit: 3 });
    expect(at(next)).toEqual([5, 6]);
    await expect(read(room, { limit: 1_001 })).rejects.toThrow(RangeError);
  });

  it('survives the loss of the room: entries go on, and say that the epoch moved', async () => {
    const room = await openRoom(test, { capacity: 0 });
    await room.join(2);
    await room.ticks(1);
    await note(room);
    await test.wipe(room.roomId);
    await room.tick();
    expect(await noteLater(room)).toBe('noted');
    const entries = await read(room);
    expect(entries.map(({ epochNumber }) => epochNumber)).toEqual([1, 2]);
    expect(entries.map(({ figures }) => figures.joinedTotal)).toEqual([2, 0]);
  });
});

function pageOf(page: Partial<TimelinePage>): TimelinePage {
  return { everyMs: 5_000, fromMs: 0, toMs: null, after: null, limit: 10, ...page };
}

describe.each(storeKinds)('what replicas say of themselves (%s)', (kind) => {
  const test = useStore(kind);
  const replica = { version: '1.2.3', sockets: 3, rooms: { pool: 2, files: 1 } };

  it('is there for 30 s, and gone when they leave', async () => {
    const [one, other] = ['one', 'other'].map((name) => `${name}-${kind}-${test.time.us}`) as [
      string,
      string,
    ];
    const mine = async () => {
      const all = await test.figures.replicas();
      return all.filter(({ replicaId }) => replicaId === one || replicaId === other);
    };
    await test.figures.beat({ replicaId: one, ...replica });
    await test.figures.beat({ replicaId: other, ...replica, sockets: 0, rooms: {} });
    const heardAtMs = test.time.ms;
    expect(await mine()).toEqual([
      { replicaId: one, ...replica, heardAtMs },
      { replicaId: other, ...replica, sockets: 0, rooms: {}, heardAtMs },
    ]);
    test.time.passMs(20_000);
    await test.figures.beat({ replicaId: one, ...replica, sockets: 4 });
    test.time.passMs(20_000);
    expect(await mine()).toEqual([{ replicaId: one, ...replica, sockets: 4, heardAtMs: heardAtMs + 20_000 }]);
    await test.figures.leave(one);
    expect(await mine()).toEqual([]);
  });
});
