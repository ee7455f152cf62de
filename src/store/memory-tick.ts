/**
 * What every replica calls once a second, in the memory store; the same as store/lua/tick.lua.
 */
import { type Frame, gridRank } from '../domain/frame.ts';
import { instantOf, type RoomState, releaseEarlyShare } from '../domain/room.ts';
import { queueTokenTtlMs } from '../domain/ticket.ts';
import { clockMs, emit, type MemoryRoom, type MemoryTicket, wallMs } from './memory-room.ts';
import { undeliveredOf } from './memory-outbox.ts';
import { isPastRetention, noteClosing } from './memory-retention.ts';
import { idsAbove, idsUpTo, removeId } from './memory-sorted-ids.ts';
import { endTicket, putTicket, release } from './memory-tickets.ts';
import type { TickAnswer } from './queue-store.ts';
import type { RoomChangeByItself, RoomEvent } from './room-events.ts';

/** Sessions, and admitted tickets, that one tick ends. */
const expireMax = 200;
const sweepMax = 500;
const forgetMax = 500;
/** Events that one tick trims, and that one reply carries. */
const eventsPerTickMax = 200;
const eventsKeptMax = 100_000;
const eventIdsPerReplyMax = 1_000;
const frameAgeMaxMs = 900;

export function tick(
  state: MemoryRoom,
  options: { readFrom: number; knownVersion: number; callerWallMs: number; isOtherEpoch: boolean },
): TickAnswer {
  followSchedule(state, options.callerWallMs);
  noteClosing(state);
  expireSessions(state);
  lapseAdmitted(state);
  const releaseMore = releaseIfDue(state);
  sweep(state);
  forget(state);
  trimEvents(state);
  const frame = newestFrame(state, !isPastRetention(state, options.callerWallMs));
  const { events, gap, cutShort, readTo } = readEvents(state, options);
  return {
    frame,
    room: state.room.version === options.knownVersion ? null : state.room,
    events,
    gap,
    more: releaseMore || cutShort,
    readTo,
  };
}

/** By schedule only when both clocks say so: one that runs ahead opens nothing. */
function followSchedule(state: MemoryRoom, callerWallMs: number): void {
  const nowMs = Math.min(wallMs(state), callerWallMs);
  const opensAtMs = instantOf(state.room.policy.opensAt);
  const closesAtMs = instantOf(state.room.policy.closesAt);
  if (state.room.state === 'scheduled' && opensAtMs > 0 && nowMs >= opensAtMs)
    changeState(state, 'open', 'schedule');
  const closes = state.room.state !== 'closed' && state.room.state !== 'bypass';
  if (closes && closesAtMs > 0 && nowMs >= closesAtMs) changeState(state, 'closed', 'schedule');
  const { waiting, admitted } = state.places;
  if (state.room.state === 'draining' && waiting.ids.length === 0 && admitted.ids.length === 0) {
    changeState(state, 'closed', 'drained');
  }
}

function changeState(state: MemoryRoom, to: RoomState, cause: RoomChangeByItself['cause']): void {
  const from = state.room.state;
  const version = state.room.version + 1;
  state.room = { ...state.room, state: to, version };
  emit(state, { type: 'room', version, change: { from, to, cause } });
}

function expireSessions(state: MemoryRoom): void {
  const ticketIds = idsUpTo(state.places.entered, clockMs(state), expireMax);
  if (ticketIds.length === 0) return;
  for (const id of ticketIds) endTicket(state, id);
  emit(state, { type: 'ended', ticketIds, outcome: 'expired', placesUsed: 0 });
}

function lapseAdmitted(state: MemoryRoom): void {
  const now = clockMs(state);
  const ticketIds = idsUpTo(state.places.admitted, now, expireMax);
  if (ticketIds.length === 0) return;
  for (const id of ticketIds) {
    const ticket = state.tickets.get(id) as MemoryTicket;
    putTicket(state, id, { ...ticket, state: 'lapsed', atMs: now, extensions: 0 });
  }
  state.freedTotal += ticketIds.length;
  state.lapsedTotal += ticketIds.length;
  emit(state, { type: 'lapsed', ticketIds });
}

function releaseIfDue(state: MemoryRoom): boolean {
  const { releaseEveryMs, batchSizeMax } = state.room.policy;
  if (clockMs(state) - state.releasedAtMs < releaseEveryMs * releaseEarlyShare) return false;
  const { cutShort } = release(state, batchSizeMax);
  if (!cutShort) state.releasedAtMs = clockMs(state);
  return cutShort;
}

/**
 * Parks those away for abandonAfterMs, going on where the last sweep stopped. At the end of the queue, those counted
 * present on the way are its present.
 */
function sweep(state: MemoryRoom): void {
  const { abandonAfterMs, presentWithinMs } = state.room.policy;
  const queue = state.places.waiting;
  if (state.sweepFrom === 0) state.presentSoFar = 0;
  const ids = idsAbove(queue, state.sweepFrom, sweepMax);
  const last = ids.at(-1);
  state.sweepFrom = ids.length < sweepMax || last === undefined ? 0 : (queue.scores.get(last) as number);
  const seenBefore = clockMs(state) - abandonAfterMs + presentWithinMs;
  for (const id of ids) {
    const ticket = state.tickets.get(id) as MemoryTicket;
    if (ticket.atMs >= clockMs(state)) state.presentSoFar += 1;
    if (ticket.atMs >= seenBefore) continue;
    putTicket(state, id, { ...ticket, state: 'parked' });
  }
  if (ids.length === sweepMax) return;
  state.present = state.presentSoFar;
  state.presentAtMs = clockMs(state);
}

