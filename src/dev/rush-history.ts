/**
 * What a rush writes down: an append-only history of what each visitor did and was told, by the visitors' clock, and
 * what the site recorded. The verdict is worked out from these alone.
 *
 * An operation that changes something is noted as `invoke` before it is sent and as `ok` or `fail` when answered; as
 * `info` when the reply was lost, so that it may have happened or not.
 */
import type { DemoOriginRecord } from './demo-origin.ts';
import type { ServiceCounts } from './rush-counts.ts';

/** What a visitor was shown while waiting. */
export type ShownWait = { low: number; high: number } | null;

/** One admission as told to its visitor. `releasedAt` is the service's own time: expiry less the time to enter. */
export type ToldAdmission = { releaseNumber: number | null; releasedAt: number; extensionsLeft: number };

export type HistoryEvent =
  | { op: 'join'; outcome: 'invoke' | 'info' }
  | { op: 'join'; outcome: 'fail'; code: string }
  /** `kind` is the ticket's state in the answer. A repeat of a join that was answered is noted again. */
  | { op: 'join'; outcome: 'ok'; ticketId: string; number: number; kind: string }
  /** The socket was answered its hello · it is closed, after nothing had come over it for `silentMs`. */
  | { op: 'connect'; outcome: 'ok' }
  | { op: 'disconnect'; outcome: 'ok'; code: number; silentMs?: number }
  | { op: 'look'; outcome: 'ok'; kind: string }
  | { op: 'standing'; outcome: 'ok'; position: number | null; expectedWaitMs: ShownWait; reason: string }
  /** Told of the turn, by the socket, or by an answer to a look, a join or a return. */
  | ({ op: 'admitted'; outcome: 'ok'; bySocket: boolean } & ToldAdmission)
  | { op: 'lapsed'; outcome: 'ok' }
  | { op: 'entered'; outcome: 'ok' }
  | { op: 'ended'; outcome: 'ok'; how: string }
  | { op: 'gone'; outcome: 'ok'; reason: string }
  | { op: 'enter' | 'leave' | 'return' | 'extend'; outcome: 'invoke' | 'ok' | 'info' }
  | { op: 'enter' | 'leave' | 'return' | 'extend'; outcome: 'fail'; code: string }
  /** The site confirmed the registration. */
  | { op: 'confirmed'; outcome: 'ok' }
  /** The visitor's story is over, as they see it. Anything noted after it is what a guard should have prevented. */
  | { op: 'final'; outcome: 'ok'; state: FinalState; why: string };

/** `lost`: turned away for good although they had done nothing to end their ticket. */
export type FinalState = 'completed' | 'gave-up' | 'lost';

/**
 * `t` in ms on the visitors' clock; records of one visitor are in order of `t`. `node` is the replica that said it, by its
 * place in the list that the visitors were given.
 */
export type HistoryRecord = { t: number; visitor: number; node?: number } & HistoryEvent;

/** The part of the room's policy that the promises are about. */
export type RushPolicy = {
  capacity: number;
  outflowPerMinute: number;
  batchSizeMax: number;
  releaseEveryMs: number;
  presentWithinMs: number;
  abandonAfterMs: number;
  enterWithinMs: number;
  sessionTtlMs: number;
  recoverWithinMs: number;
};

/** When the fault began and when the service answered everywhere again; `ofStore`: Redis was what failed. */
export type FaultWindow = { from: number; until: number; ofStore: boolean; losesData?: boolean };

/** Promise 8, and how long somebody must have been there before being passed over counts. */
export const twoTicksMs = 2_000;

/** Everything the verdict may look at. */
export type RushRecord = {
  visitors: number;
  policy: RushPolicy;
  history: readonly HistoryRecord[];
  origin: DemoOriginRecord;
  fault: FaultWindow | null;
  /** What the service counted; null where the fault took data away, and its counts with it. */
  told: readonly ServiceCounts[] | null;
};
