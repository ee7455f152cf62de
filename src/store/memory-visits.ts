/**
 * What visitors do, in the memory store: join, be seen, enter, extend, return, leave.
 * The same as the scripts of these names in store/lua.
 */
import { extensionsMax } from '../domain/ticket.ts';
import { clockMs, emit, isForgotten, type MemoryRoom, type MemoryTicket, wallMs } from './memory-room.ts';
import { answerOf, endTicket, findTicket, plainTicket, putTicket, release } from './memory-tickets.ts';
import type { JoinAnswer, SightAnswer, Sighting, TicketAnswer, TicketRef } from './queue-store.ts';

function presentUntil(state: MemoryRoom): number {
  return clockMs(state) + state.room.policy.presentWithinMs;
}

export function join(state: MemoryRoom, ticketIds: string[]): JoinAnswer[] {
  const { tickets, spent, room } = state;
  const refusal = joinRefusal(state);
  const waitingBefore = state.places.waiting.ids.length;
  const ranks = new Map<string, number>();
  for (const id of ticketIds) {
    if (spent.scores.has(id) || tickets.has(id)) continue;
    if (refusal !== null || tickets.size >= room.policy.ticketsMax) continue;
    state.lastNumber += 1;
    state.lastOrder = Math.max(state.wallUs, state.lastOrder + 1);
    putTicket(state, id, {
      ...plainTicket,
      state: 'waiting',
      number: state.lastNumber,
      order: state.lastOrder,
      atMs: presentUntil(state),
    });
    ranks.set(id, waitingBefore + ranks.size + 1);
  }
  state.joinedTotal += ranks.size;
  // Where nobody waited, a room with room to spare is invisible.
  const taken = new Set(waitingBefore === 0 ? release(state, ranks.size).taken : []);
  return ticketIds.map((id) => {
    if (spent.scores.has(id)) return { kind: 'gone' };
    const ticket = tickets.get(id);
    if (ticket === undefined) return { kind: refusal ?? 'full' };
    // Whoever moved it had the reply, so this is no repeat of theirs.
    if (ticket.gen > 0) return { kind: 'moved' };
    const answer = answerOf(ticket);
    if (answer.kind === 'ended') return { kind: 'gone' };
    const rank = ranks.get(id);
    return {
      ...answer,
      position: rank === undefined || taken.has(id) ? null : rank - taken.size,
      releaseNumber: taken.has(id) ? state.releaseNumber : null,
    };
  });
}

/** Why nobody new may join; null when they may. */
function joinRefusal(state: MemoryRoom): 'closed' | 'bypass' | 'not-open-yet' | 'no-places-left' | null {
  const { state: roomState, policy } = state.room;
  if (roomState === 'closed' || roomState === 'draining') return 'closed';
  if (roomState === 'bypass') return 'bypass';
  if (roomState === 'scheduled' && policy.joinFrom !== null && wallMs(state) < Date.parse(policy.joinFrom)) {
    return 'not-open-yet';
  }
  return policy.places !== null && state.placesUsed >= policy.places ? 'no-places-left' : null;
}

export function sight(state: MemoryRoom, sighting: Sighting): SightAnswer {
  const { ticketId: id, gen } = sighting;
  const known = state.tickets.get(id);
  if (known === undefined) return comeBack(state, sighting);
  // A key used again in a later run of the room, or after it was emptied, makes a ticket of the same id. An order of 0
  // is not known.
  if (sighting.order > 0 && isForgotten(state, sighting.order)) return { kind: 'gone' };
  if (gen < known.gen) return { kind: 'moved' };
  if (known.left) return { kind: 'ended' };
  const ticket = { ...known, gen };
  if (ticket.state === 'waiting' || ticket.state === 'parked') {
    ticket.state = 'waiting';
    ticket.order = Math.min(ticket.order, sighting.order);
    ticket.atMs = presentUntil(state);
  }
  // A pass brought it back after a loss, and does not tell its order.
  if (ticket.state === 'entered' && gen > known.gen && ticket.order === 0) ticket.order = sighting.order;
  putTicket(state, id, ticket);
  return answerOf(ticket);
}

/** A ticket that the store has lost goes back where its token says. */
function comeBack(state: MemoryRoom, sighting: Sighting): SightAnswer {
  const { ticketId: id, number, order, gen, expiresAtMs } = sighting;
  if (state.spent.scores.has(id)) return { kind: 'ended' };
  if (isForgotten(state, order) || expiresAtMs <= wallMs(state)) return { kind: 'gone' };
  // At or below the frontier it may have had its turn: only its holder brings it back.
  const ticket: MemoryTicket =
    order <= state.frontier
      ? { ...plainTicket, state: 'lapsed', number, order, gen, atMs: clockMs(state) }
      : { ...plainTicket, state: 'waiting', number, order, gen, atMs: presentUntil(state) };
  putTicket(state, id, ticket);
  state.lastOrder = Math.max(state.lastOrder, order);
  state.lastNumber = Math.max(state.lastNumber, number);
  return answerOf(ticket);
}

export function enter(state: MemoryRoom, ref: TicketRef): TicketAnswer {
  const { ticket, other } = findTicket(state, ref);
  if (ticket === null) return other;
  if (ticket.state === 'admitted') {
    ticket.state = 'entered';
    ticket.atMs = clockMs(state) + state.room.policy.sessionTtlMs;
    putTicket(state, ref.ticketId, ticket);
    state.enteredTotal += 1;
    emit(state, { type: 'entered', ticketIds: [ref.ticketId], expiryMs: ticket.atMs });
  }
  return answerOf(ticket);
}

export function extend(
  state: MemoryRoom,
  ref: TicketRef & { extension: number },
): TicketAnswer | { kind: 'refused' } {
  const { ticket, other } = findTicket(state, ref);
  if (ticket === null) return other;
  if (ticket.state === 'admitted' && ref.extension > ticket.extensions) {
    if (ref.extension !== ticket.extensions + 1 || ref.extension > extensionsMax) return { kind: 'refused' };
    ticket.extensions = ref.extension;
    ticket.atMs += state.room.policy.enterWithinMs;
    putTicket(state, ref.ticketId, ticket);
  }
  return answerOf(ticket);
}

export function returnTicket(state: MemoryRoom, ref: TicketRef): TicketAnswer | { kind: 'too-late' } {
  const { ticket, other } = findTicket(state, ref);
  if (ticket === null) return other;
  if (ticket.state === 'lapsed') {
    const returnUntilMs = ticket.atMs + state.room.policy.returnWithinMs;
    if (state.room.state === 'closed' || clockMs(state) > returnUntilMs) return { kind: 'too-late' };
    ticket.state = 'waiting';
    ticket.atMs = presentUntil(state);
    ticket.extensions = 0;
    putTicket(state, ref.ticketId, ticket);
    state.returnedTotal += 1;
  }
  return answerOf(ticket);
}

export function leave(state: MemoryRoom, ref: TicketRef): TicketAnswer {
  const { ticket, other } = findTicket(state, ref);
  if (ticket === null) return other;
  if (ticket.left) return { kind: 'ended' };
  // A session keeps its seat until its pass has run out: leaving and staying inside gains nobody a seat.
  if (ticket.state === 'entered') putTicket(state, ref.ticketId, { ...ticket, left: true });
  else endTicket(state, ref.ticketId);
  emit(state, { type: 'ended', ticketIds: [ref.ticketId], outcome: 'left', placesUsed: 0 });
  return { kind: 'ended' };
}
