/**
 * Passes and hand-overs. A pass is a JWT (ES256, or RS256 where a room's checkers know nothing newer) that any server
 * checks against the JWKS without asking us; it never travels in a URL. A hand-over is what does: 60 seconds, one room, one epoch, redeemed once.
 */
import { randomUUID } from 'node:crypto';
import type { PassAlgorithm } from '../domain/room.ts';
import { handOverTtlMs } from '../domain/ticket.ts';
import { ellipticJws, rsaJws, symmetricJws } from './jws.ts';
import { derivedFrom } from './live-ring.ts';
import type { KeyRing, SigningKeys } from './signing-keys.ts';

/** Clocks of checkers may be a little behind ours. */
const notBeforeMarginS = 5;

export type PassSubject = { roomId: string; ticketId: string; number: number };
export type PassClaims = PassSubject & { issuedAtMs: number; expiresAtMs: number };
export type HandOverClaims = { jti: string; roomId: string; ticketId: string; epochId: string };

export type Passes = {
  /** The pass for a session; ends at `expiresAtMs` (rounded down to seconds). Throws Error when it cannot sign so. */
  signPass(
    subject: PassSubject,
    how: { algorithm: PassAlgorithm; nowMs: number; expiresAtMs: number },
  ): string;
  /** Whether there is a key for passes of this kind. */
  canSign(algorithm: PassAlgorithm): boolean;
  /**
   * Null for a pass that is altered, over (for longer than `graceMs`) or of another room. Either algorithm, whatever the
   * room's is now.
   */
  verifyPass(pass: string, roomId: string, nowMs: number, graceMs?: number): PassClaims | null;
  signHandOver(subject: { roomId: string; ticketId: string; epochId: string }, nowMs: number): string;
  verifyHandOver(handOver: string, roomId: string, nowMs: number): HandOverClaims | null;
  /** The public keys of now, as /.well-known/jwks.json serves them. */
  readonly jwks: { keys: object[] };
};

/** Reads the rings from `keys` at each use: they may change. */
export function passes(keys: Pick<SigningKeys, 'pass' | 'passRsa' | 'handOver'>, issuer: string): Passes {
  const passJws = {
    ES256: ellipticJws('JWT', () => keys.pass),
    RS256: rsaJws('JWT', () => keys.passRsa),
  };
  const handOverJws = symmetricJws('guichet-hand-over', () => keys.handOver);
  const ellipticJwks = derivedFrom(
    () => keys.pass,
    (ring) => publicJwks(ring, 'ES256'),
  );
  const rsaJwks = derivedFrom(
    () => keys.passRsa,
    (ring) => publicJwks(ring ?? [], 'RS256'),
  );
  return {
    signPass({ roomId, ticketId, number }, { algorithm, nowMs, expiresAtMs }) {
      const issuedAt = Math.floor(nowMs / 1_000);
      return passJws[algorithm].sign({
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
    canSign: (algorithm) => algorithm === 'ES256' || keys.passRsa !== null,
    verifyPass(pass, roomId, nowMs, graceMs) {
      const claims = passJws.ES256.verify(pass, nowMs, graceMs) ?? passJws.RS256.verify(pass, nowMs, graceMs);
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
    get jwks() {
      return { keys: [...ellipticJwks(), ...rsaJwks()] };
    },
  };
}

function publicJwks(ring: KeyRing | readonly [], alg: PassAlgorithm): object[] {
  return ring.map(({ kid, publicKey }) => ({
    ...publicKey?.export({ format: 'jwk' }),
    kid,
    alg,
    use: 'sig',
  }));
}
