/** Redis whose cache of scripts is emptied again and again, for tests of each store's scripts. */
import type { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { connectTo, startRedis, startReplicaOf } from './redis.ts';

/** For `test.each`: without a replica that confirms, and with one. */
export const replicasToConfirm = [0, 1] as const;

/** The service's own client of a Redis with so many replicas, which the caller closes with its store, and a plain one. */
export async function connected(waitReplicas: number): Promise<{ redis: Redis; admin: Redis }> {
  const server = await startRedis();
  if (waitReplicas > 0) await startReplicaOf(server);
  const redis = connectToServer(server.url, { name: 'test', onError: () => undefined });
  await vi.waitFor(() => expect(redis.status).toBe('ready'), 5_000);
  return { redis, admin: connectTo(server.url) };
}

/** Each question is answered so, though the cache was emptied before it. */
export async function expectAnswersAnew(
  admin: Redis,
  asks: readonly (readonly [ask: () => Promise<unknown>, answer: unknown])[],
): Promise<void> {
  for (const [ask, answer] of asks) {
    await admin.script('FLUSH');
    expect(await ask()).toEqual(answer);
  }
}