/** Ends that no token can come back to, and parked or lapsed tickets whose token is over. */
function forget(state: MemoryRoom): void {
  for (const id of idsUpTo(state.spent, wallMs(state), forgetMax)) {
    removeId(state.spent, id);
    state.completed.delete(id);
  }
  const oldestOrder = state.wallUs - queueTokenTtlMs * 1_000;
  for (const place of [state.places.parked, state.places.lapsed]) {
    for (const id of idsUpTo(place, oldestOrder, forgetMax)) {
      const ticket = state.tickets.get(id) as MemoryTicket;
      if (ticket.atMs >= clockMs(state) - queueTokenTtlMs) continue;
      endTicket(state, id);
      emit(state, { type: 'ended', ticketIds: [id], outcome: 'expired', placesUsed: 0 });
    }
  }
}

function trimEvents(state: MemoryRoom): void {
  const { sessionTtlMs, enterWithinMs } = state.room.policy;
  const keptFromMs = clockMs(state) - sessionTtlMs - enterWithinMs;
  let trimTo = Math.max(0, state.eventNumber - eventsKeptMax);
  for (const { atMs, eventNumber } of state.events.slice(0, eventsPerTickMax)) {
    if (atMs >= keptFromMs) break;
    trimTo = Math.max(trimTo, eventNumber);
  }
  if (trimTo <= state.eventsFrom) return;
  state.events.splice(0, firstEventAfter(state.events, trimTo));
  state.eventsFrom = trimTo;
}

/** The newest frame: kept, and made anew when older than frameAgeMaxMs; of an emptied room it is not kept. */
function newestFrame(state: MemoryRoom, isKept: boolean): Frame {
  const ageMs = state.frame === null ? -1 : clockMs(state) - state.frame.clockMs;
  if (state.frame !== null && ageMs >= 0 && ageMs < frameAgeMaxMs) return state.frame;
  const { places } = state;
  // Who joins after this frame gets a later order, even when the wall clock is set back.
  state.lastOrder = Math.max(state.wallUs, state.lastOrder);
  const frame: Frame = {
    clockMs: clockMs(state),
    nowUs: state.lastOrder,
    waiting: places.waiting.ids.length,
    parked: places.parked.ids.length,
    lapsed: places.lapsed.ids.length,
    admitted: places.admitted.ids.length,
    inside: places.entered.ids.length,
    assumed: state.assumed,
    placesUsed: state.placesUsed,
    admittedTotal: state.admittedTotal,
    freedTotal: state.freedTotal,
    skippedTotal: state.skippedTotal,
    holdUntilMs: state.holdUntilMs,
    frontier: state.frontier,
    ...undeliveredOf(state),
    deadLetters: state.room.policy.delivery === null ? 0 : state.deadLetters.length,
    joinedTotal: state.joinedTotal,
    lapsedTotal: state.lapsedTotal,
    returnedTotal: state.returnedTotal,
    enteredTotal: state.enteredTotal,
    completedTotal: state.completedTotal,
    endedTotal: state.endedTotal,
    present: state.present,
    presentAtMs: state.presentAtMs,
    checkpoints: checkpoints(state),
  };
  state.frame = isKept ? frame : null;
  return frame;
}

function checkpoints(state: MemoryRoom): number[] {
  const { ids, scores } = state.places.waiting;
  const orders: number[] = [];
  for (let index = 0; gridRank(index) <= ids.length; index += 1) {
    orders.push(scores.get(ids[gridRank(index) - 1] as string) as number);
  }
  return orders;
}

/** Events after the cursor, at most eventIdsPerReplyMax ids. */
function readEvents(
  state: MemoryRoom,
  { readFrom, isOtherEpoch }: { readFrom: number; isOtherEpoch: boolean },
): { events: RoomEvent[]; gap: boolean; cutShort: boolean; readTo: number } {
  const gap = readFrom < state.eventsFrom || isOtherEpoch;
  const first = firstEventAfter(state.events, Math.max(readFrom, state.eventsFrom));
  const found = state.events.slice(first, first + eventsPerTickMax);
  const events: RoomEvent[] = [];
  let cutShort = found.length === eventsPerTickMax;
  let idsRead = 0;
  for (const event of found) {
    const count = 'ticketIds' in event ? event.ticketIds.length : 0;
    if (idsRead > 0 && idsRead + count > eventIdsPerReplyMax) {
      cutShort = true;
      break;
    }
    idsRead += count;
    events.push(event);
  }
  return {
    events,
    gap,
    cutShort,
    readTo: cutShort ? (events.at(-1)?.eventNumber ?? readFrom) : state.eventNumber,
  };
}

/** The index of the first event with a number above this one. */
function firstEventAfter(events: RoomEvent[], eventNumber: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle] as RoomEvent).eventNumber <= eventNumber) low = middle + 1;
    else high = middle;
  }
  return low;
}
