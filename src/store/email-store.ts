/**
 * The port to what is kept of e-mails asked for: one request a ticket, its address sealed by the service. A port of its
 * own, because none of it is a transition of the queue: a request that is lost costs one e-mail and nobody's turn.
 *
 * What always holds, for every method: it is atomic; it rejects with StoreUnknownError when the result is not known, and
 * may then be repeated. A request's life:
 *
 *   asked → claimed by one replica, for `emailLeaseMs` → begun → sent           (only that it was sent is remembered)
 *             │ given back, or the lease ends: claimed again later, at most `emailTriesMax` times
 *             └ begun, and nothing heard until the lease ends: it may have been sent, and counts as sent
 *
 * Until it is begun, its ticket may replace or withdraw it: who had claimed it learns that from `begin`. After that
 * nobody can call it back: who withdraws it then is told `sent-before` and never has another, even if the server then
 * refuses it; and who would replace it is told so too, though one that the server takes later goes to the first address.
 *
 * The address is deleted when the e-mail is sent or refused, the ticket waits no more (its turn has come, it was left),
 * its token has ended, or the room is deleted. A ticket that the queue has lost waits while its order is beyond the
 * frontier, as its token says.
 */
import type { EmailMinutes } from '../domain/email.ts';
import type { TicketRef } from './queue-store.ts';

/** Requests kept for a room; more are refused. */
export const emailsMax = 200_000;
/** Requests that one call claims. */
const emailClaimMax = 100;
/** How long a claim is its caller's. */
export const emailLeaseMs = 120_000;
/** Claims of one request; then it is given up. */
export const emailTriesMax = 8;
/** Tickets of a room that may name one address; each counts until its token ends, whatever becomes of its request. */
export const emailsPerAddressMax = 3;
/** Requests that one claim looks at, by choice, for those of tickets that wait no more; the next one goes on behind. */
export const emailSweepMax = 200;

/** The limit of a claim; throws RangeError when it is none. */
export function boundedLimit(limit: number): number {
  if (limit < 0 || limit > emailClaimMax) throw new RangeError(`a claim has 0 to ${emailClaimMax} entries`);
  return limit;
}

export type EmailRequest = TicketRef & {
  order: number;
  underMinutes: EmailMinutes;
  /** Address and all else that the e-mail needs, encrypted: base64url and dots. */
  sealed: string;
  /** The same for each request to one address of this room, and nothing to read the address from: base64url. */
  addressName: string;
  /** Wall time at which the ticket's token ends, ms: kept no longer. */
  expiresAtMs: number;
};

export type EmailAskAnswer =
  /** In place of the ticket's earlier request. */
  | 'kept'
  /** The ticket's turn has come, or it is over: nothing is kept. */
  | 'not-waiting'
  /** This ticket had its e-mail, or it is on its way: nothing is kept. */
  | 'sent-before'
  /** Another device holds the ticket now. */
  | 'moved'
  /** As many requests are kept as may be, or as many tickets named this address; what was kept before still is. */
  | 'full'
  | 'no-room';

export type EmailWithdrawAnswer =
  /** Nothing will be sent; also where nothing was kept. */
  | 'withdrawn'
  /** The address is deleted, but this ticket had its e-mail, or it is on its way. */
  | 'sent-before'
  | 'moved';

/** The highest order that is due for each choice; 0: none. */
export type DueOrders = { readonly [minutes in EmailMinutes]: number };

export type EmailClaimOptions = {
  /** Names this claim; letters, digits, `_` and `-`. */
  claimId: string;
  due: DueOrders;
  /** At most 100; 0 only deletes what is over. */
  limit: number;
};

export type ClaimedEmail = { ticketId: string; order: number; tries: number; sealed: string };
export type EmailClaim = {
  emails: ClaimedEmail[];
  /** Requests that are kept, these included. */
  kept: number;
  /** The limit cut it short: claim again at once. */
  more: boolean;
};

/** A claimed request, as its holder names it. */
export type HeldEmail = { claimId: string; ticketId: string };

export type EmailOutcome =
  | { kind: 'sent' }
  /** For good: deleted, and the ticket may ask again. */
  | { kind: 'refused' }
  /** Not now: to be claimed again after this time. */
  | { kind: 'later'; againInMs: number }
  /** It was not even tried: the same, and the try does not count. */
  | { kind: 'unsent'; againInMs: number };

export interface EmailStore {
  ask(roomId: string, request: EmailRequest): Promise<EmailAskAnswer>;
  /** Deletes the ticket's request; without one: nothing. */
  withdraw(roomId: string, ticket: TicketRef): Promise<EmailWithdrawAnswer>;
  /** The choice of the request that is kept for a ticket, and null without one. Changes nothing. */
  kept(roomId: string, ticketId: string): Promise<EmailMinutes | null>;
  /** Leases requests that are due, each to one caller only; deletes those of tickets that wait no more. */
  claim(roomId: string, options: EmailClaimOptions): Promise<EmailClaim>;
  /**
   * Says that the e-mail's content is about to be sent: if nothing is heard from now on, it counts as sent. False when
   * it must not be: withdrawn, its turn has come, or the lease has ended.
   */
  begin(roomId: string, held: HeldEmail): Promise<boolean>;
  /** How it went. `given-up` when that was the last try, `gone` when it is no longer the caller's. */
  settle(roomId: string, held: HeldEmail, outcome: EmailOutcome): Promise<'settled' | 'given-up' | 'gone'>;
  /** Deletes all requests of a room that is deleted; of one that is there: nothing. */
  forget(roomId: string): Promise<void>;
  close(): Promise<void>;
}
