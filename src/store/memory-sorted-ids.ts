/**
 * Ids sorted by a score, then by id: what a sorted set is in Redis. A sorted array with binary search: joins go
 * to its end and releases take from its front, so that 100,000 tickets are no trouble; more belong in Redis.
 *
 * Plain data, so that `structuredClone` copies it.
 */
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

function firstAbove(set: SortedIds, score: number): number {
  // No id is as large as this character, so what stands before it is all that has the score.
  return indexOf(set, score, '\uffff');
}

/** Where an id of this score is, or belongs. */
function indexOf({ scores, ids }: SortedIds, score: number, id: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = ids[middle] as string;
    const otherScore = scores.get(other) as number;
    if (otherScore < score || (otherScore === score && other < id)) low = middle + 1;
    else high = middle;
  }
  return low;
}
