/**
 * How many tickets a release may take: the least of what pace, batch size, capacity and places allow.
 * The same arithmetic stands in store/lua/_release.lua; the model compares both stores.
 */
import type { RoomState } from './room.ts';

/** The room clock never moves more than this in one call, nor back: an outage uses up nobody's time. */
export const roomClockStepMaxUs = 3_000_000;
/** A room that meets a new Redis process, or was just created, admits nobody for this long. */
export const settleMs = 3_000;

/** A bucket after `elapsedUs` of room clock; fractions kept, never above `batchSizeMax`. */
export function filledBucket(
  bucket: number,
  elapsedUs: number,
  pace: { outflowPerMinute: number; batchSizeMax: number },
): number {
  return Math.min(pace.batchSizeMax, bucket + (elapsedUs * pace.outflowPerMinute) / 60_000_000);
}

/** Whether a room admits anyone at this moment. */
export function admits(room: { state: RoomState; clockMs: number; holdUntilMs: number }): boolean {
  return (room.state === 'open' || room.state === 'draining') && room.clockMs >= room.holdUntilMs;
}

/** Tickets that may be admitted now; 0 or more. `held` = admitted + inside + assumed. */
export function freeTickets(room: {
  bucket: number;
  batchSizeMax: number;
  capacity: number;
  held: number;
  places: number | null;
  placesUsed: number;
  placesPerVisitorMax: number;
}): number {
  const bySeats = Math.min(Math.floor(room.bucket + 1e-6), room.batchSizeMax, room.capacity - room.held);
  if (room.places === null) return Math.max(0, bySeats);
  const byPlaces = Math.ceil((room.places - room.placesUsed) / room.placesPerVisitorMax) - room.held;
  return Math.max(0, Math.min(bySeats, byPlaces));
}
