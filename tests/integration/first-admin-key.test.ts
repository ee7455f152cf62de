import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ApiKeyStore } from '../../src/store/api-key-store.ts';
import { StoreUnknownError } from '../../src/store/queue-store.ts';
import { newStateDirectory } from '../support/api-key-stage.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startRedis } from '../support/redis.ts';
import { expectStatus, serviceForTest, startService, type TestService } from '../support/service.ts';

/** Longer than replicas wait for others to give keys back. */
const settledMs = 4_000;
const secretPattern = /guichet_admin_[\w-]{43}/;

const withoutAdminKey = (directory: string) => ({ GUICHET_ADMIN_KEY: '', GUICHET_STATE_DIR: directory });

async function secretIn(directory: string): Promise<string> {
  return (await readFile(join(directory, 'admin-key'), 'utf8').catch(() => '')).trim();
}

async function adminKeys(service: TestService, bearer: string): Promise<unknown[]> {
  const answer = await service.internal('/v1/keys', { bearer });
  expectStatus(answer, 200);
  return (answer.body['keys'] as { scope: string; state: string }[]).filter(
    ({ scope, state }) => scope === 'admin' && state === 'active',
  );
}

/** Redis answers on its own time, not on the moved clock's. */
const patienceMs = 600_000;

/** Waits until a key opens something at a replica. */
function untilOpens(clock: ManualClock, service: TestService, bearer: string): Promise<void> {
  return clock.until(async () => (await service.internal('/v1/keys', { bearer })).status === 200, patienceMs);
}

test('the first start makes an admin key, in a file that its owner alone reads; the next makes none', async () => {
  const directory = await newStateDirectory();
  const clock = new ManualClock();
  const environment = withoutAdminKey(directory);
  const first = await startService({ clock, environment });
  const secret = await secretIn(directory);
  expect(secret).toMatch(new RegExp(`^${secretPattern.source}$`));
  expect((await stat(join(directory, 'admin-key'))).mode & 0o777).toBe(0o600);
  expect(await adminKeys(first, secret)).toMatchObject([
    { name: 'first admin key', roomIds: null, createdBy: { keyId: null, name: 'first start' } },
  ]);
  expect(JSON.stringify(first.lines)).not.toMatch(secretPattern);
  expect(first.lines.map(({ msg }) => msg)).toContain('Made the first admin key');
  await first.close();

  const second = await serviceForTest({ clock, environment });
  expect(await secretIn(directory)).toBe(secret);
  expect(await adminKeys(second, secret)).toHaveLength(1);
  expect(second.lines.map(({ msg }) => msg)).not.toContain('Made the first admin key');
});

test('the settings’ own admin key is the first: none is made', async () => {
  const directory = await newStateDirectory();
  const service = await serviceForTest({
    clock: new ManualClock(),
    environment: { GUICHET_STATE_DIR: directory },
  });
  await service.internal('/v1/keys');
  expect(await secretIn(directory)).toBe('');
});

test('of two replicas that start at once only one makes a key', async () => {
  const { url: redisUrl } = await startRedis();
  const clock = new ManualClock();
  const directories = [await newStateDirectory(), await newStateDirectory()];
  const services = await Promise.all(
    directories.map((directory) =>
      serviceForTest({ redisUrl, clock, environment: withoutAdminKey(directory) }),
    ),
  );
  const secretsNow = async () => (await Promise.all(directories.map(secretIn))).filter((text) => text !== '');
  await clock.until(async () => (await secretsNow()).length > 0, patienceMs);
  await clock.advance(settledMs);
  // Whoever was second takes its file back once the store has answered.
  await clock.until(async () => (await secretsNow()).length === 1, patienceMs);
  const secrets = await secretsNow();
  for (const service of services) await untilOpens(clock, service, secrets[0] ?? '');
  for (const service of services) expect(await adminKeys(service, secrets[0] ?? '')).toHaveLength(1);
});

