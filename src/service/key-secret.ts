/**
 * The secrets of API keys: `guichet_<scope>_` and 256 bits in base64url. Only their hashes are kept anywhere. The first
 * words are for whoever finds one where it should not be, and for programs that look for such.
 */
import { createHmac, hash, randomBytes } from 'node:crypto';
import { type Scope, scopes } from '../domain/actor.ts';
import { derivedKey } from './sealed-text.ts';
import type { KeyRing } from './signing-keys.ts';

const secretBytes = 32;
const secretPattern = new RegExp(`^guichet_(${scopes.join('|')})_[\\w-]{43}$`);

/** What is kept of a key, and compared: how long a comparison takes tells nothing of a hash's key. */
export function hashOfKey(secret: string): string {
  return hash('sha256', secret);
}

export function newKeySecret(scope: Scope): string {
  return shown(scope, randomBytes(secretBytes));
}

/** Whether a text has the form of a secret. */
export function isKeySecret(text: string): boolean {
  return secretPattern.test(text);
}

/**
 * Secrets that a repeat gets again: derived from what was asked for under each key of the ring, the current one first.
 * `subject` holds an Idempotency-Key, so whoever has the ring still has to guess that.
 */
export function derivedKeySecrets(ring: KeyRing, scope: Scope, subject: string): [string, ...string[]] {
  const derive = (key: KeyRing[number]): string =>
    shown(scope, createHmac('sha256', derivedKey(key, 'api keys')).update(subject).digest());
  const [current, ...others] = ring;
  return [derive(current), ...others.map(derive)];
}

function shown(scope: Scope, bytes: Buffer): string {
  return `guichet_${scope}_${bytes.toString('base64url')}`;
}
