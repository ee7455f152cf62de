/**
 * Ids sorted by a score, then by id: what a sorted set is in Redis. A sorted array with binary search: joins go
 * to its end and releases take from its front, so that 100,000 tickets are no trouble; more belong in Redis.
 *
 * Plain data, so that `structuredClone` copies it.
 */
import { shortId } from './redis-keys.ts';

export type SortedIds = { scores: Map<string, number>; ids: string[] };

export function sortedIds(): SortedIds {
  return { scores: new Map(), ids: [] };
}

/** Puts an id at a score; one that is there moves. */
export function putId(set: SortedIds, id: string, score: number): void {
  if (set.scores.get(id) === score) return;
  removeId(set, id);
  set.ids.splice(indexOf(set, score, id), 0, id);
  set.scores.set(id, score);
}

/** Takes an id out; nothing happens when it is not there. */
export function removeId(set: SortedIds, id: string): void {
  const score = set.scores.get(id);
  if (score === undefined) return;
  set.ids.splice(indexOf(set, score, id), 1);
  set.scores.delete(id);
}

/** Ids of a score up to and with `score`, lowest first, at most `limit`. */
export function idsUpTo(set: SortedIds, score: number, limit: number): string[] {
  return set.ids.slice(0, Math.min(limit, firstAbove(set, score)));
}

/** Ids of a score above `score`, lowest first, at most `limit`. */
export function idsAbove(set: SortedIds, score: number, limit: number): string[] {
  const first = firstAbove(set, score);
  return set.ids.slice(first, first + limit);
}

/** Where the first id of a score above this one is. */
function firstAbove(set: SortedIds, score: number): number {
  return search(set, (otherScore) => otherScore <= score);
}

/** Where an id of this score is, or belongs. Equal scores stand in the order that Redis has them in. */
function indexOf(set: SortedIds, score: number, id: string): number {
  return search(set, (otherScore, other) => {
    return otherScore < score || (otherScore === score && shortId(other) < shortId(id));
  });
}

/** The index of the first id that does not come before what is looked for. */
function search({ scores, ids }: SortedIds, comesBefore: (score: number, id: string) => boolean): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const id = ids[middle] as string;
    if (comesBefore(scores.get(id) as number, id)) low = middle + 1;
    else high = middle;
  }
  return low;
}
