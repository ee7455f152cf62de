/**
 * Single tickets of the memory store: where one is, how it moves, how it ends; and the release, which moves many.
 * The same as store/lua/_tickets.lua and _release.lua.
 */
import { admits, freeTickets } from '../domain/release-plan.ts';
import type { LiveState } from '../domain/ticket.ts';
import {
  clockMs,
  emit,
  held,
  type MemoryRoom,
  type MemoryTicket,
  spentTtlMs,
  wallMs,
} from './memory-room.ts';
import { appendBatch, isHeldByDelivery } from './memory-outbox.ts';
import { putId, removeId } from './memory-sorted-ids.ts';
import type { TicketAnswer, TicketRef } from './queue-store.ts';

/** Tickets looked at in one release; the rest waits for the next ("more"). */
const headScanMax = 1_000;
/** Of these, the away. */
const parkMax = 150;

const none = { taken: [], cutShort: false };

/** A ticket as it is when nothing is said of it. */
export const plainTicket = { order: 0, extensions: 0, gen: 0, left: false };

/** Writes a ticket and puts its id where its state says: in exactly one of the places. */
export function putTicket(state: MemoryRoom, id: string, ticket: MemoryTicket): void {
  const before = state.tickets.get(id);
  if (before && before.state !== ticket.state) removeId(state.places[before.state], id);
  const timed = ticket.state === 'admitted' || ticket.state === 'entered';
  putId(state.places[ticket.state], id, timed ? ticket.atMs : ticket.order);
  state.tickets.set(id, ticket);
}

export function answerOf({
  state: kind,
  left,
  ...record
}: MemoryTicket): Extract<TicketAnswer, { kind: LiveState | 'ended' }> {
  return kind === 'entered' && left ? { kind: 'ended' } : { kind, ...record };
}

/**
 * A live ticket for its holder, with the higher of both generations: a copy, written by whoever changes it.
 * Otherwise `ticket` is null and `other` is the answer to give.
 */
export function findTicket(
  state: MemoryRoom,
  { ticketId, gen }: TicketRef,
): { ticket: MemoryTicket; other: null } | { ticket: null; other: TicketAnswer } {
  const ticket = state.tickets.get(ticketId);
  if (ticket === undefined) {
    return { ticket: null, other: { kind: state.spent.scores.has(ticketId) ? 'ended' : 'unknown' } };
  }
  if (gen < ticket.gen) return { ticket: null, other: { kind: 'moved' } };
  return { ticket: { ...ticket, gen }, other: null };
}

export function rememberSpent(state: MemoryRoom, id: string): void {
  putId(state.spent, id, wallMs(state) + spentTtlMs);
}

/** Takes a live ticket out and remembers that it is over. Counts it, and what the pace is worked out from. */
export function endTicket(state: MemoryRoom, id: string): void {
  const ticket = state.tickets.get(id);
  if (ticket === undefined) return;
  removeId(state.places[ticket.state], id);
  state.tickets.delete(id);
  rememberSpent(state, id);
  state.endedTotal += 1;
  if (ticket.state === 'admitted' || ticket.state === 'entered') state.freedTotal += 1;
}

/**
 * Admits at most `limit` from the head of the queue and parks the away that it meets. Returns the admitted ids,
 * and whether the scan was cut short by its bound.
 */
export function release(state: MemoryRoom, limit: number): { taken: string[]; cutShort: boolean } {
  const { policy } = state.room;
  const queue = state.places.waiting;
  const now = clockMs(state);
  if (!admits({ state: state.room.state, clockMs: now, holdUntilMs: state.holdUntilMs })) return none;
  if (isHeldByDelivery(state)) return none;
  const { bucket, placesUsed } = state;
  const free = Math.min(limit, freeTickets({ ...policy, bucket, placesUsed, held: held(state) }));
  if (free < 1) return none;

  const deadlineMs = now + policy.enterWithinMs;
  const heads = queue.ids.slice(0, headScanMax);
  const taken: string[] = [];
  let scanned = 0;
  let parked = 0;
  while (taken.length < free && scanned < heads.length && parked < parkMax) {
    const id = heads[scanned] as string;
    const ticket = state.tickets.get(id) as MemoryTicket;
    scanned += 1;
    if (ticket.atMs < now) {
      putTicket(state, id, { ...ticket, state: 'parked' });
      state.skippedTotal += 1;
      parked += 1;
    } else {
      putTicket(state, id, { ...ticket, state: 'admitted', atMs: deadlineMs, extensions: 0 });
      taken.push(id);
      state.frontier = Math.max(state.frontier, ticket.order);
    }
  }
  if (taken.length > 0) {
    state.releaseNumber += 1;
    state.bucket -= taken.length;
    state.admittedTotal += taken.length;
    emit(state, { type: 'admitted', ticketIds: taken, releaseNumber: state.releaseNumber, deadlineMs });
    if (policy.delivery !== null) appendBatch(state, taken);
  }
  return { taken, cutShort: taken.length < free && (scanned === headScanMax || parked === parkMax) };
}
