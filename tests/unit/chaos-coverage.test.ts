import { describe, expect, it } from 'vitest';
import { type ChaosBreachName, judgeChaos } from '../../src/dev/chaos-verdict.ts';
import type { HistoryRecord } from '../../src/dev/rush-history.ts';
import {
  broken,
  type Good,
  goodRecord,
  readmit,
  releasedAt,
  retell,
  startAt,
  visitors,
} from '../support/chaos-record.ts';

/** The reply to this visitor's join was lost; asked again, the service refuses it, or says nothing. */
function refuse(record: Good, visitor: number, code: string | null): void {
  const at = startAt + visitor * 20;
  const asked: HistoryRecord[] = [{ t: at + 300, visitor, op: 'join', outcome: 'info' }];
  const answered: HistoryRecord[] = [
    { t: at + 600, visitor, op: 'join', outcome: 'fail', code: code ?? '' },
    { t: at + 600, visitor, op: 'final', outcome: 'ok', state: 'gave-up', why: 'could not join' },
  ];
  retell(record, visitor, at, code === null ? asked : [...asked, ...answered]);
}

const everybody = Array.from({ length: visitors }, (_, visitor) => visitor);

/** The last fault ends just before this visitor's turn. */
function faultUntilTurnOf(record: Good, visitor: number): void {
  const [last] = record.faults;
  if (last) last.until = releasedAt(visitor) - 200;
}

/** Told of their turn, and under way for ever. */
function neverEnters(record: Good, visitor: number): void {
  retell(record, visitor, releasedAt(visitor) + 300, []);
  record.stoppedAt = startAt + 150_000;
}

describe('a life under faults is refused that shows too little', () => {
  const doctored: [ChaosBreachName, string, (record: Good) => void][] = [
    [
      'joins',
      'the reply to most joins was lost, and asked again they are over',
      (record) => everybody.slice(10).forEach((one) => refuse(record, one, 'ticket-over')),
    ],
    ['joins', 'one join refused for good', (record) => refuse(record, 4, 'room-unknown')],
    ['joins', 'one join never answered', (record) => refuse(record, 4, null)],
    [
      'joins',
      'somebody of whom nothing is known',
      (record) => {
        record.history = record.history.filter(({ visitor }) => visitor !== 12);
      },
    ],
    [
      'faults',
      'no fault played, and no join answered',
      (record) => {
        everybody.forEach((one) => refuse(record, one, null));
        record.faults = [];
      },
    ],
    [
      'judged',
      'nothing known of the frames, and somebody let in long before their turn',
      (record) => {
        record.samples = [];
        readmit(record, 39, releasedAt(25));
      },
    ],
    [
      'progress',
      'the only one who still wanted in cannot join',
      (record) => {
        refuse(record, 39, null);
        faultUntilTurnOf(record, 39);
      },
    ],
    [
      'progress',
      'turns told after the last fault, and nobody comes in',
      (record) => {
        faultUntilTurnOf(record, 37);
        for (const one of [37, 38, 39]) neverEnters(record, one);
      },
    ],
  ];
  it.each(doctored)('by the name of %s: %s', (name, _what, doctor) => {
    const record = goodRecord();
    doctor(record);
    expect(broken(record)).toContain(name);
  });

  it('and counts nobody without a ticket as somebody who gave up', () => {
    const record = goodRecord();
    for (const one of everybody.slice(10)) refuse(record, one, 'ticket-over');
    expect(judgeChaos(record).figures).toMatchObject({ completed: 10, unjoined: 30, gaveUp: 0 });
  });
});

describe('a life under faults shows enough', () => {
  it('where a crowd was through before its last fault', () => {
    expect(broken({ ...goodRecord(), drawn: 2 })).toEqual([]);
  });

  it('where the last who waited went away at their turn, or soon after the last fault', () => {
    const record = goodRecord();
    faultUntilTurnOf(record, 38);
    for (const [one, after] of [
      [38, 300],
      [39, -900],
    ] as const) {
      const t = releasedAt(one) + after;
      const why = 'closed the tab';
      retell(record, one, t, [{ t, visitor: one, op: 'final', outcome: 'ok', state: 'gave-up', why }]);
    }
    expect(broken(record)).toEqual([]);
  });

  it('where the only one who was left had a late turn, and closed the tab at it', () => {
    const record = goodRecord();
    faultUntilTurnOf(record, 39);
    const at = releasedAt(39) + 29_000;
    const told = { bySocket: true, releaseNumber: 40, releasedAt: at, extensionsLeft: 10 };
    const why = 'closed the tab at their turn';
    retell(record, 39, releasedAt(39), [
      { t: at + 100, visitor: 39, op: 'admitted', outcome: 'ok', ...told },
      { t: at + 1_500, visitor: 39, op: 'final', outcome: 'ok', state: 'gave-up', why },
    ]);
    expect(broken(record)).toEqual([]);
  });

  it('where hardly anybody waited long enough to be passed over', () => {
    const record = goodRecord();
    record.samples = [];
    for (const one of record.history) one.t = Math.max(one.t, releasedAt(one.visitor) - 2_050);
    expect(judgeChaos(record).figures.orderJudged).toBe(0);
    expect(broken(record)).toEqual([]);
  });

  it('where a join that is over is repeated after the end', () => {
    const record = goodRecord();
    const t = startAt + 100_000;
    record.history.push({ t, visitor: 3, op: 'join', outcome: 'fail', code: 'ticket-over' });
    expect(broken(record)).toEqual([]);
  });
});
