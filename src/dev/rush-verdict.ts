/**
 * The verdict of a rush: did the promises hold, by what the visitors and the site wrote down? Pure, and told nothing by
 * the service except what it told the visitors. Each breach is named after its promise.
 *
 * The checkers are themselves tested: a good history doctored in one place is refused by that name.
 */
import type { RushRecord } from './rush-history.ts';
import { type AnswerQuality, judgeAnswers, percentile } from './rush-honesty.ts';
import { countDifferences, countRush, type RushCounts } from './rush-counts.ts';
import { readStories, type VisitorStory } from './rush-presence.ts';
import {
  type BreachOf,
  countFinals,
  countUnrecorded,
  findAdmittedTwice,
  findInversions,
  findTwoTickets,
  type PromiseFigures,
  peakInside,
  worstBurst,
} from './rush-promises.ts';

type BreachName =
  | 'capacity'
  | 'pace'
  | 'order'
  | 'once'
  | 'lost'
  | 'told'
  | 'honest'
  | 'ledger'
  | 'counts'
  /** Nobody was admitted for too long after the data was lost. */
  | 'flows';

export type VerdictFigures = {
  /** From the service being ready again after a loss of data to the next turn; null: none was lost, or none was to come. */
  flowsAgainMs: number | null;
  waitMsP50: number | null;
  waitMsP95: number | null;
  /** What visitors and site counted, and every replica too; null: not compared, since data was lost. */
  counts: RushCounts | null;
} & PromiseFigures &
  AnswerQuality;

export type Verdict = { figures: VerdictFigures; breaches: BreachOf<BreachName>[] };

/** Works out the verdict. Promise 11 decides in a run without a fault only; its figures are there in any. */
export function judgeRush(record: RushRecord): Verdict {
  const { policy } = record;
  const stories = readStories(record.history, policy.presentWithinMs);
  const admissions = stories.flatMap((story) => story.admissions);
  const inversions = findInversions(stories);
  const isDataLost = record.fault?.losesData === true;
  const twice = [...findAdmittedTwice(stories, record, isDataLost), ...findTwoTickets(stories)];
  const finals = countFinals(stories, record.visitors);
  const peak = peakInside(record);
  const burst = worstBurst(admissions, policy);
  const { quality, late, honest } = judgeAnswers(stories, record.fault);
  const waits = waitsOf(stories);
  const breaches: Verdict['breaches'] = [];
  const check = (name: BreachName, holds: boolean, detail: () => string): void => {
    if (!holds) breaches.push({ name, detail: detail() });
  };
  check('capacity', peak <= policy.capacity, () => `${peak} were inside at once, for ${policy.capacity}`);
  check('pace', burst.excess <= 0, () => `${burst.admitted} were admitted within ${burst.withinMs} ms`);
  check('order', inversions.count === 0, () => inversions.cases.join());
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
  const flowsAgainMs = flowsAgainAfter(stories, record);
  const recoveryMs = policy.recoverWithinMs + policy.sessionTtlMs;
  check(
    'flows',
    (flowsAgainMs ?? 0) <= recoveryMs,
    () => `nobody was admitted for ${flowsAgainMs} ms after the loss, for ${recoveryMs} at most`,
  );
  const counts = countRush(stories, record);
  const differences = countDifferences(counts, record.told ?? []);
  check('counts', differences.length === 0, () => differences.join('; '));
  return {
    figures: {
      visitors: record.visitors,
      capacity: policy.capacity,
      peakInside: peak,
      orderInversions: inversions.count,
      lost: finals.lost.length,
      admittedTwice: twice.length,
      completed: finals.completed,
      gaveUp: finals.gaveUp,
      flowsAgainMs,
      waitMsP50: percentile(waits, 0.5),
      waitMsP95: percentile(waits, 0.95),
      counts: record.told === null ? null : counts,
      ...quality,
    },
    breaches,
  };
}

/** Infinite when there were people to admit and nobody was. */
function flowsAgainAfter(stories: readonly VisitorStory[], { fault }: RushRecord): number | null {
  if (fault?.losesData !== true) return null;
  const { from, until } = fault;
  const told = stories.flatMap(({ admissions }) =>
    admissions.filter(({ releasedAt }) => releasedAt >= from).map(({ toldAt }) => toldAt),
  );
  if (told.length > 0) return Math.max(0, Math.min(...told) - until);
  return stories.some(({ waiting }) => waiting.some((stretch) => stretch.until > until))
    ? Number.POSITIVE_INFINITY
    : null;
}

/** From the answered join to the first admission. */
function waitsOf(stories: readonly VisitorStory[]): number[] {
  return stories.flatMap(({ joinedAt, admissions }) => {
    const first = admissions[0];
    return first === undefined ? [] : [Math.max(0, first.releasedAt - joinedAt)];
  });
}
