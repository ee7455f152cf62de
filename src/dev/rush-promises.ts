/**
 * Single promises, each held against what the visitors and the site wrote down. Pure; the verdicts of the rush and of the
 * chaos bench are made of them.
 */
import { type FinalState, type RushPolicy, type RushRecord, twoTicksMs } from './rush-history.ts';
import { countInversions } from './rush-inversions.ts';
import type { Admission, VisitorStory } from './rush-presence.ts';

/** What is said of the promises of any crowd. */
export type PromiseFigures = {
  visitors: number;
  completed: number;
  gaveUp: number;
  lost: number;
  admittedTwice: number;
  capacity: number;
  peakInside: number;
  orderInversions: number;
};

/** A promise that broke, by its name, and how. */
export type BreachOf<Name extends string> = { name: Name; detail: string };

/** What the site wrote down is all that is asked of a record. */
type Recorded = Pick<RushRecord, 'origin'>;

/** Server times reach the visitors in whole ms, through replicas that read their clocks at slightly different moments. */
const paceRoundingMs = 100;

/** Promise 1: the most sessions at once by the rows of the site's ledger, which must not contradict its own count. */
export function peakInside({ origin }: Recorded): number {
  const changes = origin.entries.flatMap(({ firstAt, endedAt }) => [
    { at: firstAt, by: 1 },
    ...(endedAt === null ? [] : [{ at: endedAt, by: -1 }]),
  ]);
  // Within one millisecond the site's own count knows what came first; here whoever leaves does.
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let inside = 0;
  let peak = origin.figures.peakInside;
  for (const { by } of changes) {
    inside += by;
    peak = Math.max(peak, inside);
  }
  return peak;
}

/** Promise 2: the window that exceeds `outflow × T + batchSizeMax` the most, in one pass over the admissions. */
export function worstBurst(
  admissions: readonly Admission[],
  policy: RushPolicy,
): { excess: number; admitted: number; withinMs: number } {
  const perMs = policy.outflowPerMinute / 60_000;
  const allowance = policy.batchSizeMax + perMs * paceRoundingMs;
  const times = admissions.map(({ releasedAt }) => releasedAt).toSorted((a, b) => a - b);
  let worst = { excess: 0, admitted: 0, withinMs: 0 };
  let best = { index: 0, from: times[0] ?? 0 };
  times.forEach((until, index) => {
    // A window begins at an admission; the best beginning so far is the one that leaves the least unused pace.
    if (index - perMs * until < best.index - perMs * best.from) best = { index, from: until };
    const admitted = index + 1 - best.index;
    const excess = admitted - perMs * (until - best.from) - allowance;
    if (excess > worst.excess) worst = { excess, admitted, withinMs: until - best.from };
  });
  return worst;
}

/** Promise 3: how many pairs were let in the wrong way round, and a sentence when there are any. */
export function findInversions(stories: readonly VisitorStory[]): { count: number; cases: string[] } {
  const { count, example } = countInversions(stories, twoTicksMs);
  const [passedOver, letIn] = example ?? [];
  const cases = count === 0 ? [] : [`${count} pairs, such as visitor ${letIn} before visitor ${passedOver}`];
  return { count, cases };
}

/**
 * Promise 4: two admissions without a lapse between, one after the end, two sessions of one ticket. A turn that was lost
 * with all data before it was used, and whose holder was told to wait again, is no turn any more (`isDataLost`).
 */
export function findAdmittedTwice(
  stories: readonly VisitorStory[],
  { origin }: Recorded,
  isDataLost: boolean,
): string[] {
  const cases = stories.flatMap((story) => {
    const { visitor, records } = story;
    const found: string[] = [];
    let current: number | null | undefined;
    let over = false;
    let isInside = false;
    for (const record of records) {
      if (record.op === 'lapsed') current = undefined;
      if (record.op === 'entered') isInside = true;
      const isToldToWaitAgain = record.op === 'standing' && record.reason === 'recovered';
      if (isDataLost && isToldToWaitAgain && !isInside) current = undefined;
      if (record.op === 'confirmed' || record.op === 'final') over = true;
      if (record.op === 'leave' && record.outcome === 'ok') over = true;
      if (record.op !== 'admitted') continue;
      const { releaseNumber } = record;
      if (over) found.push(`visitor ${visitor} admitted after the end`);
      else if (current != null && releaseNumber !== null && releaseNumber !== current) {
        found.push(`visitor ${visitor} in releases ${current} and ${releaseNumber}`);
      }
      current = releaseNumber ?? current;
    }
    return found;
  });
  const sessions = repeated(origin.entries.map(({ ticketId }) => ticketId));
  const handOvers = repeated(origin.redemptions.map(({ handOver }) => handOver));
  return [
    ...cases,
    ...sessions.map((ticketId) => `two sessions of ticket ${ticketId}`),
    ...handOvers.map((handOver) => `hand-over ${handOver} redeemed twice`),
  ];
}

/** Of promise 4 too: a join sent again with the same key finds the same ticket. */
export function findTwoTickets(stories: readonly VisitorStory[]): string[] {
  return stories.flatMap(({ visitor, records }) => {
    const tickets = new Set(
      records.flatMap((record) => (record.op === 'join' && record.outcome === 'ok' ? [record.ticketId] : [])),
    );
    return tickets.size > 1 ? [`visitor ${visitor} with ${tickets.size} tickets for one key`] : [];
  });
}

function repeated(values: readonly string[]): string[] {
  const seen = new Set<string>();
  return values.filter((value) => seen.size === seen.add(value).size);
}

/** Promise 5: who holds a ticket must end in a final state; who never got one has given up. */
export function countFinals(
  stories: readonly VisitorStory[],
  visitors: number,
): { completed: number; gaveUp: number; lost: string[] } {
  const count: Record<FinalState, number> = { completed: 0, 'gave-up': 0, lost: 0 };
  const lost: string[] = [];
  for (const { visitor, records, ticketId } of stories) {
    const final = records.find((record) => record.op === 'final');
    const state = final?.op === 'final' ? final.state : 'lost';
    // Without a ticket there was nothing to lose.
    count[state === 'lost' && ticketId === null ? 'gave-up' : state] += 1;
    if (state === 'lost' && ticketId !== null) {
      lost.push(`visitor ${visitor} (${final?.op === 'final' ? final.why : 'still under way at the end'})`);
    }
  }
  const silent = visitors - stories.length;
  return { completed: count.completed, gaveUp: count['gave-up'] + silent, lost };
}

export function countUnrecorded(stories: readonly VisitorStory[], { origin }: Recorded): number {
  const completed = new Set(
    origin.entries.filter(({ end }) => end === 'completed').map(({ ticketId }) => ticketId),
  );
  return stories.filter(
    ({ records, ticketId }) =>
      records.some((record) => record.op === 'confirmed') && !completed.has(ticketId ?? ''),
  ).length;
}
