import { describe, expect, it } from 'vitest';
import { judgeChaos } from '../../src/dev/chaos-verdict.ts';
import type { HistoryEvent } from '../../src/dev/rush-history.ts';
import { type Good, goodRecord, readmit, releasedAt, retell } from '../support/chaos-record.ts';

const at = releasedAt(20);
const fiveMore = [21, 22, 23, 24, 25];
const heldBefore = 3;

const peakHeld = (record: Good): number => judgeChaos(record).figures.peakHeld;

/** Five more are given a turn at once; `then`, so long after they heard of it, is all that they tell besides. */
function turnsAtOnce(then: HistoryEvent | null, afterMs: number): Good {
  const record = goodRecord();
  for (const visitor of fiveMore) {
    readmit(record, visitor, at);
    retell(record, visitor, at + 101, then === null ? [] : [{ t: at + 100 + afterMs, visitor, ...then }]);
  }
  return record;
}

describe('the seats that a room has given', () => {
  it('are as many as people held a turn or were inside', () => {
    expect(peakHeld(goodRecord())).toBe(heldBefore);
  });

  it('are too many where more were told of a turn than the room holds, though few come in at once', () => {
    const record = goodRecord();
    for (const visitor of fiveMore) readmit(record, visitor, at);
    const { figures, breaches } = judgeChaos(record);
    expect(figures.peakInside).toBe(heldBefore);
    expect(breaches.find(({ name }) => name === 'capacity')?.detail).toMatch('8 held a seat at once, for 4');
  });

  it('are too many where nobody of them comes in at all', () => {
    expect(peakHeld(turnsAtOnce(null, 0))).toBe(heldBefore + fiveMore.length);
  });

  it('are not held by a session whose end the site has asked for, answered or not', () => {
    const record = goodRecord();
    for (const entry of record.origin.entries) {
      entry.finishAskedAt = entry.firstAt + 1_400;
      entry.endedAt = entry.firstAt + 20_000;
    }
    expect(peakHeld(record)).toBe(2);
  });
});

describe('a turn holds no seat', () => {
  it("beyond a session's length after its holder asked to enter, less a margin, whenever the site says it ended", () => {
    const record = goodRecord();
    for (const entry of record.origin.entries) entry.endedAt = entry.firstAt + 60_000;
    // One a second, from 100 ms after the release until 28.4 s after it.
    expect(peakHeld(record)).toBe(29);
  });

  it.each<[string, HistoryEvent]>([
    ['told that it lapsed', { op: 'lapsed', outcome: 'ok' }],
    ['told that it is over', { op: 'gone', outcome: 'ok', reason: 'over' }],
    ['leaving, answered or not', { op: 'leave', outcome: 'invoke' }],
    [
      'told to wait again',
      { op: 'standing', outcome: 'ok', position: 1, expectedWaitMs: null, reason: 'queued' },
    ],
  ])('after its holder is %s', (_, then) => {
    const record = turnsAtOnce(then, 500);
    // One after the other, each only when the one before is over.
    for (const one of record.history) {
      const place = fiveMore.indexOf(one.visitor);
      if (place !== -1 && one.t >= at) one.t += place * 500;
    }
    expect(peakHeld(record)).toBe(heldBefore + 1);
  });

  it('when it is told of after its deadline, by a replica that was cut off', () => {
    const record = turnsAtOnce(null, 0);
    for (const one of record.history) if (fiveMore.includes(one.visitor) && one.t >= at) one.t += 8_500;
    expect(peakHeld(record)).toBe(heldBefore);
  });

  it('by which clock nobody knows, near its deadline in a life whose clock steps', () => {
    const late = (step: Good['step']): Good => {
      const record = turnsAtOnce(null, 0);
      for (const one of record.history) if (fiveMore.includes(one.visitor) && one.t >= at) one.t += 3_000;
      return { ...record, step };
    };
    // Beside two whose turns came later.
    expect(peakHeld(late(null))).toBe(fiveMore.length + 2);
    expect(peakHeld(late({ at: at + 40_000, byMs: 60_000 }))).toBe(heldBefore);
  });

  it('when it was told of before a loss of data was recovered from; a session at the site does', () => {
    const lossAt = (from: number): Good => {
      const record = turnsAtOnce(null, 0);
      const [last] = record.faults;
      if (!last) throw new Error('no fault');
      const fault = { ...last.fault, kind: 'flush-data' as const };
      record.faults = [{ ...last, fault, from, until: from + 10, wholeAt: from + 20 }];
      return record;
    };
    expect(peakHeld(lossAt(at - 3_000))).toBe(heldBefore);
    expect(peakHeld(lossAt(at + 50))).toBe(heldBefore);
    expect(peakHeld(lossAt(at + 200))).toBe(heldBefore + fiveMore.length);
    expect(peakHeld(lossAt(at - 9_000))).toBe(heldBefore + fiveMore.length);
  });
});
