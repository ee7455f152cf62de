/** Why those who wait in a room are not let in, and how many places are left for them: from what a board knows now. */
import { holdsForDelivery } from '../domain/delivery.ts';
import type { Frame } from '../domain/frame.ts';
import type { Room } from '../domain/room.ts';
import type { RoomHead } from '../store/queue-store.ts';
import type { StandingReason } from './ticket-view.ts';

/** A room as a board knows it; null: nothing yet. */
type RoomNow = {
  readonly room: Room | null;
  readonly head: RoomHead | null;
  readonly frame: Frame | null;
  readonly isFresh: boolean;
  readonly isRecovering: boolean;
};

/** Why nobody is let in, or why the one at this position may not be; null when the queue simply moves. */
export function standingReason(
  { room, head, frame, isFresh, isRecovering }: RoomNow,
  position: number | null,
): StandingReason | null {
  if (!isFresh) return 'updates-interrupted';
  const state = room?.state;
  if (state === 'scheduled') return 'not-open-yet';
  if (state === 'paused' || state === 'closed' || state === 'bypass') return state;
  if (isRecovering) return 'recovered';
  const isHeld = (head?.clockMs ?? 0) < (frame?.holdUntilMs ?? 0);
  const isUntold = room && frame ? holdsForDelivery(room.policy.delivery, frame) : false;
  if (isHeld || isUntold || room?.policy.capacity === 0) return 'holding';
  const left = placesLeftOf({ room, head });
  if (left === 0) return 'no-places-left';
  if (left !== null && position !== null && position > left) return 'beyond-places';
  return null;
}

/** Places the origin has not given away; null when it does not count them. */
export function placesLeftOf({ room, head }: Pick<RoomNow, 'room' | 'head'>): number | null {
  const places = room?.policy.places ?? null;
  return places === null ? null : Math.max(0, places - (head?.placesUsed ?? 0));
}
