/**
 * Compact JWS, signed and verified with node:crypto and keys made once (several times faster than a library
 * that takes a key at each call; `jose` is the independent verifier in the tests).
 *
 * A token's header must be, to the letter, the header that this service writes for that key. So `alg` and
 * `typ` are pinned per `kid`, and `jku`, `x5u`, `jwk` or anything else in a header is refused with no rule
 * of its own. A signature must be spelled in one way: padding or other letters for the same bytes are refused.
 */
import { createHmac, sign, timingSafeEqual, verify } from 'node:crypto';
import { derivedFrom, type Live } from './live-ring.ts';
import type { KeyRing, SigningKey } from './signing-keys.ts';

/** Longer texts are refused unread. */
const tokenLengthMax = 2_048;

export type Claims = { [claim: string]: unknown };

/** Signs and verifies tokens of one type. */
export type Jws = {
  /** Throws Error when there is no ring to sign with. */
  sign(claims: Claims): string;
  /**
   * The claims, when the signature is ours and `exp` and `nbf` (seconds) hold; else null. Never throws. `graceMs`: how
   * long after its end a token is still read.
   */
  verify(token: string, nowMs: number, graceMs?: number): Claims | null;
};

type Algorithm = {
  name: 'HS256' | 'ES256' | 'RS256';
  sign(key: SigningKey, input: string): string;
  verify(key: SigningKey, input: string, signature: string): boolean;
};

const hs256: Algorithm = {
  name: 'HS256',
  sign: (key, input) => createHmac('sha256', key.secret).update(input).digest('base64url'),
  verify(key, input, signature) {
    const expected = Buffer.from(this.sign(key, input));
    const given = Buffer.from(signature);
    return expected.length === given.length && timingSafeEqual(expected, given);
  },
};

const es256: Algorithm = {
  name: 'ES256',
  sign: (key, input) =>
    sign('sha256', Buffer.from(input), { key: key.secret, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
  verify(key, input, signature) {
    const bytes = Buffer.from(signature, 'base64url');
    if (!key.publicKey || bytes.toString('base64url') !== signature) return false;
    return verify('sha256', Buffer.from(input), { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, bytes);
  },
};

/** RSASSA-PKCS1-v1_5, for checkers that know nothing newer. */
const rs256: Algorithm = {
  name: 'RS256',
  sign: (key, input) => sign('sha256', Buffer.from(input), key.secret).toString('base64url'),
  verify(key, input, signature) {
    const bytes = Buffer.from(signature, 'base64url');
    if (!key.publicKey || bytes.toString('base64url') !== signature) return false;
    return verify('sha256', Buffer.from(input), key.publicKey, bytes);
  },
};

/** Tokens of `typ` under a ring of symmetric keys. */
export function symmetricJws(typ: string, ring: Live<KeyRing>): Jws {
  return jws(typ, ring, hs256);
}

/** Tokens of `typ` under a ring of P-256 keys. */
export function ellipticJws(typ: string, ring: Live<KeyRing>): Jws {
  return jws(typ, ring, es256);
}

/** Tokens of `typ` under a ring of RSA keys; while there is none, nothing can be signed and nothing is accepted. */
export function rsaJws(typ: string, ring: Live<KeyRing | null>): Jws {
  return jws(typ, ring, rs256);
}

function jws(typ: string, ring: Live<KeyRing | null>, algorithm: Algorithm): Jws {
  const headers = derivedFrom(ring, (keys) => headersOf(keys, (kid) => headerOf(algorithm.name, typ, kid)));
  return {
    sign(claims) {
      const { current } = headers();
      if (!current) throw new Error(`the signing keys file has no key for ${algorithm.name}`);
      const input = `${current.header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${input}.${algorithm.sign(current.key, input)}`;
    },
    verify(token, nowMs, graceMs = 0) {
      if (token.length > tokenLengthMax) return null;
      const [header = '', payload = '', signature = '', ...rest] = token.split('.');
      const key = headers().keyOf.get(header);
      if (!key || rest.length > 0) return null;
      if (!algorithm.verify(key, `${header}.${payload}`, signature)) return null;
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
      return holdsAt(claims, nowMs, graceMs) ? claims : null;
    },
  };
}

/** The header that each key writes, and whose key signs. */
function headersOf(ring: KeyRing | null, headerFor: (kid: string) => string) {
  const keyOf = new Map((ring ?? []).map((key) => [headerFor(key.kid), key]));
  const current = ring && { key: ring[0], header: headerFor(ring[0].kid) };
  return { keyOf, current };
}

function headerOf(alg: string, typ: string, kid: string): string {
  return Buffer.from(JSON.stringify({ alg, typ, kid })).toString('base64url');
}

function holdsAt({ exp, nbf }: Claims, nowMs: number, graceMs: number): boolean {
  return (
    typeof exp === 'number' &&
    nowMs < exp * 1_000 + graceMs &&
    (typeof nbf !== 'number' || nowMs >= nbf * 1_000)
  );
}
