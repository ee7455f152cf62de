/**
 * Recovery, in the memory store: a caller that knows more than the store brings it up to what it knows.
 * The first after a loss empties what is left and moves the epoch on; while the room holds, every caller from
 * before it is merged in. The same as store/lua/recover.lua.
 *
 * A memory store is lost with its process, and the one replica's memory file then makes it whole again.
 */
import { knowsLessThan, lineageOf, mergesCaller, newEpochId, newLineage } from './memory-epochs.ts';
import {
  advance,
  clockMs,
  emit,
  emptyRoom,
  type MemoryRoom,
  type MemoryTicket,
  noTickets,
  numberGap,
  takeSettings,
} from './memory-room.ts';
import { idsAbove, sortedIds } from './memory-sorted-ids.ts';
import { endTicket, putTicket, rememberSpent } from './memory-tickets.ts';
import type { RecoverAnswer, RoomMemory } from './queue-store.ts';

/** Orders that may have been given after the memory was made, µs. */
const orderGapUs = 5_000_000;

/** The room as it is after the call, and the answer. */
export function recover(
  existing: MemoryRoom | undefined,
  memory: RoomMemory,
  { nowUs, runId, callerWallMs }: { nowUs: number; runId: string; callerWallMs: number },
): { state: MemoryRoom; answer: RecoverAnswer } {
  const now = { nowUs, runId, lastOrder: memory.lastOrder };
  if (existing === undefined || memory.startedUs > existing.startedUs) {
    const state = emptyRoom(memory.room, memory.startedUs, nowUs);
    if (existing !== undefined) state.offers = existing.offers;
    return { state: begin(state, memory, now, callerWallMs), answer: 'recovered' };
  }
  const state = existing;
  if (memory.startedUs < state.startedUs) {
    advance(state, now);
    return { state, answer: 'forgotten' };
  }
  const merges = mergesCaller(state, memory);
  if (!merges && knowsLessThan(state, memory)) {
    return { state: begin(state, memory, now, callerWallMs), answer: 'recovered' };
  }
  advance(state, now);
  if (!merges) return { state, answer: 'known' };
  merge(state, memory, callerWallMs);
  rememberEnded(state, memory);
  return { state, answer: 'recovered' };
}

/** The first caller: a stale store is worth no more than an empty one, but what it knows as ended stays. */
function begin(
  state: MemoryRoom,
  memory: RoomMemory,
  now: { nowUs: number; runId: string; lastOrder: number },
  callerWallMs: number,
): MemoryRoom {
  Object.assign(state, noTickets());
  if (memory.room.version > state.room.version) takeSettings(state, memory.room);
  // What it counts is part of what the caller knows; otherwise it may have counted others.
  if (isOlderCopy(state, memory)) state.placesRemembered = state.placesUsed;
  state.assumed = 0;
  state.assumedBase = 0;
  state.assumedUntilMs = 0;
  state.releasedAtMs = 0;
  state.sweepFrom = 0;
  state.runId = now.runId;
  advance(state, now);
  // Only while nobody is there: a jump of the clock would use up sessions and presence.
  state.clockUs = Math.max(state.clockUs, memory.clockMs * 1_000);
  mergeCounters(state, memory);
  state.epochNumber += 1;
  const lineages = [memory.epochId, state.epochId].map(lineageOf);
  state.epochId = newEpochId(newLineage(Math.max(state.wallUs, ...lineages.map((lineage) => lineage + 1))));
  state.bucket = 0;
  state.holdUntilMs = clockMs(state) + state.room.policy.recoverWithinMs;
  state.recoverUntilMs = state.holdUntilMs;
  state.eventsFrom = state.eventNumber;
  mergeAssumed(state, memory, callerWallMs);
  emit(state, { type: 'recovered', epochNumber: state.epochNumber });
  state.epochFrom = state.eventNumber;
  rememberEnded(state, memory);
  return state;
}

/** Whether the store is what the caller saw earlier, and no more. */
function isOlderCopy(state: MemoryRoom, memory: RoomMemory): boolean {
  const [stored, known] = [lineageOf(state.epochId), lineageOf(memory.epochId)];
  const isEarlier = stored === known && state.epochNumber < memory.epochNumber;
  return state.epochId === memory.epochId || stored < known || isEarlier;
}

