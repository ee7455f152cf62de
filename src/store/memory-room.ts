/**
 * A room of the memory store: its state, its two clocks, what it answers about itself, and its events.
 * The same as the keys of a room in Redis and store/lua/_room.lua.
 *
 * Plain data, so that `structuredClone` makes a copy that a test can put back.
 */
import { newEpochId, lineageOf, isRecovering } from './memory-epochs.ts';
import type { Frame, RoomTallies } from '../domain/frame.ts';
import { filledBucket, roomClockStepMaxUs, settleMs } from '../domain/release-plan.ts';
import type { Room } from '../domain/room.ts';
import { type LiveState, queueTokenTtlMs } from '../domain/ticket.ts';
import type { MemoryOffer } from './memory-moves.ts';
import type { MemoryBatch, MemoryDelivery, MemoryLetter } from './memory-outbox.ts';
import { type SortedIds, sortedIds } from './memory-sorted-ids.ts';
import type { RoomHead } from './queue-store.ts';
import type { RoomEvent } from './room-events.ts';

/** Numbers that may have been given that this store knows nothing of. */
export const numberGap = 1_000;
/** An ended ticket, or a deleted room, is remembered this long: a token's life and a little more. */
export const spentTtlMs = queueTokenTtlMs + 2 * 3_600_000;
/** Ids in one event. */
const eventIdsMax = 1_000;

/** A live ticket. `atMs` is what TicketRecord says for its state. */
export type MemoryTicket = {
  state: LiveState;
  number: number;
  order: number;
  atMs: number;
  extensions: number;
  gen: number;
  /** Its visitor left: the session keeps its seat until its pass has run out. */
  left: boolean;
};

export type MemoryRoom = RoomTallies & {
  room: Room;
  startedUs: number;
  /** Set once the room was deleted: the tombstone stays until this wall time, ms. */
  deletedUntilMs: number | null;
  /** The change that made the present version; tells a repeat from a conflict. */
  changeId: string;

  epochNumber: number;
  epochId: string;
  /** The event number at which the epoch began. */
  epochFrom: number;
  runId: string;
  wallUs: number;
  clockUs: number;
  holdUntilMs: number;

  bucket: number;
  lastOrder: number;
  lastNumber: number;
  frontier: number;
  releaseNumber: number;
  releasedAtMs: number;
  sweepFrom: number;
  /** Present among those whom the sweep has met on its way through the queue. */
  presentSoFar: number;

  /** Wall time at which the room was first seen closed, ms; 0: it is not. */
  closedAtMs: number;
  /** What was kept of people was deleted when this was the last order; 0: never. */
  purgedUs: number;

  /** Callers of another epoch are merged in until this room-clock time, ms. */
  recoverUntilMs: number;
  /** The largest `placesUsed` that a caller remembered, or that there was when the epoch began. */
  placesRemembered: number;
  assumed: number;
  /** The largest count of people inside that a caller's memory spoke for. */
  assumedBase: number;
  assumedUntilMs: number;

  tickets: Map<string, MemoryTicket>;
  /** By state; waiting, parked and lapsed by order, admitted and entered by `atMs`. */
  places: { [state in LiveState]: SortedIds };
  /** Ended tickets, by the wall ms until which they are remembered. */
  spent: SortedIds;
  /** Places that ended tickets used: counted once. */
  completed: Map<string, number>;
  /** By hand-over: which call had it, and the wall ms until which that is remembered. */
  redeemed: Map<string, { callId: string; untilMs: number }>;
  /** By the name of a resume code. Outlives the other data, as keys of their own do in Redis. */
  offers: Map<string, MemoryOffer>;

  eventNumber: number;
  /** Events up to this number are no longer there. */
  eventsFrom: number;
  events: RoomEvent[];
  frame: Frame | null;

  /** Batches that the origin has not been told of yet; only of a room with delivery. */
  outbox: MemoryBatch[];
  /** Batches that are tried no more. */
  deadLetters: MemoryLetter[];
  delivery: MemoryDelivery;
  /** Entries of both lists since the room began: they give the next one its id. */
  entriesTotal: number;
};

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
export type NewEvent = DistributiveOmit<RoomEvent, 'eventNumber' | 'atMs'>;

/** A room with nothing in it, whose clock begins now. */
export function emptyRoom(room: Room, startedUs: number, nowUs: number): MemoryRoom {
  return {
    room: structuredClone(room),
    startedUs,
    deletedUntilMs: null,
    changeId: '',
    epochNumber: 0,
    epochId: '',
    epochFrom: 0,
    runId: '',
    wallUs: nowUs,
    clockUs: 0,
    holdUntilMs: 0,
    bucket: 0,
    lastOrder: 0,
    lastNumber: 0,
    frontier: 0,
    releaseNumber: 0,
    releasedAtMs: 0,
    sweepFrom: 0,
    ...nothingCounted(),
    presentSoFar: 0,
    closedAtMs: 0,
    purgedUs: 0,
    recoverUntilMs: 0,
    placesRemembered: 0,
    assumed: 0,
    assumedBase: 0,
    assumedUntilMs: 0,
    ...noTickets(),
    spent: sortedIds(),
    completed: new Map(),
    redeemed: new Map(),
    offers: new Map(),
    eventNumber: 0,
    eventsFrom: 0,
    deadLetters: [],
    delivery: noDelivery(),
    entriesTotal: 0,
  };
}

