import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { emailEnvelopes } from '../../src/service/email-envelopes.ts';
import { addNextKeys, dropRetiredKeys, useNextKeys } from '../../src/service/key-rotation.ts';
import { LiveKeys } from '../../src/service/live-keys.ts';
import { passes } from '../../src/service/passes.ts';
import { queueTokens } from '../../src/service/queue-token.ts';
import { resumeCodes } from '../../src/service/resume-codes.ts';
import { keysFileText, newKeysFile, parseStoredKeys } from '../../src/service/signing-keys.ts';
import { ManualClock } from '../support/manual-clock.ts';

const roomId = 'pool';
const ticket = { roomId, ticketId: '0b9d4d4e-3c43-8f3f-9c5e-111111111111', number: 7, order: 9, gen: 0 };
const pollMs = 2_000;

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

type Line = { level: string; fields: object; sentence: string };

/** Keys that follow a file, and what they log. */
async function followed(text = newKeysFile()) {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-live-keys-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'keys.json');
  await writeFile(path, text);
  const clock = new ManualClock();
  const lines: Line[] = [];
  const note = (level: string) => (fields: object, sentence: string) =>
    void lines.push({ level, fields, sentence });
  const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  const keys = new LiveKeys(path, { clock, log });
  const stopped = new AbortController();
  const running = keys.run(stopped.signal);
  onTestFinished(async () => {
    stopped.abort();
    await running;
  });
  return { directory, path, clock, lines, keys, text };
}

const rotated = (text: string, step: 'add' | 'use'): string => {
  const stored = parseStoredKeys(text);
  return keysFileText((step === 'add' ? addNextKeys(stored) : useNextKeys(stored, 0)).stored);
};
/** Time in which files can be read, too. */
const goesBy = (clock: ManualClock, ms: number): Promise<void> => {
  const endMs = clock.monotonicMs() + ms;
  return clock.until(() => clock.monotonicMs() >= endMs);
};
/** Once the file was looked at again; reading it takes real time, however long. */
const atNextLook = async (clock: ManualClock, holds: () => boolean): Promise<void> => {
  await clock.advance(pollMs);
  await vi.waitFor(() => expect(holds()).toBe(true));
};
const levels = (lines: Line[]): string[] => lines.map(({ level }) => level);

test('whatever holds keys follows a rotation, and what the old ones made goes on working', async () => {
  const { path, clock, lines, keys, text } = await followed();
  const parts = {
    tokens: queueTokens(() => keys.queue),
    passes: passes(keys, 'https://tickets.example.org'),
    codes: resumeCodes(() => keys.queue),
    envelopes: emailEnvelopes(() => keys.queue),
  };
  const nowMs = clock.wallMs();
  const make = () => ({
    token: parts.tokens.issue(ticket, nowMs).queueToken,
    pass: parts.passes.signPass(ticket, { algorithm: 'ES256', nowMs, expiresAtMs: nowMs + 60_000 }),
    handOver: parts.passes.signHandOver({ ...ticket, epochId: 'a' }, nowMs),
    envelope: parts.envelopes.seal({ address: 'a@example.org', language: 'fr', number: 7 }, ticket),
    code: parts.codes(ticket, 0),
    name: parts.envelopes.name('a@example.org', ticket),
  });
  const checks = ({ token, pass, handOver, envelope }: ReturnType<typeof make>): boolean[] => [
    parts.tokens.verify(token, roomId, nowMs) !== null,
    parts.passes.verifyPass(pass, roomId, nowMs) !== null,
    parts.passes.verifyHandOver(handOver, roomId, nowMs) !== null,
    parts.envelopes.open(envelope, ticket) !== null,
  ];
  const kids = (): unknown[] => parts.passes.jwks.keys.map((key) => (key as { kid: string }).kid);
  const [old, oldKids] = [make(), kids()];
  const [good, refused] = [Array(4).fill(true), Array(4).fill(false)];

  const added = rotated(text, 'add');
  await writeFile(path, added);
  await atNextLook(clock, () => keys.queue.length === 2);
  expect(kids()).toEqual([...oldKids, keys.pass[1]?.kid, keys.passRsa?.[0].kid]);
  expect(make().token).toBe(old.token); // the next key signs nothing yet

  const used = rotated(added, 'use');
  await writeFile(path, used);
  await atNextLook(clock, () => parts.tokens.issue(ticket, nowMs).queueToken !== old.token);
  const fresh = make();
  expect([checks(old), checks(fresh)]).toEqual([good, good]);
  expect([fresh.code === old.code, fresh.name === old.name]).toEqual([false, false]);

  const { stored } = dropRetiredKeys(parseStoredKeys(used), { nowMs: 0, force: true });
  await writeFile(path, keysFileText(stored));
  await atNextLook(clock, () => keys.queue.length === 1);
  expect([checks(old), checks(fresh)]).toEqual([refused, good]);
  // Nothing was lost that signed until then: no warning.
  expect(levels(lines)).toEqual(['info', 'info', 'info']);
});

test('a ring is the same object until the file changes', async () => {
  const { clock, keys } = await followed();
  const { queue, pass } = keys;
  await goesBy(clock, 10 * pollMs);
  expect(keys.queue).toBe(queue);
  expect(keys.pass).toBe(pass);
});

