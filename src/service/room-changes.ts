/** What of a room its visitors are told anew when it changes. */
import type { Room } from '../domain/room.ts';

/** Whether state (with its reason, and the times that visitors were told) or notice differ; of a new room both. */
export function roomChanges(before: Room | null, room: Room): { state: boolean; notice: boolean } {
  return {
    state: !before || !isSame(stateTold(before), stateTold(room)),
    notice: !before || !isSame(before.notice, room.notice),
  };
}

function stateTold({ state, reason, policy }: Room): unknown {
  return [state, reason, policy.opensAt, policy.joinFrom, policy.closesAt];
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
