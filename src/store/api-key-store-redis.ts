/**
 * The API keys on Redis, on a connection of their own. Changes are scripts, confirmed like everything else; to be read
 * without a confirmation harms nobody, since a key that a failover takes back was shown to nobody yet.
 */
import { randomUUID } from 'node:crypto';
import {
  type ApiKey,
  apiKeysMax,
  type KeyRevocation,
  parseApiKey,
  parseRevocation,
  revokedMax,
} from '../domain/api-key.ts';
import { type AddKeyAnswer, type ApiKeyStore, boundedMerge, boundedUses } from './api-key-store.ts';
import { known, runScript } from './redis-calls.ts';
import type { RedisClient } from './redis-connection.ts';
import { apiKeysKeys } from './redis-keys.ts';

export type RedisApiKeyStoreOptions = {
  redis: RedisClient;
  /** Replicas that must have each write before it counts. */
  waitReplicas: number;
  /** The bounds are for tests. */
  keysMax?: number;
  revokedMax?: number;
};

/** The port on Redis. `close` ends the connection. */
export function redisApiKeyStore(options: RedisApiKeyStoreOptions): ApiKeyStore {
  const { redis, waitReplicas, keysMax = apiKeysMax, revokedMax: goneMax = revokedMax } = options;
  const [recordsKey = '', revokedKey = '', usedKey = '', versionKey = ''] = apiKeysKeys;
  return {
    isShared: true,
    version: () => known('api keys', async () => (await redis.get(versionKey)) ?? ''),
    read: () =>
      known('api keys', async () => {
        // The version first: what changes meanwhile is read again.
        const [version, records, revoked] = await Promise.all([
          redis.get(versionKey),
          redis.hvals(recordsKey),
          redis.hgetall(revokedKey),
        ]);
        const keys = records.flatMap((text) => parseApiKey(text) ?? []);
        const revocations = Object.entries(revoked).map(([keyId, text]) => parseRevocation(keyId, text));
        return { version: version ?? '', keys, revocations };
      }),
    async add(key, { ifVersion, letGo }) {
      const own = [randomUUID(), ifVersion ?? '*', key.keyId, JSON.stringify(key), keysMax, goneMax];
      const gone = letGo === null ? ['', ''] : [letGo.keyId, revocationText(letGo)];
      const reply = await runScript(redis, 'api_keys_add', [...apiKeysKeys, ...own, ...gone], waitReplicas);
      return decodeAdd(reply as [AddKeyAnswer['kind'], string?], key);
    },
    async merge(merged) {
      const { keys, revocations } = boundedMerge(merged);
      const records = keys.flatMap((key) => [key.keyId, JSON.stringify(key)]);
      const revoked = revocations.flatMap((one) => [one.keyId, revocationText(one)]);
      const own = [randomUUID(), keysMax, keys.length, ...records, ...revoked];
      await runScript(redis, 'api_keys_merge', [...apiKeysKeys, ...own], waitReplicas);
    },
    async noteUses(uses) {
      const told = [...boundedUses(uses)].flat();
      await runScript(redis, 'api_keys_use', [...apiKeysKeys, ...told], waitReplicas);
    },
    lastUses: () =>
      known('api keys', async () => {
        const uses = Object.entries(await redis.hgetall(usedKey));
        return new Map(uses.map(([keyId, atMs]) => [keyId, Number(atMs)]));
      }),
    async close() {
      redis.disconnect();
    },
  };
}

function revocationText({ atMs, by }: KeyRevocation): string {
  return JSON.stringify({ atMs, by });
}

function decodeAdd([kind, text = '']: [AddKeyAnswer['kind'], string?], asked: ApiKey): AddKeyAnswer {
  if (kind !== 'there') return { kind };
  const key = parseApiKey(text);
  // What a newer version wrote there is not what was asked for.
  return key?.keyId === asked.keyId ? { kind, key } : { kind: 'over' };
}
