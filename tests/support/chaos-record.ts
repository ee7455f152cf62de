/** The record of a life under faults in which every promise held, for verdicts to be tried on once it is doctored. */
import type { ChaosRecord, PlayedFault } from '../../src/dev/chaos-history.ts';
import type { FaultKind } from '../../src/dev/chaos-schedule.ts';
import { type ChaosBreachName, judgeChaos } from '../../src/dev/chaos-verdict.ts';
import type { HistoryRecord } from '../../src/dev/rush-history.ts';

export const startAt = 1_800_000_000_000;
export const visitors = 40;
/** Nobody is released in this time: the master was cut off, and the others were not yet agreed. */
const cut = { from: startAt + 10_000, until: startAt + 18_000 };
export const releasesFrom = cut.from + 5_000;
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

export const placeOf = Array.from({ length: visitors }, (_, visitor) => places[visitor % 3] ?? 'hub');

/** One a second in order of number, none while the master is away. */
export function releasedAt(visitor: number): number {
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

export type Good = ChaosRecord & { history: HistoryRecord[] };

/** A life in which every promise held: the east was cut off with its master and one of the two replicas. */
export function goodRecord(): Good {
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
    drawn: 1,
    paused: [{ ...pausedAt }],
    stoppedAt: null,
  };
}

export function broken(record: ChaosRecord): ChaosBreachName[] {
  return judgeChaos(record).breaches.map(({ name }) => name);
}

/** What this visitor was told of their turn is told as another. */
export function readmit(record: Good, visitor: number, at: number): void {
  const told = record.history.find((one) => one.visitor === visitor && one.op === 'admitted');
  if (told?.op !== 'admitted') throw new Error('never admitted');
  told.t = at + 100;
  told.releasedAt = at;
  for (const one of record.history) {
    if (one.visitor === visitor && one.op === 'standing') one.t = Math.min(one.t, at);
  }
}

/** This visitor's story ends with these instead of what came from `t` on. */
export function retell(record: Good, visitor: number, t: number, instead: readonly HistoryRecord[]): void {
  const kept = record.history.filter((one) => one.visitor !== visitor || one.t < t);
  record.history = [...kept, ...instead];
  record.origin.entries = record.origin.entries.filter(
    ({ ticketId, firstAt }) => ticketId !== `ticket-${visitor}` || firstAt < t,
  );
}
