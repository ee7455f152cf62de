import { spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { newKeysFile, parseKeysFile, parseStoredKeys } from '../../src/service/signing-keys.ts';
import { shownWebhookSecret, webhookSecrets } from '../../src/service/webhook-signing.ts';
import { guichet, guichetJson } from '../support/command-line.ts';

const root = new URL('../..', import.meta.url).pathname;
const nowMs = Date.UTC(2026, 4, 4, 18);
const dayMs = 86_400_000;

let text = '';
beforeAll(() => {
  text = newKeysFile({ withRsa: true });
});

async function newFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-keys-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'signing-keys.json');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** What the command prints, a call each; `keys` and the file are said for it. Throws what it says when it fails. */
async function keys(words: string, path: string, atMs = nowMs): Promise<string[]> {
  const lines: string[] = [];
  const [verb = '', ...rest] = words.split(' ');
  const onLine = (line: string): void => void lines.push(line);
  const { code, err } = await guichet(['keys', verb, path, ...rest], { nowMs: atMs, onLine });
  if (code !== 0) throw new Error(err);
  return lines;
}

/** The command itself, as people type it. */
async function command(...words: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['src/cli/guichet.ts', ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a rotation from the first step to the last leaves a file that the service can read, for its owner only', async () => {
  const path = await newFile();
  chmodSync(path, 0o640);
  const before = parseKeysFile(text);
  expect(await keys('add', path)).toContainEqual(expect.stringMatching(/^pass +\w+ +next/));
  expect(modeOf(path)).toBe(0o600);
  await keys('use', path);
  expect(parseKeysFile(readFileSync(path, 'utf8')).pass[1]?.kid).toBe(before.pass[0].kid);
  const kept = await keys('drop', path, nowMs + 2 * dayMs);
  expect(kept).toContain(`pass ${before.pass[0].kid} dropped`);
  expect(kept).toContain(
    `queue ${before.queue[0].kid} kept: tokens under it may be good until 2026-05-07T18:05:00.000Z`,
  );
  expect(await keys('drop --force', path)).toContain(`queue ${before.queue[0].kid} dropped`);
  expect(await keys('drop', path)).toEqual(['No key is retired.']);
  const after = parseKeysFile(readFileSync(path, 'utf8'));
  expect([after.queue.length, after.pass.length, after.passRsa?.length]).toEqual([1, 1, 1]);
  expect(existsSync(`${path}.new`)).toBe(false);
});

test('no command but webhook-secret prints a secret', async () => {
  const path = await newFile();
  const said = [
    ...(await keys('list', path)),
    ...(await keys('add', path)),
    ...(await keys('use', path)),
    ...(await keys('list', path)),
    ...(await keys('public', path)),
    ...(await keys('public --alg RS256', path)),
    ...(await keys('drop', path)),
    ...(await keys('drop --force', path)),
  ].join('\n');
  const stored = [parseStoredKeys(text), parseStoredKeys(readFileSync(path, 'utf8'))];
  for (const { secret } of stored.flatMap((file) => Object.values(file).flat())) {
    for (const line of secret.split('\n').filter((part) => part !== '')) expect(said).not.toContain(line);
  }
});

test('public keys are told in PEM, all of a kind or one by its id', async () => {
  const path = await newFile();
  await keys('add', path);
  const { pass, passRsa } = parseKeysFile(readFileSync(path, 'utf8'));
  const pems = (lines: string[]): object[] =>
    lines.map((pem) => createPublicKey(pem).export({ format: 'jwk' }));
  const jwks = (ring: typeof passRsa): object[] =>
    (ring ?? []).map(({ publicKey }) => publicKey?.export({ format: 'jwk' }) ?? {});
  expect(pems(await keys('public', path))).toEqual(jwks(pass));
  expect(pems(await keys('public --alg RS256', path))).toEqual(jwks(passRsa));
  expect(pems(await keys(`public --kid ${pass[1]?.kid}`, path))).toEqual(jwks(pass).slice(1));
  await expect(keys('public --kid none', path)).rejects.toThrow('No ES256 key has the id none.');
});

