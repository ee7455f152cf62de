import { describe, expect, it } from 'vitest';
import type { ChaosRecord } from '../../src/dev/chaos-history.ts';
import type { HistoryRecord } from '../../src/dev/rush-history.ts';
import { releasedAt, type Good, goodRecord, broken, readmit } from '../support/chaos-record.ts';

describe('when somebody was let in', () => {
  /** Two of one release hear of it 70 ms apart, the one with the lower number later, and by a sighting. */
  function oneRelease(step: ChaosRecord['step']): Good {
    const record = goodRecord();
    const at = releasedAt(20);
    readmit(record, 21, at);
    const later = record.history.find(({ visitor, op }) => visitor === 20 && op === 'admitted');
    if (later?.op !== 'admitted') throw new Error('never admitted');
    later.t = at + 170;
    later.releaseNumber = null;
    record.step = step;
    for (const one of record.history) {
      if (step !== null && one.op === 'admitted' && one.releasedAt >= step.at) one.releasedAt += step.byMs;
    }
    return record;
  }

  it.each([
    ['never steps', null],
    ['steps later', { at: releasedAt(20) + 1_500, byMs: 60_000 }],
    ['stepped before', { at: releasedAt(20) - 500, byMs: 60_000 }],
    ['stepped back before', { at: releasedAt(20) - 500, byMs: -60_000 }],
  ])('is what a store says whose clock %s', (_, step) => {
    expect(broken(oneRelease(step))).toEqual([]);
  });

  it.each([
    ['its deadline by both clocks', 2_900],
    ['the time before the step', -200],
  ])('is unknown where a sighting across a step of the clock tells %s', (_, afterMs) => {
    const at = releasedAt(20);
    const record = oneRelease({ at: at - 150, byMs: 60_000 });
    const mixed = record.history.find(({ visitor, op }) => visitor === 20 && op === 'admitted');
    if (mixed?.op !== 'admitted') throw new Error('never admitted');
    mixed.releasedAt = at + afterMs;
    expect(broken(record)).toEqual([]);
  });

  /** An outage of `forMs` follows a release; of two let in by it, the one with the lower number hears of it after that. */
  function acrossOutage(forMs: number, toldAfterMs: number): Good {
    const record = oneRelease(null);
    for (const one of record.history) {
      if (one.op !== 'admitted') continue;
      if (one.visitor === 21) one.releaseNumber = null;
      if (one.visitor !== 20) continue;
      one.t = releasedAt(20) + toldAfterMs;
      one.releaseNumber = 21;
      one.releasedAt += forMs;
    }
    return record;
  }

  it('is unknown where it is told after an outage in which the room clock stood still', () => {
    expect(broken(acrossOutage(1_400, 4_500))).toEqual([]);
    expect(broken(acrossOutage(1_400, 1_500))).toContain('order');
  });

  /**
   * Visitor 20's turn is lost with the data: they are told to wait for so long after it, then that it is over, and never
   * that it came.
   */
  function unheard(forMs: number): Good {
    const record = goodRecord();
    const at = releasedAt(20);
    const shown = { position: 1, expectedWaitMs: null, reason: 'queued' };
    record.history = record.history.flatMap((one): HistoryRecord[] => {
      if (one.visitor !== 20 || one.t < at) return [one];
      const t = one.t + forMs;
      if (one.op !== 'admitted') return [{ ...one, t }];
      return [
        { t: at + forMs, visitor: 20, op: 'standing', outcome: 'ok', ...shown },
        { t, visitor: 20, op: 'lapsed', outcome: 'ok' },
      ];
    });
    return record;
  }

  it('is unknown of a turn that nobody told of: demanded until two ticks before they were last told to wait', () => {
    const behind = releasedAt(21) - releasedAt(20);
    expect(broken(unheard(behind + 1_500))).not.toContain('order');
    expect(broken(unheard(behind + 3_000))).toContain('order');
  });
});