function nothingCounted(): RoomTallies {
  return {
    placesUsed: 0,
    admittedTotal: 0,
    freedTotal: 0,
    skippedTotal: 0,
    joinedTotal: 0,
    lapsedTotal: 0,
    returnedTotal: 0,
    enteredTotal: 0,
    completedTotal: 0,
    endedTotal: 0,
    present: 0,
    presentAtMs: 0,
  };
}

/** What a loss empties: everything but the room's own fields and the memory of what ended. */
export function noTickets(): Pick<MemoryRoom, 'tickets' | 'places' | 'events' | 'frame' | 'outbox'> {
  const places = {
    waiting: sortedIds(),
    parked: sortedIds(),
    lapsed: sortedIds(),
    admitted: sortedIds(),
    entered: sortedIds(),
  };
  return { tickets: new Map(), places, events: [], frame: null, outbox: [] };
}

/** Nothing is known of a delivery. */
export function noDelivery(): MemoryDelivery {
  const batch = { entryId: null, claimId: null, untilMs: 0, tries: 0, againAtMs: 0 };
  return { ...batch, address: null, isOff: false, lastError: null };
}

/** The room clock, ms. */
export function clockMs(state: MemoryRoom): number {
  return Math.floor(state.clockUs / 1_000);
}

/** The store's wall clock at this call, ms. */
export function wallMs(state: MemoryRoom): number {
  return Math.floor(state.wallUs / 1_000);
}

/** Whether a ticket of this order is from before the room began, or before what was kept of people was deleted. */
export function isForgotten({ startedUs, purgedUs }: MemoryRoom, order: number): boolean {
  return order < startedUs || order <= purgedUs;
}

/** Admitted + inside, seen or assumed. */
export function held({ places, assumed }: MemoryRoom): number {
  return places.admitted.ids.length + places.entered.ids.length + assumed;
}

/** What every transition begins with: moves the clocks, fills the bucket, notices another process. */
export function advance(
  state: MemoryRoom,
  { nowUs, runId, lastOrder }: { nowUs: number; runId: string; lastOrder: number },
): void {
  const movedUs = Math.min(Math.max(nowUs - state.wallUs, 0), roomClockStepMaxUs);
  state.wallUs = nowUs;
  state.clockUs += movedUs;
  state.bucket = filledBucket(state.bucket, movedUs, state.room.policy);
  state.lastOrder = Math.max(state.lastOrder, lastOrder);
  if (clockMs(state) >= state.assumedUntilMs) state.assumed = 0;
  if (state.runId === runId) return;
  if (state.runId !== '') {
    state.epochNumber += 1;
    state.epochId = newEpochId(lineageOf(state.epochId));
    state.epochFrom = state.eventNumber;
    // No number is given twice, whatever the other process gave last.
    state.lastNumber += numberGap;
    if (!isRecovering(state)) state.placesRemembered = state.placesUsed;
  }
  state.runId = runId;
  state.holdUntilMs = Math.max(state.holdUntilMs, clockMs(state) + settleMs);
}

/** Replaces policy, state and texts. A smaller bucket holds less. */
export function takeSettings(state: MemoryRoom, room: Room): void {
  state.room = structuredClone(room);
  state.bucket = Math.min(state.bucket, room.policy.batchSizeMax);
  if (room.state !== 'closed') state.closedAtMs = 0;
  if (room.policy.delivery === null) {
    // What is on its way has nowhere to go any more.
    state.outbox = [];
    state.delivery = noDelivery();
  }
}

/** Appends an event; one of many ids becomes several. */
export function emit(state: MemoryRoom, event: NewEvent): void {
  if (!('ticketIds' in event)) return append(state, event);
  for (let first = 0; first < event.ticketIds.length; first += eventIdsMax) {
    append(state, { ...event, ticketIds: event.ticketIds.slice(first, first + eventIdsMax) });
  }
}

function append(state: MemoryRoom, event: NewEvent): void {
  state.eventNumber += 1;
  state.events.push({ eventNumber: state.eventNumber, atMs: clockMs(state), ...event });
}

/** What a reply says of the room. */
export function headOf(state: MemoryRoom): RoomHead {
  const { epochNumber, epochId, eventNumber, lastOrder, lastNumber, frontier, placesUsed, startedUs } = state;
  return {
    purgedUs: state.purgedUs,
    epochNumber,
    epochId,
    eventNumber,
    lastOrder,
    lastNumber,
    frontier,
    placesUsed,
    held: held(state),
    clockMs: clockMs(state),
    wallMs: wallMs(state),
    startedUs,
    version: state.room.version,
  };
}
