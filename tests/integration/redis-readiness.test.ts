/** What the service says of its Redis: a failover that was never possible, one that no longer is, a profile that loses tickets. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { RedisServer } from '../../src/dev/redis-server.ts';
import { primaryName, Sentinel, startSentinelTrio } from '../../src/dev/redis-sentinel.ts';
import { profile } from '../../src/dev/redis-topology.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { connectTo, startRedis } from '../support/redis.ts';
import { serviceForTest, type TestService } from '../support/service.ts';
import { runToEnd } from '../support/service-process.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import type { Answer } from '../support/wire-client.ts';

type OneServer = ReturnType<typeof connectToServer>;

const settledWithinMs = 25_000;

const readyz = (service: TestService): Promise<Answer> => service.internal('/readyz');
async function failoverGauge(service: TestService): Promise<string | undefined> {
  const { text } = await service.internal('/metrics');
  return /^guichet_failover_ready (\S+)$/m.exec(text)?.[1];
}

test('Sentinels that were started before the replicas cannot fail over: nobody is served until they can', async () => {
  const primary = await RedisServer.create(profile);
  onTestFinished(() => primary.stop());
  await primary.start();
  const sentinels: Sentinel[] = [];
  for (let index = 0; index < 3; index += 1) {
    const sentinel = await Sentinel.create(primary);
    onTestFinished(() => sentinel.stop());
    await sentinel.start();
    sentinels.push(sentinel);
  }
  const hosts = sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
  const service = await serviceForTest({
    environment: {
      REDIS_URL: `redis+sentinel://${hosts}/${primaryName}`,
      GUICHET_REDIS_WAIT_REPLICAS: '1',
    },
  });
  expect((await readyz(service)).status).toBe(503);
  expect(await failoverGauge(service)).toBe('0');

  const replicas = [await primary.createReplica(profile), await primary.createReplica(profile)];
  for (const replica of replicas) {
    onTestFinished(() => replica.stop());
    await replica.start();
  }
  // The primary could confirm now; the Sentinels do not know its replicas yet.
  await vi.waitFor(
    async () =>
      expect((await readyz(service)).body).toMatchObject({
        ready: false,
        why: expect.stringContaining('No failover was possible yet'),
      }),
    { timeout: 5_000, interval: 50 },
  );
  expect(await failoverGauge(service)).toBe('0');
  await vi.waitFor(async () => expect((await readyz(service)).status).toBe(200), settledWithinMs);
  expect(await failoverGauge(service)).toBe('1');

  await sentinels[2]?.kill();
  await vi.waitFor(async () => expect(await failoverGauge(service)).toBe('0'), settledWithinMs);
  const state = await readyz(service);
  expect([state.status, state.body]).toEqual([
    200,
    { ready: true, failover: { ready: false, why: expect.stringContaining('the Sentinel at') } },
  ]);
  await vi.waitFor(
    () =>
      expect(service.lines.map(({ msg }) => msg)).toContain(
        'The store would not survive the loss of its primary',
      ),
    5_000,
  );
}, 90_000);

test('over a failover the service stays ready, and says that the next one would not be survived', async () => {
  const trio = await startSentinelTrio();
  onTestFinished(() => trio.stop());
  const service = await serviceForTest({
    environment: { REDIS_URL: trio.url, GUICHET_REDIS_WAIT_REPLICAS: '1' },
  });
  const roomId = await service.openRoom();
  const first = await service.join(roomId);
  expect(await failoverGauge(service)).toBe('1');

  const primary = await trio.primary();
  await primary.kill();
  await vi.waitFor(async () => expect((await service.join(roomId)).number).toBeGreaterThan(1), {
    timeout: settledWithinMs,
    interval: 200,
  });
  expect((await service.look(first)).status).toBe(200);
  await vi.waitFor(async () => expect((await readyz(service)).status).toBe(200), 5_000);
  expect(await failoverGauge(service)).toBe('0');
}, 90_000);

test('a Redis that throws keys away is refused at the start, in a sentence', async () => {
  const redis = await startRedis({ settings: { maxmemory: '100mb', 'maxmemory-policy': 'volatile-lru' } });
  const { code, output } = await runToEnd({ REDIS_URL: redis.url, ...(await signingKeys()) });
  expect([code, output]).toEqual([
    1,
    expect.stringContaining(
      'REDIS_URL: maxmemory-policy is volatile-lru and must be noeviction, or Redis throws tickets away',
    ),
  ]);
});

test('one that begins to later is told, and gets no traffic until it is put right', async () => {
  const redis = await startRedis();
  const service = await serviceForTest({ redisUrl: redis.url });
  expect((await readyz(service)).status).toBe(200);
  expect(await failoverGauge(service)).toBeUndefined();
  const admin = connectTo(redis.url);
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await vi.waitFor(async () => expect((await readyz(service)).status).toBe(503), 5_000);
  expect(service.lines.map(({ msg }) => msg)).toContain('The store cannot keep the promises');
  await admin.config('SET', 'maxmemory-policy', 'noeviction');
  await vi.waitFor(async () => expect((await readyz(service)).status).toBe(200), 5_000);
});

test('a replica whose visitors’ calls reach nobody gets no traffic, though its ticks go on', async () => {
  const redis = await startRedis();
  const proxy = await startTcpProxy(redis);
  onTestFinished(() => proxy.close());
  const [commands, ticks] = [proxy.url, redis.url].map((url, index) =>
    connectToServer(url, { name: `test-${index}`, onError: () => undefined }),
  ) as [OneServer, OneServer];
  const store = redisQueueStore({ commands, ticks, waitReplicas: 0 });
  onTestFinished(() => store.close());
  const ready = async (): Promise<boolean> => (await store.ready()).ready;
  await vi.waitFor(async () => expect(await ready()).toBe(true), 5_000);
  proxy.cut();
  await vi.waitFor(async () => expect(await ready()).toBe(false), 5_000);
  proxy.mend();
  await vi.waitFor(async () => expect(await ready()).toBe(true), 5_000);
});

async function signingKeys(): Promise<Record<string, string>> {
  const service = await serviceForTest();
  return { GUICHET_SIGNING_KEYS_FILE: `${service.directory}/signing-keys.json` };
}
