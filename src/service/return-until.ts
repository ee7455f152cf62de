/** Until when someone who missed their turn may come back. */
import { instantOf, type Room } from '../domain/room.ts';

/**
 * Wall ms: `returnWithinMs` after the turn was missed, or when the room closes, whichever comes first. In a room that
 * is closed it is now at the latest: nobody can come back then, and when an operator closed it is not kept.
 */
export function returnUntilMs(
  { state, policy }: Pick<Room, 'state' | 'policy'>,
  { lapsedAtMs, nowMs }: { lapsedAtMs: number; nowMs: number },
): number {
  const closesAtMs = policy.closesAt === null ? Number.POSITIVE_INFINITY : instantOf(policy.closesAt);
  const closedAtMs = state === 'closed' ? nowMs : Number.POSITIVE_INFINITY;
  return Math.min(lapsedAtMs + policy.returnWithinMs, closesAtMs, closedAtMs);
}
