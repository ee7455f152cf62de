/** What a visitor is told of a ticket: the answer of a look, and what the live connection says. */
import type { WaitRange } from '../domain/wait-estimate.ts';
import type { EndOutcome } from '../domain/ticket.ts';

/** Why a visitor waits, in a word that screens and programs share. */
export const standingReasons = [
  'queued',
  'not-open-yet',
  'paused',
  'closed',
  'bypass',
  'holding',
  'no-places-left',
  'beyond-places',
  'updates-interrupted',
  'returned',
  'recovered',
] as const;
export type StandingReason = (typeof standingReasons)[number];

export type Standing = {
  /** 1 for the next one; null while it is not known yet. */
  position: number | null;
  /** Everyone who waits. */
  waiting: number;
  /** Milliseconds; null while nobody is let in. */
  expectedWaitMs: WaitRange | null;
  reason: StandingReason;
  /** Places that the origin has not given away; null where it does not count them. */
  placesLeft: number | null;
  /** When this was true, ISO 8601. */
  asOf: string;
};

export type TicketView =
  | { kind: 'waiting'; standing: Standing; pollAfterMs: number }
  | {
      kind: 'admitted';
      releaseNumber: number | null;
      expiresAt: string;
      enterWithinMs: number;
      extensionsLeft: number;
      pollAfterMs: number;
    }
  | { kind: 'entered'; expiresAt: string; pollAfterMs: number }
  | { kind: 'lapsed'; returnUntil: string; pollAfterMs: number }
  | { kind: 'ended'; outcome: EndOutcome | null }
  | { kind: 'gone'; reason: 'over' | 'earlier-run' | 'moved' };
