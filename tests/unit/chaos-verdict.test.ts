import { describe, expect, it } from 'vitest';
import type { ChaosRecord, PlayedFault } from '../../src/dev/chaos-history.ts';
import type { FaultKind } from '../../src/dev/chaos-schedule.ts';
import { type ChaosBreachName, judgeChaos } from '../../src/dev/chaos-verdict.ts';
import type { HistoryRecord } from '../../src/dev/rush-history.ts';

const startAt = 1_800_000_000_000;
const visitors = 40;
/** Nobody is released in this time: the master was cut off, and the others were not yet agreed. */
const cut = { from: startAt + 10_000, until: startAt + 18_000 };
const releasesFrom = cut.from + 5_000;
const pausedAt = { from: startAt + 60_000, until: startAt + 70_000 };
const places = ['hub', 'east', 'west'];

const policy = {
  capacity: 4,
  outflowPerMinute: 60,
  batchSizeMax: 2,
  releaseEveryMs: 1_000,
  presentWithinMs: 6_000,
  abandonAfterMs: 20_000,
  enterWithinMs: 10_000,
  sessionTtlMs: 30_000,
  recoverWithinMs: 8_000,
};

const placeOf = Array.from({ length: visitors }, (_, visitor) => places[visitor % 3] ?? 'hub');

/** One a second in order of number, none while the master is away. */
function releasedAt(visitor: number): number {
  const at = startAt + 3_000 + visitor * 1_000;
  return at < cut.from ? at : at - cut.from + releasesFrom;
}

function recordsOf(visitor: number): HistoryRecord[] {
  const ticketId = `ticket-${visitor}`;
  const joinedAt = startAt + visitor * 20;
  const at = releasedAt(visitor);
  const node = visitor % 2;
  const told = { releasedAt: at, releaseNumber: visitor + 1, extensionsLeft: 10, bySocket: true };
  return [
    { t: joinedAt - 5, visitor, op: 'join', outcome: 'invoke' },
    { t: joinedAt, visitor, op: 'join', outcome: 'ok', ticketId, number: visitor + 1, kind: 'waiting' },
    { t: joinedAt + 10, visitor, node, op: 'connect', outcome: 'ok' },
    ...[10, Math.max(20, at - joinedAt - 50)].map((after): HistoryRecord => {
      const shown = { position: 1, expectedWaitMs: null, reason: 'queued' };
      return { t: joinedAt + after, visitor, op: 'standing', outcome: 'ok', ...shown };
    }),
    { t: at + 100, visitor, node, op: 'admitted', outcome: 'ok', ...told },
    { t: at + 400, visitor, op: 'enter', outcome: 'invoke' },
    { t: at + 410, visitor, op: 'enter', outcome: 'ok' },
    { t: at + 420, visitor, node, op: 'disconnect', outcome: 'ok', code: 1_000 },
    { t: at + 2_900, visitor, op: 'confirmed', outcome: 'ok' },
    { t: at + 2_900, visitor, op: 'final', outcome: 'ok', state: 'completed', why: 'registered' },
  ];
}

function playedFault(kind: FaultKind, disturbances: PlayedFault['disturbances']): PlayedFault {
  const fault = { kind, afterMs: 3_000, forMs: 8_000, draw: 0, pausesRoom: false };
  const sides = { withMaster: { visitors: 10, replicas: 1 }, others: { visitors: 20, replicas: 1 } };
  return { fault, on: 'east', sides, ...cut, wholeAt: cut.until + 3_000, disturbances };
}

type Good = ChaosRecord & { history: HistoryRecord[] };

/** A life in which every promise held: the east was cut off with its master and one of the two replicas. */
function goodRecord(): Good {
  const entries = placeOf.map((_, visitor) => ({
    ticketId: `ticket-${visitor}`,
    firstAt: releasedAt(visitor) + 450,
    endedAt: releasedAt(visitor) + 2_950,
    end: 'completed' as const,
  }));
  const none = { inFlight: 0, peakInFlight: 0, served: 0, failed: 0, collapses: 0, health: 1, unheard: 0 };
  const people = { inside: 0, peakInside: 3, completed: visitors, gaveUp: 0 };
  const figures = { ...none, requestsInFlight: 0, peakRequestsInFlight: 0, ...people };
  const isConfirming = (node: number, t: number): boolean =>
    t < cut.from || t > (node === 1 ? cut.until : releasesFrom - 2_000);
  return {
    visitors,
    policy,
    placeOf,
    history: placeOf.flatMap((_, visitor) => recordsOf(visitor)),
    origin: { figures, entries, redemptions: [] },
    replicas: 2,
    step: null,
    samples: Array.from({ length: 180 }, (_, index) => startAt - 2_000 + index * 500).flatMap((t) =>
      [0, 1].map((node) => ({ t, node, asOf: isConfirming(node, t) ? t : null })),
    ),
    faults: [playedFault('cut-master', [{ ...cut, place: 'east', node: 1 }])],
    paused: [pausedAt],
    stoppedAt: null,
  };
}

function broken(record: ChaosRecord): ChaosBreachName[] {
  return judgeChaos(record).breaches.map(({ name }) => name);
}

/** What this visitor was told of their turn is told as another. */
function readmit(record: Good, visitor: number, at: number): void {
  const told = record.history.find((one) => one.visitor === visitor && one.op === 'admitted');
  if (told?.op !== 'admitted') throw new Error('never admitted');
  told.t = at + 100;
  told.releasedAt = at;
  for (const one of record.history) {
    if (one.visitor === visitor && one.op === 'standing') one.t = Math.min(one.t, at);
  }
}

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
