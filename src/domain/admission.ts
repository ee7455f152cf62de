/** Whether a room admits people right now, from what a frame says of it. */
import { holdsForDelivery } from './delivery.ts';
import type { Frame } from './frame.ts';
import type { Room } from './room.ts';

/** The room admits people as soon as there is a seat and its pace allows it: its state does, and no hold keeps it. */
export function admitsPeople({ state, policy }: Room, frame: Frame): boolean {
  if (state !== 'open' && state !== 'draining') return false;
  return frame.clockMs >= frame.holdUntilMs && !holdsForDelivery(policy.delivery, frame);
}

/** Whom the room could admit by its capacity and its places, whatever its pace; at least 0. */
export function freeSeats({ policy }: Room, frame: Frame): number {
  const { capacity, places, placesPerVisitorMax } = policy;
  const held = frame.admitted + frame.inside + frame.assumed;
  const byPlaces =
    places === null
      ? Number.POSITIVE_INFINITY
      : Math.ceil((places - frame.placesUsed) / placesPerVisitorMax) - held;
  return Math.max(0, Math.min(capacity - held, byPlaces));
}
