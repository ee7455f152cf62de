/** What origins do: redeem a hand-over, keep a session alive, finish it. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { FinishedSession } from '../store/queue-store.ts';
import { passExpiryMs } from './pass-expiry.ts';
import type { Passes } from './passes.ts';
import type { RoomBoard } from './room-board.ts';
import type { RoomLink } from './room-link.ts';
import type { Rooms } from './rooms.ts';

export type Session = { ticketId: string; pass: string; expiresAt: string };

export class Sessions {
  readonly #link: RoomLink;
  readonly #rooms: Rooms;
  readonly #passes: Passes;
  readonly #clock: Clock;

  constructor({
    link,
    rooms,
    passes,
    clock,
  }: { link: RoomLink; rooms: Rooms; passes: Passes; clock: Clock }) {
    this.#link = link;
    this.#rooms = rooms;
    this.#passes = passes;
    this.#clock = clock;
  }

  /**
   * Redeems a hand-over, once; with the same `callId` again: the same session. Throws token-refused (altered,
   * over, or from before a loss), hand-over-used, session-ended.
   */
  async redeem(roomId: string, handOver: string, callId: string | null): Promise<Session> {
    const claims = this.#passes.verifyHandOver(handOver, roomId, this.#clock.wallMs());
    if (!claims) throw new GuichetError('token-refused');
    const board = await this.#rooms.resolve(roomId);
    const { jti, ticketId, epochId } = claims;
    const call = callId ?? randomUUID();
    let wallBeforeMs = this.#clock.wallMs();
    const { head, answer } = await this.#link.call(roomId, (store, cursor) => {
      wallBeforeMs = this.#clock.wallMs();
      return store.redeem(roomId, cursor, { jti, callId: call, ticketId, epochId });
    });
    if (answer.kind === 'used') throw new GuichetError('hand-over-used');
    if (answer.kind === 'stale') throw new GuichetError('token-refused');
    if (answer.kind === 'ended') throw new GuichetError('session-ended');
    const expiresAtMs = passExpiryMs({ wallBeforeMs, expiryMs: answer.expiryMs, head, board });
    const subject = { roomId, ticketId, number: answer.number };
    return this.#session(board, subject, { nowMs: wallBeforeMs, expiresAtMs });
  }

  /**
   * Renews a session by the origin's word; with a valid `pass` of it, also one that the store has lost.
   * Throws session-ended.
   */
  async keepAlive(roomId: string, ticketId: string, pass: string | null): Promise<Session> {
    const board = await this.#rooms.resolve(roomId);
    const shown = pass === null ? null : this.#passes.verifyPass(pass, roomId, this.#clock.wallMs());
    if (pass !== null && shown?.ticketId !== ticketId) throw new GuichetError('token-refused');
    if (shown && shown.issuedAtMs * 1_000 < (board.head?.startedUs ?? 0) - 1_000_000) {
      throw new GuichetError('session-ended'); // Of an earlier run of the room.
    }
    let wallBeforeMs = this.#clock.wallMs();
    const { head, answer } = await this.#link.call(roomId, (store, cursor) => {
      wallBeforeMs = this.#clock.wallMs();
      const session = { ticketId, number: shown?.number ?? 0 };
      return store.keepAlive(roomId, cursor, [session], shown ? 'pass' : 'origin');
    });
    const [kept] = answer;
    if (kept?.kind !== 'kept') throw new GuichetError('session-ended');
    const expiresAtMs = passExpiryMs({ wallBeforeMs, expiryMs: kept.expiryMs, head, board });
    const subject = { roomId, ticketId, number: kept.number };
    return this.#session(board, subject, { nowMs: wallBeforeMs, expiresAtMs });
  }

  /** Ends a session and frees its seat; again: the same answer. Throws no-places-left. */
  async finish(roomId: string, session: FinishedSession): Promise<{ outcome: string; placesUsed: number }> {
    await this.#rooms.resolve(roomId);
    const { answer } = await this.#link.call(roomId, (store, cursor) =>
      store.finish(roomId, cursor, session),
    );
    if (answer.kind === 'none-left') throw new GuichetError('no-places-left');
    return { outcome: answer.outcome, placesUsed: answer.placesUsed };
  }

  #session(
    board: RoomBoard,
    subject: { roomId: string; ticketId: string; number: number },
    times: { nowMs: number; expiresAtMs: number },
  ): Session {
    const algorithm = board.room?.policy.passAlgorithm ?? 'ES256';
    return {
      ticketId: subject.ticketId,
      pass: this.#passes.signPass(subject, { algorithm, ...times }),
      expiresAt: new Date(times.expiresAtMs).toISOString(),
    };
  }
}
