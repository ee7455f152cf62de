/** What the port to API keys promises, asked directly: the service asks so only when its replicas know different things. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ApiKey, KeyRevocation } from '../../src/domain/api-key.ts';
import { hashOfKey } from '../../src/service/key-secret.ts';
import type { AddKeyAnswer } from '../../src/store/api-key-store.ts';
import { admin, keysMaxInTests, revokedMaxInTests, useKeyStage } from '../support/api-key-stage.ts';
import { storeKinds } from '../support/stores.ts';

describe.each(storeKinds)('the store of API keys (%s)', (kind) => {
  const stage = useKeyStage(kind, 23);
  beforeEach(() => stage.wipe());

  const newKey = (keyId: string = randomUUID()): ApiKey => ({
    keyId,
    name: 'a key',
    scope: 'viewer',
    roomIds: null,
    hash: hashOfKey(keyId),
    createdAtMs: 1,
    createdBy: { keyId: admin.keyId, name: admin.name },
    expiresAtMs: null,
  });
  const newKeys = (count: number): ApiKey[] => Array.from({ length: count }, () => newKey());
  const revocationOf = ({ keyId }: ApiKey): KeyRevocation => ({ keyId, atMs: 2, by: 'Ada' });
  const add = (key: ApiKey, letGo: KeyRevocation | null = null): Promise<AddKeyAnswer> =>
    stage.store.add(key, { ifVersion: null, letGo });
  const kept = async (): Promise<Set<string>> =>
    new Set((await stage.store.read()).keys.map(({ keyId }) => keyId));

  test('a key that gave its place up is over: neither made again nor taken in again', async () => {
    const [gone, ...others] = newKeys(keysMaxInTests) as [ApiKey, ...ApiKey[]];
    for (const key of [gone, ...others]) expect(await add(key)).toEqual({ kind: 'added' });
    expect(await add(newKey(), revocationOf(gone))).toEqual({ kind: 'added' });
    expect(await add(gone)).toEqual({ kind: 'over' });
    expect(await add(gone, revocationOf(others[0] as ApiKey))).toEqual({ kind: 'over' });
    expect((await kept()).has(gone.keyId)).toBe(false);
    expect((await stage.store.read()).revocations).toEqual([revocationOf(gone)]);
  });

  test('a merge takes in no key that is revoked already, nor more keys than there are places; every revocation', async () => {
    const gone = newKey();
    await stage.store.merge({ keys: [], revocations: [revocationOf(gone)] });
    await stage.store.merge({ keys: [gone], revocations: [] });
    expect(await kept()).toEqual(new Set());
    const keys = newKeys(keysMaxInTests + 2);
    const revoked = newKeys(revokedMaxInTests + 2);
    await stage.store.merge({ keys, revocations: revoked.map(revocationOf) });
    const first = keys.slice(0, keysMaxInTests);
    expect(await kept()).toEqual(new Set(first.map(({ keyId }) => keyId)));
    expect((await stage.store.read()).revocations).toHaveLength(1 + revoked.length);
  });

  test('no key gives its place up once as many are remembered as revoked as may be', async () => {
    await stage.store.merge({ keys: [], revocations: newKeys(revokedMaxInTests).map(revocationOf) });
    const keys = newKeys(keysMaxInTests);
    for (const key of keys) await add(key);
    expect(await add(newKey(), revocationOf(keys[0] as ApiKey))).toEqual({ kind: 'full' });
    expect(await kept()).toEqual(new Set(keys.map(({ keyId }) => keyId)));
  });
});
