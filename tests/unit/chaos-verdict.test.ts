import { describe, expect, it } from 'vitest';
import { type ChaosBreachName, judgeChaos } from '../../src/dev/chaos-verdict.ts';
import {
  startAt,
  visitors,
  releasesFrom,
  placeOf,
  releasedAt,
  type Good,
  goodRecord,
  broken,
  readmit,
} from '../support/chaos-record.ts';

describe('the verdict of a life under faults', () => {
  it('finds nothing in one that kept every promise, and demands order of much of it', () => {
    const { breaches, figures } = judgeChaos(goodRecord());
    expect(breaches).toEqual([]);
    expect(figures).toMatchObject({ completed: visitors, orderInversions: 0, cutsWithBothSides: 1 });
    expect(figures.orderJudged).toBeGreaterThan(0.2);
    expect(figures.progressMs).toBeLessThan(1_200);
  });

  const doctored: [ChaosBreachName, string, (record: Good) => void][] = [
    [
      'twice',
      'a second admission without a lapse between, by the other master',
      ({ history }) => {
        const told = history.find(({ visitor, op }) => visitor === 5 && op === 'admitted');
        if (told?.op === 'admitted') {
          history.splice(history.indexOf(told) + 1, 0, {
            ...told,
            t: told.t + 50,
            releaseNumber: 99,
            node: 0,
          });
        }
      },
    ],
    [
      'twice',
      'two sessions of one ticket at the site',
      ({ origin }) => {
        const [first] = origin.entries;
        const again = { firstAt: startAt + 90_000, endedAt: startAt + 91_000 };
        if (first) origin.entries = [...origin.entries, { ...first, ...again }];
      },
    ],
    [
      'key',
      'two tickets for one key',
      ({ history }) => {
        const ticket = { ticketId: 'another', number: 500, kind: 'waiting' };
        history.push({ t: startAt + 95_000, visitor: 3, op: 'join', outcome: 'ok', ...ticket });
      },
    ],
    [
      'number',
      'one number given out by both masters',
      ({ history }) => {
        for (const one of history)
          if (one.visitor === 30 && one.op === 'join' && one.outcome === 'ok') one.number = 30;
      },
    ],
    [
      'lost',
      'somebody told that their ticket is over',
      ({ history }) => {
        const final = history.find(({ visitor, op }) => visitor === 7 && op === 'final');
        if (final?.op === 'final') final.state = 'lost';
      },
    ],
    [
      'capacity',
      'more inside than the room holds, by the rows of the site',
      ({ origin }) => {
        for (const entry of origin.entries.slice(10, 15)) entry.firstAt = startAt + 20_000;
      },
    ],
    [
      'pace',
      'a burst behind an outage',
      (record) => [8, 9, 10].forEach((one) => readmit(record, one, releasesFrom)),
    ],
    [
      'order',
      'somebody let in long before their turn, in quiet times',
      (record) => readmit(record, 39, releasedAt(25)),
    ],
    [
      'closed',
      'an admission while the room was paused',
      ({ paused }) =>
        Object.assign(paused[0] ?? {}, { from: releasedAt(33) - 500, until: releasedAt(33) + 1 }),
    ],
    [
      'ledger',
      'a registration that the site does not know of',
      ({ origin }) => {
        origin.entries = origin.entries.slice(0, -1);
      },
    ],
    [
      'progress',
      'nobody admitted for long after the last fault',
      (record) => {
        const last = record.faults[0];
        if (last) last.until = releasedAt(38) + 1_000;
        for (const one of record.history) if (one.visitor === 39 && one.t >= releasedAt(39)) one.t += 31_000;
      },
    ],
    [
      'through',
      'a crowd that had to be ended',
      (record) => {
        record.stoppedAt = startAt + 150_000;
        record.history = record.history.filter(({ visitor, op }) => visitor !== 11 || op !== 'final');
      },
    ],
  ];
  it.each(doctored)('refuses by the name of %s: %s', (name, _what, doctor) => {
    const record = goodRecord();
    doctor(record);
    expect(broken(record)).toContain(name);
  });
});

describe('who counts as present', () => {
  /** Visitor 39 goes before those with lower numbers, at a time when somebody of them cannot be known to be there. */
  function passedOver(at: number, except: (visitor: number) => boolean): Good {
    const record = goodRecord();
    readmit(record, 39, at);
    // Whoever may rightly complain has been admitted before.
    for (let visitor = 0; visitor < 39; visitor += 1) {
      if (releasedAt(visitor) > at && !except(visitor)) readmit(record, visitor, at - 1);
    }
    return record;
  }

  it('nobody who was cut off from the side that admits', () => {
    const inTheEast = (visitor: number): boolean => placeOf[visitor] === 'east';
    expect(broken(passedOver(releasesFrom + 1_000, inTheEast))).not.toContain('order');
    const quiet = releasedAt(20);
    expect(broken(passedOver(quiet, inTheEast))).toContain('order');
  });

  it('nobody whose connection nothing came over any more', () => {
    const quiet = releasedAt(20);
    const silent = (): Good => {
      const record = passedOver(quiet, (visitor) => visitor === 21);
      for (const one of record.history) {
        if (one.visitor === 21 && one.op === 'disconnect') one.silentMs = one.t - quiet + 3_000;
      }
      return record;
    };
    expect(broken(passedOver(quiet, (visitor) => visitor === 21))).toContain('order');
    expect(broken(silent())).not.toContain('order');
  });

  it('nobody who was served by a replica that could confirm nothing', () => {
    const byThatReplica = (visitor: number): boolean => visitor % 2 === 1;
    expect(broken(passedOver(releasesFrom + 1_000, byThatReplica))).not.toContain('order');
  });
});
