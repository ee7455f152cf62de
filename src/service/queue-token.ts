/**
 * The queue token: the signed form of a ticket that its visitor holds. It carries the ticket's order, so that
 * a store that lost everything can be rebuilt from the tokens that come back.
 */
import { queueTokenTtlMs } from '../domain/ticket.ts';
import type { Sighting } from '../store/queue-store.ts';
import { type Jws, symmetricJws } from './jws.ts';
import type { Live } from './live-ring.ts';
import type { KeyRing } from './signing-keys.ts';

/** What a verified queue token says. */
export type QueueClaims = Sighting & { roomId: string };

export type QueueTokens = {
  /** A token good for 72 h from `nowMs`, and what it says. */
  issue(ticket: Omit<QueueClaims, 'expiresAtMs'>, nowMs: number): { queueToken: string; claims: QueueClaims };
  /** Null for a token that is altered, over, of another type, or of another room. */
  verify(token: string, roomId: string, nowMs: number): QueueClaims | null;
};

export function queueTokens(ring: Live<KeyRing>): QueueTokens {
  const jws: Jws = symmetricJws('guichet-queue', ring);
  return {
    issue({ roomId, ticketId, number, order, gen }, nowMs) {
      const iat = Math.floor(nowMs / 1_000);
      const exp = iat + queueTokenTtlMs / 1_000;
      const queueToken = jws.sign({ aud: roomId, sub: ticketId, num: number, ord: order, gen, iat, exp });
      return { queueToken, claims: { roomId, ticketId, number, order, gen, expiresAtMs: exp * 1_000 } };
    },
    verify(token, roomId, nowMs) {
      const claims = jws.verify(token, nowMs);
      if (!claims || claims['aud'] !== roomId) return null;
      return {
        roomId,
        ticketId: claims['sub'] as string,
        number: claims['num'] as number,
        order: claims['ord'] as number,
        gen: claims['gen'] as number,
        expiresAtMs: (claims['exp'] as number) * 1_000,
      };
    },
  };
}
