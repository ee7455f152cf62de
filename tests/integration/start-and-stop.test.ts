import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { newKeysFile } from '../../src/service/signing-keys.ts';
import type { QueueStore } from '../../src/store/queue-store.ts';
import { askGate, enteredWithPass, expectInside, type Inside, site } from '../support/gate-client.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startRedis } from '../support/redis.ts';
import { Replica } from '../support/replica.ts';
import { serviceForTest, type TestService } from '../support/service.ts';
import { StoreAway } from '../support/store-away.ts';

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'guichet-start-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as { port: number }).port };
}

async function appWith(environment: Readonly<Record<string, string>>): Promise<App> {
  const keysFile = join(await directory(), 'keys.json');
  await writeFile(keysFile, newKeysFile(), { mode: 0o600 });
  return createApp({
    config: readConfig({
      GUICHET_SIGNING_KEYS_FILE: keysFile,
      GUICHET_PUBLIC_URL: 'https://tickets.example.org',
      GUICHET_PUBLIC_PORT: '0',
      GUICHET_INTERNAL_PORT: '0',
      GUICHET_DRAIN_MS: '0',
      ...environment,
    }),
    log: pino({ level: 'silent' }),
    certificate: async () => null,
  });
}

test('a start that finds its port taken closes what it opened, and says which', async () => {
  const [redis, state, { port }] = await Promise.all([startRedis(), directory(), listening()]);
  const app = await appWith({
    REDIS_URL: redis.url,
    GUICHET_STATE_DIR: state,
    GUICHET_PUBLIC_HOST: '127.0.0.1',
    GUICHET_PUBLIC_PORT: String(port),
  });
  await expect(app.start()).rejects.toThrow(String(port));
  expect(app.internalServer.server.listening).toBe(false);
  // The directory is another's who starts next.
  expect(await readdir(state)).not.toContain('lock');
}, 30_000);

test('a start that may not write its audit says so, and holds no directory', async () => {
  const [state, other] = await Promise.all([directory(), directory()]);
  const app = await appWith({ GUICHET_STATE_DIR: state, GUICHET_AUDIT_FILE: other });
  await expect(app.start()).rejects.toThrow(other);
  expect(await readdir(state)).not.toContain('lock');
  expect(app.internalServer.server.listening).toBe(false);
});

test('a start in a directory that another process uses writes nothing there', async () => {
  const state = await directory();
  const sleeper = spawn('sleep', ['60']);
  onTestFinished(() => void sleeper.kill());
  await writeFile(join(state, 'lock'), String(sleeper.pid));
  const app = await appWith({ GUICHET_STATE_DIR: state });
  await expect(app.start()).rejects.toThrow('give each replica its own');
  expect(await readdir(state)).toEqual(['lock']);
});

test('stops within seconds also when Redis is dead', async () => {
  const [redis, state] = await Promise.all([startRedis(), directory()]);
  const app = await appWith({ REDIS_URL: redis.url, GUICHET_STATE_DIR: state });
  await app.start();
  redis.freeze();
  const startedAt = performance.now();
  await app.stop();
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  expect(await readdir(state)).not.toContain('lock');
}, 60_000);

describe('a stop while the store is away, after a visitor was seen on the confirmation page,', () => {
  type Stage = {
    service: TestService;
    clock: ManualClock;
    away: StoreAway;
    visitor: Inside;
    store: QueueStore;
  };

  async function completedWhileAway(): Promise<Stage> {
    const clock = new ManualClock();
    const away = new StoreAway();
    const stores: QueueStore[] = [];
    const wrapStore = (store: QueueStore): QueueStore => {
      stores.push(store);
      return away.wrapStore(store);
    };
    const service = Object.assign(await serviceForTest({ clock, wrapStore }), { clock });
    const visitor = await enteredWithPass(service, { completedOn: [{ path: '/confirmation' }], places: 10 });
    away.isAway = true;
    const { roomId, pass } = visitor;
    expectInside(await askGate(service, roomId, { url: `${site}/confirmation`, pass }), visitor);
    return { service, clock, away, visitor, store: stores[0] as QueueStore };
  }

  const placesUsed = async ({ store, visitor, clock }: Stage): Promise<number | undefined> => {
    const replica = new Replica(store, visitor.roomId, () => clock.wallMs());
    await replica.tick();
    return replica.head?.placesUsed;
  };
  const errorsOf = ({ service }: Stage): unknown[] =>
    service.lines.filter(({ level, msg }) => level >= 50 && msg.startsWith('Ends of sessions'));

  test('counts the place once the store is back', async () => {
    const stage = await completedWhileAway();
    const closing = stage.service.close();
    await stage.clock.sleep(3_000);
    expect(await placesUsed(stage)).toBe(0);
    stage.away.isAway = false;
    await closing;
    expect(await placesUsed(stage)).toBe(1);
    expect(errorsOf(stage)).toEqual([]);
  });

  test('says what it gave up where the store stays away', async () => {
    const stage = await completedWhileAway();
    await stage.service.close();
    expect(errorsOf(stage)).toMatchObject([{ ends: 1, roomIds: [stage.visitor.roomId] }]);
    expect(await placesUsed(stage)).toBe(0);
  });
});
