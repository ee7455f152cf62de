/**
 * Texts that the store keeps and must not be able to read: AES-256-GCM under a key that is derived (HKDF) from each key
 * of a ring, so that no key has two purposes. What a text belongs to is authenticated with it: put beside another
 * ticket, it cannot be opened. The key's id stands in front, so that a rotated ring still opens what it sealed.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { derivedFrom, type Live } from './live-ring.ts';
import type { KeyRing, SigningKey } from './signing-keys.ts';

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
/** Random: far from the 2^32 texts under one key that would be too many. */
const nonceBytes = 12;
const tagBytes = 16;

export type SealedTexts = {
  /** `kid.nonce.cipher`: base64url, dots. `belongsTo` names where it is kept. */
  seal(text: string, belongsTo: string): string;
  /** The text; null when it was altered, belongs elsewhere, or its key is no longer in the ring. */
  open(sealed: string, belongsTo: string): string | null;
};

/** Texts sealed for one purpose; those of another cannot be opened. */
export function sealedTexts(purpose: string, ring: Live<KeyRing>): SealedTexts {
  const sealers = derivedFrom(ring, (keys) => {
    const keyOf = new Map(keys.map((key) => [key.kid, derivedKey(key, purpose)]));
    const [{ kid: currentKid }] = keys;
    return { keyOf, currentKid, currentKey: keyOf.get(currentKid) as Buffer };
  });
  return {
    seal(text, belongsTo) {
      const { currentKid, currentKey } = sealers();
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, currentKey, nonce).setAAD(Buffer.from(belongsTo));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [Buffer.from(currentKid), nonce, sealed].map((part) => part.toString('base64url')).join('.');
    },
    open(text, belongsTo) {
      const [kid, nonce, sealed] = text.split('.').map((part) => Buffer.from(part, 'base64url'));
      const key = sealers().keyOf.get(kid?.toString() ?? '');
      if (!key || nonce?.length !== nonceBytes || !sealed || sealed.length < tagBytes) return null;
      const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(belongsTo)).setAuthTag(sealed.subarray(-tagBytes));
      try {
        return decipher.update(sealed.subarray(0, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        return null;
      }
    },
  };
}

/** The key for one purpose. */
export function derivedKey({ secret }: SigningKey, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `guichet ${purpose}`, keyBytes));
}
