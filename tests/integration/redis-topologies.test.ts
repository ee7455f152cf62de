/**
 * The store on Redis as it is run in production, by its ordinary address: every transition does what it does on one
 * server, a failover is met by repeating what is unknown, and so is a slot that moves.
 */
import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished, vi } from 'vitest';
import { redisAddress } from '../../src/domain/redis-address.ts';
import { startRedisCluster } from '../../src/dev/redis-cluster.ts';
import { startSentinelTrio } from '../../src/dev/redis-sentinel.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { connectRedis, type RedisClient } from '../../src/store/redis-connection.ts';
import { roomKeys } from '../../src/store/redis-keys.ts';
import { scriptParts } from '../../src/store/redis-scripts.ts';
import { shortLife, type ShortLife } from '../support/every-transition.ts';
import { connectTo, startRedis, startReplicaOf } from '../support/redis.ts';
import { type TestStore, TestTime } from '../support/stores.ts';

const knownWithinMs = 20_000;

/** A short life of a room at that address, each write confirmed by a replica. */
async function lifeAt(url: string): Promise<ShortLife> {
  const address = redisAddress(url);
  if (!address) throw new Error(`no address: ${url}`);
  const time = new TestTime();
  const [commands, ticks] = ['commands', 'ticks'].map((name) =>
    connectRedis(
      { address, tls: {}, sentinelUsername: null, sentinelPassword: null },
      { name, onError: () => undefined },
    ),
  ) as [RedisClient, RedisClient];
  const store = redisQueueStore({ commands, ticks, waitReplicas: 1, nowUs: () => time.us });
  onTestFinished(() => store.close());
  await vi.waitFor(async () => expect(await store.ready()).toMatchObject({ ready: true }), 10_000);
  await vi.waitFor(() => expect(commands.status).toBe('ready'), 10_000);
  return shortLife({ store, time } as TestStore);
}

async function play(
  { transitions }: ShortLife,
  before: (index: number) => Promise<void> = async () => {},
): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const [index, { name, ask }] of transitions.entries()) {
    await before(index);
    const answer = await vi.waitFor(ask, { timeout: knownWithinMs, interval: 100 });
    answers.push([name, withoutIds(answer)]);
  }
  return answers;
}

/** An answer without what differs from room to room, and from one server process to the next. */
function withoutIds(answer: unknown): unknown {
  const anyId =
    /"(ticketIds?|epochId|roomId)":("[^"]*"|\[[^\]]*\])|"(releaseNumber|order|eventNumber|epochNumber|position)":[^,}]*/g;
  return JSON.parse((JSON.stringify(answer) ?? 'null').replaceAll(anyId, '"x":0'));
}

/** On one server, which is taken for another before some calls. */
async function onOneServer(isAnother: (index: number) => boolean = () => false): Promise<unknown[]> {
  const primary = await startRedis();
  await startReplicaOf(primary);
  const admin = connectTo(primary.url);
  const life = await lifeAt(primary.url);
  const [key = ''] = roomKeys(life.room.roomId);
  return play(life, async (index) => {
    if (isAnother(index) && (await admin.exists(key)) === 1) await admin.hset(key, 'runId', randomUUID());
  });
}

it('on a Cluster every transition does what it does on one server, wherever its slot goes', async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  const expected = await onOneServer();
  expect(new Set(expected.map((entry) => (entry as [string])[0]))).toEqual(new Set(Object.keys(scriptParts)));
  expect(await play(await lifeAt(cluster.url))).toEqual(expected);
  const life = await lifeAt(cluster.url);
  const moves = (index: number): boolean => index % 3 === 1;
  const moved = await play(life, async (index) => {
    if (moves(index)) await cluster.moveSlotOf(life.room.roomId);
  });
  expect(moved).toEqual(await onOneServer(moves));
}, 120_000);

it('in a Cluster a call that finds its slot gone is answered as soon as it is repeated', async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  const { room, transitions } = await lifeAt(cluster.url);
  await play({ room, transitions: transitions.slice(0, 3) });
  for (let moves = 0; moves < 4; moves += 1) {
    await cluster.moveSlotOf(room.roomId);
    // Sooner than the slots are asked for anyway.
    const ticks = async (): Promise<void> => expect(await room.tick()).toMatchObject({ gap: false });
    await vi.waitFor(ticks, { timeout: 2_000, interval: 50 });
  }
}, 60_000);

it('with Sentinels every transition does what it does on one server', async () => {
  const trio = await startSentinelTrio();
  onTestFinished(() => trio.stop());
  expect(await play(await lifeAt(trio.url))).toEqual(await onOneServer());
}, 60_000);

it.each(['sentinel', 'cluster'] as const)(
  'over a failover of %s nothing that was confirmed is forgotten',
  async (kind) => {
    const topology = kind === 'sentinel' ? await startSentinelTrio() : await startRedisCluster();
    onTestFinished(() => topology.stop());
    const primaryNow = (roomId: string) =>
      'primaryOf' in topology ? topology.primaryOf(roomId) : topology.primary();
    const life = await lifeAt(topology.url);
    const { room, transitions } = life;
    const joined = transitions.findIndex(({ name }) => name === 'sight');
    await play({ room, transitions: transitions.slice(0, joined) });
    const before = { ...room.cursor };
    const primary = await primaryNow(room.roomId);

    await primary.kill();
    // Of a Cluster's replicas there is one each: alone, the new primary could confirm nothing.
    if (kind === 'cluster') {
      await vi.waitFor(async () => expect(await primaryNow(room.roomId)).not.toBe(primary), knownWithinMs);
      await primary.start();
    }
    await play({ room, transitions: transitions.slice(joined) });
    // Another process: the epoch moved on, and the events were not counted anew.
    expect(room.cursor.epochNumber).toBe(before.epochNumber + 1);
    expect(room.cursor.eventNumber).toBeGreaterThanOrEqual(before.eventNumber);
  },
  90_000,
);
