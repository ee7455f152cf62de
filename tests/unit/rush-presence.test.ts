import { describe, expect, test } from 'vitest';
import type { HistoryRecord } from '../../src/dev/rush-history.ts';
import { readStories, type VisitorStory } from '../../src/dev/rush-presence.ts';

const visitor = 7;

const told = (t: number, reason: string): HistoryRecord[] => [
  { t, visitor, op: 'look', outcome: 'ok', kind: 'waiting' },
  { t, visitor, op: 'standing', outcome: 'ok', position: 3, expectedWaitMs: null, reason },
];
const admitted = (t: number, releaseNumber: number | null): HistoryRecord => {
  const when = { releasedAt: t - 50, extensionsLeft: 10 };
  return { t, visitor, op: 'admitted', outcome: 'ok', bySocket: true, releaseNumber, ...when };
};
const lapsed = (t: number): HistoryRecord => ({ t, visitor, op: 'lapsed', outcome: 'ok' });

function storyOf(...after: HistoryRecord[]): VisitorStory {
  const joined = { ticketId: 'a', number: 5, kind: 'waiting' };
  const join: HistoryRecord = { t: 1_000, visitor, op: 'join', outcome: 'ok', ...joined };
  const [story] = readStories([join, ...told(1_000, 'queued'), ...after], 6_000);
  if (story === undefined) throw new Error('no story');
  return story;
}

const waitingOf = (...after: HistoryRecord[]): [number, number, number | null][] =>
  storyOf(...after).waiting.map(({ from, until, admission }) => [from, until, admission?.toldAt ?? null]);

describe('how long somebody waited', () => {
  test('until the turn was told', () => {
    expect(waitingOf(...told(9_000, 'queued'), admitted(10_000, 1))).toEqual([[1_000, 10_000, 10_000]]);
  });

  test('until two ticks before the last word of one whose turn went by unheard', () => {
    expect(waitingOf(...told(9_000, 'queued'), lapsed(12_000))).toEqual([[1_000, 7_000, null]]);
  });

  test('over a loss of data, not between two ticks before the last word and the word that the place is there again', () => {
    const lost = [...told(9_000, 'queued'), ...told(15_000, 'recovered'), ...told(17_000, 'recovered')];
    expect(waitingOf(...lost, admitted(18_000, 1))).toEqual([
      [1_000, 7_000, 18_000],
      [15_000, 18_000, 18_000],
    ]);
    expect(waitingOf(...lost, ...told(18_000, 'queued'), lapsed(19_000))).toEqual([
      [1_000, 7_000, null],
      [15_000, 16_000, null],
    ]);
  });
});

describe('how often somebody was let in', () => {
  const releases = (...after: HistoryRecord[]): number[] =>
    storyOf(...after).admissions.map(({ toldAt }) => toldAt);

  test('once, however often and by whomever it is told', () => {
    expect(releases(admitted(5_000, 1), admitted(5_100, null), admitted(6_000, 1))).toEqual([5_000]);
  });

  test('twice when the turn went with all data and they were told that their place is there again', () => {
    const lost = [admitted(5_000, 1), ...told(9_000, 'recovered')];
    expect(releases(...lost, admitted(15_000, null))).toEqual([5_000, 15_000]);
    expect(releases(...lost, admitted(15_000, 2))).toEqual([5_000, 15_000]);
  });
});
