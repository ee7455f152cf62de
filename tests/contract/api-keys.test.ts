import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  admin,
  KeyReplica,
  keysMaxInTests,
  newStateDirectory,
  revokedMaxInTests,
  useKeyStage,
} from '../support/api-key-stage.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { storeKinds } from '../support/stores.ts';

const dayMs = 86_400_000;

describe.each(storeKinds)('on the %s store', (kind) => {
  const stage = useKeyStage(kind, 21);
  let clock = new ManualClock();
  const replica = (directory: string | null = null): Promise<KeyReplica> =>
    new KeyReplica(stage.store, clock, directory).start();
  beforeEach(async () => {
    clock = new ManualClock();
    Object.assign(stage, { isAway: false, loseNextAnswer: false });
    await stage.wipe();
  });

  describe('a key that was made', () => {
    test('opens what it is for, here at once and on another replica after a poll', async () => {
      const [one, other] = [await replica(), await replica()];
      const { secret, key } = await one.make({ scope: 'operator', roomIds: ['pool'] });
      expect(secret).toMatch(/^guichet_operator_[\w-]{43}$/);
      expect(one.opens(secret)).toBe('operator');
      expect(other.opens(secret)).toBeNull();
      await other.keys.beat();
      expect(other.opens(secret)).toBe('operator');
      expect(key).toMatchObject({
        state: 'active',
        scope: 'operator',
        roomIds: ['pool'],
        lastUsedAtMs: null,
      });
      expect(one.opens(`${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`)).toBeNull();
    });

    test('is kept as a hash, and nothing that is told or put down has the secret or the hash', async () => {
      const directory = await newStateDirectory();
      const one = await replica(directory);
      const { secret, key } = await one.make();
      await one.keys.revoke(key.keyId, admin);
      const file = await readFile(join(directory, 'api-keys.json'), 'utf8');
      const [{ hash } = { hash: '' }] = (await stage.store.read()).keys;
      expect(hash).toMatch(/^[\da-f]{64}$/);
      expect(file).not.toContain(secret);
      const told = JSON.stringify([await one.keys.list(), one.audited]);
      expect(told).not.toContain(secret);
      expect(told).not.toContain(hash);
    });

    test('opens nothing from the instant at which it expires; then its place is still its own', async () => {
      const one = await replica();
      const expiresAtMs = clock.wallMs() + 60_000;
      const { secret, key } = await one.make({ expiresAtMs });
      await clock.advance(59_999);
      expect(one.opens(secret)).toBe('viewer');
      await clock.advance(1);
      expect(one.opens(secret)).toBeNull();
      expect(one.keys.viewOf(one.keys.known.key(key.keyId) ?? never()).state).toBe('expired');
      await expect(one.make({ expiresAtMs: clock.wallMs() })).rejects.toMatchObject({
        code: 'request-invalid',
      });
    });
  });

  describe('a key that was revoked', () => {
    test('is refused here at once and by another replica after a poll; again: the same answer', async () => {
      const [one, other] = [await replica(), await replica()];
      const { secret, key } = await one.make();
      await other.keys.beat();
      const revoked = await one.keys.revoke(key.keyId, admin);
      expect(revoked).toMatchObject({ state: 'revoked', revokedAtMs: clock.wallMs(), revokedBy: 'Ada' });
      expect(one.opens(secret)).toBeNull();
      await other.keys.beat();
      expect(other.opens(secret)).toBeNull();
      await clock.advance(5_000);
      expect(await one.keys.revoke(key.keyId, admin)).toEqual(revoked);
      expect(await other.keys.revoke(key.keyId, { ...admin, name: 'Grace' })).toEqual(revoked);
    });

    test('can be one that another replica made a moment ago', async () => {
      const [one, other] = [await replica(), await replica()];
      const { key } = await one.make();
      expect((await other.keys.revoke(key.keyId, admin)).state).toBe('revoked');
    });

    test('while the store is away is refused here all the same, and elsewhere once it is back', async () => {
      const [one, other] = [await replica(), await replica()];
      const { secret, key } = await one.make();
      await other.keys.beat();
      stage.isAway = true;
      await expect(one.keys.revoke(key.keyId, admin)).rejects.toMatchObject({ code: 'store-unavailable' });
      expect(one.opens(secret)).toBeNull();
      expect(other.opens(secret)).toBe('viewer');
      stage.isAway = false;
      expect((await one.keys.revoke(key.keyId, admin)).state).toBe('revoked');
      await other.keys.beat();
      expect(other.opens(secret)).toBeNull();
    });

    test('stays revoked when the answer was lost, and is put down', async () => {
      const one = await replica();
      const { key } = await one.make();
      stage.loseNextAnswer = true;
      await one.keys.revoke(key.keyId, admin);
      expect((await stage.store.read()).revocations).toMatchObject([{ keyId: key.keyId }]);
      expect(one.audited.map(({ action }) => action)).toEqual(['key.create', 'key.revoke']);
    });

    test('that nobody made, or that is one of the settings, is none', async () => {
      const one = await replica();
      await expect(one.keys.revoke(randomUUID(), admin)).rejects.toMatchObject({ code: 'key-unknown' });
      await expect(one.keys.revoke('settings-admin', admin)).rejects.toMatchObject({
        code: 'key-of-settings',
      });
      await expect(one.keys.revoke('settings-viewer', admin)).rejects.toMatchObject({ code: 'key-unknown' });
    });
  });

  describe('a repeat with the same Idempotency-Key', () => {
    const again = randomUUID();

    test('shows the same key again, on any replica, and makes no second', async () => {
      const [one, other] = [await replica(), await replica()];
      const first = await one.make({}, again);
      expect(await other.make({}, again)).toEqual(first);
      expect(await one.make({}, again.toUpperCase())).toEqual(first);
      expect((await stage.store.read()).keys).toHaveLength(1);
      expect((await one.make({}, randomUUID())).secret).not.toBe(first.secret);
    });

    test('also after the store took the key and its answer was lost', async () => {
      const one = await replica();
      stage.loseNextAnswer = true;
      const { secret } = await one.make({}, again);
      expect(one.opens(secret)).toBe('viewer');
      expect((await stage.store.read()).keys).toHaveLength(1);
    });

    test('is refused for something else, for a key that is revoked, and after ten minutes', async () => {
      const one = await replica();
      const { key } = await one.make({}, again);
      const code = 'key-made-before';
      await expect(one.make({ scope: 'admin' }, again)).rejects.toMatchObject({ code });
      await expect(one.make({ name: 'other' }, again)).rejects.toMatchObject({ code });
      await clock.advance(600_001);
      await expect(one.make({}, again)).rejects.toMatchObject({ code });
      clock.stepWall(-60_000);
      expect((await one.make({}, again)).key.keyId).toBe(key.keyId);
      await one.keys.revoke(key.keyId, admin);
      await expect(one.make({}, again)).rejects.toMatchObject({ code });
    });

    test('by somebody else is another key', async () => {
      const one = await replica();
      const first = await one.make({}, again);
      const second = await one.make({}, again, { ...admin, keyId: 'another' });
      expect(second.key.keyId).not.toBe(first.key.keyId);
      expect(second.secret).not.toBe(first.secret);
    });
  });

  test('a poll of keys that did not change is one small question', async () => {
    const one = await replica();
    await one.make();
    await one.keys.beat();
    stage.calls.clear();
    for (let second = 0; second < 5; second += 1) await one.keys.beat();
    expect([...stage.calls]).toEqual([['version', 5]]);
  });

  test('a full store refuses another key; one that is revoked gives its place up, and stays revoked', async () => {
    const [one, other] = [await replica(), await replica()];
    const made = [];
    for (let count = 0; count < keysMaxInTests; count += 1) made.push(await one.make());
    await other.keys.beat();
    await expect(one.make()).rejects.toMatchObject({ code: 'keys-full' });
    const first = made[0] ?? never();
    await one.keys.revoke(first.key.keyId, admin);
    const late = await other.make().catch(() => other.keys.beat().then(() => other.make()));
    await one.keys.beat();
    for (const each of [one, other, await replica()]) {
      await each.keys.beat();
      expect(each.opens(first.secret)).toBeNull();
      expect(each.opens(late.secret)).toBe('viewer');
      expect((await each.keys.list()).map(({ keyId }) => keyId)).not.toContain(first.key.keyId);
    }
    const kept = await stage.store.read();
    expect(kept.keys).toHaveLength(keysMaxInTests);
    expect(kept.revocations.map(({ keyId }) => keyId)).toEqual([first.key.keyId]);
  });

  test('a key that expired long ago gives its place up; one that expired lately does not', async () => {
    const one = await replica();
    const { secret } = await one.make({ expiresAtMs: clock.wallMs() + 1_000 });
    for (let count = 1; count < keysMaxInTests; count += 1) await one.make();
    await clock.advance(dayMs);
    await expect(one.make()).rejects.toMatchObject({ code: 'keys-full' });
    await clock.advance(30 * dayMs);
    await one.make();
    await one.keys.beat();
    expect(one.opens(secret)).toBeNull();
    expect((await stage.store.read()).keys).toHaveLength(keysMaxInTests);
  });

  test('what is remembered of revoked keys is bounded', async () => {
    const one = await replica();
    for (let count = 0; count < revokedMaxInTests; count += 1) {
      const { key } = await one.make();
      await one.keys.revoke(key.keyId, admin);
    }
    for (let count = revokedMaxInTests; count < revokedMaxInTests + keysMaxInTests; count += 1)
      await one.make();
    await expect(one.make()).rejects.toMatchObject({ code: 'keys-full' });
    expect((await stage.store.read()).revocations).toHaveLength(revokedMaxInTests);
  });

  test('every action is put down, with who did it, in the chain of the service', async () => {
    const one = await replica();
    const { key } = await one.make({ name: 'Desk', scope: 'operator', roomIds: ['pool'] });
    await one.keys.revoke(key.keyId, { ...admin, keyId: 'other', name: 'Grace' });
    const { keyId } = key;
    const shown = { keyId, name: 'Desk', scope: 'operator' };
    expect(one.audited).toEqual([
      {
        roomId: null,
        actor: { keyId: 'settings-admin', name: 'Ada' },
        action: 'key.create',
        reason: null,
        before: null,
        after: { ...shown, roomIds: ['pool'], expiresAt: null },
      },
      {
        roomId: null,
        actor: { keyId: 'other', name: 'Grace' },
        action: 'key.revoke',
        reason: null,
        before: { state: 'active' },
        after: { ...shown, state: 'revoked' },
      },
    ]);
  });

  test('a key that could not be put down is not shown; a revocation that could not, holds', async () => {
    const one = await replica();
    const { secret, key } = await one.make();
    one.audit.record = () => Promise.reject(new Error('no space left'));
    await expect(one.make()).rejects.toThrow('no space left');
    await expect(one.keys.revoke(key.keyId, admin)).rejects.toThrow('no space left');
    expect(one.opens(secret)).toBeNull();
  });
});

function never(): never {
  throw new Error('it is there');
}
