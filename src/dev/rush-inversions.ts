/**
 * Promise 3 as a count: pairs of visitors of whom the one with the lower number had been present for two ticks before
 * the other's release, waiting, and was released in a later one or in none. O((a + w) log a) for a admissions and w
 * stretches of waiting, so a rush of any size is checked in a moment.
 */
import { type Admission, type Interval, union, type VisitorStory } from './rush-presence.ts';

/** How many pairs there are, and one of them as `[passed over, let in before]`. */
export type Inversions = { count: number; example: [number, number] | null };

/** A time during which nobody with a higher number may be let in, unless in the same release. */
type Claim = { visitor: number; number: number; from: number; until: number; releaseIndex: number };

/** Counts the pairs; `settledMs` is how long the lower number must have been present and waiting. */
export function countInversions(stories: readonly VisitorStory[], settledMs: number): Inversions {
  const releases = indexReleases(stories.flatMap((story) => story.admissions));
  const claims = stories.flatMap((story) => claimsOf(story, settledMs, releases.indexOf));
  const admissions = stories.flatMap((story) => story.admissions).toSorted((a, b) => b.number - a.number);
  claims.sort((a, b) => b.number - a.number);
  const admitted = new CountTree(releases.times.length);
  let count = 0;
  let worst: { claim: Claim; passed: number } | null = null;
  let next = 0;
  for (const claim of claims) {
    for (; next < admissions.length; next += 1) {
      const admission = admissions[next];
      if (admission === undefined || admission.number <= claim.number) break;
      admitted.add(releases.indexOf(admission));
    }
    // Releases in [from, until] that came before the claimant's own.
    const first = lowerBound(releases.times, claim.from);
    const beyond = Math.min(lowerBound(releases.times, claim.until + 1), claim.releaseIndex);
    const passed = beyond > first ? admitted.sum(beyond) - admitted.sum(first) : 0;
    count += passed;
    if (passed > (worst?.passed ?? 0)) worst = { claim, passed };
  }
  return { count, example: worst === null ? null : exampleOf(worst.claim, admissions, releases.indexOf) };
}

function claimsOf(
  story: VisitorStory,
  settledMs: number,
  releaseIndexOf: (admission: Admission) => number,
): Claim[] {
  return story.waiting.flatMap((stretch) =>
    intersections(story.present, stretch).map(({ from, until }) => ({
      visitor: story.visitor,
      number: story.number,
      from: from + settledMs,
      until,
      releaseIndex: stretch.admission === null ? Number.POSITIVE_INFINITY : releaseIndexOf(stretch.admission),
    })),
  );
}

function intersections(intervals: readonly Interval[], within: Interval): Interval[] {
  return union(intervals).flatMap((interval) => {
    const from = Math.max(interval.from, within.from);
    const until = Math.min(interval.until, within.until);
    return until > from ? [{ from, until }] : [];
  });
}

function exampleOf(
  claim: Claim,
  admissions: readonly Admission[],
  releaseIndexOf: (admission: Admission) => number,
): [number, number] | null {
  const other = admissions.find(
    (admission) =>
      admission.number > claim.number &&
      admission.releasedAt >= claim.from &&
      admission.releasedAt <= claim.until &&
      releaseIndexOf(admission) < claim.releaseIndex,
  );
  return other === undefined ? null : [claim.visitor, other.visitor];
}

/** Releases in order of time; those that began at the same moment are one. */
function indexReleases(admissions: readonly Admission[]): {
  times: number[];
  indexOf: (admission: Admission) => number;
} {
  const times = [...new Set(admissions.map((admission) => admission.releasedAt))].toSorted((a, b) => a - b);
  return { times, indexOf: (admission) => lowerBound(times, admission.releasedAt) };
}

/** The index of the first value that is not below `value`. */
function lowerBound(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? Number.POSITIVE_INFINITY) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts at indexes, with sums of prefixes, each in O(log n): a Fenwick tree. */
class CountTree {
  readonly #sums: Uint32Array;

  constructor(size: number) {
    this.#sums = new Uint32Array(size + 1);
  }

  add(index: number): void {
    for (let at = index + 1; at < this.#sums.length; at += at & -at)
      this.#sums[at] = (this.#sums[at] ?? 0) + 1;
  }

  /** Of the indexes below `beyond`. */
  sum(beyond: number): number {
    let total = 0;
    for (let at = Math.min(beyond, this.#sums.length - 1); at > 0; at -= at & -at)
      total += this.#sums[at] ?? 0;
    return total;
  }
}
