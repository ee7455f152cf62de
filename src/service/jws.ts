/**
 * Compact JWS, signed and verified with node:crypto and keys made once (several times faster than a library
 * that takes a key at each call; `jose` is the independent verifier in the tests).
 *
 * A token's header must be, to the letter, the header that this service writes for that key. So `alg` and
 * `typ` are pinned per `kid`, and `jku`, `x5u`, `jwk` or anything else in a header is refused with no rule
 * of its own. A signature must be spelled in one way: padding or other letters for the same bytes are refused.
 */
import { createHmac, sign, timingSafeEqual, verify } from 'node:crypto';
import type { KeyRing, SigningKey } from './signing-keys.ts';

/** Longer texts are refused unread. */
const tokenLengthMax = 2_048;

export type Claims = { [claim: string]: unknown };

/** Signs and verifies tokens of one type. */
export type Jws = {
  sign(claims: Claims): string;
  /**
   * The claims, when the signature is ours and `exp` and `nbf` (seconds) hold; else null. Never throws. `graceMs`: how
   * long after its end a token is still read.
   */
  verify(token: string, nowMs: number, graceMs?: number): Claims | null;
};

type Algorithm = {
  name: 'HS256' | 'ES256';
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

/** Tokens of `typ` under a ring of symmetric keys. */
export function symmetricJws(typ: string, ring: KeyRing): Jws {
  return jws(typ, ring, hs256);
}

/** Tokens of `typ` under a ring of P-256 keys. */
export function ellipticJws(typ: string, ring: KeyRing): Jws {
  return jws(typ, ring, es256);
}

function jws(typ: string, ring: KeyRing, algorithm: Algorithm): Jws {
  const byHeader = new Map(ring.map((key) => [headerOf(algorithm.name, typ, key.kid), key]));
  const [current] = ring;
  const currentHeader = headerOf(algorithm.name, typ, current.kid);
  return {
    sign(claims) {
      const input = `${currentHeader}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${input}.${algorithm.sign(current, input)}`;
    },
    verify(token, nowMs, graceMs = 0) {
      if (token.length > tokenLengthMax) return null;
      const [header = '', payload = '', signature = '', ...rest] = token.split('.');
      const key = byHeader.get(header);
      if (!key || rest.length > 0) return null;
      if (!algorithm.verify(key, `${header}.${payload}`, signature)) return null;
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
      return holdsAt(claims, nowMs, graceMs) ? claims : null;
    },
  };
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
