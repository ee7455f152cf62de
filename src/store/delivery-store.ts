/**
 * The port to a room's batches on their way to the origin. Releases put them there (queue-store.ts), in the same step
 * as they admit; here they are taken out. A port of its own, because none of it is a transition of a ticket: a pass is
 * good whether or not the origin heard of it.
 *
 * What always holds, for every method: it is atomic; it rejects with StoreUnknownError when the result is not known, and
 * may then be repeated. All times go by the room clock, which stands still while nobody can reach the store: an outage
 * gives no batch up. A batch's life:
 *
 *   released → leased to one caller, for `deliveryLeaseMs` unless renewed → delivered       (nothing of it is kept)
 *                │ failed, given back, or the lease ends: leased again, the same batch first
 *                └ on its way for too long, or the address wants no more: a dead letter, until it is sent again
 *
 * Only the oldest batch of a room is ever leased, so its batches arrive in order: a later one is not begun before
 * someone said that the earlier arrived, or it was given up.
 */

/** How long a lease lasts; its holder renews it while it is at work. */
export const deliveryLeaseMs = 5_000;
/** Dead letters in one answer. */
export const deadLettersPageMax = 50;
/** Dead letters that one call sends again. */
export const resendMax = 50;

/** One release as the origin is told of it. The same at each try, on each replica. */
export type Batch = {
  /** Names the batch in this store. */
  entryId: string;
  /** Names it to the origin: `msg_` and 32 hex digits, also when it is sent again. */
  messageId: string;
  releaseNumber: number;
  /** Wall time of the release, ms. */
  releasedAtMs: number;
  /** Wall time until which they may enter, ms. */
  deadlineMs: number;
  /** In the order in which their turn came; at most 1,000. */
  tickets: { ticketId: string; number: number }[];
  /** The room right after the release; inside: also those assumed to be. */
  room: { waiting: number; admitted: number; inside: number };
};

export type DeliveryCounts = {
  /** Batches on their way. */
  pending: number;
  /** -1: none. */
  oldestAgeMs: number;
  deadLetters: number;
};

export type DeliveryClaimOptions = {
  /** Names the caller: letters, digits, `_` and `-`. */
  claimId: string;
  /** A name for the address that batches go to; what was learnt of another one is void. */
  address: string;
  giveUpAfterMs: number;
};

export type DeliveryClaim = DeliveryCounts & {
  /** Batches that this call put among the dead letters. */
  buried: number;
} & (
    | { kind: 'leased'; batch: Batch; tries: number }
    /** Another caller has it, or it is too early for the next try. */
    | { kind: 'later'; afterMs: number }
    /** Nothing is on its way. */
    | { kind: 'none' }
  );

/** A leased batch, as its holder names it. */
export type HeldBatch = { claimId: string; entryId: string; messageId: string };

export type DeliveryOutcome =
  /** Counts also from a caller whose lease has ended. */
  | { kind: 'delivered' }
  | { kind: 'failed'; againInMs: number; error: string }
  /** The address wants no more: this batch and all that follow are dead letters. */
  | { kind: 'disabled'; error: string }
  /** It was not tried; anybody may have it at once. */
  | { kind: 'unsent' };

export type SettleAnswer =
  | 'settled'
  /** It is a dead letter now. */
  | 'buried'
  /** It is no longer the caller's. */
  | 'gone';

export const buryReasons = ['given-up', 'disabled', 'outbox-full'] as const;

export type DeadLetter = {
  letterId: string;
  messageId: string;
  releaseNumber: number;
  releasedAtMs: number;
  deadlineMs: number;
  tickets: number;
  /** Wall time, ms. */
  buriedAtMs: number;
  reason: (typeof buryReasons)[number];
  /** What went wrong at the last try; null: it was not tried. */
  error: string | null;
};

export type DeliveryState = DeliveryCounts & {
  /** Of the oldest batch. */
  tries: number;
  /** 0: now. */
  nextTryInMs: number;
  /** The address that the two below were learnt of. */
  address: string | null;
  /** It wants no more. */
  isOff: boolean;
  /** At the last try; null once one went well. */
  lastError: { atMs: number; what: string } | null;
  /** Oldest first. */
  letters: DeadLetter[];
};

export type ResendOptions = {
  /** Which; null: the oldest. At most `resendMax`. */
  letterIds: readonly string[] | null;
  /** None beyond this one; null: any. */
  lastId: string | null;
};
export type ResendAnswer = {
  resent: number;
  /** That are left. */
  deadLetters: number;
  /** No more fit among those on their way. */
  isFull: boolean;
};

export interface DeliveryStore {
  /** Leases the oldest batch; buries those that are over. A room that is not there: none. */
  claim(roomId: string, options: DeliveryClaimOptions): Promise<DeliveryClaim>;
  /** Holds on to a batch; false when it is no longer the caller's. */
  renew(roomId: string, held: HeldBatch): Promise<boolean>;
  settle(
    roomId: string,
    held: HeldBatch,
    outcome: DeliveryOutcome,
    options: Omit<DeliveryClaimOptions, 'claimId'>,
  ): Promise<SettleAnswer>;
  /** How it stands, with at most `deadLettersPageMax` dead letters after `after`. Null: there is no room. */
  read(roomId: string, page: { after: string | null; limit: number }): Promise<DeliveryState | null>;
  /** Dead letters become the newest batches, under the same message ids; those that are not there are left out. */
  resend(roomId: string, options: ResendOptions): Promise<ResendAnswer>;
  close(): Promise<void>;
}

/** Throws RangeError when a bound of one call is overstepped. */
export function boundedLetters(count: number, max: number, min: number): number {
  if (count < min || count > max)
    throw new RangeError(`one call: ${min} to ${max} dead letters, not ${count}`);
  return count;
}
