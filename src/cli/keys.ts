/** keys <verb> FILE …: signing keys for the service, and their rotation (docs/keys.md). */
import { type PassAlgorithm, isRoomId, passAlgorithms } from '../domain/room.ts';
import {
  addNextKeys,
  dropRetiredKeys,
  type KeyState,
  type ListedKey,
  listKeys,
  useNextKeys,
} from '../service/key-rotation.ts';
import { type KeyRing, newKeysFile } from '../service/signing-keys.ts';
import { alarmSecrets, shownWebhookSecret, webhookSecrets } from '../service/webhook-signing.ts';
import { changeKeysFile, createKeysFile, readKeysFile } from './keys-file.ts';

/** Verb, what follows it, what it does: the usage is printed from here. */
export const keysUsage: readonly (readonly [words: string, meaning: string])[] = [
  ['keys new FILE', 'makes signing keys and writes them to FILE (mode 0600)'],
  ['keys add FILE', 'adds the next key to each ring: it verifies and is published, and signs nothing yet'],
  ['keys use FILE', 'the next keys sign from now on; those that signed until now are retired'],
  [
    'keys drop FILE [--force]',
    'removes retired keys whose tokens are all over; --force: all that are retired',
  ],
  ['keys list FILE', 'tells the keys, which sign, since when others are retired; no secret'],
  [
    'keys public FILE [--alg RS256] [--kid KID]',
    'prints public keys of passes (ES256 unless told otherwise) in PEM',
  ],
  [
    'keys webhook-secret FILE ROOM|--alarms',
    'prints the secrets by which the room’s webhooks, or those about alarms, are checked',
  ],
];

type Print = (line: string) => void;

/** Does what the words say; false when they say nothing that it knows. Throws Error with one sentence for people. */
export function runKeys(
  words: readonly string[],
  { print, nowMs }: { print: Print; nowMs: number },
): boolean {
  const [verb, path, ...rest] = words;
  if (path === undefined || path.startsWith('--')) return false;
  if (verb === 'public') return printPublic(path, rest, print);
  if (verb === 'webhook-secret') return printWebhookSecrets(path, rest, print);
  if (verb === 'drop') return drop(path, rest, { print, nowMs });
  if (rest.length > 0) return false;
  if (verb === 'new') return make(path, print);
  if (verb === 'add') return add(path, print);
  if (verb === 'use') return use(path, { print, nowMs });
  if (verb === 'list') return list(path, print);
  return false;
}

function make(path: string, print: Print): true {
  try {
    createKeysFile(path, newKeysFile({ withRsa: true }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(`${path} is there already; it was left alone.`, { cause: error });
  }
  print(`Wrote new signing keys to ${path} (mode 0600). Give every replica the same file.`);
  return true;
}

function add(path: string, print: Print): true {
  changeKeysFile(path, (before) => {
    const { stored, added } = addNextKeys(before);
    if (added.length === 0) throw new Error('Every ring has a next key already; nothing was changed.');
    for (const key of added) print(described(key));
    return stored;
  });
  print('When every replica has this file and checkers have the new public keys: keys use (docs/keys.md).');
  return true;
}

function use(path: string, { print, nowMs }: { print: Print; nowMs: number }): true {
  changeKeysFile(path, (before) => {
    const { stored, used } = useNextKeys(before, nowMs);
    if (used.length === 0)
      throw new Error('No ring has a next key: keys add comes first. Nothing was changed.');
    for (const key of listKeys(stored)) print(described(key));
    return stored;
  });
  return true;
}

function drop(
  path: string,
  options: readonly string[],
  { print, nowMs }: { print: Print; nowMs: number },
): boolean {
  const force = options[0] === '--force';
  if (options.length > (force ? 1 : 0)) return false;
  changeKeysFile(path, (before) => {
    const { stored, dropped, kept } = dropRetiredKeys(before, { nowMs, force });
    for (const { use: ring, kid } of dropped) print(`${ring} ${kid} dropped`);
    for (const { use: ring, kid, overAt } of kept)
      print(`${ring} ${kid} kept: tokens under it may be good until ${overAt}`);
    if (dropped.length + kept.length === 0) print('No key is retired.');
    return dropped.length === 0 ? null : stored;
  });
  return true;
}

function list(path: string, print: Print): true {
  for (const key of listKeys(readKeysFile(path).stored)) print(described(key));
  return true;
}

const stateWords: { readonly [state in KeyState]: string } = {
  signs: 'signs',
  next: 'next: verifies, signs nothing yet',
  retired: 'retired',
};

function described({ use: ring, kid, state, retiredAt, overAt }: ListedKey): string {
  const since = state === 'retired' ? ` since ${retiredAt}, to be kept until ${overAt}` : '';
  return `${ring.padEnd(8)} ${kid.padEnd(16)} ${stateWords[state]}${since}`;
}

function printPublic(path: string, options: readonly string[], print: Print): boolean {
  const given = optionsOf(options, ['--alg', '--kid']);
  const algorithm = given?.get('--alg') ?? 'ES256';
  if (!given || !isPassAlgorithm(algorithm)) return false;
  const { pass, passRsa } = readKeysFile(path).keys;
  const ring: readonly KeyRing[number][] = (algorithm === 'ES256' ? pass : passRsa) ?? [];
  const kid = given.get('--kid');
  const keys = ring.filter((key) => kid === undefined || key.kid === kid);
  if (keys.length === 0) {
    throw new Error(
      kid === undefined
        ? `The file has no key for ${algorithm}: keys add makes one.`
        : `No ${algorithm} key has the id ${kid}.`,
    );
  }
  for (const { publicKey } of keys)
    print(publicKey?.export({ type: 'spki', format: 'pem' }).toString().trimEnd() ?? '');
  return true;
}

function printWebhookSecrets(path: string, [roomId, ...more]: readonly string[], print: Print): boolean {
  if (roomId === undefined || more.length > 0) return false;
  const isOfAlarms = roomId === '--alarms';
  if (!isOfAlarms && !isRoomId(roomId)) throw new Error(`${roomId} is no room id.`);
  const ring = readKeysFile(path).keys.webhook;
  for (const secret of isOfAlarms ? alarmSecrets(ring) : webhookSecrets(ring, roomId))
    print(shownWebhookSecret(secret));
  return true;
}

const isPassAlgorithm = (value: string): value is PassAlgorithm =>
  (passAlgorithms as readonly string[]).includes(value);

/** `--name value` pairs; null when there is anything else. */
function optionsOf(words: readonly string[], names: readonly string[]): Map<string, string> | null {
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const [name = '', value] = words.slice(at, at + 2);
    if (!names.includes(name) || value === undefined) return null;
    options.set(name, value);
  }
  return options;
}
