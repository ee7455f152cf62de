/**
 * Signing keys: one ring a use, because a key has one purpose only.
 *
 *   queue     HS256  queue tokens       only Guichet reads them
 *   handOver  HS256  hand-overs         only Guichet reads them
 *   webhook   HMAC   webhook secrets    each room's are derived from it (webhook-signing.ts)
 *   pass      ES256  passes             any server checks them against the JWKS
 *   passRsa   RS256  passes of rooms whose checkers know nothing newer
 *
 * In a ring the first key signs; all verify. Rotation: add the next key last, wait for caches, move it
 * first, keep the old one until the longest token under it is over (key-rotation.ts).
 */
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { derivedKey } from './sealed-text.ts';

export type SigningKey = {
  kid: string;
  /** Signs; a symmetric one verifies too. */
  secret: KeyObject;
  /** ES256 and RS256 only. */
  publicKey: KeyObject | null;
};
export type KeyRing = readonly [SigningKey, ...SigningKey[]];

export const keyUses = ['queue', 'handOver', 'webhook', 'pass', 'passRsa'] as const;
export type KeyUse = (typeof keyUses)[number];
/** May be live: whoever holds this reads a ring from it at each use (live-ring.ts). */
export type SigningKeys = { readonly [use in Exclude<KeyUse, 'passRsa'>]: KeyRing } & {
  /** Null in a file from before there was one: no room can ask for RS256. */
  readonly passRsa: KeyRing | null;
};

/** `secret`: base64url of 32 bytes or more, or a private key in PEM. `retiredAt`: since when it signs nothing. */
export type StoredKey = { kid: string; secret: string; retiredAt?: string };
/** A keys file. Files from before `webhook` and `passRsa` have no such rings. */
export type StoredKeys = { [use in KeyUse]?: StoredKey[] };

const symmetricKeyBytes = 32;
/** What NIST holds good until 2030; longer ones cost a signature several times as much. */
const rsaModulusBits = 2_048;

/** New keys as the text of a keys file. Secret: write it with mode 0600. An RSA key takes a moment to make: not unasked. */
export function newKeysFile({ withRsa = false }: { withRsa?: boolean } = {}): string {
  const uses = keyUses.filter((use) => use !== 'passRsa' || withRsa);
  return keysFileText(Object.fromEntries(uses.map((use) => [use, [newStoredKey(use)]])));
}

/** The text of a keys file. */
export function keysFileText(stored: StoredKeys): string {
  return `${JSON.stringify(stored, null, 2)}\n`;
}

/** A new key with an id of its own. */
export function newStoredKey(use: KeyUse): StoredKey {
  return { kid: randomUUID().slice(0, 8), secret: newSecret(use) };
}

function newSecret(use: KeyUse): string {
  if (use !== 'pass' && use !== 'passRsa') return randomBytes(symmetricKeyBytes).toString('base64url');
  const { privateKey } =
    use === 'pass'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: rsaModulusBits });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Reads the text of a keys file; throws Error with what is wrong, never with a key in it. */
export function parseKeysFile(text: string): SigningKeys {
  const stored = parseStoredKeys(text);
  const ring = (use: KeyUse): KeyRing | null => {
    const [first, ...others] = stored[use] ?? [];
    return first ? [signingKey(first, use), ...others.map((key) => signingKey(key, use))] : null;
  };
  const needed = (use: KeyUse): KeyRing => {
    const keys = ring(use);
    if (!keys) throw new Error(`the signing keys file has no ${use} key`);
    return keys;
  };
  const handOver = needed('handOver');
  return {
    queue: needed('queue'),
    handOver,
    webhook: ring('webhook') ?? fallbackWebhookRing(handOver),
    pass: needed('pass'),
    passRsa: ring('passRsa'),
  };
}

/** The file as it is kept, each key with an id that no other has; whether keys are usable, `parseKeysFile` says. */
export function parseStoredKeys(text: string): StoredKeys {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    // The parser's own words quote the text.
    throw new Error('the signing keys file is not JSON');
  }
  if (typeof stored !== 'object' || stored === null)
    throw new Error('the signing keys file is not an object');
  const seen = new Set<string>();
  for (const use of keyUses) {
    const keys = (stored as { [name: string]: unknown })[use] ?? [];
    if (!Array.isArray(keys)) throw new Error(`the signing keys file has no ${use} key`);
    for (const key of keys) {
      if (!isStoredKey(key) || seen.has(key.kid))
        throw new Error(`the signing keys file has an invalid ${use} key`);
      seen.add(key.kid);
    }
  }
  return stored;
}

function isStoredKey(key: unknown): key is StoredKey {
  if (typeof key !== 'object' || key === null) return false;
  const { kid, secret, retiredAt } = key as { [name in keyof StoredKey]?: unknown };
  const isTime = typeof retiredAt === 'string' && !Number.isNaN(Date.parse(retiredAt));
  return typeof kid === 'string' && typeof secret === 'string' && (retiredAt === undefined || isTime);
}

function signingKey(key: StoredKey, use: KeyUse): SigningKey {
  return use === 'pass' || use === 'passRsa' ? keyPair(key, use) : symmetricKey(key, use);
}

function symmetricKey({ kid, secret }: StoredKey, use: KeyUse): SigningKey {
  const bytes = Buffer.from(secret, 'base64url');
  if (bytes.length < symmetricKeyBytes)
    throw new Error(`a ${use} key in the signing keys file is shorter than ${symmetricKeyBytes} bytes`);
  return { kid, secret: createSecretKey(bytes), publicKey: null };
}

function keyPair({ kid, secret }: StoredKey, use: 'pass' | 'passRsa'): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(secret);
  } catch {
    throw new Error(`a ${use} key in the signing keys file is not a private key in PEM`);
  }
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (use === 'pass' && namedCurve !== 'prime256v1')
    throw new Error('a pass key in the signing keys file is not on the curve P-256');
  if (use === 'passRsa' && (key.asymmetricKeyType !== 'rsa' || modulusLength < rsaModulusBits))
    throw new Error(`a passRsa key in the signing keys file is not an RSA key of ${rsaModulusBits} bits`);
  return { kid, secret: key, publicKey: createPublicKey(key) };
}

/** What stands in for the webhook ring that an older file lacks; the same on every replica. */
function fallbackWebhookRing([first, ...others]: KeyRing): KeyRing {
  const derived = (key: SigningKey): SigningKey => ({
    kid: `webhook-${key.kid}`,
    secret: createSecretKey(derivedKey(key, 'webhook')),
    publicKey: null,
  });
  return [derived(first), ...others.map(derived)];
}

/** The same as keys of a file: once the file has the ring, a rotation of hand-over keys changes no secret. */
export function storedWebhookRing(handOver: readonly StoredKey[]): StoredKey[] {
  return handOver.map((key) => ({
    ...key,
    kid: `webhook-${key.kid}`,
    secret: derivedKey(symmetricKey(key, 'handOver'), 'webhook').toString('base64url'),
  }));
}
