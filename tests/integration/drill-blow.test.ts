/** A blow by hand, on real servers: what counts as one, and what does not. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { PrimaryWatch, strikeByHand } from '../../src/cli/drill-blow.ts';
import { Voice } from '../../src/cli/voice.ts';
import { aclRules } from '../../src/dev/redis-acl.ts';
import { startRedisCluster } from '../../src/dev/redis-cluster.ts';
import { type RedisAccess, redisAddress } from '../../src/domain/redis-address.ts';
import { startFakeSentinel } from '../support/fake-sentinel.ts';
import { QuickClock } from '../support/quick-clock.ts';
import { startRedis } from '../support/redis.ts';
import { newRoomId } from '../support/service.ts';

const roomId = newRoomId();

function accessTo(url: string): RedisAccess {
  const address = redisAddress(url);
  if (!address) throw new Error('no address');
  return { address, tls: {}, sentinelUsername: null, sentinelPassword: null };
}

type Hand = { act?: () => Promise<void>; silentMs?: () => number };

/** What a drill on this Redis sees of what a hand does when it is told to. */
async function blowByHand(url: string, { act = async () => {}, silentMs = () => 0 }: Hand) {
  const access = accessTo(url);
  const primary = await PrimaryWatch.start(access, roomId);
  const acts: Promise<void>[] = [];
  const visitors = {
    get silentMs() {
      return silentMs();
    },
  };
  const clock = new QuickClock(100);
  const wasSilent = await strikeByHand(
    { access, roomId, primary, visitors, clock },
    { terminal: { err: () => void acts.push(act()) }, voice: new Voice('en') },
  );
  await Promise.all(acts);
  return { wasSilent, isAnother: await primary.look() };
}

test('a hand that does nothing is seen to have done nothing', async () => {
  const redis = await startRedis();
  expect(await blowByHand(redis.url, {})).toEqual({ wasSilent: false, isAnother: false });
});

test('a primary that was started again is another one, also where nobody met silence', async () => {
  const redis = await startRedis({ appendonly: 'always' });
  const act = async (): Promise<void> => {
    await redis.kill();
    await redis.start();
  };
  expect(await blowByHand(redis.url, { act })).toEqual({ wasSilent: false, isAnother: true });
});

test('a failover that went back again by the end was one', async () => {
  const [first, second] = [await startRedis(), await startRedis()];
  const sentinel = await startFakeSentinel(first);
  const access = accessTo(`redis+sentinel://127.0.0.1:${sentinel.port}/guichet`);
  const watch = await PrimaryWatch.start(access, roomId);
  expect(await watch.look()).toBe(false);
  sentinel.tell('guichet', second);
  expect(await watch.look()).toBe(true);
  sentinel.tell('guichet', first);
  expect(await watch.look()).toBe(true);
  expect(watch.seen.after).toBe(watch.seen.before);
});

test('silence counts, also where the primary stays the same', async () => {
  const redis = await startRedis();
  expect(await blowByHand(redis.url, { silentMs: () => 1_000 })).toEqual({
    wasSilent: true,
    isAnother: false,
  });
});

test('in a Cluster the primary that has the room counts, and the user of the service may ask for it', async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  for (const server of cluster.servers)
    await cluster.ask(server, 'acl', 'setuser', 'guichet', 'on', '>secret', ...aclRules());
  const access = accessTo(cluster.url.replace('://', '://guichet:secret@'));
  // In slots of each primary, more likely than not.
  for (const room of Array.from({ length: 6 }, newRoomId)) {
    const { address } = await PrimaryWatch.start(access, room);
    expect(address).toBe(`127.0.0.1:${(await cluster.primaryOf(room)).port}`);
  }
  const watch = await PrimaryWatch.start(access, roomId);
  expect(await watch.look()).toBe(false);
  await (await cluster.primaryOf(roomId)).kill();
  await vi.waitFor(async () => expect(await watch.look()).toBe(true), { timeout: 20_000, interval: 200 });
}, 60_000);
