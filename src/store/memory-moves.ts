/**
 * A ticket that goes to another device, in the memory store: the code for it, and the move.
 * The same as the scripts offer_move and move in store/lua.
 */
import { emit, type MemoryRoom, wallMs } from './memory-room.ts';
import { answerOf, findTicket } from './memory-tickets.ts';
import { sight } from './memory-visits.ts';
import type { MoveAnswer, MoveOffer, Sighting, TicketAnswer } from './queue-store.ts';

/** The token that asked for a code, and the call that used the code. */
export type MemoryOffer = Sighting & { usedBy: string | null };

/** Codes looked at in each call, and forgotten when they are over: more than come in. */
const forgetPerOffer = 2;

export function offerMove(
  state: MemoryRoom,
  { codeName, ticket: token }: MoveOffer,
): TicketAnswer | { kind: 'taken' } {
  const { ticketId, number, order, gen, expiresAtMs } = token;
  if (expiresAtMs <= wallMs(state)) return { kind: 'gone' };
  const { ticket, other } = findTicket(state, token);
  if (ticket === null) return other;
  const answer = answerOf(ticket);
  const noted = state.offers.get(codeName);
  const isOwn = noted?.ticketId === ticketId;
  if (noted !== undefined && !isOwn && noted.expiresAtMs > wallMs(state)) return { kind: 'taken' };
  if (answer.kind !== 'ended' && !(isOwn && noted.usedBy !== null)) {
    state.offers.set(codeName, { ticketId, number, order, gen, expiresAtMs, usedBy: null });
  }
  forgetOver(state);
  return answer;
}

function forgetOver(state: MemoryRoom): void {
  for (const [name, offer] of state.offers.entries().take(forgetPerOffer)) {
    state.offers.delete(name);
    // Last: it comes up again when all others have.
    if (offer.expiresAtMs > wallMs(state)) state.offers.set(name, offer);
  }
}

export function move(
  state: MemoryRoom,
  { codeName, callId }: { codeName: string; callId: string },
): MoveAnswer {
  const offer = state.offers.get(codeName);
  if (offer === undefined || offer.expiresAtMs <= wallMs(state)) return { kind: 'unknown-code' };
  const { ticketId, usedBy } = offer;
  if (usedBy !== null && usedBy !== callId) return { kind: 'used' };
  const genBefore = state.tickets.get(ticketId)?.gen ?? 0;
  if (usedBy === null && genBefore > offer.gen) return { kind: 'used' };
  const gen = offer.gen + 1;
  const answer = sight(state, { ...offer, gen });
  if (!('order' in answer)) return answer;
  state.offers.set(codeName, { ...offer, usedBy: callId });
  if (gen > genBefore) emit(state, { type: 'moved', ticketIds: [ticketId], gen });
  return { ...answer, ticketId };
}