test('a file without the key that signed until now is taken over, with a warning', async () => {
  const { path, clock, keys, lines } = await followed();
  const [{ kid }] = keys.queue;
  await writeFile(path, newKeysFile());
  await clock.until(() => keys.queue[0].kid !== kid);
  expect(levels(lines)).toEqual(['info', 'warn']);
  expect(lines[1]?.fields).toMatchObject({ lost: expect.arrayContaining([{ use: 'queue', kid }]) });
});

test('another key under the id of the one that signed is no key that was kept: a warning', async () => {
  const { path, clock, lines, text } = await followed();
  const [stored, other] = [parseStoredKeys(text), parseStoredKeys(newKeysFile())];
  const kid = stored.queue?.[0]?.kid ?? '';
  const secret = other.queue?.[0]?.secret ?? '';
  await writeFile(path, keysFileText({ ...stored, queue: [{ kid, secret }] }));
  await clock.until(() => lines.length > 1);
  expect(lines[1]).toMatchObject({ level: 'warn', fields: { lost: [{ use: 'queue', kid }] } });
});

const troubles: [string, (at: { path: string; directory: string }) => Promise<void>][] = [
  ['is cut short', ({ path }) => writeFile(path, newKeysFile().slice(0, 200))],
  ['is empty', ({ path }) => writeFile(path, '')],
  [
    'has a key too few',
    ({ path }) => writeFile(path, JSON.stringify({ ...JSON.parse(newKeysFile()), pass: [] })),
  ],
  ['is gone', ({ path }) => rm(path)],
  [
    'is a directory',
    async ({ path }) =>
      rm(path)
        .then(() => mkdir(path))
        .then(() => undefined),
  ],
  ['is too large', ({ path }) => writeFile(path, newKeysFile() + ' '.repeat(70_000))],
];

test.each(troubles)('while the file %s, the keys stay, and one line says so', async (_, spoil) => {
  const { directory, path, clock, keys, lines, text } = await followed();
  const { queue, pass } = keys;
  await spoil({ path, directory });
  await clock.until(() => lines.length > 0);
  await goesBy(clock, 5 * pollMs);
  expect([keys.queue, keys.pass]).toEqual([queue, pass]);
  expect(levels(lines)).toEqual(['error']);
  expectNoSecret(lines, text);

  await rm(path, { recursive: true, force: true });
  await writeFile(path, rotated(text, 'add'));
  await clock.until(() => keys.queue.length === 2);
  expect(levels(lines)).toEqual(['error', 'info']);
});

test('while the file may not be read, the keys stay; when it may be again, nothing has changed', async () => {
  const { directory, path, clock, keys, lines, text } = await followed();
  const { queue } = keys;
  await chmod(directory, 0o755);
  await chmod(path, 0o000);
  await asSomebodyElse(async () => {
    await clock.until(() => lines.length > 0);
    await goesBy(clock, 5 * pollMs);
  });
  expect(levels(lines)).toEqual(['error']);
  expect(JSON.stringify(lines)).toContain('EACCES');
  expectNoSecret(lines, text);
  await chmod(path, 0o600);
  await clock.until(() => lines.length > 1);
  expect(levels(lines)).toEqual(['error', 'info']);
  expect(keys.queue).toBe(queue);
});

test('a file behind links is followed when a link is swapped, as orchestrators do it', async () => {
  const { directory, path, clock, keys, text } = await followed();
  const mounted = async (name: string, content: string): Promise<void> => {
    await mkdir(join(directory, name));
    await writeFile(join(directory, name, 'keys.json'), content);
    await symlink(name, join(directory, `${name}-link`));
    await rename(join(directory, `${name}-link`), join(directory, '..data'));
  };
  await mounted('first', text);
  await rm(path);
  await symlink('..data/keys.json', path);
  await goesBy(clock, 2 * pollMs);
  expect(keys.queue).toHaveLength(1);
  await mounted('second', rotated(text, 'add'));
  await clock.until(() => keys.queue.length === 2);
});

test('at the start a file that cannot be used is refused', async () => {
  const { path } = await followed();
  const parts = { clock: new ManualClock(), log: silent };
  await writeFile(path, '{');
  expect(() => new LiveKeys(path, parts)).toThrow('is not JSON');
  expect(() => new LiveKeys(`${path}-nowhere`, parts)).toThrow('ENOENT');
});

test('without a file there are keys of this run, and nothing to follow', async () => {
  const keys = new LiveKeys(null, { clock: new ManualClock(), log: silent });
  await keys.run(new AbortController().signal);
  expect([keys.webhook.length, keys.passRsa]).toEqual([1, null]);
});

function expectNoSecret(lines: Line[], text: string): void {
  const said = JSON.stringify(lines);
  for (const { secret } of Object.values(parseStoredKeys(text)).flat()) {
    for (const part of secret.split('\n').filter((line) => line !== '')) expect(said).not.toContain(part);
  }
}

/** The superuser may read anything: not for as long as this lasts. */
async function asSomebodyElse(act: () => Promise<void>): Promise<void> {
  const isSuperuser = process.geteuid?.() === 0;
  if (isSuperuser) process.seteuid?.(65_534);
  try {
    await act();
  } finally {
    if (isSuperuser) process.seteuid?.(0);
  }
}
