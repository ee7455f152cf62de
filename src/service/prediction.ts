/** What a change would do to those who wait, worked out from what this replica knows of the room. */
import type { PolicyWarning, Room } from '../domain/room.ts';
import { policyWarnings } from '../domain/room.ts';
import { secondPersonReasons } from '../domain/second-person.ts';
import type { RoomBoard } from './room-board.ts';
import { placesLeftOf, standingReason } from './standing-reason.ts';
import type { StandingReason } from './ticket-view.ts';

export type Effect = {
  /** Those who wait, away or not. */
  waiting: number;
  /** Why nobody would be let in; null: the queue moves. */
  heldBy: StandingReason | null;
  /** How long until nobody waits who waits now, ms; null while nobody is let in. */
  drainMs: { low: number; high: number } | null;
  /** When the last in line would get in, ISO 8601. */
  lastInLineAt: { earliest: string; latest: string } | null;
  /** Places left for each who waits; null: places are not counted, or nobody waits. */
  placesPerVisitor: number | null;
  /** Whether more are inside than the capacity would be: nobody is sent away, and nobody let in until it is so. */
  isOverCapacity: boolean;
  needsSecondPerson: ReturnType<typeof secondPersonReasons>;
  warnings: PolicyWarning[];
};

/** `board` null: the room would be made. `nowMs`: wall clock. */
export function predictEffect(board: RoomBoard | null, after: Room, nowMs: number): Effect {
  const frame = board?.frame ?? null;
  const held = board?.head?.held ?? 0;
  const waiting = (frame?.waiting ?? 0) + (frame?.parked ?? 0);
  const heldBy = board
    ? standingReason({ ...known(board), room: after }, null)
    : standingReason({ room: after, head: null, frame: null, isFresh: true, isRecovering: false }, null);
  const drainMs =
    waiting === 0 ? { low: 0, high: 0 } : (board?.estimator.estimate(waiting, held, after.policy) ?? null);
  const placesLeft = placesLeftOf({ room: after, head: board?.head ?? null });
  const at = (ms: number): string => new Date(nowMs + ms).toISOString();
  return {
    waiting,
    heldBy,
    drainMs: heldBy === null ? drainMs : null,
    lastInLineAt:
      heldBy === null && drainMs && waiting > 0
        ? { earliest: at(drainMs.low), latest: at(drainMs.high) }
        : null,
    placesPerVisitor: placesLeft === null || waiting === 0 ? null : placesLeft / waiting,
    isOverCapacity: held > after.policy.capacity,
    needsSecondPerson: board?.room ? secondPersonReasons(board.room, after) : [],
    warnings: policyWarnings(after.policy),
  };
}

/** What a board knows, apart from the room itself. */
function known({ head, frame, isFresh, isRecovering }: RoomBoard) {
  return { head, frame, isFresh, isRecovering };
}
