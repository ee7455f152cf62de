/**
 * Promises 8 and 11 by the visitors' own records: did those who were connected hear of their turn within two ticks, and
 * was the wait on the screen half-way through a wait true?
 */
import { type FaultWindow, type HistoryRecord, type ShownWait, twoTicksMs } from './rush-history.ts';
import type { Admission, Interval, VisitorStory } from './rush-presence.ts';

export type AnswerQuality = {
  /** Of the waits shown half-way through a wait, the share whose range held the true remainder; null without any. */
  waitsInRange: number | null;
  /** The median of the shown range's width over the true remainder. */
  waitRangeWidth: number | null;
  waitsJudged: number;
  /** From the service's own time of an admission to its visitor's hearing of it. */
  toldMsP99: number | null;
  toldMsMax: number | null;
};

/** `late`: connected visitors who heard of their turn after more than two ticks. */
export type AnswerJudgement = { quality: AnswerQuality; late: number; honest: boolean };

const inRangeShareMin = 0.8;
const rangeWidthMax = 0.4;
/** What the store did in the moment it went away was not confirmed, so nobody could be told of it. */
const faultMarginMs = 1_000;

export function judgeAnswers(stories: readonly VisitorStory[], fault: FaultWindow | null): AnswerJudgement {
  const toldMs = stories.flatMap((story) => toldDelays(story, fault));
  const judged = stories.flatMap(halfWayWait);
  const widths = judged.flatMap(({ shown, remainder }) =>
    shown === null ? [] : [(shown.high - shown.low) / remainder],
  );
  const right = judged.filter(
    ({ shown, remainder }) => shown !== null && shown.low <= remainder && remainder <= shown.high,
  );
  const waitsInRange = judged.length === 0 ? null : right.length / judged.length;
  const waitRangeWidth = percentile(widths, 0.5);
  return {
    quality: {
      waitsInRange,
      waitRangeWidth,
      waitsJudged: judged.length,
      toldMsP99: percentile(toldMs, 0.99),
      toldMsMax: percentile(toldMs, 1),
    },
    late: toldMs.filter((delay) => delay > twoTicksMs).length,
    honest: (waitsInRange ?? 1) >= inRangeShareMin && (waitRangeWidth ?? 0) <= rangeWidthMax,
  };
}

/** The value below which this share of the values lies (nearest rank); null without values. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

/** For the admissions during which the visitor was connected, or would have been told had it come in time. */
function toldDelays({ admissions, connected }: VisitorStory, fault: FaultWindow | null): number[] {
  return admissions.flatMap(({ releasedAt, toldAt }) => {
    const unconfirmed =
      fault?.ofStore === true &&
      releasedAt >= fault.from - faultMarginMs &&
      releasedAt <= fault.until + faultMarginMs;
    const within = { from: releasedAt - twoTicksMs, until: Math.min(toldAt, releasedAt + twoTicksMs) };
    return !unconfirmed && covered(within, connected) ? [toldAt - releasedAt] : [];
  });
}

type HalfWayWait = { shown: ShownWait; remainder: number };

/**
 * Of those connected from half-way to their first admission; not of a room that was paused or held at that moment.
 * What is on the screen half-way was said a few seconds ago and says so (`asOf`): it is judged from when it was said.
 */
function halfWayWait({ joinedAt, admissions, connected, records }: VisitorStory): HalfWayWait[] {
  const admission: Admission | undefined = admissions[0];
  if (admission === undefined || admission.releasedAt <= joinedAt) return [];
  const halfWay = (joinedAt + admission.releasedAt) / 2;
  if (!covered({ from: halfWay, until: admission.releasedAt }, connected)) return [];
  const standing = lastStanding(records, halfWay);
  if (standing === null) return [{ shown: null, remainder: admission.releasedAt - halfWay }];
  const remainder = admission.releasedAt - standing.t;
  const excused = standing.reason === 'paused' || standing.reason === 'holding';
  if (standing.expectedWaitMs === null && excused) return [];
  return [{ shown: standing.expectedWaitMs, remainder }];
}

type StandingRecord = Extract<HistoryRecord, { op: 'standing' }>;

function lastStanding(records: readonly HistoryRecord[], until: number): StandingRecord | null {
  let last: StandingRecord | null = null;
  for (const record of records) {
    if (record.t > until) break;
    if (record.op === 'standing') last = record;
  }
  return last;
}

function covered({ from, until }: Interval, intervals: readonly Interval[]): boolean {
  return intervals.some((interval) => interval.from <= from && interval.until >= until);
}
