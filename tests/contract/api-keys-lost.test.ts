import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { admin, KeyReplica, newStateDirectory, useKeyStage } from '../support/api-key-stage.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { storeKinds } from '../support/stores.ts';

describe.each(storeKinds)('on the %s store', (kind) => {
  const stage = useKeyStage(kind, 22);
  let clock = new ManualClock();
  const replica = (directory: string | null = null): Promise<KeyReplica> =>
    new KeyReplica(stage.store, clock, directory).start();
  beforeEach(async () => {
    clock = new ManualClock();
    Object.assign(stage, { isAway: false, loseNextAnswer: false });
    await stage.wipe();
  });

  describe('a store that is away', () => {
    test('locks nobody out who is known, and a replica that starts with its file neither', async () => {
      const directory = await newStateDirectory();
      const { secret, key } = await (await replica(directory)).make();
      const revoked = await (await replica(directory)).make();
      await (await replica(directory)).keys.revoke(revoked.key.keyId, admin);
      stage.isAway = true;
      const restarted = await replica(directory);
      expect(restarted.opens(secret)).toBe('viewer');
      expect(restarted.opens(revoked.secret)).toBeNull();
      expect((await restarted.keys.list()).map(({ keyId }) => keyId)).toContain(key.keyId);
      const unknown = restarted.opens.bind(restarted);
      expect(() => unknown('guichet_viewer_unknown')).toThrow(/could not read the API keys/);
      await expect(restarted.make()).rejects.toMatchObject({ code: 'store-unavailable' });
      stage.isAway = false;
      await restarted.keys.beat();
      expect(unknown('guichet_viewer_unknown')).toBeNull();
    });

    test('that was emptied gets the keys back, and the revoked stay revoked for whoever starts anew', async () => {
      const [one, other] = [await replica(), await replica()];
      const [kept, gone] = [await one.make(), await one.make()];
      await one.keys.revoke(gone.key.keyId, admin);
      await other.keys.beat();
      await stage.wipe();
      await other.keys.beat();
      const fresh = await replica();
      expect(fresh.opens(kept.secret)).toBe('viewer');
      expect(fresh.opens(gone.secret)).toBeNull();
      const states = (await fresh.keys.list()).map(({ state }) => state);
      expect(states.toSorted()).toEqual(['active', 'active', 'revoked']);
    });

    test('is given back a key that one replica remembers as good and another as revoked, as revoked', async () => {
      const [knows, behind] = [await replica(), await replica()];
      const { secret, key } = await knows.make();
      await behind.keys.beat();
      await knows.keys.revoke(key.keyId, admin);
      await stage.wipe();
      await behind.keys.beat();
      await knows.keys.beat();
      for (const one of [behind, await replica()]) {
        await one.keys.beat();
        expect(one.opens(secret)).toBeNull();
      }
    });

    test('that was emptied twice gets them back twice', async () => {
      const one = await replica();
      await one.make();
      for (const _ of [1, 2]) {
        await stage.wipe();
        await one.keys.beat();
        expect((await stage.store.read()).keys).toHaveLength(1);
      }
    });

    test('does not lose when keys were last used, and hears of it at most every ten seconds', async () => {
      const [one, other] = [await replica(), await replica()];
      const { secret, key } = await one.make();
      await clock.advance(5_000);
      one.opens(secret);
      const usedAtMs = clock.wallMs();
      stage.isAway = true;
      await clock.advance(6_000);
      await one.keys.beat();
      stage.isAway = false;
      stage.calls.clear();
      // A clock that steps back takes no use back.
      clock.stepWall(-60_000);
      for (let second = 0; second < 30; second += 1) {
        one.opens(secret);
        await clock.advance(1_000);
        await one.keys.beat();
      }
      expect(stage.calls.get('noteUses')).toBe(3);
      await other.keys.beat();
      const told = (await other.keys.list()).find(({ keyId }) => keyId === key.keyId);
      expect(told?.lastUsedAtMs).toBe(usedAtMs);
    });
  });

  describe('the file of a replica', () => {
    test('is readable by its owner alone, also in place of one that was not', async () => {
      const directory = await newStateDirectory();
      const path = join(directory, 'api-keys.json');
      await writeFile(path, '{}');
      await writeFile(`${path}.new`, 'left behind');
      await chmod(path, 0o644);
      await (await replica(directory)).make();
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    });

    test.each([
      ['empty', ''],
      ['cut', '{"keys":[{"keyId"'],
      ['another file', '[]'],
      ['of something else', '{"version":1,"rooms":[]}'],
      ['with a key that is none', '{"keys":[{"keyId":"x"}],"revocations":[],"uses":[]}'],
      ['with null', 'null'],
    ])('that is %s changes nothing: the store says who has a key', async (_, text) => {
      const directory = await newStateDirectory();
      const { secret } = await (await replica()).make();
      await writeFile(join(directory, 'api-keys.json'), text);
      const one = await replica(directory);
      expect(one.opens(secret)).toBe('viewer');
      expect(JSON.parse(await readFile(join(directory, 'api-keys.json'), 'utf8'))).toMatchObject({
        keys: [{ scope: 'viewer' }],
      });
    });

    test('from before a key was revoked does not bring it back', async () => {
      const directory = await newStateDirectory();
      const one = await replica(directory);
      const { secret, key } = await one.make();
      const before = await readFile(join(directory, 'api-keys.json'), 'utf8');
      await one.keys.revoke(key.keyId, admin);
      await writeFile(join(directory, 'api-keys.json'), before);
      const restarted = await replica(directory);
      expect(restarted.opens(secret)).toBeNull();
      await stage.wipe();
      await restarted.keys.beat();
      expect((await replica()).opens(secret)).toBeNull();
    });
  });
});
