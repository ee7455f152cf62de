/**
 * What visitors do about the one e-mail "your turn is near": ask for it, withdraw it. The address is sealed before it
 * leaves this process's memory and stands in no log; who gets it when is email-deliveries.ts.
 */
import { type EmailMinutes, isEmailAddress } from '../domain/email.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import type { EmailStore } from '../store/email-store.ts';
import type { TicketRef } from '../store/queue-store.ts';
import type { EmailEnvelopes } from './email-envelopes.ts';
import type { Rooms } from './rooms.ts';
import { answered, storeUnavailable } from './store-answer.ts';
import type { WaitingRoom } from './waiting-room.ts';

export type EmailNoticesParts = {
  store: EmailStore;
  envelopes: EmailEnvelopes;
  waitingRoom: WaitingRoom;
  rooms: Rooms;
  log: Log;
  /** Someone asked in this room. */
  heard: (roomId: string) => void;
};

export type EmailWish = { address: string; underMinutes: EmailMinutes; language: string };

/** `not-waiting`: the turn has come; `sent-before`: this ticket had its e-mail, or it is on its way. Neither keeps anything. */
export type EmailAsked = 'kept' | 'not-waiting' | 'sent-before';

/** `sent-before`: the address is deleted, but its e-mail has gone out or is on its way. */
export type EmailWithdrawn = 'withdrawn' | 'sent-before';

export class EmailNotices {
  readonly #parts: EmailNoticesParts;

  constructor(parts: EmailNoticesParts) {
    this.#parts = parts;
  }

  /**
   * Keeps the wish of a ticket that waits, in place of an earlier one. Throws email-invalid, emails-full, ticket-over,
   * ticket-moved, token-refused, room-unknown, store-unavailable; after the last, asking again is safe.
   */
  async ask(
    roomId: string,
    queueToken: string,
    { address, underMinutes, language }: EmailWish,
  ): Promise<EmailAsked> {
    const { store, envelopes, waitingRoom, rooms, heard } = this.#parts;
    const { view, ticketId, number } = await waitingRoom.look(roomId, queueToken);
    if (view.kind === 'gone' && view.reason === 'moved') throw new GuichetError('ticket-moved');
    if (view.kind === 'gone' || view.kind === 'ended') throw new GuichetError('ticket-over');
    if (!isEmailAddress(address)) throw new GuichetError('email-invalid');
    if (view.kind !== 'waiting') return 'not-waiting';
    const board = await rooms.resolve(roomId);
    // The store may know an earlier order than the token, after a loss.
    const { order, gen, expiresAtMs } = board.ticket(waitingRoom.claims(roomId, queueToken)).claims;
    const sealed = envelopes.seal({ address, language, number }, { roomId, ticketId });
    const addressName = envelopes.name(address, { roomId });
    const request = { ticketId, gen, order, underMinutes, sealed, addressName, expiresAtMs };
    const answer = await answered(store.ask(roomId, request));
    if (answer === 'moved') throw new GuichetError('ticket-moved');
    if (answer === 'full') throw new GuichetError('emails-full');
    if (answer === 'no-room') throw storeUnavailable();
    if (answer === 'kept') heard(roomId);
    return answer;
  }

  /**
   * The wish that is kept of a ticket, read from the store by one command: for whoever looks at the wish, not for each
   * look at the ticket. Null without one, also when its e-mail was sent. Throws token-refused, room-unknown,
   * store-unavailable.
   */
  async kept(roomId: string, queueToken: string): Promise<{ underMinutes: EmailMinutes } | null> {
    const { store, waitingRoom, rooms } = this.#parts;
    await rooms.resolve(roomId);
    const { ticketId } = waitingRoom.claims(roomId, queueToken);
    const underMinutes = await answered(store.kept(roomId, ticketId));
    return underMinutes === null ? null : { underMinutes };
  }

  /** Deletes the wish and its address; without one: nothing. Throws as `ask` does of the ticket and the store. */
  async withdraw(roomId: string, queueToken: string): Promise<EmailWithdrawn> {
    const { store, waitingRoom, rooms } = this.#parts;
    await rooms.resolve(roomId);
    const answer = await answered(store.withdraw(roomId, waitingRoom.claims(roomId, queueToken)));
    if (answer === 'moved') throw new GuichetError('ticket-moved');
    return answer;
  }

  /** The ticket was given up: nothing is kept of it. What fails here is deleted when its turn would have come. */
  left(roomId: string, ticket: TicketRef): void {
    const { store, log } = this.#parts;
    store
      .withdraw(roomId, ticket)
      .catch((err: unknown) => log.warn({ err, roomId }, 'An e-mail wish outlives its ticket for a while'));
  }

  /** The room was deleted. What fails here ends with its tokens. */
  forget(roomId: string): void {
    const { store, log } = this.#parts;
    store
      .forget(roomId)
      .catch((err: unknown) => log.warn({ err, roomId }, 'E-mail wishes outlive their room for a while'));
  }
}
