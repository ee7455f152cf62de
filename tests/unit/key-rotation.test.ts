import { expect, test } from 'vitest';
import { addNextKeys, dropRetiredKeys, listKeys, useNextKeys } from '../../src/service/key-rotation.ts';
import {
  type KeyUse,
  keysFileText,
  newKeysFile,
  parseKeysFile,
  parseStoredKeys,
  type StoredKeys,
} from '../../src/service/signing-keys.ts';
import { webhookSecrets } from '../../src/service/webhook-signing.ts';

const nowMs = Date.UTC(2026, 4, 4, 18);
const hourMs = 3_600_000;
const lateMs = 300_000;

// One RSA key for all tests: it takes a moment to make.
const whole = parseStoredKeys(newKeysFile({ withRsa: true }));
const kidsOf = (stored: StoredKeys, use: KeyUse): string[] => (stored[use] ?? []).map(({ kid }) => kid);
const statesOf = (stored: StoredKeys, use: KeyUse): string[] =>
  listKeys(stored).flatMap((key) => (key.use === use ? [key.state] : []));
const uses = ['queue', 'handOver', 'webhook', 'pass', 'passRsa'] as const;

test('a key is added last, moves first when it is used, and its forerunner is retired and dropped', () => {
  const added = addNextKeys(whole).stored;
  const used = useNextKeys(added, nowMs).stored;
  const later = nowMs + 73 * hourMs;
  const { stored: dropped, kept } = dropRetiredKeys(used, { nowMs: later, force: false });
  for (const use of uses) {
    const [old, next] = kidsOf(added, use);
    expect([old]).toEqual(kidsOf(whole, use));
    expect(statesOf(added, use)).toEqual(['signs', 'next']);
    expect(kidsOf(used, use)).toEqual([next, old]);
    expect(statesOf(used, use)).toEqual(['signs', 'retired']);
    expect(kidsOf(dropped, use)).toEqual([next]);
  }
  expect(kept).toEqual([]);
  for (const stored of [added, used, dropped])
    expect(() => parseKeysFile(keysFileText(stored))).not.toThrow();
});

test('a step taken twice, or out of turn, changes nothing', () => {
  const added = addNextKeys(whole).stored;
  expect(addNextKeys(added)).toEqual({ stored: added, added: [] });
  expect(useNextKeys(whole, nowMs)).toEqual({ stored: whole, used: [] });
  const used = useNextKeys(added, nowMs).stored;
  expect(useNextKeys(used, nowMs + 1)).toEqual({ stored: used, used: [] });
  expect(dropRetiredKeys(added, { nowMs, force: true })).toEqual({ stored: added, dropped: [], kept: [] });
});

test('a retired key stays until the last token under it is over: 72 hours, for passes a day, and 5 minutes', () => {
  const used = useNextKeys(addNextKeys(whole).stored, nowMs).stored;
  const ringsLeft = (atMs: number): Set<KeyUse> =>
    new Set(dropRetiredKeys(used, { nowMs: atMs, force: false }).kept.map(({ use }) => use));
  const dayMs = 24 * hourMs;
  expect(ringsLeft(nowMs + dayMs + lateMs - 1)).toEqual(new Set(uses));
  expect(ringsLeft(nowMs + dayMs + lateMs)).toEqual(new Set(['queue', 'handOver', 'webhook']));
  expect(ringsLeft(nowMs + 3 * dayMs + lateMs - 1)).toEqual(new Set(['queue', 'handOver', 'webhook']));
  expect(ringsLeft(nowMs + 3 * dayMs + lateMs)).toEqual(new Set());
  expect(dropRetiredKeys(used, { nowMs, force: true }).dropped).toHaveLength(uses.length);
});

test('a second rotation may begin before the first one is over', () => {
  const first = useNextKeys(addNextKeys(whole).stored, nowMs).stored;
  const second = useNextKeys(addNextKeys(first).stored, nowMs + hourMs).stored;
  expect(statesOf(second, 'queue')).toEqual(['signs', 'retired', 'retired']);
  expect(kidsOf(second, 'queue').slice(1)).toEqual(kidsOf(first, 'queue'));
  const { stored } = dropRetiredKeys(second, { nowMs: nowMs + 72 * hourMs + lateMs, force: false });
  expect(kidsOf(stored, 'queue')).toEqual(kidsOf(second, 'queue').slice(0, 2));
});

test('an older file gets the rings that it lacks, and its webhook secrets stay what they were', () => {
  const { webhook: _, passRsa: __, ...older } = whole;
  const before = webhookSecrets(parseKeysFile(keysFileText(older)).webhook, 'pool');
  const { stored, added } = addNextKeys(older);
  const after = webhookSecrets(parseKeysFile(keysFileText(stored)).webhook, 'pool');
  expect(after).toHaveLength(2);
  expect(after[0]).toEqual(before[0]);
  expect(statesOf(stored, 'webhook')).toEqual(['signs', 'next']);
  // Nothing was signed with RS256 yet, so there is nothing to overlap with.
  expect(statesOf(stored, 'passRsa')).toEqual(['signs']);
  expect(added.map(({ use, state }) => `${use} ${state}`)).toEqual([
    'queue next',
    'handOver next',
    'webhook signs',
    'webhook next',
    'pass next',
    'passRsa signs',
  ]);
});

test('what a later version keeps in the file stays there', () => {
  const stored = { ...whole, later: [{ kid: 'x', secret: 'y' }] };
  expect(useNextKeys(addNextKeys(stored).stored, nowMs).stored).toMatchObject({ later: stored.later });
});
