/**
 * The verdict of a rush: did the promises hold, by what the visitors and the site wrote down? Pure, and told nothing by
 * the service except what it told the visitors. Each breach is named after its promise.
 *
 * The checkers are themselves tested: a good history doctored in one place is refused by that name.
 */
import { type FinalState, type RushPolicy, type RushRecord, twoTicksMs } from './rush-history.ts';
import { type AnswerQuality, judgeAnswers, percentile } from './rush-honesty.ts';
import { countDifferences, countRush, type RushCounts } from './rush-counts.ts';
import { countInversions } from './rush-inversions.ts';
import { type Admission, readStories, type VisitorStory } from './rush-presence.ts';

export type BreachName =
  | 'capacity'
  | 'pace'
  | 'order'
  | 'once'
  | 'lost'
  | 'told'
  | 'honest'
  | 'ledger'
  | 'counts';
export type Breach = { name: BreachName; detail: string };

export type VerdictFigures = {
  visitors: number;
  capacity: number;
  peakAtOrigin: number;
  orderInversions: number;
  lost: number;
  admittedTwice: number;
  completed: number;
  gaveUp: number;
  waitMsP50: number | null;
  waitMsP95: number | null;
  /** What visitors and site counted, and every replica too; null: not compared, since data was lost. */
  counts: RushCounts | null;
} & AnswerQuality;

export type Verdict = { figures: VerdictFigures; breaches: Breach[] };

/** Server times reach the visitors in whole ms, through replicas that read their clocks at slightly different moments. */
const paceRoundingMs = 100;

/** Works out the verdict. Promise 11 decides in a run without a fault only; its figures are there in any. */
export function judgeRush(record: RushRecord): Verdict {
  const { policy, origin } = record;
  const stories = readStories(record.history, policy.presentWithinMs);
  const admissions = stories.flatMap((story) => story.admissions);
  const inversions = countInversions(stories, twoTicksMs);
  const twice = findAdmittedTwice(stories, record);
  const finals = countFinals(stories, record.visitors);
  const peak = Math.max(origin.figures.peakInside, peakInside(record));
  const burst = worstBurst(admissions, policy);
  const { quality, late, honest } = judgeAnswers(stories, record.fault);
  const waits = waitsOf(stories);
  const breaches: Breach[] = [];
  const check = (name: BreachName, holds: boolean, detail: () => string): void => {
    if (!holds) breaches.push({ name, detail: detail() });
  };
  check('capacity', peak <= policy.capacity, () => `${peak} were inside at once, for ${policy.capacity}`);
  check('pace', burst.excess <= 0, () => `${burst.admitted} were admitted within ${burst.withinMs} ms`);
  check('order', inversions.count === 0, () => {
    const [passedOver, letIn] = inversions.example ?? [];
    return `${inversions.count} pairs, such as visitor ${letIn} before visitor ${passedOver}`;
  });
  check('once', twice.length === 0, () => `${twice.length} cases, such as ${twice[0]}`);
  check('lost', finals.lost.length === 0, () => `${finals.lost.length} visitors, such as ${finals.lost[0]}`);
  check('told', late === 0, () => `${late} heard of their turn late, one after ${quality.toldMsMax} ms`);
  check('honest', record.fault !== null || honest, () => {
    return `${quality.waitsInRange} of the waits shown were true, ${quality.waitRangeWidth} of the wait wide`;
  });
  const unrecorded = countUnrecorded(stories, record);
  check(
    'ledger',
    unrecorded === 0,
    () => `${unrecorded} confirmed registrations are not in the site's ledger`,
  );
  const counts = countRush(stories, record);
  const differences = countDifferences(counts, record.told ?? []);
  check('counts', differences.length === 0, () => differences.join('; '));
  return {
    figures: {
      visitors: record.visitors,
      capacity: policy.capacity,
      peakAtOrigin: peak,
      orderInversions: inversions.count,
      lost: finals.lost.length,
      admittedTwice: twice.length,
      completed: finals.completed,
      gaveUp: finals.gaveUp,
      waitMsP50: percentile(waits, 0.5),
      waitMsP95: percentile(waits, 0.95),
      counts: record.told === null ? null : counts,
      ...quality,
    },
    breaches,
  };
}

/** The most sessions at once by the rows of the site's ledger, which must not contradict its own count. */
function peakInside({ origin }: RushRecord): number {
  const changes = origin.entries.flatMap(({ firstAt, endedAt }) => [
    { at: firstAt, by: 1 },
    ...(endedAt === null ? [] : [{ at: endedAt, by: -1 }]),
  ]);
  // Within one millisecond the site's own count knows what came first; here whoever leaves does.
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let inside = 0;
  let peak = 0;
  for (const { by } of changes) {
    inside += by;
    peak = Math.max(peak, inside);
  }
  return peak;
}

/** Promise 2: the window that exceeds `outflow × T + batchSizeMax` the most, in one pass over the admissions. */
function worstBurst(
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

/** Promise 4: two admissions without a lapse between, one after the end, two tickets for one key, two sessions. */
function findAdmittedTwice(stories: readonly VisitorStory[], { origin }: RushRecord): string[] {
  const cases = stories.flatMap((story) => {
    const { visitor, records } = story;
    const found: string[] = [];
    let current: number | null | undefined;
    let over = false;
    const tickets = new Set<string>();
    for (const record of records) {
      if (record.op === 'join' && record.outcome === 'ok') tickets.add(record.ticketId);
      if (record.op === 'lapsed') current = undefined;
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
    if (tickets.size > 1) found.push(`visitor ${visitor} with ${tickets.size} tickets for one key`);
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

function repeated(values: readonly string[]): string[] {
  const seen = new Set<string>();
  return values.filter((value) => seen.size === seen.add(value).size);
}

/** Promise 5: who holds a ticket must end in a final state; who never got one has given up. */
function countFinals(
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

function countUnrecorded(stories: readonly VisitorStory[], { origin }: RushRecord): number {
  const completed = new Set(
    origin.entries.filter(({ end }) => end === 'completed').map(({ ticketId }) => ticketId),
  );
  return stories.filter(
    ({ records, ticketId }) =>
      records.some((record) => record.op === 'confirmed') && !completed.has(ticketId ?? ''),
  ).length;
}

/** From the answered join to the first admission. */
function waitsOf(stories: readonly VisitorStory[]): number[] {
  return stories.flatMap(({ joinedAt, admissions }) => {
    const first = admissions[0];
    return first === undefined ? [] : [Math.max(0, first.releasedAt - joinedAt)];
  });
}
