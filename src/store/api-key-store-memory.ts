/** The API keys in this process's memory: the same answers as lua/api_keys_*.lua. */
import { randomUUID } from 'node:crypto';
import { type ApiKey, apiKeysMax, type KeyRevocation, revokedMax } from '../domain/api-key.ts';
import { type ApiKeyStore, boundedMerge, boundedUses, settingsKeyPrefix } from './api-key-store.ts';

export type MemoryApiKeyStoreOptions = { keysMax?: number; revokedMax?: number };

/** The port in this process's memory. The bounds are for tests. */
export function memoryApiKeyStore(options: MemoryApiKeyStoreOptions = {}): ApiKeyStore {
  const { keysMax = apiKeysMax, revokedMax: goneMax = revokedMax } = options;
  const keys = new Map<string, ApiKey>();
  const revocations = new Map<string, KeyRevocation>();
  const uses = new Map<string, number>();
  let version = '';
  return {
    isShared: false,
    async version() {
      return version;
    },
    async read() {
      const copied = structuredClone({ keys: [...keys.values()], revocations: [...revocations.values()] });
      return { version, ...copied };
    },
    async add(key, { ifVersion, letGo }) {
      const there = keys.get(key.keyId);
      if (there === undefined) {
        if (revocations.has(key.keyId)) return { kind: 'over' };
        if (ifVersion !== null && ifVersion !== version) return { kind: 'changed' };
        if (keys.size >= keysMax) {
          if (letGo === null || !keys.has(letGo.keyId)) return { kind: 'full' };
          if (!revocations.has(letGo.keyId)) {
            if (revocations.size >= goneMax) return { kind: 'full' };
            revocations.set(letGo.keyId, { ...letGo });
          }
          keys.delete(letGo.keyId);
          uses.delete(letGo.keyId);
        }
        keys.set(key.keyId, structuredClone(key));
      }
      version = randomUUID();
      return there === undefined ? { kind: 'added' } : { kind: 'there', key: structuredClone(there) };
    },
    async merge(merged) {
      for (const key of boundedMerge(merged).keys) {
        const isKnown = keys.has(key.keyId) || revocations.has(key.keyId);
        if (!isKnown && keys.size < keysMax) keys.set(key.keyId, structuredClone(key));
      }
      for (const revocation of merged.revocations)
        if (!revocations.has(revocation.keyId)) revocations.set(revocation.keyId, { ...revocation });
      version = randomUUID();
    },
    async noteUses(told) {
      for (const [keyId, atMs] of boundedUses(told)) {
        if (!keys.has(keyId) && !keyId.startsWith(settingsKeyPrefix)) continue;
        uses.set(keyId, Math.max(uses.get(keyId) ?? 0, atMs));
      }
    },
    async lastUses() {
      return new Map(uses);
    },
    async close() {},
  };
}
