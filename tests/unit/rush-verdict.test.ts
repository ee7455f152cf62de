import { describe, expect, test } from 'vitest';
import type { HistoryRecord, RushRecord } from '../../src/dev/rush-history.ts';
import { judgeRush } from '../../src/dev/rush-verdict.ts';
import {
  policy,
  visitors,
  startAt,
  type Turn,
  goodTurns,
  goodRecord,
  breachesOf,
  isOp,
  admittedOf,
} from '../support/rush-record.ts';

describe('the verdict of a rush', () => {
  test('a good history passes, and every visitor is accounted for', () => {
    const { figures, breaches } = judgeRush(goodRecord());
    expect(breaches).toEqual([]);
    expect(figures).toMatchObject({ peakInside: 10, orderInversions: 0, lost: 0, admittedTwice: 0 });
    expect(figures.completed + figures.gaveUp + figures.lost).toBe(visitors);
    expect(figures.waitsInRange).toBe(1);
    expect(figures.waitsJudged).toBeGreaterThan(150);
  });

  test('one admitted twice is refused as once', () => {
    const record = goodRecord();
    const first = admittedOf(record.history, 50);
    const second = { ...first, t: first.t + 1_000, releasedAt: first.releasedAt + 1_000 };
    record.history.splice(record.history.indexOf(first) + 1, 0, {
      ...second,
      releaseNumber: (first.releaseNumber ?? 0) + 1,
    });
    expect(breachesOf(record)).toEqual(['once']);
  });

  test('an admission after the end, a second session and a second use of a hand-over are refused as once', () => {
    const afterEnd = goodRecord();
    afterEnd.history.push({ ...admittedOf(afterEnd.history, 50), t: startAt + 999_000, releaseNumber: null });
    expect(breachesOf(afterEnd)).toEqual(['once']);

    const record = goodRecord();
    const [entry] = record.origin.entries;
    const later = { ticketId: entry?.ticketId ?? '', firstAt: startAt + 500_000, endedAt: startAt + 500_100 };
    const entries = [...record.origin.entries, { ...later, end: 'gave-up' as const }];
    expect(breachesOf({ ...record, origin: { ...record.origin, entries } })).toEqual(['once']);

    const redemptions = [...record.origin.redemptions, ...record.origin.redemptions.slice(7, 8)];
    expect(breachesOf({ ...record, origin: { ...record.origin, redemptions } })).toEqual(['once']);
  });

  test('a second turn after a lapse is no second admission', () => {
    const record = goodRecord();
    const first = admittedOf(record.history, 50);
    const lapsed: HistoryRecord = { t: first.t + 10, visitor: 50, op: 'lapsed', outcome: 'ok' };
    const again = { ...first, t: first.t + 20, releaseNumber: (first.releaseNumber ?? 0) + 1 };
    record.history.splice(record.history.indexOf(first) + 1, 0, lapsed, again);
    expect(breachesOf(record)).not.toContain('once');
  });

  test('one over capacity is refused as capacity, even where the site did not notice', () => {
    const record = goodRecord();
    const full = record.origin.entries[30];
    const entries = [...record.origin.entries, { ...full, ticketId: 'one-more' } as never];
    expect(breachesOf({ ...record, origin: { ...record.origin, entries } })).toEqual(['capacity']);
    const figures = { ...record.origin.figures, peakInside: 11 };
    expect(breachesOf({ ...record, origin: { ...record.origin, figures } })).toEqual(['capacity']);
  });

  test('two out of order are refused as order', () => {
    const turns = goodTurns();
    const [a, b] = [turns[100], turns[110]] as [Turn, Turn];
    expect(a.releasedAt).toBeLessThan(b.releasedAt);
    [a.releasedAt, b.releasedAt] = [b.releasedAt, a.releasedAt];
    [a.releaseNumber, b.releaseNumber] = [b.releaseNumber, a.releaseNumber];
    expect(breachesOf(goodRecord(turns))).toEqual(['order']);
  });

  test('one passed over until they gave up is refused as order too', () => {
    const record = goodRecord();
    const at = record.history.findIndex(isOp(100, 'admitted'));
    const still = { position: 1, expectedWaitMs: null, reason: 'queued' };
    const left: HistoryRecord[] = [
      { t: startAt + 99_000, visitor: 100, op: 'standing', outcome: 'ok', ...still },
      { t: startAt + 100_000, visitor: 100, op: 'disconnect', outcome: 'ok', code: 1_000 },
      { t: startAt + 100_000, visitor: 100, op: 'final', outcome: 'ok', state: 'gave-up', why: 'left' },
    ];
    record.history.splice(at, 6, ...left);
    expect(breachesOf(record)).toEqual(['order']);
  });

  test('one whose turn came and went unheard, such as a store put back in time, was not passed over', () => {
    const record = goodRecord();
    const at = record.history.findIndex(isOp(100, 'admitted'));
    const told = admittedOf(record.history, 100);
    const later: HistoryRecord[] = [{ t: told.t + 5_000, visitor: 100, op: 'lapsed', outcome: 'ok' }];
    record.history.splice(at, 6, ...later);
    expect(breachesOf(record)).toEqual(['lost']);
  });

  test('one who was away is passed over rightly', () => {
    const record = goodRecord();
    const { t } = admittedOf(record.history, 100);
    const connected = record.history.findIndex(isOp(100, 'connect'));
    record.history.splice(connected + 1, 0, {
      t: t - 9_000,
      visitor: 100,
      op: 'disconnect',
      outcome: 'ok',
      code: 1_006,
    });
    for (const entry of record.history.filter((entry) => entry.visitor === 100 && entry.t > t - 9_000)) {
      entry.t += 30_000;
      if (entry.op === 'admitted') Object.assign(entry, { releasedAt: entry.t - 100, releaseNumber: 9_999 });
    }
    expect(breachesOf(record)).not.toContain('order');
  });

  test('a turn that went with all data is none any more once its holder is told to wait again, unless it was used', () => {
    const lostTurn = (wasUsed: boolean, isTold: boolean) => {
      const record = goodRecord();
      const told = admittedOf(record.history, 60);
      const before = { t: told.t - 400, visitor: 60, outcome: 'ok' } as const;
      const again = { op: 'standing', position: 3, expectedWaitMs: null, reason: 'recovered' } as const;
      const earlier: HistoryRecord[] = [{ ...told, ...before, releaseNumber: 7_777 }];
      if (wasUsed) earlier.push({ ...before, op: 'entered' });
      if (isTold) earlier.push({ ...before, ...again });
      record.history.splice(record.history.indexOf(told), 0, ...earlier);
      return record;
    };
    const from = admittedOf(goodRecord().history, 60).t - 500;
    const lost = { from, until: from + 600, ofStore: true, losesData: true };
    const isRefused = (record: RushRecord, fault: RushRecord['fault']): boolean =>
      breachesOf({ ...record, fault }).includes('once');
    expect(isRefused(lostTurn(false, true), lost)).toBe(false);
    expect(isRefused(lostTurn(true, true), lost)).toBe(true);
    expect(isRefused(lostTurn(false, false), lost)).toBe(true);
    expect(isRefused(lostTurn(false, true), { ...lost, losesData: false })).toBe(true);
  });

  test('a room that does not flow again after a loss is refused as flows, and only after a loss', () => {
    const { history } = goodRecord();
    const { releasedAt: from } = admittedOf(history, 100);
    const fault = { from: from - 60_000, until: from - 50_000, ofStore: true, losesData: true };
    const after = (stillMs: number): RushRecord => {
      const record = goodRecord();
      const stopped = record.history.filter((one) => one.op !== 'admitted' || one.releasedAt < fault.from);
      const later = { ...admittedOf(record.history, 199), t: fault.until + stillMs };
      return { ...record, history: [...stopped, { ...later, releasedAt: later.t - 100 }] };
    };
    const atMostMs = policy.recoverWithinMs + policy.sessionTtlMs;
    expect(judgeRush({ ...after(atMostMs), fault }).figures.flowsAgainMs).toBe(atMostMs);
    expect(breachesOf({ ...after(atMostMs), fault })).not.toContain('flows');
    expect(breachesOf({ ...after(atMostMs + 1), fault })).toContain('flows');
    expect(breachesOf({ ...after(atMostMs + 1), fault: { ...fault, losesData: false } })).not.toContain(
      'flows',
    );
  });

  test('one lost is refused as lost', () => {
    const record = goodRecord();
    const history = record.history.filter(
      ({ visitor, op }) => visitor !== 77 || (op !== 'final' && op !== 'confirmed'),
    );
    expect(breachesOf({ ...record, history })).toEqual(['lost']);
    const { figures } = judgeRush({ ...record, history });
    expect(figures.completed + figures.gaveUp + figures.lost).toBe(visitors);
  });

  test('one burst is refused as pace', () => {
    const turns = goodTurns();
    const moved = turns.slice(100, 112);
    const last = moved.at(-1) as Turn;
    for (const turn of moved) {
      turn.releasedAt = last.releasedAt;
      turn.releaseNumber = last.releaseNumber;
    }
    const record = goodRecord(turns);
    expect(breachesOf({ ...record, origin: goodRecord().origin })).toEqual(['pace']);
  });

  test('one told late is refused as told, unless the store was away at that moment', () => {
    const record = goodRecord();
    const told = admittedOf(record.history, 60);
    for (const entry of record.history.filter(({ visitor, t }) => visitor === 60 && t >= told.t))
      entry.t += 2_500;
    expect(breachesOf(record)).toEqual(['told']);
    const fault = { from: told.releasedAt - 100, until: told.releasedAt + 2_000, ofStore: true };
    expect(breachesOf({ ...record, fault })).toEqual([]);
  });

  test('waits that were not true are refused as honest in a run without a fault; null is no answer', () => {
    const record = goodRecord();
    for (const entry of record.history) {
      if (entry.op === 'standing' && entry.visitor % 3 === 0) entry.expectedWaitMs = null;
    }
    expect(breachesOf(record)).toEqual(['honest']);
    const fault = { from: startAt, until: startAt + 1, ofStore: false };
    expect(breachesOf({ ...record, fault })).toEqual([]);
    for (const entry of record.history) if (entry.op === 'standing') entry.reason = 'holding';
    expect(breachesOf(record)).toEqual([]);
  });

  test('ranges too wide to be of use are refused as honest', () => {
    const record = goodRecord();
    for (const entry of record.history) {
      if (entry.op === 'standing' && entry.expectedWaitMs !== null) {
        entry.expectedWaitMs = { low: 0, high: entry.expectedWaitMs.high * 2 };
      }
    }
    expect(breachesOf(record)).toEqual(['honest']);
  });

  test('a confirmed registration that the site has no record of is refused as ledger', () => {
    const record = goodRecord();
    expect(
      breachesOf({ ...record, origin: { ...record.origin, entries: record.origin.entries.slice(1) } }),
    ).toEqual(['ledger']);
  });
});