test('a room’s webhook secrets are told, one for each key', async () => {
  const path = await newFile();
  await keys('add', path);
  const secrets = webhookSecrets(parseKeysFile(readFileSync(path, 'utf8')).webhook, 'pool');
  expect(await keys('webhook-secret pool', path)).toEqual(secrets.map(shownWebhookSecret));
  expect(shownWebhookSecret(secrets[0] as Buffer)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(await keys('webhook-secret other', path)).not.toEqual(await keys('webhook-secret pool', path));
  await expect(keys('webhook-secret Pool', path)).rejects.toThrow('Pool is no room id.');
});

test('a broken file, and one that another command is changing, are left as they are', async () => {
  const path = await newFile();
  writeFileSync(path, text.slice(0, 300));
  for (const verb of ['add', 'use', 'drop', 'list'])
    await expect(keys(verb, path)).rejects.toThrow('is not JSON');
  expect(existsSync(`${path}.new`)).toBe(false);
  writeFileSync(path, text);
  writeFileSync(`${path}.new`, 'begun');
  await expect(keys('add', path)).rejects.toThrow('another "keys" command is at work');
  expect([readFileSync(path, 'utf8'), readFileSync(`${path}.new`, 'utf8')]).toEqual([text, 'begun']);
});

test('a step that has nothing to do says so and writes nothing', async () => {
  const path = await newFile();
  await expect(keys('use', path)).rejects.toThrow('keys add comes first');
  await keys('drop', path);
  expect(readFileSync(path, 'utf8')).toBe(text);
  await keys('add', path);
  await expect(keys('add', path)).rejects.toThrow('has a next key already');
});

test('a link is followed, and stays one', async () => {
  const path = await newFile();
  const link = `${path}.link`;
  symlinkSync(path, link);
  await keys('add', link);
  expect(readFileSync(link, 'utf8')).toBe(readFileSync(path, 'utf8'));
  expect(parseKeysFile(readFileSync(path, 'utf8')).queue).toHaveLength(2);
});

test('two at once do not lose a key: one of them is done, the others are refused or have nothing to add', async () => {
  const path = await newFile();
  const answers = await Promise.all(Array.from({ length: 3 }, () => command('keys', 'add', path)));
  expect(answers.filter(({ code }) => code === 1)).toHaveLength(2);
  const added = answers.find(({ code }) => code === 0)?.out ?? '';
  const { queue, passRsa } = parseKeysFile(readFileSync(path, 'utf8'));
  expect([queue.length, passRsa?.length]).toEqual([2, 2]);
  expect(added).toContain(queue[1]?.kid);
  expect(existsSync(`${path}.new`)).toBe(false);
});

test('the command makes a file once, says in one line what is wrong, and knows its usage', async () => {
  const path = `${await newFile()}.made`;
  expect(await command('keys', 'new', path)).toMatchObject({ code: 0 });
  expect(modeOf(path)).toBe(0o600);
  expect(parseKeysFile(readFileSync(path, 'utf8')).passRsa).toHaveLength(1);
  expect(await command('keys', 'new', path)).toMatchObject({
    code: 1,
    err: `${path} is there already; it was left alone.\n`,
  });
  const help = await command('keys');
  expect(help.code).toBe(2);
  const verbs = ['new', 'add', 'use', 'drop', 'list', 'public', 'webhook-secret'];
  for (const verb of verbs) expect(help.err).toMatch(new RegExp(`^  ${verb} .*<FILE>`, 'm'));
});

test.each([
  'list',
  'list F more',
  'drop F --forced',
  'drop F --force more',
  'public F --alg none',
  'public F --alg',
  'public F --kid',
  'webhook-secret F',
  'webhook-secret F room more',
  'turn F',
  'new --force',
])('keys %s is not understood', async (words) => {
  expect(await guichet(`keys ${words}`)).toMatchObject({ code: 2, out: '' });
});

test('with --json each step tells what it did, and no secret', async () => {
  const path = await newFile();
  const said = async (words: string): Promise<object> => (await guichetJson(words, { nowMs })).body;
  const added = await said(`keys add ${path}`);
  expect(added).toEqual({
    file: path,
    added: expect.arrayContaining([expect.objectContaining({ use: 'queue', state: 'next', overAt: null })]),
  });
  expect(await said(`keys list ${path}`)).toMatchObject({ file: path, keys: { length: 10 } });
  expect(await said(`keys use ${path}`)).toMatchObject({ keys: { length: 10 } });
  expect(await said(`keys drop ${path}`)).toMatchObject({ dropped: [], kept: { length: 5 } });
  expect(await said(`keys public ${path}`)).toMatchObject({ keys: [{ alg: 'ES256' }, { alg: 'ES256' }] });
  const failed = await guichetJson(`keys list ${path}.none`);
  expect(failed).toMatchObject({ code: 1, body: { error: { code: 'failed', status: null } } });
});
