/**
 * API keys for tests: a replica of the service's part that knows them, on a store that may go away or be emptied, with an
 * audit that is looked into.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import type { KeyHolder } from '../../src/domain/actor.ts';
import type { AuditEntry, AuditTrail } from '../../src/domain/audit.ts';
import { GuichetError } from '../../src/domain/errors.ts';
import { ApiKeys, type NewKey } from '../../src/service/api-keys.ts';
import { hashOfKey } from '../../src/service/key-secret.ts';
import { KnownKeysFile } from '../../src/service/known-keys-file.ts';
import { newKeysFile, parseKeysFile } from '../../src/service/signing-keys.ts';
import type { ApiKeyStore } from '../../src/store/api-key-store.ts';
import { memoryApiKeyStore } from '../../src/store/api-key-store-memory.ts';
import { redisApiKeyStore } from '../../src/store/api-key-store-redis.ts';
import { StoreUnknownError } from '../../src/store/queue-store.ts';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { apiKeysKeys } from '../../src/store/redis-keys.ts';
import type { ManualClock } from './manual-clock.ts';
import type { StoreKind } from './stores.ts';

/** Few, so that a test fills it. */
export const keysMaxInTests = 6;
export const revokedMaxInTests = 8;

export type KeyStage = {
  store: ApiKeyStore;
  /** While true, whatever is asked of the store fails. */
  isAway: boolean;
  /** The next change is made, and its answer lost. */
  loseNextAnswer: boolean;
  /** Calls by name. */
  readonly calls: Map<string, number>;
  /** As after FLUSHALL. */
  wipe(): Promise<void>;
};

/** A directory that is gone after the test. */
export async function newStateDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-api-keys-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A store for all tests of a suite; emptied by whoever needs it empty. */
export function useKeyStage(kind: StoreKind, database: number): KeyStage {
  let inner = memoryApiKeyStore(bounds);
  let redis: Redis | null = null;
  const changes = ['add', 'merge', 'noteUses'];
  const stage: KeyStage = {
    isAway: false,
    loseNextAnswer: false,
    calls: new Map(),
    store: new Proxy({} as ApiKeyStore, {
      get: (_, name: keyof ApiKeyStore) => {
        const value = inner[name] as unknown;
        if (typeof value !== 'function') return value;
        return async (...given: unknown[]): Promise<unknown> => {
          if (name === 'close') return;
          stage.calls.set(name, (stage.calls.get(name) ?? 0) + 1);
          if (stage.isAway) throw new StoreUnknownError('away');
          const answer: unknown = await Reflect.apply(value, inner, given);
          if (!stage.loseNextAnswer || !changes.includes(name)) return answer;
          stage.loseNextAnswer = false;
          throw new StoreUnknownError('the answer was lost');
        };
      },
    }),
    async wipe() {
      if (redis) await redis.del(...apiKeysKeys);
      else inner = memoryApiKeyStore(bounds);
    },
  };
  beforeAll(async () => {
    if (kind === 'memory') return;
    const url = new URL(inject('redisUrl'));
    url.pathname = `/${database}`;
    redis = connectToServer(url.href, { name: 'api-keys', onError: () => {} });
    await once(redis, 'ready');
    inner = redisApiKeyStore({ redis, waitReplicas: 0, ...bounds });
  });
  afterAll(() => inner.close());
  return stage;
}

const bounds = { keysMax: keysMaxInTests, revokedMax: revokedMaxInTests };

export const admin: KeyHolder = { keyId: 'settings-admin', name: 'Ada', scope: 'admin', roomIds: null };
const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ring = parseKeysFile(newKeysFile()).queue;

/** One replica: its keys, what it put down, and its file if it has a directory. */
export class KeyReplica {
  readonly keys: ApiKeys;
  readonly audited: AuditEntry[] = [];
  readonly audit: AuditTrail = { record: async (entry) => void this.audited.push(entry) };
  readonly file: KnownKeysFile | null;

  constructor(store: ApiKeyStore, clock: ManualClock, directory: string | null = null) {
    this.keys = new ApiKeys({
      store,
      clock,
      log: silentLog,
      audit: this.audit,
      ring: () => ring,
      // As many tries as the real one has in its four seconds, without the waiting.
      retry: (ask) => repeated(ask, 20),
      ofSettings: [admin],
    });
    this.file = directory === null ? null : new KnownKeysFile(directory, this.keys.known, silentLog);
    if (this.file) this.keys.onKnown = this.file.write.bind(this.file);
  }

  /** As the process does when it starts. */
  async start(): Promise<this> {
    await this.file?.read();
    await this.keys.beat();
    return this;
  }

  make(asked: Partial<NewKey> = {}, idempotencyKey: string | null = null, holder = admin) {
    const wanted: NewKey = { name: 'a key', scope: 'viewer', roomIds: null, expiresAtMs: null, ...asked };
    return this.keys.make(wanted, { holder, idempotencyKey });
  }

  /** The scope that a secret opens here; null: nothing. */
  opens(secret: string): string | null {
    return this.keys.find(hashOfKey(secret))?.scope ?? null;
  }
}

async function repeated<Answer>(ask: () => Promise<Answer>, tries: number): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof StoreUnknownError)) throw error;
    if (tries === 1) throw new GuichetError('store-unavailable', { cause: error });
    return repeated(ask, tries - 1);
  }
}
