import { expect, test, vi } from 'vitest';
import { apiKeysKeys } from '../../src/store/redis-keys.ts';
import { redisApiKeyStore } from '../../src/store/api-key-store-redis.ts';
import { newStateDirectory } from '../support/api-key-stage.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { connectTo, startRedis } from '../support/redis.ts';
import { expectStatus, serviceForTest, type TestService } from '../support/service.ts';
import { connected, replicasToConfirm } from '../support/script-cache.ts';

/** Two ticks. */
const withinMs = 2_000;

async function make(service: TestService, body: object = {}): Promise<{ keyId: string; key: string }> {
  const asked = { name: 'A key', scope: 'viewer', ...body };
  const answer = await service.internal('/v1/keys', { method: 'POST', body: asked });
  expectStatus(answer, 201);
  return answer.body as { keyId: string; key: string };
}

const statusFor = async (service: TestService, key: string): Promise<number> =>
  (await service.internal('/v1/rooms', { bearer: key })).status;

test('a key opens, and once revoked is refused, on every replica within two ticks', async () => {
  const { url: redisUrl } = await startRedis();
  const clock = new ManualClock();
  const one = await serviceForTest({ redisUrl, clock });
  const other = await serviceForTest({ redisUrl, clock, replicaOf: one });
  const { key, keyId } = await make(one);
  expect(await statusFor(one, key)).toBe(200);
  await clock.until(async () => (await statusFor(other, key)) === 200, withinMs);
  await clock.advance(10_000);
  expectStatus(await other.internal(`/v1/keys/${keyId}`, { method: 'DELETE' }), 200);
  expect(await statusFor(other, key)).toBe(401);
  await clock.until(async () => (await statusFor(one, key)) === 401, withinMs);
});

test('a Redis that dies locks nobody out, nor does one that comes back empty; the revoked stay out', async () => {
  const server = await startRedis();
  const clock = new ManualClock();
  const service = await serviceForTest({ redisUrl: server.url, clock });
  const good = await make(service);
  const revoked = await make(service);
  expectStatus(await service.internal(`/v1/keys/${revoked.keyId}`, { method: 'DELETE' }), 200);
  await clock.advance(withinMs);
  await server.kill();
  await clock.advance(withinMs);
  expect(await statusFor(service, good.key)).toBe(200);
  expect(await statusFor(service, revoked.key)).toBe(401);
  expectProblem(await service.internal('/v1/rooms', { bearer: 'guichet_viewer_of-nobody' }), 'key-missing');
  expectStatus(await service.internal('/v1/keys'), 200);
  const body = { name: 'A key', scope: 'viewer' };
  expectProblem(
    await clock.during(service.internal('/v1/keys', { method: 'POST', body })),
    'store-unavailable',
  );

  await server.start();
  const redis = connectTo(server.url);
  await redis.flushall();
  await clock.until(async () => (await redis.hlen('guichet:{api.keys}')) === 2);
  const fresh = await serviceForTest({ redisUrl: server.url, clock, replicaOf: service });
  expect(await statusFor(fresh, good.key)).toBe(200);
  expect(await statusFor(fresh, revoked.key)).toBe(401);
}, 30_000);

test('a replica that starts while Redis is away knows who has a key from its file', async () => {
  const server = await startRedis();
  const environment = { GUICHET_STATE_DIR: await newStateDirectory() };
  const before = await serviceForTest({ redisUrl: server.url, environment });
  const { key } = await vi.waitFor(() => make(before));
  await before.close();
  await server.kill();
  const after = await serviceForTest({ redisUrl: server.url, environment, replicaOf: before });
  expect(await statusFor(after, key)).toBe(200);
  // It may be a key that was made meanwhile.
  expectProblem(
    await after.internal('/v1/rooms', { bearer: 'guichet_viewer_of-nobody' }),
    'store-unavailable',
  );
  await server.start();
  await vi.waitFor(async () => expect(await statusFor(after, 'guichet_viewer_of-nobody')).toBe(401), 10_000);
  expect(await statusFor(after, key)).toBe(200);
}, 30_000);

test.each(replicasToConfirm)(
  'each script of API keys runs after the cache was emptied before it, with %i replicas to confirm',
  async (waitReplicas) => {
    const { redis, admin } = await connected(waitReplicas);
    const store = redisApiKeyStore({ redis, waitReplicas });
    const key = {
      keyId: 'one',
      name: 'One',
      scope: 'viewer' as const,
      roomIds: null,
      hash: '0'.repeat(64),
      createdAtMs: 1_763_761_234_567,
      createdBy: { keyId: null, name: 'test' },
      expiresAtMs: null,
    };
    const revocation = { keyId: 'one', atMs: 1_763_761_234_568, by: 'test' };
    const asks: (() => Promise<unknown>)[] = [
      () => store.add(key, { ifVersion: '', letGo: null }),
      () => store.noteUses(new Map([['one', 1_763_761_234_569]])),
      () => store.merge({ keys: [], revocations: [revocation] }),
    ];
    for (const ask of asks) {
      await admin.script('FLUSH');
      await ask();
    }
    expect(await store.read()).toEqual({
      version: expect.stringMatching(/./) as string,
      keys: [key],
      revocations: [revocation],
    });
    expect(await store.lastUses()).toEqual(new Map([['one', 1_763_761_234_569]]));
    // What somebody else put there is passed over, and still revokes.
    const [records = '', revoked = ''] = apiKeysKeys;
    await admin.hset(records, 'odd', '{"keyId":"odd"}', 'odder', 'x');
    await admin.hset(revoked, 'another', 'x');
    expect((await store.read()).keys).toEqual([key]);
    expect((await store.read()).revocations).toContainEqual({ keyId: 'another', atMs: 0, by: '?' });
    await store.close();
  },
  30_000,
);

test('without the replicas that were asked for nothing counts as said', async () => {
  const { redis } = await connected(0);
  const store = redisApiKeyStore({ redis, waitReplicas: 1 });
  await expect(store.merge({ keys: [], revocations: [] })).rejects.toThrow(/confirmed by 0 of 1/);
  await store.close();
});