test('a replica that starts on an emptied Redis waits for the keys that others remember', async () => {
  const { url: redisUrl } = await startRedis();
  const clock = new ManualClock();
  const [old, fresh] = [await newStateDirectory(), await newStateDirectory()];
  const first = await startService({ redisUrl, clock, environment: withoutAdminKey(old) });
  await clock.until(async () => (await secretIn(old)) !== '', patienceMs);
  const secret = await secretIn(old);
  await untilOpens(clock, first, secret);
  await first.close();
  const emptied = await startRedis();
  const other = await serviceForTest({
    redisUrl: emptied.url,
    clock,
    environment: withoutAdminKey(fresh),
    replicaOf: first,
  });
  const back = await serviceForTest({
    redisUrl: emptied.url,
    clock,
    environment: withoutAdminKey(old),
    replicaOf: first,
  });
  await untilOpens(clock, other, secret);
  await clock.advance(settledMs);
  expect(await secretIn(fresh)).toBe('');
  expect(await adminKeys(other, secret)).toHaveLength(1);
  expect(await adminKeys(back, secret)).toHaveLength(1);
});

test('a start that was cut short leaves a key in the file, and the next start takes it', async () => {
  const directory = await newStateDirectory();
  await mkdir(directory, { recursive: true });
  const secret = `guichet_admin_${'a'.repeat(43)}`;
  await writeFile(join(directory, 'admin-key'), `${secret}\n`, { mode: 0o644 });
  const service = await serviceForTest({
    clock: new ManualClock(),
    environment: withoutAdminKey(directory),
  });
  expect(await secretIn(directory)).toBe(secret);
  expect((await stat(join(directory, 'admin-key'))).mode & 0o777).toBe(0o600);
  expect(await adminKeys(service, secret)).toHaveLength(1);
});

test('an answer of the store that was lost makes no second key', async () => {
  const directory = await newStateDirectory();
  const clock = new ManualClock();
  let lost = 0;
  const wrapApiKeys = (store: ApiKeyStore): ApiKeyStore => ({
    ...store,
    add: async (key, options) => {
      const answer = await store.add(key, options);
      if (lost > 0) return answer;
      lost += 1;
      throw new StoreUnknownError('the answer was lost');
    },
  });
  const told: string[] = [];
  const tell = (text: string): void => void told.push(text);
  const environment = withoutAdminKey(directory);
  const service = await serviceForTest({ clock, environment, wrapApiKeys, tell });
  await clock.until(() => told.length > 0);
  await clock.advance(settledMs);
  const secret = await secretIn(directory);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(secret);
  expect(await adminKeys(service, secret)).toHaveLength(1);
});

test('once the last admin key is revoked, a start makes another and puts it into the file', async () => {
  const directory = await newStateDirectory();
  const clock = new ManualClock();
  const environment = withoutAdminKey(directory);
  const first = await startService({ clock, environment });
  const secret = await secretIn(directory);
  const [{ keyId } = { keyId: '' }] = (await adminKeys(first, secret)) as { keyId: string }[];
  expectStatus(await first.internal(`/v1/keys/${keyId}`, { method: 'DELETE', bearer: secret }), 200);
  expect((await first.internal('/v1/keys', { bearer: secret })).status).toBe(401);
  await clock.advance(settledMs);
  expect(await secretIn(directory)).toBe(secret);
  await first.close();
  const second = await serviceForTest({ clock, environment });
  const next = await secretIn(directory);
  expect(next).not.toBe(secret);
  expect((await second.internal('/v1/keys', { bearer: secret })).status).toBe(401);
  expect(await adminKeys(second, next)).toHaveLength(1);
});

test('without a directory the key is shown where somebody looks, and made nowhere else', async () => {
  const told: string[] = [];
  const environment = { GUICHET_ADMIN_KEY: '' };
  const seen = await serviceForTest({
    clock: new ManualClock(),
    environment,
    tell: (text) => void told.push(text),
  });
  const [secret = ''] = secretPattern.exec(told.join('')) ?? [];
  expect(await adminKeys(seen, secret)).toHaveLength(1);
  expect(JSON.stringify(seen.lines)).not.toMatch(secretPattern);

  const unseen = await serviceForTest({ clock: new ManualClock(), environment });
  expect((await unseen.internal('/v1/keys')).status).toBe(401);
  expect(unseen.lines.map(({ msg }) => msg).join()).toMatch(/Nobody can make or change a room/);
});
