/**
 * A ticket goes to another device: its holder asks for a code on the first one and types it on the second, which gets a
 * token one generation later. From then on the first one's token is answered `moved`.
 */
import { randomUUID } from 'node:crypto';
import { GuichetError } from '../domain/errors.ts';
import type { MoveAnswer } from '../store/queue-store.ts';
import { callAsHolder, type HolderCallParts } from './holder-call.ts';
import { codeNameOf, normalCode, type ResumeCodes, shownCode } from './resume-codes.ts';
import type { TicketView } from './ticket-view.ts';

/** Codes tried for a ticket; of 50 bits even the second one is needed about never. */
const attemptsMax = 3;

export type TicketMovesParts = HolderCallParts & {
  codes: ResumeCodes;
  /** Someone came to a room that may be ticked slowly. */
  wake: (roomId: string) => void;
};

/** A resume code as people read it, and until when it works. */
export type ResumeOffer = { code: string; expiresAt: string };
export type Resumed = { ticketId: string; number: number; view: TicketView; queueToken: string };

export class TicketMoves {
  readonly #parts: TicketMovesParts;

  constructor(parts: TicketMovesParts) {
    this.#parts = parts;
  }

  /** The code of a live ticket, good as long as the token; again: the same. Throws ticket-over, ticket-moved. */
  async offer(roomId: string, queueToken: string): Promise<ResumeOffer> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      let code = '';
      const { claims, reply } = await callAsHolder(
        this.#parts,
        { roomId, queueToken },
        (store, cursor, claims) => {
          code = this.#parts.codes(claims, attempt);
          return store.offerMove(roomId, cursor, { codeName: codeNameOf(roomId, code), ticket: claims });
        },
      );
      const { kind } = reply.answer;
      if (kind === 'ended' || kind === 'gone' || kind === 'unknown') throw new GuichetError('ticket-over');
      if (kind === 'taken') continue;
      return { code: shownCode(code), expiresAt: new Date(claims.expiresAtMs).toISOString() };
    }
    throw new GuichetError('internal-error', { detail: 'No free resume code was found' });
  }

  /**
   * The ticket of a code, for the device that shows it; with the same `callId` again: the same ticket. Throws
   * code-unknown, code-used, ticket-over, ticket-moved.
   */
  async take(
    roomId: string,
    { code: typed, callId }: { code: string; callId: string | null },
  ): Promise<Resumed> {
    const { rooms, link, tokens, clock, wake } = this.#parts;
    const board = await rooms.resolve(roomId);
    const code = normalCode(typed);
    if (code === null) throw new GuichetError('code-unknown');
    const request = { codeName: codeNameOf(roomId, code), callId: callId?.toLowerCase() ?? randomUUID() };
    const { answer, head } = await link.call(roomId, (store, cursor) => store.move(roomId, cursor, request));
    if (!('order' in answer)) throw moveRefusal(answer.kind);
    wake(roomId);
    const { ticketId, number, order, gen } = answer;
    const issued = tokens.issue({ roomId, ticketId, number, order, gen }, clock.wallMs());
    const ticket = board.ticket(issued.claims);
    board.applySighting(ticket, answer, head.eventNumber);
    // The store has just marked it present.
    ticket.sightedAtMs = clock.monotonicMs();
    return { ticketId, number, view: board.view(ticket), queueToken: issued.queueToken };
  }
}

function moveRefusal(kind: Exclude<MoveAnswer, { order: number }>['kind']): GuichetError {
  switch (kind) {
    case 'unknown-code':
      return new GuichetError('code-unknown');
    case 'used':
      return new GuichetError('code-used');
    case 'moved':
      return new GuichetError('ticket-moved');
    case 'ended':
    case 'gone':
      return new GuichetError('ticket-over');
  }
}
