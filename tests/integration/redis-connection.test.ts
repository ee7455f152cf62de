import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../src/dev/redis-server.ts';
import { redisAddress } from '../../src/domain/redis-address.ts';
import { connectRedis, type RedisClient } from '../../src/store/redis-connection.ts';
import { readRedisProfile } from '../../src/store/redis-profile.ts';
import { type FakeSentinel, startFakeSentinel } from '../support/fake-sentinel.ts';
import { connectTo, startRedis } from '../support/redis.ts';

const answersWithinMs = { timeout: 5_000, interval: 20 };

/** As the service connects, to whoever this Sentinel names. */
function connectBy(sentinel: FakeSentinel): RedisClient {
  const address = redisAddress(`redis+sentinel://127.0.0.1:${sentinel.port}/guichet`);
  if (address === null) throw new Error('no address');
  const redis = connectRedis(
    { address, tls: {}, sentinelUsername: null, sentinelPassword: null },
    { name: 'test', onError: () => {} },
  );
  onTestFinished(() => redis.disconnect());
  return redis;
}

it('a connection that hears of a failover while it asks for the primary comes back', async () => {
  const server = await startRedis();
  const sentinel = await startFakeSentinel(server);
  const redis = connectBy(sentinel);
  const answers = (): Promise<void> =>
    vi.waitFor(async () => expect(await redis.ping()).toBe('PONG'), answersWithinMs);
  await answers();

  await vi.waitFor(() => expect(sentinel.listeners()).toBe(1));
  const told = sentinel.tellBeforeAnswering();
  await server.kill();
  await told;
  await server.start();
  await answers();
});

it('a connection leaves a primary that is none any more, though that still answers; not for another one’s failover', async () => {
  const [before, after] = [await startRedis(), await startRedis()];
  await connectTo(before.url).set('who', 'before');
  await connectTo(after.url).set('who', 'after');
  const sentinel = await startFakeSentinel(before);
  const redis = connectBy(sentinel);
  const answersAs = (who: string): Promise<void> =>
    vi.waitFor(async () => expect(await redis.get('who')).toBe(who), answersWithinMs);
  await answersAs('before');
  await vi.waitFor(() => expect(sentinel.listeners()).toBe(1));
  const connection = await redis.client('ID');

  sentinel.tell('guichet-2', after);
  await setTimeout(200);
  expect(await redis.client('ID')).toBe(connection);
  sentinel.tell('guichet', after);
  await answersAs('after');
});

it('the Sentinels are left by a connection that is ended while it waits to come back', async () => {
  const server = await startRedis();
  const sentinel = await startFakeSentinel(server);
  const redis = connectBy(sentinel);
  await vi.waitFor(() => expect(sentinel.listeners()).toBe(1));
  await server.kill();
  await vi.waitFor(() => expect(redis.status).toBe('reconnecting'), { timeout: 10_000, interval: 1 });
  redis.disconnect();
  await vi.waitFor(() => expect(sentinel.listeners()).toBe(0), answersWithinMs);
});

it('a look at a Cluster that is down is told so, and does not wait for it', async () => {
  // A node without slots.
  const settings = { 'cluster-enabled': 'yes', 'cluster-port': String(await freePort()) };
  const { port } = await startRedis({ settings });
  const address = redisAddress(`redis+cluster://127.0.0.1:${port}`);
  if (address === null) throw new Error('no address');
  const access = { address, tls: {}, sentinelUsername: null, sentinelPassword: null };
  expect(await readRedisProfile(access, 1)).toMatchObject({ primaries: [], failover: { ready: false } });
});
