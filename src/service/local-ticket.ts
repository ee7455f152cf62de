/**
 * A ticket as this replica knows it: its token, what the store last said of it, and who watches it here. One for all
 * devices that hold a token of the same generation; a later generation is another, and ends this one.
 */
import type { Room } from '../domain/room.ts';
import type { RoomHead, TicketAnswer } from '../store/queue-store.ts';
import type { RoomEvent } from '../store/room-events.ts';
import type { QueueClaims } from './queue-token.ts';

/** Told of what changes for one ticket, or for the room. Must not throw and must not block. */
export interface Watcher {
  ticketChanged(ticket: LocalTicket): void;
  /** `state`: the state, its reason, or when the room or joining opens. */
  roomChanged(room: Room, what: { state: boolean; notice: boolean }): void;
}

export type LocalTicket = {
  claims: QueueClaims;
  /** What the store last said of it; null: nothing yet. */
  known: TicketAnswer | null;
  /** The room's event number when that was true: what is older never takes it back. */
  knownAtEvent: number;
  releaseNumber: number | null;
  /** Monotonic ms of the last sighting sent; -Infinity: none. */
  sightedAtMs: number;
  /** Shown last; a rise needs a reason. */
  shownPosition: number | null;
  /** Why the position last rose. */
  riseReason: 'returned' | 'recovered' | null;
  /** Changed by service/local-tickets.ts only. */
  watchers: ReadonlySet<Watcher>;
};

/** One for all: few of the tickets seen here have a watcher. */
const nobody: ReadonlySet<Watcher> = new Set();

/** A ticket seen here for the first time. */
export function newLocalTicket(claims: QueueClaims): LocalTicket {
  return {
    claims,
    known: null,
    knownAtEvent: 0,
    releaseNumber: null,
    sightedAtMs: Number.NEGATIVE_INFINITY,
    shownPosition: null,
    riseReason: null,
    watchers: nobody,
  };
}

/** The same ticket on the device that it moved to: what is known of it holds there, too. */
export function onNewDevice(before: LocalTicket, claims: QueueClaims): LocalTicket {
  const known = isMoved(before) ? null : before.known;
  return { ...before, claims, known, sightedAtMs: Number.NEGATIVE_INFINITY, watchers: nobody };
}

/** Another device holds the ticket, for good: no later word of the store changes that for this one. */
export function isMoved({ known }: LocalTicket): boolean {
  return known?.kind === 'moved';
}

/** Whether the new knowledge is news to its holder: waiting is what everyone assumes. */
export function isNews(before: TicketAnswer | null, known: TicketAnswer): boolean {
  const changed = before?.kind !== known.kind || atOf(before) !== atOf(known);
  return changed && !(isWaiting(known) && (before === null || isWaiting(before)));
}

/** Waiting, present or away. */
export function isWaiting(known: TicketAnswer | null): boolean {
  return known?.kind === 'waiting' || known?.kind === 'parked';
}

function atOf(known: TicketAnswer | null): number | null {
  return known !== null && 'atMs' in known ? known.atMs : null;
}

/** What an event says of a ticket, in the words of a store's answer. */
export function knownFrom(
  event: Exclude<RoomEvent, { type: 'room' | 'recovered' }>,
  { claims }: LocalTicket,
): TicketAnswer {
  const { number, order, gen } = claims;
  const base = { number, order, gen, extensions: 0 };
  switch (event.type) {
    case 'admitted':
      return { ...base, kind: 'admitted', atMs: event.deadlineMs };
    case 'entered':
      return { ...base, kind: 'entered', atMs: event.expiryMs };
    case 'lapsed':
      return { ...base, kind: 'lapsed', atMs: event.atMs };
    case 'ended':
      return { kind: 'ended' };
    case 'moved':
      return { kind: 'moved' };
  }
}

/** Whether what was read of the room does not say what became of the ticket: only of those behind the frontier it does. */
export function isUncertain(ticket: LocalTicket, head: RoomHead | null): boolean {
  if (isMoved(ticket)) return false;
  if (head === null) return true;
  const { order } = ticket.claims;
  return order <= Math.max(head.frontier, head.purgedUs) || order < head.startedUs;
}
