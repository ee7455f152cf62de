import { expect, it, onTestFinished, vi } from 'vitest';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { scriptParts } from '../../src/store/redis-scripts.ts';
import { shortLife } from '../support/every-transition.ts';
import { connectTo, replicaLag, startRedis, startReplicaOf } from '../support/redis.ts';
import { openRoom } from '../support/room-under-test.ts';
import { redisTestStore, type TestStore, TestTime } from '../support/stores.ts';

async function storeAt(url: string, waitReplicas: number): Promise<TestStore> {
  const time = new TestTime();
  const redis = connectToServer(url, { name: 'test', onError: () => undefined });
  const store = redisQueueStore({ commands: redis, ticks: redis, waitReplicas, nowUs: () => time.us });
  await vi.waitFor(async () => expect(await store.ready()).toMatchObject({ ready: true }), 5_000);
  const test = redisTestStore({ store, redis: connectTo(url), time });
  onTestFinished(() => test.close());
  return test;
}

it.each([0, 1])(
  'each script runs after the cache was emptied before it, with %i replicas to confirm',
  async (waitReplicas) => {
    const server = await startRedis();
    if (waitReplicas > 0) await startReplicaOf(server);
    const test = await storeAt(server.url, waitReplicas);
    const admin = connectTo(server.url);
    const { transitions } = shortLife(test);
    expect(new Set(transitions.map(({ name }) => name))).toEqual(new Set(Object.keys(scriptParts)));
    for (const { ask } of transitions) {
      await ask();
      await admin.script('FLUSH');
    }
    for (const { ask } of shortLife(test).transitions) {
      await admin.script('FLUSH');
      await ask();
    }
  },
  30_000,
);

it('each script runs on a server that was started again', async () => {
  const server = await startRedis({ appendonly: 'always' });
  const test = await storeAt(server.url, 0);
  for (const { ask } of shortLife(test).transitions) await ask();
  const { room, transitions } = shortLife(test);
  for (const { ask } of transitions.slice(0, 3)) await ask();
  const before = room.cursor;

  await server.kill();
  await server.start();
  await vi.waitFor(async () => expect(await test.store.ready()).toMatchObject({ ready: true }), 10_000);
  // INFO is answered a moment before scripts are taken.
  await vi.waitFor(() => room.tick(), 5_000);
  expect(room.cursor.epochNumber).toBe(before.epochNumber + 1);
  expect(room.cursor.eventNumber).toBe(before.eventNumber);
  for (const { ask } of transitions.slice(3)) await ask();
}, 30_000);

it('a script that was not there yet is confirmed like any other', async () => {
  const primary = await startRedis();
  const replica = await startReplicaOf(primary);
  const test = await storeAt(primary.url, 1);
  const room = await openRoom(test, { capacity: 2 });
  await room.join(1);
  const admin = connectTo(primary.url);
  await admin.script('FLUSH');
  // What comes before it on its connection is confirmed already: a WAIT sent too early would say so.
  await vi.waitFor(async () => expect(await replicaLag(admin)).toBe(0), 5_000);
  replica.freeze();
  await expect(room.join(1)).rejects.toThrow('confirmed by 0 of 1 replicas');
}, 30_000);
