/** Epochs of a memory room's data: which run of the process, and of the data, a caller knows. */
import { randomBytes, randomInt } from 'node:crypto';
import type { MemoryRoom } from './memory-room.ts';
import type { RoomCursor } from './queue-store.ts';

/**
 * An epoch's id is `<lineage>.<process>`. The lineage is the wall time, µs, at which the data began anew: the
 * room was created, or the first caller after a loss recovered it; a little later than that, so that two recoveries
 * of one old copy are never taken for one, even where the clock stands. Another store process keeps it.
 */
export function newEpochId(lineage: number): string {
  return `${lineage}.${randomBytes(8).toString('hex')}`;
}

const lineageSpreadUs = 1_000_000;

/** Of data that begins anew at `fromUs` at the earliest. */
export function newLineage(fromUs: number): number {
  return fromUs + randomInt(lineageSpreadUs);
}

export function lineageOf(epochId: string): number {
  return Number(/^(\d+)\./.exec(epochId)?.[1] ?? 0);
}

/** A store that knows less than its caller was emptied, rolled back, or is a stale copy. */
export function knowsLessThan(state: MemoryRoom, caller: RoomCursor): boolean {
  if (caller.epochNumber === 0) return false;
  if (state.epochId === caller.epochId) return state.eventNumber < caller.eventNumber;
  return (
    lineageOf(state.epochId) < lineageOf(caller.epochId) ||
    state.epochNumber < caller.epochNumber ||
    state.epochFrom < caller.eventNumber
  );
}

/** While a recovery holds, callers from before it are merged in. */
export function mergesCaller(state: MemoryRoom, caller: RoomCursor): boolean {
  const isFromBefore = lineageOf(caller.epochId) < lineageOf(state.epochId);
  return caller.epochNumber > 0 && isFromBefore && isRecovering(state);
}

export function isRecovering(state: MemoryRoom): boolean {
  return Math.floor(state.clockUs / 1_000) < state.recoverUntilMs;
}
