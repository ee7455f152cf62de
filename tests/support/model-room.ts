/** What a room of the model is, and what several of its transitions do. */
import { exactRanks, type Frame } from '../../src/domain/frame.ts';
import type { Room } from '../../src/domain/room.ts';
import type { EndOutcome } from '../../src/domain/ticket.ts';
import type { NewEvent } from '../../src/store/memory-room.ts';
import type { RoomCursor, RoomHead, SightAnswer } from '../../src/store/queue-store.ts';
import type { RoomEvent } from '../../src/store/room-events.ts';
import { shortId } from '../../src/store/redis-keys.ts';
import {
  type Counters,
  counterNames,
  type ObservedCode,
  type ObservedRoom,
  type ObservedTicket,
} from './observed-room.ts';

export type ModelRoom = Counters & {
  room: Room;
  epochId: string;
  runId: number;
  changeId: string;
  placesRemembered: number;
  assumedBase: number;
  tickets: Map<string, ObservedTicket>;
  spent: Set<string>;
  completed: Map<string, number>;
  codes: Map<string, ObservedCode>;
  events: RoomEvent[];
  frame: Frame | null;
};

export const million = 1_000_000;

export function newModelRoom(
  room: Room,
  startedUs: number,
  now: { wallUs: number; runId: number },
): ModelRoom {
  const zeros = Object.fromEntries(counterNames.map((name) => [name, 0])) as Counters;
  const nothing = { epochId: '', changeId: '', placesRemembered: 0, assumedBase: 0 };
  const empty = {
    tickets: new Map(),
    spent: new Set<string>(),
    completed: new Map(),
    codes: new Map(),
    events: [],
    frame: null,
  };
  return { ...zeros, ...nothing, ...empty, room, startedUs, ...now };
}

export const clockOf = (state: ModelRoom): number => Math.floor(state.clockUs / 1_000);
export const presentUntil = (state: ModelRoom): number => clockOf(state) + state.room.policy.presentWithinMs;
export const ticketOf = (state: ModelRoom, id: string): ObservedTicket =>
  state.tickets.get(id) as ObservedTicket;

export function put(
  state: ModelRoom,
  id: string,
  name: ObservedTicket['state'],
  ticket: Pick<ObservedTicket, 'number' | 'order' | 'atMs'> & Partial<ObservedTicket>,
): void {
  state.tickets.set(id, { extensions: 0, gen: 0, left: false, ...ticket, state: name });
}

/** Ids in a state, by what sorts them there; equal ones by their short form, as Redis has it. */
export function idsIn(state: ModelRoom, name: ObservedTicket['state']): string[] {
  const by = name === 'admitted' || name === 'entered' ? 'atMs' : 'order';
  const found = [...state.tickets].filter(([, ticket]) => ticket.state === name);
  return found
    .toSorted(([id, one], [otherId, other]) => {
      return one[by] - other[by] || (shortId(id) < shortId(otherId) ? -1 : 1);
    })
    .map(([id]) => id);
}

export function answerOf({ state: kind, left, ...rest }: ObservedTicket): SightAnswer {
  return left ? { kind: 'ended' } : { kind, ...rest };
}

/** When the data of an epoch began anew: created, or first recovered. */
export const lineageOf = (epochId: string): number => Number(epochId.split('.')[0]);

export function isBehind(state: ModelRoom, caller: RoomCursor): boolean {
  if (caller.epochNumber === 0) return false;
  if (caller.epochId === state.epochId) return state.eventNumber < caller.eventNumber;
  const isFromBefore = lineageOf(state.epochId) < lineageOf(caller.epochId);
  return isFromBefore || state.epochNumber < caller.epochNumber || state.epochFrom < caller.eventNumber;
}

export function merges(state: ModelRoom, caller: RoomCursor): boolean {
  const isFromBefore = lineageOf(caller.epochId) < lineageOf(state.epochId);
  return caller.epochNumber > 0 && isFromBefore && clockOf(state) < state.recoverUntilMs;
}

function heldBy(state: ModelRoom): number {
  return idsIn(state, 'admitted').length + idsIn(state, 'entered').length + state.assumed;
}

export function headOf(state: ModelRoom): RoomHead {
  const { epochNumber, epochId, eventNumber, lastOrder, lastNumber, frontier, placesUsed, startedUs } = state;
  const clocks = { clockMs: clockOf(state), wallMs: Math.floor(state.wallUs / 1_000) };
  const counters = {
    epochNumber,
    epochId,
    eventNumber,
    lastOrder,
    lastNumber,
    frontier,
    placesUsed,
    startedUs,
  };
  const { purgedUs, room } = state;
  return { ...counters, ...clocks, held: heldBy(state), version: room.version, purgedUs };
}

