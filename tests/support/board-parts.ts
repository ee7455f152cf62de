/** Made-up replies of a store, for tests of what a replica does with them. */
import { gridRank, type Frame } from '../../src/domain/frame.ts';
import { completePolicy, type PolicyInput, type Room } from '../../src/domain/room.ts';
import type { QueueClaims } from '../../src/service/queue-token.ts';
import type { RoomHead, TickAnswer } from '../../src/store/queue-store.ts';

/** Orders begin here, µs: 16 digits, as in life. */
export const startUs = Date.UTC(2026, 4, 4, 18) * 1_000;

export function headWith(changes: Partial<RoomHead> = {}): RoomHead {
  return {
    epochNumber: 1,
    epochId: 'epoch-1',
    eventNumber: 0,
    lastOrder: startUs,
    lastNumber: 0,
    frontier: 0,
    placesUsed: 0,
    held: 0,
    clockMs: 0,
    wallMs: startUs / 1_000,
    startedUs: startUs - 1_000_000,
    version: 1,
    purgedUs: 0,
    ...changes,
  };
}

/** A frame of a queue with these orders, ascending, made at `nowUs`. */
export function frameOf(orders: readonly number[], nowUs: number, changes: Partial<Frame> = {}): Frame {
  const checkpoints: number[] = [];
  for (let index = 0; gridRank(index) <= orders.length; index += 1) {
    checkpoints.push(orders[gridRank(index) - 1] as number);
  }
  return {
    clockMs: 0,
    nowUs,
    waiting: orders.length,
    parked: 0,
    lapsed: 0,
    admitted: 0,
    inside: 0,
    assumed: 0,
    placesUsed: 0,
    admittedTotal: 0,
    freedTotal: 0,
    skippedTotal: 0,
    holdUntilMs: 0,
    frontier: 0,
    undelivered: 0,
    undeliveredMs: -1,
    deadLetters: 0,
    joinedTotal: 0,
    lapsedTotal: 0,
    returnedTotal: 0,
    enteredTotal: 0,
    completedTotal: 0,
    endedTotal: 0,
    present: orders.length,
    presentAtMs: 0,
    checkpoints,
    ...changes,
  };
}

export function tickAnswer(frame: Frame, changes: Partial<TickAnswer> = {}): TickAnswer {
  return { frame, room: null, events: [], gap: false, more: false, readTo: 0, ...changes };
}

export function roomWith(policy: PolicyInput = {}, changes: Partial<Room> = {}): Room {
  const roomId = changes.roomId ?? 'pool';
  const whole = completePolicy(roomId, policy);
  return { roomId, state: 'open', version: 1, policy: whole, notice: null, reason: null, ...changes };
}

/** What the token of the `number`th ticket says; its order is `number` µs after the start. */
export function claimsOf(number: number, changes: Partial<QueueClaims> = {}): QueueClaims {
  const hex = number.toString(16).padStart(12, '0');
  return {
    roomId: 'pool',
    ticketId: `00000000-0000-4000-8000-${hex}`,
    number,
    order: startUs + number,
    gen: 0,
    expiresAtMs: startUs / 1_000 + 72 * 3_600_000,
    ...changes,
  };
}
