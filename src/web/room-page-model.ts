/**
 * What the waiting page knows: one value, rendered by the server, carried to the browser in a data block, and
 * rendered again there by the same functions whenever something in it changes.
 */
import type { ErrorCode } from '../domain/errors.ts';
import type { LocalizedText, RoomState } from '../domain/room.ts';
import type { EndOutcome } from '../domain/ticket.ts';
import type { WaitRange } from '../domain/wait-estimate.ts';
import type { Language } from './phrases/phrases.ts';

/** Why a visitor waits, as the wire says it. */
export type StandingReason =
  | 'queued'
  | 'not-open-yet'
  | 'paused'
  | 'closed'
  | 'bypass'
  | 'holding'
  | 'in-trouble'
  | 'no-places-left'
  | 'beyond-places'
  | 'updates-interrupted'
  | 'returned'
  | 'recovered';

/** Where a waiting ticket stands, as the wire says it. */
export type Standing = {
  position: number | null;
  waiting: number;
  expectedWaitMs: WaitRange | null;
  reason: StandingReason;
  placesLeft: number | null;
  asOf: string;
};

/** What is known of a ticket, as the wire says it; what the page has no use for is left out. */
export type TicketView =
  | { kind: 'waiting'; standing: Standing }
  | { kind: 'admitted'; expiresAt: string; enterWithinMs: number; extensionsLeft: number }
  | { kind: 'entered'; expiresAt: string }
  | { kind: 'lapsed'; returnUntil: string }
  | { kind: 'ended'; outcome: EndOutcome | null }
  | { kind: 'gone'; reason: 'over' | 'earlier-run' | 'moved' | 'forgotten' };

/** An error code, or what only the page can notice. */
export type PageProblem = ErrorCode | 'cookies-refused' | 'pass-not-kept' | 'target-refused';

/** What everyone may know of the room. */
export type PageRoom = {
  roomId: string;
  name: LocalizedText;
  owner: LocalizedText | null;
  contact: LocalizedText | null;
  rule: LocalizedText | null;
  prepare: LocalizedText | null;
  privacyUrl: string | null;
  accessibilityUrl: string | null;
  /** A `data:` URL; shown beside the owner's name, so it needs no words of its own. */
  logo: string | null;
  /** `#rrggbb`: what the page makes its colours from. */
  accent: string | null;
  timeZone: string;
  /** Offered in the language menu. */
  languages: readonly Language[];
  state: RoomState;
  /** Why it is in this state, in the operator's words. */
  reason: LocalizedText | null;
  notice: LocalizedText | null;
  joinFrom: string | null;
  opensAt: string | null;
  closesAt: string | null;
  /** Null while it is not known. */
  waiting: number | null;
  /** Null where places are not counted. */
  placesLeft: { count: number; asOf: string } | null;
  enterWithinMs: number;
  targetUrl: string | null;
};

export type RoomPage = {
  language: Language;
  /** The server's wall clock, ms. */
  nowMs: number;
  room: PageRoom;
  /**
   * Null: no number taken on this device. `number` is null when it has been given back. `keptUntil`: by the number alone;
   * the room may close before.
   */
  ticket: { number: number | null; view: TicketView; keptUntil: string | null } | null;
  /** The bearer proof of the ticket; null: none, or it is over. Masked in the data block (masked-text.ts). */
  queueToken: string | null;
  /** `?t=`: where on the site this visitor wants to go; null: the room's own target. */
  target: string | null;
  /** The idempotency key of the join form. */
  joinKey: string;
  /** What went wrong with the last request, and the sentence for it. */
  problem: { code: PageProblem; text: string } | null;
  /** What moves the ticket to another device, where its holder asked for it. */
  resume: { code: string; address: string; until: string } | null;
  /** Whether an e-mail can be asked for, and what was just done about one. */
  email: 'not-offered' | 'offered' | 'sent' | 'withdrawn' | { underMinutes: number } | RefusedEmail;
  /** How the page learns of changes. */
  updates: 'by-hand' | 'live' | 'interrupted' | 'offline';
  /** The visitor's own time zone, where a script can tell. */
  visitorTimeZone: string | null;
};

/** What was typed, where it is no address. */
export type RefusedEmail = { address: string; refusal: string };

/** Places left as a page tells of them; null where they are not counted, or not known. */
export function placesAsOf(placesLeft: number | null, asOf: string | null): PageRoom['placesLeft'] {
  return placesLeft === null || asOf === null ? null : { count: placesLeft, asOf };
}

/**
 * The room as the holder of a ticket knows it: places come with where one stands, so that the figure never says
 * another number than the reason to wait.
 */
export function roomSeenFrom(view: TicketView, room: PageRoom): PageRoom {
  if (view.kind !== 'waiting') return room;
  const { placesLeft, asOf } = view.standing;
  return { ...room, placesLeft: placesAsOf(placesLeft, asOf) };
}
