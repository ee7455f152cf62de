/**
 * What a life must have shown before it says anything that no promise broke: everybody who came was given a ticket, every
 * fault was played, order could be judged, and the room let people in after the last fault. Pure.
 */
import type { ChaosRecord, PlayedFault } from './chaos-history.ts';
import { type HistoryRecord, twoTicksMs } from './rush-history.ts';
import type { VisitorStory } from './rush-presence.ts';

const progressWithinMs = 30_000;
/** Lives judge a sixth to two thirds of the time waited. */
const orderJudgedLeast = 0.05;
/** Of all visitors together, beyond the two ticks in which nobody can be passed over: with less there is no order to judge. */
const waitedLeastMs = 60_000;

/**
 * Who never got a ticket, a sentence each. Everybody may join here, refusals that pass are repeated, and all come long
 * before the end: a join that was refused for good, or not answered at all, may be a ticket that was lost.
 */
export function findUnjoined(stories: readonly VisitorStory[], visitors: number): string[] {
  const known = new Map(stories.map((story) => [story.visitor, story]));
  return Array.from({ length: visitors }, (_, visitor) => visitor).flatMap((visitor) => {
    const story = known.get(visitor);
    if (story === undefined) return [`visitor ${visitor} (never came)`];
    return story.ticketId === null ? [`visitor ${visitor} (${whyUnjoined(story.records)})`] : [];
  });
}

function whyUnjoined(records: readonly HistoryRecord[]): string {
  const refused = records.find((record) => record.op === 'join' && record.outcome === 'fail');
  return refused?.op === 'join' && refused.outcome === 'fail' ? `refused: ${refused.code}` : 'never answered';
}

/** Faults that were drawn and not played, unless everybody was through before. */
export function findUnplayed(
  stories: readonly VisitorStory[],
  { faults, drawn, visitors }: Pick<ChaosRecord, 'faults' | 'drawn' | 'visitors'>,
): string[] {
  const through = stories.filter((story) => finalOf(story) !== undefined).length;
  if (faults.length >= drawn || through === visitors) return [];
  return [`${faults.length} of ${drawn} faults were played, and ${visitors - through} were not through`];
}

/** Of the time that visitors waited, the share in which order was demanded of it, and whether that is too little. */
export function orderJudged(stories: readonly VisitorStory[]): { share: number; isTooLittle: boolean } {
  let waited = 0;
  let demandable = 0;
  let judged = 0;
  for (const { waiting, present } of stories) {
    for (const stretch of waiting) {
      waited += stretch.until - stretch.from;
      demandable += Math.max(0, stretch.until - stretch.from - twoTicksMs);
      for (const { from, until } of present) {
        judged += Math.max(0, Math.min(until, stretch.until) - Math.max(from, stretch.from) - twoTicksMs);
      }
    }
  }
  return {
    share: waited === 0 ? 0 : Math.round((judged / waited) * 100) / 100,
    isTooLittle: demandable >= waitedLeastMs && judged < orderJudgedLeast * demandable,
  };
}

/** From the end of the last fault to the next turn that was told; null when nobody still wanted one. */
export function progressAfter(
  stories: readonly VisitorStory[],
  last: PlayedFault | undefined,
): number | null {
  if (last === undefined) return null;
  const { until } = last;
  const told = stories.flatMap(({ admissions }) => admissions.map(({ toldAt }) => toldAt));
  const next = told.filter((at) => at >= until).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  if (Number.isFinite(next)) return next - until;
  const isWaited = stories.some((story) => story.admissions.length === 0 && wantsIn(story, until));
  return isWaited ? Number.POSITIVE_INFINITY : null;
}

/** A turn must be told soon after the last fault, and somebody come in at the site, where anybody still wanted to. */
export function findStandstill(
  stories: readonly VisitorStory[],
  { faults, origin }: Pick<ChaosRecord, 'faults' | 'origin'>,
): string[] {
  const last = faults.at(-1);
  if (last === undefined) return [];
  const progressMs = progressAfter(stories, last) ?? 0;
  if (progressMs > progressWithinMs) return [`nobody was admitted for ${progressMs} ms after the last fault`];
  const wanted = stories.filter((story) => wantsIn(story, last.until)).length;
  if (wanted === 0 || origin.entries.some(({ firstAt }) => firstAt >= last.until)) return [];
  return [`nobody came in after the last fault, and ${wanted} wanted to`];
}

/**
 * Whether this visitor had not come in yet at this time, and did not go away by themselves before a turn was due. With a
 * ticket or without: who could not join wants in all the same.
 */
function wantsIn(story: VisitorStory, at: number): boolean {
  const final = finalOf(story);
  const isIn = story.records.some(
    ({ op, outcome, t }) => t < at && (op === 'entered' || (op === 'enter' && outcome === 'ok')),
  );
  if (isIn || (final !== undefined && final.t <= at)) return false;
  if (final?.state !== 'gave-up') return true;
  return story.admissions.length === 0 && final.t > at + progressWithinMs;
}

function finalOf({ records }: VisitorStory): Extract<HistoryRecord, { op: 'final' }> | undefined {
  return records.find((record) => record.op === 'final');
}
