/** What one operator alone may not do, in rooms that ask for a second person. */
import type { Room } from './room.ts';

/** What a policy can name in `secondPersonFor`. */
export const secondPersonActions = ['open', 'bypass', 'capacity', 'mode'] as const;
export type SecondPersonAction = (typeof secondPersonActions)[number];

/** A capacity that rises by more than this share of itself needs a second person. */
const capacityRiseShare = 0.5;

/** Whether a capacity rises by so much that one person may not do it. */
export function risesMuch(before: number, after: number): boolean {
  return after > before * (1 + capacityRiseShare);
}

/**
 * Why this change needs a second person: the named actions that it contains, and `rule` when it takes one of them
 * away. Empty: one person may make it. Opening is also done by setting a time for it.
 */
export function secondPersonReasons(before: Room, after: Room): (SecondPersonAction | 'rule')[] {
  const named = before.policy.secondPersonFor;
  const reasons: (SecondPersonAction | 'rule')[] = named.filter((action) => contains[action](before, after));
  if (named.some((action) => !after.policy.secondPersonFor.includes(action))) reasons.push('rule');
  return reasons;
}

const contains: { readonly [action in SecondPersonAction]: (before: Room, after: Room) => boolean } = {
  open(before, after) {
    const opens = isShut(before) && !isShut(after);
    const { opensAt } = after.policy;
    return opens || (opensAt !== null && opensAt !== before.policy.opensAt);
  },
  bypass: (before, after) => after.state === 'bypass' && before.state !== 'bypass',
  capacity: (before, after) => risesMuch(before.policy.capacity, after.policy.capacity),
  mode: (before, after) => after.policy.mode !== before.policy.mode,
};

/** A room that was not opened. Out of this every state is an opening: a pause is ended by one person. */
function isShut({ state }: Room): boolean {
  return state === 'scheduled' || state === 'closed';
}
