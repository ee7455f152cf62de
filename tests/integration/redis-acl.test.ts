/** The user that docs/redis.md tells operators to make, on each way to run Redis. */
import { expect, it, onTestFinished, test, vi } from 'vitest';
import { aclRules, redisCommands, sentinelAclRules } from '../../src/dev/redis-acl.ts';
import { startRedisCluster } from '../../src/dev/redis-cluster.ts';
import { startSentinelTrio } from '../../src/dev/redis-sentinel.ts';
import { askRedis } from '../../src/dev/redis-topology.ts';
import { redisAddress } from '../../src/domain/redis-address.ts';
import { redisStores } from '../../src/store/open-stores.ts';
import { connectRedis } from '../../src/store/redis-connection.ts';
import { everyScript } from '../support/every-script.ts';
import { connectTo, startRedis, startReplicaOf } from '../support/redis.ts';
import { TestTime } from '../support/stores.ts';

const login = { username: 'guichet', password: 'p@ss:/word' };
const sentinelLogin = { sentinelUsername: 'watcher', sentinelPassword: 'w@tch' };

/** The user's URL, of an address without one. */
const asUser = (url: string): string =>
  url.replace('://', `://${login.username}:${encodeURIComponent(login.password)}@`);

/** What each can be told of; the Cluster here has one replica of each primary. */
const failoverOf = {
  single: {},
  sentinel: { failover: { ready: true } },
  cluster: { failover: { why: expect.stringContaining('replicas online: 1, needed: 2') as string } },
} as const;

/** All that the service does with its stores, once; resolves when it was all answered. */
async function liveAt(url: string, waitReplicas: number, sentinel = sentinelLogin): Promise<void> {
  const address = redisAddress(url);
  if (!address) throw new Error('no address');
  const time = new TestTime();
  const refused: string[] = [];
  const access = { address, tls: {}, ...sentinel };
  const redis = connectRedis(access, { name: 'test', onError: ({ message }) => void refused.push(message) });
  onTestFinished(() => redis.disconnect());
  const stores = redisStores(() => redis, { waitReplicas, withEmails: true, nowUs: () => time.us, access });
  try {
    await vi.waitFor(() => expect(redis.status).toBe('ready'), { timeout: 10_000, interval: 20 });
    const failover = failoverOf[address.topology];
    await vi.waitFor(
      async () => expect(await stores.queue.ready()).toMatchObject({ ready: true, ...failover }),
      // Sentinels take a while to know each other.
      address.topology === 'sentinel' ? 20_000 : 1_000,
    );
    await stores.queue.addToIndex(new Map([['pool', 1]]));
    for (const { ask } of everyScript(stores, time)) await ask();
    await beside(stores);
    expect(refused).toEqual([]);
  } finally {
    await stores.queue.close();
  }
}

/** What is asked without a script. */
async function beside({
  queue,
  figures,
  audits,
  proposals,
  apiKeys,
  emails,
}: ReturnType<typeof redisStores>): Promise<void> {
  await queue.readIndex();
  await queue.removeFromIndex('pool');
  await figures.timeline('pool', { everyMs: 5_000, fromMs: 0, toMs: null, after: null, limit: 1 });
  await figures.replicas();
  await figures.leave('a');
  await figures.forget('pool');
  await audits.head(null);
  await audits.read(null, 0);
  await proposals.list('pool');
  await apiKeys.version();
  await apiKeys.read();
  await apiKeys.lastUses();
  await emails?.kept('pool', '8700ea22-a9db-470b-8d83-cf3de074d15a');
}

/** Needed in a Cluster only; or of no consequence where it is refused: a name, where a connection is going anyway. */
const notMissedAlone = ['asking', 'client|setname', 'cluster|info', 'cluster|slots', 'readonly', 'readwrite'];
/** What a short life has no occasion for: an alarm that is cleared, a sweep of e-mails that has come to its end. */
const seldom = ['del', 'lpush', 'ltrim'];

test('with these rules all is answered, and each command taken away is missed', async () => {
  const server = await startRedis();
  const admin = connectTo(server.url);
  const setUser = (...rules: string[]): Promise<unknown> =>
    admin.acl('SETUSER', login.username, 'reset', 'on', `>${login.password}`, ...rules);
  await startReplicaOf(server);
  await setUser(...aclRules());
  await liveAt(`${asUser(server.url)}/1`, 1);
  expect(await admin.acl('LOG')).toEqual([]);
  const unmissed: string[] = [];
  for (const command of redisCommands()) {
    await setUser(...aclRules(), `-${command}`);
    await admin.flushall();
    await admin.script('FLUSH');
    await liveAt(`${asUser(server.url)}/1`, 1).then(
      () => unmissed.push(command),
      () => undefined,
    );
  }
  expect(unmissed).toEqual([...notMissedAlone, ...seldom].toSorted());
}, 60_000);

test('what is no business of the service is refused', async () => {
  const server = await startRedis({ settings: { 'enable-debug-command': 'yes' } });
  const admin = connectTo(server.url);
  await admin.acl('SETUSER', login.username, 'on', `>${login.password}`, ...aclRules());
  const user = connectTo(asUser(server.url), { retryStrategy: () => null });
  for (const [command, ...words] of [
    ['keys', '*'],
    ['config', 'get', 'dir'],
    ['flushall'],
    ['debug', 'sleep', '0'],
    ['acl', 'list'],
    ['script', 'flush'],
    ['publish', 'news', 'x'],
    ['subscribe', 'news'],
    ['shutdown'],
    ['get', 'other:key'],
    ['eval', "return redis.call('GET', 'other:key')", '0'],
    ['eval', "return redis.call('FLUSHALL')", '0'],
  ] as const)
    await expect(user.call(command, ...words), command).rejects.toThrow(
      /NOPERM|user executing the script can't|ACL failure in script/,
    );
});

it('with Sentinels that ask for a user of their own the service does all it does, and may listen for a failover', async () => {
  const trio = await startSentinelTrio();
  onTestFinished(() => trio.stop());
  const { sentinelUsername, sentinelPassword } = sentinelLogin;
  for (const server of trio.servers)
    await askRedis(server, 'acl', 'setuser', login.username, 'on', `>${login.password}`, ...aclRules());
  for (const sentinel of trio.sentinels) {
    const user = [sentinelUsername, 'on', `>${sentinelPassword}`];
    expect(await sentinel.ask('acl', 'setuser', ...user, ...sentinelAclRules)).toBe('OK');
  }
  await liveAt(asUser(trio.url), 1);
  for (const sentinel of trio.sentinels)
    expect(await sentinel.ask('acl', 'log')).not.toMatch(/sentinel\||subscribe|switch-master/);
}, 60_000);

it('in a Cluster the service does all it does, also while it learns where the slots are', async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  const rules = aclRules();
  for (const server of cluster.servers)
    await askRedis(server, 'acl', 'setuser', login.username, 'on', `>${login.password}`, ...rules);
  await liveAt(asUser(cluster.url), 1);
  for (const server of cluster.servers) expect(await askRedis(server, 'acl', 'log')).toBe('');
}, 60_000);
