import { expect, it, onTestFinished, vi } from 'vitest';
import { redisAddress } from '../../src/domain/redis-address.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { startFakeSentinel } from '../support/fake-sentinel.ts';
import { startRedis } from '../support/redis.ts';

it('a connection that hears of a failover while it asks for the primary comes back', async () => {
  const server = await startRedis();
  const sentinel = await startFakeSentinel(server);
  const address = redisAddress(`redis+sentinel://127.0.0.1:${sentinel.port}/guichet`);
  if (address === null) throw new Error('no address');
  const redis = connectRedis(
    { address, tls: {}, sentinelUsername: null, sentinelPassword: null },
    { name: 'test', onError: () => {} },
  );
  onTestFinished(() => redis.disconnect());
  const answers = (): Promise<void> =>
    vi.waitFor(async () => expect(await redis.ping()).toBe('PONG'), { timeout: 5_000, interval: 20 });
  await answers();
  const ended = vi.fn<() => void>();
  redis.on('end', ended);

  await vi.waitFor(() => expect(sentinel.listeners()).toBe(1));
  sentinel.tellBeforeAnswering();
  await server.kill();
  await vi.waitFor(() => expect(ended).toHaveBeenCalled(), { timeout: 5_000, interval: 20 });
  await server.start();
  await answers();
});