function merge(state: MemoryRoom, memory: RoomMemory, callerWallMs: number): void {
  if (memory.room.version > state.room.version) {
    takeSettings(state, memory.room);
    emit(state, { type: 'room', version: memory.room.version, change: null });
  }
  const frontierBefore = state.frontier;
  mergeCounters(state, memory);
  lapseReleased(state, frontierBefore);
  mergeAssumed(state, memory, callerWallMs);
  state.epochFrom = Math.max(state.epochFrom, memory.eventNumber);
  // Without an event nobody would notice that a copy from before this merge was put back.
  emit(state, { type: 'recovered', epochNumber: state.epochNumber });
}

/**
 * Tickets that were put back to wait, and that the newcomer knows to be at or below the frontier: they may have
 * had their turn, as it is when they are sighted.
 */
function lapseReleased(state: MemoryRoom, frontierBefore: number): void {
  const ticketIds = [state.places.waiting, state.places.parked].flatMap((place) => {
    return idsAbove(place, frontierBefore, Number.POSITIVE_INFINITY).filter(
      (id) => (place.scores.get(id) as number) <= state.frontier,
    );
  });
  for (const id of ticketIds) {
    const ticket = state.tickets.get(id) as MemoryTicket;
    putTicket(state, id, { ...ticket, state: 'lapsed', atMs: clockMs(state) });
  }
  emit(state, { type: 'lapsed', ticketIds });
}

/** Counters become the largest known. */
function mergeCounters(state: MemoryRoom, memory: RoomMemory): void {
  if (memory.purgedUs > state.purgedUs) {
    // What was remembered here as ended is from before the caller saw the room emptied.
    Object.assign(state, { spent: sortedIds(), completed: new Map(), deadLetters: [] });
    state.purgedUs = memory.purgedUs;
  }
  state.eventNumber = Math.max(state.eventNumber, memory.eventNumber);
  state.epochNumber = Math.max(state.epochNumber, memory.epochNumber);
  state.lastNumber = Math.max(state.lastNumber, memory.lastNumber + numberGap);
  state.lastOrder = Math.max(state.lastOrder, memory.lastOrder + orderGapUs);
  state.frontier = Math.max(state.frontier, memory.frontier);
  if (memory.placesUsed > state.placesRemembered) {
    state.placesUsed += memory.placesUsed - state.placesRemembered;
    state.placesRemembered = memory.placesUsed;
  }
}

/** People who may be inside, as far as this memory can tell. */
function mergeAssumed(state: MemoryRoom, memory: RoomMemory, callerWallMs: number): void {
  const { batchSizeMax, outflowPerMinute, capacity, sessionTtlMs, enterWithinMs } = state.room.policy;
  const ageMs = Math.max(0, Math.floor(callerWallMs - memory.rememberedAtMs));
  const admittedSince = batchSizeMax + Math.ceil((outflowPerMinute * ageMs) / 60_000);
  const base = Math.max(memory.held, Math.min(capacity, memory.held + admittedSince));
  if (base > state.assumedBase) {
    state.assumed += base - state.assumedBase;
    state.assumedBase = base;
  }
  state.assumedUntilMs = Math.max(state.assumedUntilMs, clockMs(state) + sessionTtlMs + enterWithinMs);
}

function rememberEnded(state: MemoryRoom, { lastOrder, ended }: RoomMemory): void {
  // The room was emptied since.
  if (lastOrder < state.purgedUs) return;
  for (const { ticketId, outcome, placesUsed } of ended) {
    const ticket = state.tickets.get(ticketId);
    if (ticket?.state === 'entered' && outcome === 'left') {
      // Shown a pass since: the seat is free when that has run out, as it is after any leave.
      putTicket(state, ticketId, { ...ticket, left: true });
    } else {
      endTicket(state, ticketId);
      rememberSpent(state, ticketId);
    }
    if (outcome === 'completed' && !state.completed.has(ticketId)) state.completed.set(ticketId, placesUsed);
  }
}
