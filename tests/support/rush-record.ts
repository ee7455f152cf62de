/** The record of a rush in which every promise held, for verdicts to be tried on once it is doctored. */
import type { HistoryRecord, RushPolicy, RushRecord } from '../../src/dev/rush-history.ts';
import { judgeRush } from '../../src/dev/rush-verdict.ts';

export const policy: RushPolicy = {
  capacity: 10,
  outflowPerMinute: 300,
  batchSizeMax: 10,
  releaseEveryMs: 1_000,
  presentWithinMs: 6_000,
  abandonAfterMs: 20_000,
  enterWithinMs: 8_000,
  sessionTtlMs: 15_000,
  recoverWithinMs: 8_000,
};
export const visitors = 200;
export const startAt = 1_800_000_000_000;

export type Turn = { visitor: number; joinedAt: number; releasedAt: number; releaseNumber: number };

/** A room that keeps every promise, played on paper: ten seats, each free again after three seconds. */
export function goodTurns(): Turn[] {
  const turns: Turn[] = [];
  const joinedAt = (visitor: number): number => startAt + visitor * 20;
  let bucket = 0;
  for (let tick = 1; turns.length < visitors; tick += 1) {
    const releasedAt = startAt + tick * 1_000;
    bucket = Math.min(policy.batchSizeMax, bucket + policy.outflowPerMinute / 60);
    const held = turns.filter((turn) => turn.releasedAt > releasedAt - 3_000).length;
    for (let free = Math.min(Math.floor(bucket), policy.capacity - held); free > 0; free -= 1) {
      const visitor = turns.length;
      if (visitor >= visitors || joinedAt(visitor) > releasedAt) break;
      turns.push({ visitor, joinedAt: joinedAt(visitor), releasedAt, releaseNumber: tick });
      bucket -= 1;
    }
  }
  return turns;
}

/** What one visitor wrote down of their turn. Every second they were shown a wait that was true to a tenth. */
function recordsOf({ visitor, joinedAt, releasedAt, releaseNumber }: Turn): HistoryRecord[] {
  const ticketId = `ticket-${visitor}`;
  const standings: HistoryRecord[] = [];
  for (let t = joinedAt + 10; t < releasedAt; t += 1_000) {
    const remainder = releasedAt - t;
    const expectedWaitMs = { low: Math.max(0, remainder * 0.9 - 1_000), high: remainder * 1.1 };
    standings.push({
      t,
      visitor,
      op: 'standing',
      outcome: 'ok',
      position: 1,
      expectedWaitMs,
      reason: 'queued',
    });
  }
  const told = { releasedAt, releaseNumber, extensionsLeft: 10, bySocket: true };
  return [
    { t: joinedAt - 5, visitor, op: 'join', outcome: 'invoke' },
    { t: joinedAt, visitor, op: 'join', outcome: 'ok', ticketId, number: visitor + 1, kind: 'waiting' },
    { t: joinedAt + 10, visitor, op: 'connect', outcome: 'ok' },
    ...standings,
    { t: releasedAt + 100, visitor, op: 'admitted', outcome: 'ok', ...told },
    { t: releasedAt + 400, visitor, op: 'enter', outcome: 'invoke' },
    { t: releasedAt + 410, visitor, op: 'enter', outcome: 'ok' },
    { t: releasedAt + 420, visitor, op: 'disconnect', outcome: 'ok', code: 1_000 },
    { t: releasedAt + 2_900, visitor, op: 'confirmed', outcome: 'ok' },
    { t: releasedAt + 2_900, visitor, op: 'final', outcome: 'ok', state: 'completed', why: 'registered' },
  ];
}

export function goodRecord(turns = goodTurns()): RushRecord & { history: HistoryRecord[] } {
  const entries = turns.map(({ visitor, releasedAt }) => ({
    ticketId: `ticket-${visitor}`,
    firstAt: releasedAt + 450,
    endedAt: releasedAt + 2_950,
    end: 'completed' as const,
  }));
  const none = { inFlight: 0, peakInFlight: 0, served: 0, failed: 0, collapses: 0, health: 1, unheard: 0 };
  const requests = { requestsInFlight: 0, peakRequestsInFlight: 0 };
  const people = { inside: 0, peakInside: 10, completed: visitors, gaveUp: 0 };
  return {
    visitors,
    policy,
    history: turns.flatMap(recordsOf),
    origin: {
      figures: { ...none, ...requests, ...people },
      entries,
      redemptions: entries.map(({ ticketId, firstAt }) => ({
        handOver: `of-${ticketId}`,
        ticketId,
        at: firstAt,
      })),
    },
    fault: null,
    told: null,
  };
}

export const breachesOf = (record: RushRecord): string[] =>
  judgeRush(record).breaches.map(({ name }) => name);
export const isOp = (visitor: number, op: HistoryRecord['op']) => (record: HistoryRecord) =>
  record.visitor === visitor && record.op === op;
/** The record in which the visitor was told of their turn. */
export function admittedOf(
  history: HistoryRecord[],
  visitor: number,
): Extract<HistoryRecord, { op: 'admitted' }> {
  return history.find(isOp(visitor, 'admitted')) as Extract<HistoryRecord, { op: 'admitted' }>;
}
