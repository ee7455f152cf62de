/**
 * What the origin and holders of passes do, in the memory store: keep alive, finish, redeem.
 * The same as the scripts of these names in store/lua.
 */
import { handOverTtlMs } from '../domain/ticket.ts';
import { clockMs, emit, type MemoryRoom, wallMs } from './memory-room.ts';
import { endTicket, plainTicket, putTicket, rememberSpent } from './memory-tickets.ts';
import type { FinishAnswer, FinishedSession, KeepAliveAnswer, RedeemAnswer } from './queue-store.ts';

/** A redeemed hand-over is remembered this long; it lives a third of it. */
const redeemedForMs = 3 * handOverTtlMs;

export function keepAlive(
  state: MemoryRoom,
  { ticketId: id, number }: { ticketId: string; number: number },
  proof: 'pass' | 'origin',
): KeepAliveAnswer {
  const ticket = state.tickets.get(id);
  const isInside = ticket?.state === 'entered';
  if (state.spent.scores.has(id) || ticket?.left) return { kind: 'ended' };
  // A pass does not tell its ticket's order: those from before the room was emptied are over within a session's time.
  const { purgedUs } = state;
  const isJustEmptied =
    purgedUs > 0 && wallMs(state) - Math.floor(purgedUs / 1_000) < state.room.policy.sessionTtlMs;
  if (ticket === undefined && isJustEmptied) return { kind: 'ended' };
  if (!isInside && proof === 'origin' && (ticket !== undefined || state.assumed < 1))
    return { kind: 'ended' };
  const expiryMs = clockMs(state) + state.room.policy.sessionTtlMs;
  const session = { ...plainTicket, number, ...ticket, state: 'entered' as const, atMs: expiryMs };
  putTicket(state, id, session);
  if (!isInside) {
    state.assumed = Math.max(state.assumed - 1, 0);
    state.enteredTotal += 1;
    emit(state, { type: 'entered', ticketIds: [id], expiryMs });
  }
  return { kind: 'kept', expiryMs, number: session.number };
}

export function finish(
  state: MemoryRoom,
  { ticketId, outcome, placesUsed, freesSeatInMs = 0 }: FinishedSession,
): FinishAnswer {
  const counted = state.completed.get(ticketId);
  if (counted !== undefined) return { kind: 'finished', outcome: 'completed', placesUsed: counted };
  const { places } = state.room.policy;
  const completes = outcome === 'completed';
  const noneLeft = completes && places !== null && state.placesUsed + placesUsed > places;
  const counts = completes && !noneLeft;
  const used = counts ? placesUsed : 0;
  const isOver = state.spent.scores.has(ticketId);
  if (counts) {
    state.placesUsed += used;
    state.completed.set(ticketId, used);
    state.completedTotal += 1;
  }
  const ticket = state.tickets.get(ticketId);
  if (!isOver || counts) {
    const ended = counts ? ('completed' as const) : ('gave-up' as const);
    emit(state, { type: 'ended', ticketIds: [ticketId], outcome: ended, placesUsed: used });
  }
  if (ticket?.state === 'entered' && freesSeatInMs > 0) {
    const atMs = Math.min(ticket.atMs, clockMs(state) + freesSeatInMs);
    putTicket(state, ticketId, { ...ticket, left: true, atMs });
  } else if (!isOver) {
    // Whoever the store did not have inside was one of those assumed.
    if (ticket?.state !== 'entered') state.assumed = Math.max(state.assumed - 1, 0);
    if (ticket === undefined) state.endedTotal += 1;
    endTicket(state, ticketId);
    rememberSpent(state, ticketId);
  }
  return noneLeft ? { kind: 'none-left' } : { kind: 'finished', outcome, placesUsed: used };
}

export function redeem(
  state: MemoryRoom,
  { jti, callId, ticketId, epochId }: { jti: string; callId: string; ticketId: string; epochId: string },
): RedeemAnswer {
  if (epochId !== state.epochId) return { kind: 'stale' };
  // All are remembered equally long, so the oldest come first.
  for (const [oldest, { untilMs }] of state.redeemed) {
    if (untilMs > wallMs(state)) break;
    state.redeemed.delete(oldest);
  }
  const first = state.redeemed.get(jti);
  if (first !== undefined && first.callId !== callId) return { kind: 'used' };
  const ticket = state.tickets.get(ticketId);
  if (ticket?.state !== 'entered' || ticket.left) return { kind: 'ended' };
  if (first === undefined) state.redeemed.set(jti, { callId, untilMs: wallMs(state) + redeemedForMs });
  return { kind: 'redeemed', expiryMs: ticket.atMs, number: ticket.number };
}
