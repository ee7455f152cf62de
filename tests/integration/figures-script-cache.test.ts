import { expect, test } from 'vitest';
import { replicasMax } from '../../src/domain/replica.ts';
import { redisFiguresStore } from '../../src/store/figures-store-redis.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { replicasKey, timelineKeys } from '../../src/store/redis-keys.ts';
import { newRoom } from '../support/room-under-test.ts';
import { connected, replicasToConfirm } from '../support/script-cache.ts';

const nothingKnown = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };
const replica = { version: '1', sockets: 1, rooms: { pool: 1 } };

test.each(replicasToConfirm)(
  'each script of figures runs after the cache was emptied before it, with %i replicas to confirm',
  async (waitReplicas) => {
    const { redis, admin } = await connected(waitReplicas);
    const queue = redisQueueStore({ commands: redis, ticks: redis, waitReplicas });
    // The clock stands still: the next interval would be another answer.
    const nowUs = Date.now() * 1_000;
    const store = redisFiguresStore({ redis, waitReplicas, nowUs: () => nowUs });
    await queue.create(newRoom('pool'), Date.now() * 1_000);
    await queue.tick('pool', nothingKnown, { readFrom: 0, knownVersion: 0, callerWallMs: Date.now() });
    for (const again of [false, true]) {
      await admin.script('FLUSH');
      expect(await store.note('pool')).toBe(again ? 'there' : 'noted');
      await admin.script('FLUSH');
      await store.beat({ replicaId: 'one', ...replica });
      expect(await store.replicas()).toMatchObject([{ replicaId: 'one', ...replica }]);
    }
    for (const key of timelineKeys('pool')) expect(await admin.pttl(key)).toBeGreaterThan(0);
    await queue.close();
  },
  30_000,
);

test('replicas that are gone make room for new ones, and no more than can be shown are kept', async () => {
  const { redis } = await connected(0);
  let nowUs = Date.now() * 1_000;
  const store = redisFiguresStore({ redis, waitReplicas: 0, nowUs: () => nowUs });
  for (let index = 0; index < replicasMax + 20; index += 1)
    await store.beat({ replicaId: `replica-${index}`, ...replica });
  expect(await redis.hlen(replicasKey)).toBe(replicasMax);
  nowUs += 31_000_000;
  expect(await store.replicas()).toEqual([]);
  await store.beat({ replicaId: 'replica-0', ...replica });
  await store.beat({ replicaId: 'new', ...replica });
  expect(await redis.hlen(replicasKey)).toBe(2);
  await redis.hset(replicasKey, 'other', 'what another version wrote');
  expect((await store.replicas()).map(({ replicaId }) => replicaId)).toEqual(['new', 'replica-0']);
  // The clock is set back: they are there all the same.
  nowUs -= 3_600_000_000;
  await store.beat({ replicaId: 'new', ...replica });
  expect((await store.replicas()).map(({ replicaId }) => replicaId)).toEqual(['new']);
  redis.disconnect();
});
