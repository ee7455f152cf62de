/**
 * Does the service count what happened? Its snapshot and its metrics, read when all is over, against what the visitors
 * and the site wrote down. A visitor who goes away without a word may still have been let in and have let the turn lapse
 * before the absence showed: each such one widens the range of what is true, and no other.
 */
import type { HistoryRecord, RushRecord } from './rush-history.ts';
import type { VisitorStory } from './rush-presence.ts';

export const countNames = ['joins', 'admissions', 'lapses', 'entries', 'completions'] as const;
type CountName = (typeof countNames)[number];

/** What one source of the service says. */
export type ServiceCounts = { source: string } & { [name in CountName]: number };
/** What is true lies between, both included. */
export type CountRange = { least: number; most: number };
export type RushCounts = { [name in CountName]: CountRange };

/** By the visitors' and the site's own records. */
export function countRush(stories: readonly VisitorStory[], { origin }: RushRecord): RushCounts {
  const counts = noCounts();
  const completed = origin.entries.filter(({ end }) => end === 'completed').length;
  counts.completions = exactly(completed);
  for (const { records } of stories) addVisitor(counts, records);
  return counts;
}

/** Where the service says something else, one sentence each. */
export function countDifferences(counts: RushCounts, told: readonly ServiceCounts[]): string[] {
  return told.flatMap((service) =>
    countNames.flatMap((name) => {
      const { least, most } = counts[name];
      if (service[name] >= least && service[name] <= most) return [];
      const own = least === most ? `${least}` : `${least} to ${most}`;
      return [`${service.source} counts ${service[name]} ${name}, the visitors and the site ${own}`];
    }),
  );
}

function noCounts(): RushCounts {
  return Object.fromEntries(countNames.map((name) => [name, exactly(0)])) as RushCounts;
}

function exactly(count: number): CountRange {
  return { least: count, most: count };
}

/** Where a visitor's ticket is, as far as they were told. */
type Place = 'none' | 'waiting' | 'admitted' | 'lapsed' | 'inside' | 'over';

function addVisitor(counts: RushCounts, records: readonly HistoryRecord[]): void {
  let place: Place = 'none';
  let releaseNumber: number | null = null;
  let isAsked = false;
  const add = (name: CountName): void => {
    counts[name].least += 1;
    counts[name].most += 1;
  };
  const mayBe = (name: CountName): void => {
    counts[name].most += 1;
  };
  const tickets = new Set<string>();
  for (const record of records) {
    if (record.op === 'join' && record.outcome === 'info') isAsked = true;
    if (record.op === 'join' && record.outcome === 'ok') {
      if (tickets.size < tickets.add(record.ticketId).size) add('joins');
      if (place === 'none') place = 'waiting';
    }
    if (record.op === 'admitted') {
      const isAnother = releaseNumber !== null && (record.releaseNumber ?? releaseNumber) !== releaseNumber;
      if (place !== 'admitted' || isAnother) add('admissions');
      place = 'admitted';
      releaseNumber = record.releaseNumber ?? releaseNumber;
    }
    if (record.op === 'lapsed' && place !== 'lapsed') {
      if (place !== 'admitted') add('admissions');
      add('lapses');
      place = 'lapsed';
      releaseNumber = null;
    }
    if (record.op === 'return' && record.outcome === 'ok') place = 'waiting';
    const isIn = (record.op === 'enter' && record.outcome === 'ok') || record.op === 'entered';
    if (isIn && place !== 'inside') {
      // Nobody is inside without having been admitted.
      if (place !== 'admitted') add('admissions');
      add('entries');
      place = 'inside';
    }
    if ((record.op === 'leave' && record.outcome === 'ok') || record.op === 'confirmed') place = 'over';
  }
  if (isAsked && tickets.size === 0) mayBe('joins');
  if (place === 'waiting' || (isAsked && place === 'none')) {
    mayBe('admissions');
    mayBe('lapses');
  }
  if (place === 'admitted') mayBe('lapses');
  // An enter whose answer never came.
  if (place === 'admitted' && records.some(({ op }) => op === 'enter')) mayBe('entries');
}
