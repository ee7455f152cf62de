import { describe, expect, inject, it } from 'vitest';
import { roomKeys } from '../../src/store/redis-keys.ts';
import { filledRoom } from '../support/filled-room.ts';
import { connectTo } from '../support/redis.ts';
import { openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

const dayMs = 86_400_000;

describe.each(storeKinds)('an emptied room whose store lost everything since (%s)', (kind) => {
  const test = useStore(kind);

  /** Two replicas, of which only the first has heard that the room was emptied. */
  async function emptiedUnheard(): Promise<{
    knowing: RoomUnderTest;
    older: RoomUnderTest;
    tickets: Awaited<ReturnType<typeof filledRoom>>['tickets'];
  }> {
    const { room: knowing, tickets } = await filledRoom(test);
    const older = knowing.another();
    await knowing.setState('closed');
    await older.tick();
    expect(older.ended.size).toBeGreaterThan(0);
    await knowing.ticks(1);
    test.time.passMs(2 * dayMs);
    await knowing.tick();
    // As a service does (service/replica-memory.ts).
    knowing.ended.clear();
    return { knowing, older, tickets };
  }

  it.each(['the replica that heard of it', 'the replica that did not'])(
    'nothing of people comes back when %s is the first to give back what it remembers',
    async (first) => {
      const { knowing, older, tickets } = await emptiedUnheard();
      const { purgedUs } = (await knowing.observe()).counters;
      await test.wipe(knowing.roomId);
      const replicas = first === 'the replica that heard of it' ? [knowing, older] : [older, knowing];
      for (const replica of replicas) await replica.tick();
      const { counters, spent, completed } = await knowing.observe();
      expect({ spent, completed }).toEqual({ spent: [], completed: [] });
      expect(counters.purgedUs).toBe(purgedUs);
      const renewed = { ...knowing.sightingOf(tickets.waiting), expiresAtMs: test.time.ms + dayMs };
      const answers = await knowing.call((store, cursor) => store.sight(knowing.roomId, cursor, [renewed]));
      expect(answers).toEqual([{ kind: 'gone' }]);
    },
  );

  it('a copy from before that is put back is emptied again', async () => {
    const { room } = await filledRoom(test);
    await room.setState('closed');
    await room.ticks(1);
    const copy = await test.copy(room.roomId);
    test.time.passMs(2 * dayMs);
    await room.tick();
    room.ended.clear();
    await copy.restore();
    await room.tick();
    expect(
      (await test.keysOf(room.roomId)).filter(
        (name) => !/^(resume:|redeemed:|email-named-by:|offers$|redeemed$)/.test(name),
      ),
    ).toEqual(['room']);
  });
});

describe('retention, of rooms that an earlier version kept (redis)', () => {
  const test = useStore('redis');

  it('one that was closed before there was this is noted by the first tick, and keeps what it has for 30 days', async () => {
    const room = await openRoom(test);
    await room.join();
    await room.setState('closed');
    const redis = connectTo(inject('adminRedisUrl'));
    const [key = ''] = roomKeys(room.roomId);
    const [settings = '', counters = ''] = await redis.hmget(key, 'settings', 'counters');
    const upTo = (text: string | null, count: number): string =>
      (text ?? '').split(' ').slice(0, count).join(' ');
    await redis.hset(key, { settings: upTo(settings, 17), counters: upTo(counters, 25) });
    await room.ticks(1);
    expect((await room.observe()).counters).toMatchObject({ closedAtMs: test.time.ms, purgedUs: 0 });
    test.time.passMs(30 * dayMs - 1_001);
    await room.ticks(1);
    expect(await test.keysOf(room.roomId)).toContain('tickets');
    await room.ticks(1);
    expect(await test.keysOf(room.roomId)).toEqual(['room']);
  });
});
