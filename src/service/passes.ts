/**
 * Passes and hand-overs. A pass is an ES256 JWT that any server checks against the JWKS without asking us; it
 * never travels in a URL. A hand-over is what does: 60 seconds, one room, one epoch, redeemed once.
 */
import { randomUUID } from 'node:crypto';
import { handOverTtlMs } from '../domain/ticket.ts';
import { ellipticJws, symmetricJws } from './jws.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Clocks of checkers may be a little behind ours. */
const notBeforeMarginS = 5;

export type PassSubject = { roomId: string; ticketId: string; number: number };
export type PassClaims = PassSubject & { issuedAtMs: number; expiresAtMs: number };
export type HandOverClaims = { jti: string; roomId: string; ticketId: string; epochId: string };

export type Passes = {
  /** The pass for a session; ends at `expiresAtMs` (rounded down to seconds). */
  signPass(subject: PassSubject, times: { nowMs: number; expiresAtMs: number }): string;
  /** Null for a pass that is altered, over (for longer than `graceMs`) or of another room. */
  verifyPass(pass: string, roomId: string, nowMs: number, graceMs?: number): PassClaims | null;
  signHandOver(subject: { roomId: string; ticketId: string; epochId: string }, nowMs: number): string;
  verifyHandOver(handOver: string, roomId: string, nowMs: number): HandOverClaims | null;
  /** The public keys, as /.well-known/jwks.json serves them. */
  jwks: { keys: object[] };
};

export function passes(keys: Pick<SigningKeys, 'pass' | 'handOver'>, issuer: string): Passes {
  const passJws = ellipticJws('JWT', keys.pass);
  const handOverJws = symmetricJws('guichet-hand-over', keys.handOver);
  return {
    signPass({ roomId, ticketId, number }, { nowMs, expiresAtMs }) {
      const issuedAt = Math.floor(nowMs / 1_000);
      return passJws.sign({
        iss: issuer,
        aud: roomId,
        sub: ticketId,
        jti: ticketId,
        iat: issuedAt,
        nbf: issuedAt - notBeforeMarginS,
        exp: Math.floor(expiresAtMs / 1_000),
        room: roomId,
        number,
      });
    },
    verifyPass(pass, roomId, nowMs, graceMs) {
      const claims = passJws.verify(pass, nowMs, graceMs);
      if (!claims || claims['aud'] !== roomId || claims['iss'] !== issuer) return null;
      return {
        roomId,
        ticketId: claims['sub'] as string,
        number: claims['number'] as number,
        issuedAtMs: (claims['iat'] as number) * 1_000,
        expiresAtMs: (claims['exp'] as number) * 1_000,
      };
    },
    signHandOver({ roomId, ticketId, epochId }, nowMs) {
      return handOverJws.sign({
        aud: roomId,
        sub: ticketId,
        jti: randomUUID(),
        epoch: epochId,
        exp: Math.floor((nowMs + handOverTtlMs) / 1_000),
      });
    },
    verifyHandOver(handOver, roomId, nowMs) {
      const claims = handOverJws.verify(handOver, nowMs);
      if (!claims || claims['aud'] !== roomId) return null;
      return {
        roomId,
        jti: claims['jti'] as string,
        ticketId: claims['sub'] as string,
        epochId: claims['epoch'] as string,
      };
    },
    jwks: {
      keys: keys.pass.map(({ kid, publicKey }) => ({
        ...publicKey?.export({ format: 'jwk' }),
        kid,
        alg: 'ES256',
        use: 'sig',
      })),
    },
  };
}
