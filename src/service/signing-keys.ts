/**
 * Signing keys: one ring a use, because a key has one purpose only.
 *
 *   queue     HS256  queue tokens       only Guichet reads them
 *   handOver  HS256  hand-overs         only Guichet reads them
 *   pass      ES256  passes             any server checks them against the JWKS
 *
 * In a ring the first key signs; all verify. Rotation: add the next key last, wait for caches, move it
 * first, keep the old one until the longest token under it is over.
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

export type SigningKey = {
  kid: string;
  /** Signs; for HS256 it verifies too. */
  secret: KeyObject;
  /** ES256 only. */
  publicKey: KeyObject | null;
};
export type KeyRing = readonly [SigningKey, ...SigningKey[]];
export type SigningKeys = { queue: KeyRing; handOver: KeyRing; pass: KeyRing };

const uses = ['queue', 'handOver', 'pass'] as const;
type StoredKey = { kid: string; secret: string };
type StoredKeys = { [use in (typeof uses)[number]]: StoredKey[] };

/** New keys as the text of a keys file. Secret: write it with mode 0600. */
export function newKeysFile(): string {
  const symmetric = (): StoredKey[] => [{ kid: newKid(), secret: randomBytes(32).toString('base64url') }];
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const stored: StoredKeys = {
    queue: symmetric(),
    handOver: symmetric(),
    pass: [{ kid: newKid(), secret: pem }],
  };
  return `${JSON.stringify(stored, null, 2)}\n`;
}

function newKid(): string {
  return randomUUID().slice(0, 8);
}

/** Reads the text of a keys file; throws Error with what is wrong, never with a key in it. */
export function parseKeysFile(text: string): SigningKeys {
  let stored: Partial<StoredKeys>;
  try {
    stored = JSON.parse(text) as Partial<StoredKeys>;
  } catch {
    throw new Error('the signing keys file is not JSON');
  }
  const seen = new Set<string>();
  const ring = (use: (typeof uses)[number]): KeyRing => {
    const keys = stored[use];
    if (!Array.isArray(keys) || keys.length === 0) throw new Error(`the signing keys file has no ${use} key`);
    return keys.map((key) => {
      if (typeof key?.kid !== 'string' || typeof key.secret !== 'string' || seen.has(key.kid)) {
        throw new Error(`the signing keys file has an invalid ${use} key`);
      }
      seen.add(key.kid);
      return use === 'pass' ? ellipticKey(key) : symmetricKey(key, use);
    }) as unknown as KeyRing;
  };
  return { queue: ring('queue'), handOver: ring('handOver'), pass: ring('pass') };
}

function symmetricKey({ kid, secret }: StoredKey, use: string): SigningKey {
  const bytes = Buffer.from(secret, 'base64url');
  if (bytes.length < 32) throw new Error(`a ${use} key in the signing keys file is shorter than 32 bytes`);
  return { kid, secret: createSecretKey(bytes), publicKey: null };
}

function ellipticKey({ kid, secret }: StoredKey): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(secret);
  } catch {
    throw new Error('a pass key in the signing keys file is not a private key in PEM');
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error('a pass key in the signing keys file is not on the curve P-256');
  }
  return { kid, secret: key, publicKey: createPublicKey(key) };
}
