import { describe, expect, test } from 'vitest';
import { countDifferences, countNames, countRush, type RushCounts } from '../../src/dev/rush-counts.ts';
import type { HistoryEvent, HistoryRecord, RushRecord } from '../../src/dev/rush-history.ts';
import { losesData } from '../../src/dev/rush-options.ts';
import { readStories } from '../../src/dev/rush-presence.ts';
import { judgeRush } from '../../src/dev/rush-verdict.ts';

const at = 1_800_000_000_000;
const policy = {
  capacity: 10,
  outflowPerMinute: 60_000,
  batchSizeMax: 100,
  releaseEveryMs: 1_000,
  presentWithinMs: 6_000,
  abandonAfterMs: 20_000,
  enterWithinMs: 8_000,
  sessionTtlMs: 15_000,
  recoverWithinMs: 8_000,
};

const joined: HistoryEvent[] = [
  { op: 'join', outcome: 'invoke' },
  { op: 'join', outcome: 'ok', ticketId: 'mine', number: 1, kind: 'waiting' },
];
const admitted = (releaseNumber: number | null): HistoryEvent => {
  return { op: 'admitted', outcome: 'ok', bySocket: true, releaseNumber, releasedAt: at, extensionsLeft: 10 };
};
const entered: HistoryEvent[] = [
  { op: 'enter', outcome: 'invoke' },
  { op: 'enter', outcome: 'ok' },
];
const lapsed: HistoryEvent = { op: 'lapsed', outcome: 'ok' };
const confirmed: HistoryEvent = { op: 'confirmed', outcome: 'ok' };
const over = (state: 'completed' | 'gave-up'): HistoryEvent => ({
  op: 'final',
  outcome: 'ok',
  state,
  why: '',
});

function recordOf(visitors: HistoryEvent[][], completed = 0): RushRecord {
  const history: HistoryRecord[] = visitors.flatMap((events, visitor) =>
    events.map((event, index) => ({ t: at + visitor * 1_000 + index, visitor, ...event })),
  );
  const none = { inFlight: 0, peakInFlight: 0, served: 0, failed: 0, collapses: 0, health: 1, unheard: 0 };
  const people = {
    inside: 0,
    peakInside: 1,
    completed,
    gaveUp: 0,
    requestsInFlight: 0,
    peakRequestsInFlight: 0,
  };
  const entries = Array.from({ length: completed }, (_, index) => ({
    ticketId: index === 0 ? 'mine' : `ticket-${index}`,
    firstAt: at + index,
    endedAt: at + index,
    end: 'completed' as const,
  }));
  const origin = { figures: { ...none, ...people }, entries, redemptions: [] };
  return { visitors: visitors.length, policy, history, origin, fault: null, told: null };
}
function countsOf(visitors: HistoryEvent[][], completed = 0): RushCounts {
  const record = recordOf(visitors, completed);
  return countRush(readStories(record.history, policy.presentWithinMs), record);
}
/** Those that are the same at both ends as numbers, the others as pairs. */
function shown(counts: RushCounts): (number | [number, number])[] {
  return countNames.map((name) => {
    const { least, most } = counts[name];
    return least === most ? least : [least, most];
  });
}

describe('what visitors and site wrote down is counted: joins, admissions, lapses, entries, completions', () => {
  const completes = [...joined, admitted(3), ...entered, confirmed, over('completed')];
  test.each<[string, HistoryEvent[], (number | [number, number])[]]>([
    ['one who registers', completes, [1, 1, 0, 1, 1]],
    [
      'one told twice, by another replica',
      [...joined, admitted(null), admitted(3), ...entered, confirmed],
      [1, 1, 0, 1, 1],
    ],
    ['one who joins again after the end', [...completes, ...joined], [1, 1, 0, 1, 1]],
    [
      'one whose turn lapses, who hears it twice, comes back and enters',
      [
        ...joined,
        admitted(3),
        lapsed,
        lapsed,
        { op: 'return', outcome: 'ok' },
        admitted(4),
        ...entered,
        confirmed,
      ],
      [1, 2, 1, 1, 1],
    ],
    ['one who slept through turn and lapse', [...joined, lapsed], [1, 1, 1, 0, 1]],
    ['one who leaves', [...joined, { op: 'leave', outcome: 'ok' }, over('gave-up')], [1, 0, 0, 0, 1]],
    ['one who closes the tab', [...joined, over('gave-up')], [1, [0, 1], [0, 1], 0, 1]],
    ['one who closes it at the turn', [...joined, admitted(3), over('gave-up')], [1, 1, [0, 1], 0, 1]],
    [
      'one whose enter was never answered',
      [...joined, admitted(3), { op: 'enter', outcome: 'invoke' }],
      [1, 1, [0, 1], [0, 1], 1],
    ],
    ['one whose join was never answered', [{ op: 'join', outcome: 'info' }], [[0, 1], [0, 1], [0, 1], 0, 1]],
    ['one who was refused', [{ op: 'join', outcome: 'fail', code: 'room-closed' }], [0, 0, 0, 0, 1]],
  ])('%s', (_, events, expected) => {
    expect(shown(countsOf([events], 1))).toEqual(expected);
  });
});

describe('a rush whose service counts otherwise', () => {
  const record = recordOf([[...joined, admitted(3), ...entered, confirmed, over('completed')]], 1);
  const right = { source: 'snapshot', joins: 1, admissions: 1, lapses: 0, entries: 1, completions: 1 };
  const breachesOf = (told: RushRecord['told']) => judgeRush({ ...record, told }).breaches;

  test('passes while the counts are the same', () => {
    expect(breachesOf([right, { ...right, source: 'metrics' }])).toEqual([]);
    expect(judgeRush({ ...record, told: [right] }).figures.counts?.joins).toEqual({ least: 1, most: 1 });
  });

  test.each(countNames)('fails by one too many or too few %s', (name) => {
    for (const by of [-1, 1]) {
      const planted = { ...right, source: 'metrics', [name]: right[name] + by };
      const [breach, ...others] = breachesOf([right, planted]);
      expect(others).toEqual([]);
      expect(breach).toEqual({
        name: 'counts',
        detail: `metrics counts ${right[name] + by} ${name}, the visitors and the site ${right[name]}`,
      });
    }
    expect(breachesOf([{ ...right, [name]: Number.NaN }])).toMatchObject([{ name: 'counts' }]);
  });

  test('is not judged by them where the fault took them away', () => {
    expect(breachesOf(null)).toEqual([]);
    expect(judgeRush(record).figures.counts).toBeNull();
    const faults = ['none', 'killreplica', 'flush', 'restart', 'oldfile', 'everything'] as const;
    expect(faults.filter(losesData)).toEqual(['flush', 'oldfile', 'everything']);
  });

  test('is told the range of what may be true', () => {
    const counts = countsOf([[...joined, over('gave-up')]]);
    const told = { ...right, admissions: 1, lapses: 1, entries: 0, completions: 0 };
    expect(countDifferences(counts, [told])).toEqual([]);
    expect(countDifferences(counts, [{ ...told, lapses: 2 }])).toEqual([
      'snapshot counts 2 lapses, the visitors and the site 0 to 1',
    ]);
  });
});
