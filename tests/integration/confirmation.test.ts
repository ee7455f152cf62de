import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished, vi } from 'vitest';
import { StoreUnknownError } from '../../src/store/queue-store.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { connectTo, replicaLag, startRedis, startReplicaOf } from '../support/redis.ts';
import { newRoom, openRoom } from '../support/room-under-test.ts';
import { redisTestStore, type TestStore, TestTime } from '../support/stores.ts';

/** As the service connects: two connections with its own time limits, and one of the test's that looks on. */
async function storeAt(
  url: string,
  { waitReplicas, lookAt = url }: { waitReplicas: number; lookAt?: string },
): Promise<TestStore> {
  const time = new TestTime();
  const [commands, ticks] = ['commands', 'ticks'].map((name) =>
    connectToServer(url, { name, onError: () => undefined }),
  );
  if (!commands || !ticks) throw new Error('no connections');
  const store = redisQueueStore({ commands, ticks, waitReplicas, nowUs: () => time.us });
  await vi.waitFor(async () => expect(await store.ready()).toMatchObject({ ready: true }), 5_000);
  // That is what the one connection says; the other may take a moment longer.
  await vi.waitFor(() => expect(commands.status).toBe('ready'), 5_000);
  const test = redisTestStore({ store, redis: connectTo(lookAt), time });
  onTestFinished(() => test.close());
  return test;
}

it('nothing counts until the replica has it; repeated, it is the same ticket', async () => {
  const primary = await startRedis();
  const replica = await startReplicaOf(primary);
  const test = await storeAt(primary.url, { waitReplicas: 1 });
  const room = await openRoom(test, { capacity: 2 });
  const [admitted] = await room.join(1);
  if (!admitted) throw new Error('no ticket');
  const id = randomUUID();

  replica.freeze();
  await expect(room.joinIds(id)).rejects.toThrow(StoreUnknownError);
  await expect(room.enter(admitted)).rejects.toThrow(StoreUnknownError);
  await expect(room.tick()).rejects.toThrow(StoreUnknownError);
  await expect(room.joinIds(id)).rejects.toThrow('confirmed by 0 of 1 replicas');
  const before = await room.observe();

  replica.thaw();
  await vi.waitFor(() => room.moveClock(), 10_000);
  expect(await room.joinIds(id)).toMatchObject([{ kind: 'admitted', number: 2 }]);
  expect(await room.enter(admitted)).toMatchObject({ kind: 'entered', number: 1 });
  expect(await room.observe()).toEqual(before);
}, 30_000);

it.each([
  ['create', 'deleted'],
  ['remove', { kind: 'deleted' }],
] as const)(
  'a repeat of %s that finds it done is confirmed all the same',
  async (name, repeated) => {
    const primary = await startRedis();
    const replica = await startReplicaOf(primary);
    const test = await storeAt(primary.url, { waitReplicas: 1 });
    const room = await openRoom(test);
    await test.store.remove(room.roomId, room.cursor);
    // Once the replica has all there is, a WAIT behind a call that writes nothing would succeed.
    const admin = connectTo(primary.url);
    await vi.waitFor(async () => expect(await replicaLag(admin)).toBe(0), 5_000);
    replica.freeze();
    const { store } = await storeAt(primary.url, { waitReplicas: 1 });
    const ask = (): Promise<unknown> => {
      return name === 'create'
        ? store.create(newRoom(room.roomId), 0)
        : store.remove(room.roomId, room.cursor);
    };
    await expect(ask()).rejects.toThrow(StoreUnknownError);
    replica.thaw();
    await vi.waitFor(async () => expect(await ask()).toEqual(repeated), 10_000);
  },
  30_000,
);