export function emit(state: ModelRoom, event: NewEvent): void {
  state.eventNumber += 1;
  state.events.push({ eventNumber: state.eventNumber, atMs: clockOf(state), ...event });
}

/** The ticket is over and remembered so. */
export function forget(state: ModelRoom, id: string): void {
  const before = state.tickets.get(id)?.state;
  if (before === 'admitted' || before === 'entered') state.freedTotal += 1;
  if (state.tickets.delete(id)) state.endedTotal += 1;
  state.spent.add(id);
}

export function end(state: ModelRoom, ids: string[], outcome: EndOutcome, placesUsed = 0): void {
  for (const id of ids) forget(state, id);
  if (ids.length > 0) emit(state, { type: 'ended', ticketIds: ids, outcome, placesUsed });
}

export function release(state: ModelRoom, limit: number): string[] {
  const { capacity, batchSizeMax, places, placesPerVisitorMax, enterWithinMs } = state.room.policy;
  const now = clockOf(state);
  const admits = state.room.state === 'open' || state.room.state === 'draining';
  if (!admits || now < state.holdUntilMs) return [];
  const held = heldBy(state);
  let free = Math.min(limit, Math.floor(state.bucket / million), batchSizeMax, capacity - held);
  if (places !== null)
    free = Math.min(free, Math.ceil((places - state.placesUsed) / placesPerVisitorMax) - held);
  const taken: string[] = [];
  for (const id of idsIn(state, 'waiting')) {
    if (taken.length >= free) break;
    if (ticketOf(state, id).atMs < now) {
      ticketOf(state, id).state = 'parked';
      state.skippedTotal += 1;
    } else {
      Object.assign(ticketOf(state, id), { state: 'admitted', atMs: now + enterWithinMs, extensions: 0 });
      taken.push(id);
    }
  }
  if (taken.length === 0) return taken;
  state.frontier = Math.max(state.frontier, ...taken.map((id) => ticketOf(state, id).order));
  state.bucket -= taken.length * million;
  state.admittedTotal += taken.length;
  state.releaseNumber += 1;
  const { releaseNumber } = state;
  emit(state, { type: 'admitted', ticketIds: taken, releaseNumber, deadlineMs: now + enterWithinMs });
  return taken;
}

export function newestFrame(state: ModelRoom): Frame {
  const age = clockOf(state) - (state.frame?.clockMs ?? Number.NEGATIVE_INFINITY);
  if (state.frame !== null && age < 900) return state.frame;
  state.lastOrder = Math.max(state.lastOrder, state.wallUs);
  const { assumed, placesUsed, admittedTotal, freedTotal, skippedTotal, holdUntilMs, frontier } = state;
  const { joinedTotal, lapsedTotal, returnedTotal, enteredTotal, completedTotal, endedTotal } = state;
  const count = (name: ObservedTicket['state']): number => idsIn(state, name).length;
  const orders = idsIn(state, 'waiting').map((id) => ticketOf(state, id).order);
  if (orders.length > exactRanks) throw new Error('the model is for small rooms');
  state.frame = {
    clockMs: clockOf(state),
    nowUs: state.lastOrder,
    waiting: orders.length,
    parked: count('parked'),
    lapsed: count('lapsed'),
    admitted: count('admitted'),
    inside: count('entered'),
    checkpoints: orders,
    assumed,
    placesUsed,
    admittedTotal,
    freedTotal,
    skippedTotal,
    holdUntilMs,
    frontier,
    undelivered: 0,
    undeliveredMs: -1,
    deadLetters: 0,
    joinedTotal,
    lapsedTotal,
    returnedTotal,
    enteredTotal,
    completedTotal,
    endedTotal,
    present: state.present,
    presentAtMs: state.presentAtMs,
  };
  return state.frame;
}

export function observeModel(room: ModelRoom): ObservedRoom {
  const state = { ...room, version: room.room.version };
  const byId = ([one]: [string, unknown], [other]: [string, unknown]): number => (one < other ? -1 : 1);
  return {
    state: room.room.state,
    counters: Object.fromEntries(counterNames.map((name) => [name, state[name]])) as Counters,
    tickets: [...room.tickets].toSorted(byId),
    spent: [...room.spent].toSorted(),
    completed: [...room.completed].toSorted(byId),
    codes: [...room.codes].toSorted(byId),
    broken: [],
  };
}
