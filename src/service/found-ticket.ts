/** What an operator is told of a ticket that was found: its standing and its history, never its token or its code. */
import { iso } from '../domain/instant.ts';
import type { Room } from '../domain/room.ts';
import { type EndOutcome, extensionsMax, type LiveState } from '../domain/ticket.ts';
import type { WaitRange } from '../domain/wait-estimate.ts';
import type { FoundState, FoundTicket, NotedCode, TicketEvent } from '../store/ticket-finder.ts';
import { returnUntilMs } from './return-until.ts';

/** One thing that happened to a ticket, as far back as the room's events go. */
export type TicketPast = { at: string; type: TicketEvent['type']; outcome?: EndOutcome; placesUsed?: number };

type Known = {
  ticketId: string;
  number: number;
  /** When it was taken; null: the store lost it, and only a pass brought it back. */
  takenAt: string | null;
  /** How often it moved to another device. */
  moves: number;
};
type Waits = {
  /** Where it stands; of one that is parked: where it would, if it were seen now. */
  position: number;
  /** Null while nobody is let in, or not known yet. */
  expectedWaitMs: WaitRange | null;
};

export type TicketStanding =
  | ({ kind: 'waiting'; presentUntil: string | null; awaySince: string | null } & Known & Waits)
  | ({ kind: 'parked'; awaySince: string } & Known & Waits)
  | ({ kind: 'admitted'; deadline: string; extensionsUsed: number; extensionsLeft: number } & Known)
  | ({ kind: 'entered'; expiresAt: string; extensionsUsed: number } & Known)
  | ({ kind: 'lapsed'; lapsedAt: string; returnUntil: string } & Known)
  | {
      kind: 'ended';
      ticketId: string;
      outcome: EndOutcome | null;
      placesUsed: number | null;
      /** Until when its seat is held, so that every gate hears first that its pass is over. */
      seatHeldUntil: string | null;
    }
  /** Of a code: the ticket is from before the room began anew, or before what it kept of people was deleted. */
  | { kind: 'gone'; ticketId: string; reason: 'earlier-run' | 'over' }
  | { kind: 'unknown'; ticketId: string | null };

export type TicketFound = {
  standing: TicketStanding;
  /** Of the code that it was found by. */
  code: { state: 'open' | 'used'; expiresAt: string } | null;
  /** Newest first. */
  history: TicketPast[];
  /** Whether these are all of the events that the room still has. */
  historyIsWhole: boolean;
};

/** What else is known of a found ticket. */
export type FoundBeside = {
  room: Room;
  events: TicketEvent[];
  /** What the holder of an order can expect of the wait. */
  expectedWait: (order: number) => WaitRange | null;
  /** How it ended, where this replica remembers. */
  endOf: (ticketId: string) => EndOutcome | null;
};

export function standingOf(found: FoundTicket, beside: FoundBeside): TicketStanding {
  const { ticket, code } = found;
  if (code !== null && isForgotten(found, code)) {
    const reason = code.order < found.startedUs ? 'earlier-run' : 'over';
    return { kind: 'gone', ticketId: code.ticketId, reason };
  }
  if (ticket.kind === 'unknown') return ticket;
  if (ticket.kind === 'ended') return endedOf(ticket, beside);
  if (ticket.isLeft) {
    const seatHeldUntil = iso(wallOf(found, ticket.atMs));
    return { ...endedOf({ ticketId: ticket.ticketId, placesUsed: null }, beside), seatHeldUntil };
  }
  return liveStandingOf(found, ticket, beside);
}

type LiveTicket = Extract<FoundState, { kind: LiveState }>;

function liveStandingOf(found: FoundTicket, ticket: LiveTicket, beside: FoundBeside): TicketStanding {
  const { kind, ticketId, number, order, atMs, extensions: extensionsUsed, gen, rank: position } = ticket;
  const at = iso(wallOf(found, atMs));
  const known = { ticketId, number, takenAt: order === 0 ? null : iso(order / 1_000), moves: gen };
  switch (kind) {
    case 'waiting': {
      const isPresent = atMs >= found.clockMs;
      const seen = { presentUntil: isPresent ? at : null, awaySince: isPresent ? null : at };
      return { kind, ...known, position, expectedWaitMs: beside.expectedWait(order), ...seen };
    }
    case 'parked':
      return { kind, ...known, position, expectedWaitMs: beside.expectedWait(order), awaySince: at };
    case 'admitted': {
      const extensionsLeft = extensionsMax - extensionsUsed;
      return { kind, ...known, deadline: at, extensionsUsed, extensionsLeft };
    }
    case 'entered':
      return { kind, ...known, expiresAt: at, extensionsUsed };
    case 'lapsed': {
      const lapsedAtMs = wallOf(found, atMs);
      const untilMs = returnUntilMs(beside.room, { lapsedAtMs, nowMs: found.wallMs });
      return { kind, ...known, lapsedAt: at, returnUntil: iso(untilMs) };
    }
  }
}

function endedOf(
  { ticketId, placesUsed }: { ticketId: string; placesUsed: number | null },
  { events, endOf }: FoundBeside,
): Extract<TicketStanding, { kind: 'ended' }> {
  const end = events.find((event) => event.type === 'ended');
  const outcome = end?.outcome ?? (placesUsed === null ? endOf(ticketId) : 'completed');
  const places = placesUsed ?? (end?.outcome === 'completed' ? end.placesUsed : null);
  return { kind: 'ended', ticketId, outcome, placesUsed: places, seatHeldUntil: null };
}

/** Whether the ticket that a code was for is from before what the room still knows. */
function isForgotten({ startedUs, purgedUs }: FoundTicket, { order }: NotedCode): boolean {
  return order < startedUs || order <= purgedUs;
}

/** The code that a ticket was found by: used also when the ticket moved by another one meanwhile. */
export function codeOf({ code, ticket }: FoundTicket): TicketFound['code'] {
  if (code === null) return null;
  const hasMoved = 'gen' in ticket && ticket.gen > code.gen;
  return { state: code.isUsed || hasMoved ? 'used' : 'open', expiresAt: iso(code.expiresAtMs) };
}

export function pastOf(found: FoundTicket, event: TicketEvent): TicketPast {
  const past = { at: iso(wallOf(found, event.atMs)), type: event.type };
  return event.type === 'ended' ? { ...past, outcome: event.outcome, placesUsed: event.placesUsed } : past;
}

/** A room-clock time as wall time. It moves when the room clock stands still. */
function wallOf({ clockMs, wallMs }: FoundTicket, atMs: number): number {
  return wallMs + atMs - clockMs;
}
