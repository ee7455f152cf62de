/** What the service says of its Redis: a failover that was never possible, one that no longer is, a profile that loses tickets. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { startRedisCluster } from '../../src/dev/redis-cluster.ts';
import { RedisServer } from '../../src/dev/redis-server.ts';
import { primaryName, Sentinel, startSentinelTrio } from '../../src/dev/redis-sentinel.ts';
import { profile } from '../../src/dev/redis-topology.ts';
import type { StoreState } from '../../src/domain/store-state.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { connectTo, startRedis, startReplicaOf } from '../support/redis.ts';
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
  // With its body, which says why not.
  const ready = { status: 200, body: { ready: true } };
  await vi.waitFor(async () => expect(await readyz(service)).toMatchObject(ready), 5_000);
  expect(await failoverGauge(service)).toBe('0');
}, 90_000);

test('each thing that a failover would need is missed once it is gone, and people are served all the same', async () => {
  const trio = await startSentinelTrio();
  onTestFinished(() => trio.stop());
  const service = await serviceForTest({
    environment: { REDIS_URL: trio.url, GUICHET_REDIS_WAIT_REPLICAS: '1' },
  });
  const told = (failover: unknown): Promise<void> =>
    vi.waitFor(
      async () => {
        const { status, body } = await readyz(service);
        expect([status, body]).toEqual([200, { ready: true, failover }]);
      },
      { timeout: settledWithinMs, interval: 200 },
    );
  const missed = (why: string): Promise<void> => told({ ready: false, why: expect.stringContaining(why) });
  const [primary, replica] = trio.servers as [RedisServer, RedisServer];
  const [one, ...others] = trio.sentinels as [Sentinel, ...Sentinel[]];
  await told({ ready: true });
  const unconfirmed = await serviceForTest({ environment: { REDIS_URL: trio.url } });
  expect((await readyz(unconfirmed)).body['failover']).toEqual({
    ready: false,
    why: 'GUICHET_REDIS_WAIT_REPLICAS is 0: a failover forgets what replicas did not have yet',
  });

  // A replica that is there, and cut off from the primary.
  const admin = connectTo(primary.url);
  await admin.acl('SETUSER', 'default', '-psync', '-sync');
  const links = await admin.call('CLIENT', 'LIST', 'TYPE', 'replica');
  await admin.client('KILL', 'ID', /\bid=(\d+)/.exec(String(links))?.[1] ?? '');
  await missed('sees 1 replicas that could take over, and 2 are needed');
  await admin.acl('SETUSER', 'default', '+@all');
  await told({ ready: true });
  await replica.kill();
  await missed('sees 1 replicas that could take over, and 2 are needed');
  await replica.start();
  await told({ ready: true });

  for (const other of others) await other.kill();
  await missed(`${one.port} says: NOQUORUM`);
  await one.ask('sentinel', 'reset', primaryName);
  await missed(`${one.port} knows 0 other Sentinels, and 2 are needed for a majority`);
}, 120_000);

test('what keeps a primary from confirming anything is told, and what a failover would lose', async () => {
  const primary = await startRedis();
  const store = storeAt({ commands: primary.url, ticks: primary.url, waitReplicas: 1 });
  const told = (state: StoreState, of = store): Promise<void> =>
    vi.waitFor(async () => expect(await of.ready()).toEqual(state), 10_000);
  const lost = (why: string): Promise<void> =>
    told({ ready: true, failover: { ready: false, why: expect.stringContaining(why) as string } });
  const why = '0 replicas are online, and GUICHET_REDIS_WAIT_REPLICAS asks for 1: nothing can be confirmed';
  await told({ ready: false, why, failover: { ready: false, why } });

  const replica = await startReplicaOf(primary);
  const ofReplica = storeAt({ commands: replica.url, ticks: replica.url, waitReplicas: 0 });
  await told({ ready: false, why: 'this Redis is a replica' }, ofReplica);
  await lost('appendonly is no');
  const admin = connectTo(primary.url);
  await admin.config('SET', 'appendonly', 'yes');
  await lost('min-replicas-to-write or min-replicas-max-lag is 0');
  await admin.config('SET', 'min-replicas-to-write', '1');
  await lost('replicas online: 1, needed: 2; the one that takes over would have too few to confirm anything');
  const other = await startReplicaOf(primary);
  await told({ ready: true, failover: { ready: true } });

  // Redis goes on calling them online for a minute.
  for (const one of [replica, other]) one.freeze();
  onTestFinished(() => [replica, other].forEach((one) => one.thaw()));
  await told({ ready: false, why, failover: { ready: false, why } });
  replica.thaw();
  await lost('replicas online: 1, needed: 2');
});

test('of a Cluster one primary that can confirm nothing stops nobody; one that throws keys away, or a slot of nobody’s, everybody', async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  const service = await serviceForTest({
    environment: { REDIS_URL: cluster.url, GUICHET_REDIS_WAIT_REPLICAS: '1' },
  });
  const told = (status: number, body: object): Promise<void> =>
    vi.waitFor(async () => expect(await readyz(service)).toMatchObject({ status, body }), settledWithinMs);
  const alone = expect.stringContaining('replicas online: 1, needed: 2') as string;
  await told(200, { ready: true, failover: { ready: false, why: alone } });
  const replicationOf = async (server: RedisServer): Promise<string> =>
    cluster.ask(server, 'info', 'replication');
  const all = await Promise.all(cluster.servers.map(async (one) => [one, await replicationOf(one)] as const));
  const [replica, said] = all.find(([, text]) => text.includes('role:slave')) ?? never();
  const followed = Number(/master_port:(\d+)/.exec(said)?.[1]);
  const [primary] = all.find(([{ port }]) => port === followed) ?? never();
  const [other] = all.find(([one, text]) => one !== primary && text.includes('role:master')) ?? never();

  await replica.kill();
  const why = expect.stringContaining('0 replicas are online') as string;
  await told(200, { ready: true, failover: { ready: false, why } });
  const setPolicy = (policy: string): Promise<string> =>
    cluster.ask(other, 'config', 'set', 'maxmemory-policy', policy);
  await setPolicy('allkeys-lru');
  await told(503, { ready: false, isUnfit: true });
  await setPolicy('noeviction');
  await told(200, { ready: true });
  const others = cluster.servers.filter((one) => one !== replica);
  for (const one of others) await cluster.ask(one, 'cluster', 'delslots', '0');
  const unserved = 'Redis does not answer: not every slot of the Cluster is served';
  await told(503, { ready: false, why: unserved, failover: { ready: false, why: unserved } });
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

test.each([
  ['visitors’ calls reach', 'ticks', [true, false]],
  ['ticks reach', 'visitors’ calls', [false, true]],
] as const)('a replica whose %s nobody gets no traffic, though its %s go on', async (_, _others, isCut) => {
  const redis = await startRedis();
  const proxy = await startTcpProxy(redis);
  onTestFinished(() => proxy.close());
  const [commands, ticks] = isCut.map((byProxy) => (byProxy ? proxy.url : redis.url)) as [string, string];
  const store = storeAt({ commands, ticks, waitReplicas: 0 });
  const ready = async (): Promise<boolean> => (await store.ready()).ready;
  await vi.waitFor(async () => expect(await ready()).toBe(true), 5_000);
  proxy.cut();
  await vi.waitFor(async () => expect(await ready()).toBe(false), 5_000);
  proxy.mend();
  await vi.waitFor(async () => expect(await ready()).toBe(true), 5_000);
});

/** As the service connects: what visitors ask, and the ticks. */
function storeAt({ waitReplicas, ...urls }: { commands: string; ticks: string; waitReplicas: number }) {
  const [commands, ticks] = [urls.commands, urls.ticks].map((url, index) =>
    connectToServer(url, { name: `test-${index}`, onError: () => undefined }),
  ) as [OneServer, OneServer];
  const store = redisQueueStore({ commands, ticks, waitReplicas });
  onTestFinished(() => store.close());
  return store;
}

function never(): never {
  throw new Error('it is there');
}

async function signingKeys(): Promise<Record<string, string>> {
  const service = await serviceForTest();
  return { GUICHET_SIGNING_KEYS_FILE: `${service.directory}/signing-keys.json` };
}
