/**
 * A ticket: a visitor's turn-to-be in one room.
 *
 *   waiting → admitted → entered → ended        waiting ⇄ parked (away when its turn came)
 *   admitted → lapsed → waiting (nobody answered; its holder comes back)      any → ended
 *
 * A live ticket is in exactly one state; `order` (microseconds on the store's clock) sorts the queue and
 * never changes except downwards when data was lost; `number` is for people and never changes.
 */
export type LiveState = 'waiting' | 'parked' | 'admitted' | 'entered' | 'lapsed';

/** How a ticket ended. `expired`: nothing was heard for the length of a session. */
export const endOutcomes = ['completed', 'gave-up', 'left', 'expired'] as const;
export type EndOutcome = (typeof endOutcomes)[number];

/** What the store says of a live ticket. Times are room-clock milliseconds. */
export type TicketRecord = {
  state: LiveState;
  number: number;
  /** 0 where it is not known: a person inside whose ticket was lost with the store's data. */
  order: number;
  /**
   * By state: waiting, parked: present until · admitted: deadline to enter · entered: session expiry ·
   * lapsed: when it lapsed.
   */
  atMs: number;
  /** Extensions used, 0–10. */
  extensions: number;
  /** Which device's token is the current one; rises when the ticket moves to another. */
  gen: number;
};

/** Extensions of the time to enter that a visitor may ask for (WCAG 2.2.1 asks for ten). */
export const extensionsMax = 10;
/** A queue token's life, and how long an ended ticket is remembered at least. */
export const queueTokenTtlMs = 72 * 3_600_000;
/** A look in the last part of a token's life answers with a fresh one. */
export const queueTokenRenewMs = 24 * 3_600_000;
/** A hand-over's life. */
export const handOverTtlMs = 60_000;

/**
 * How much earlier than the session a pass ends, so that a clock step never lets a pass outlive its seat:
 * 10 s, or a tenth of a short session.
 */
export function passMarginMs(sessionTtlMs: number): number {
  return Math.min(10_000, Math.floor(sessionTtlMs / 10));
}
