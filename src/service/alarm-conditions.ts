/**
 * When each alarm's condition holds, in the eyes of one replica: the one place that says so. What to make of it (for how
 * long it must hold, and that every replica has a say) is the affair of alarms.ts.
 *
 *   promise-broken        a tick showed a promise broken, within the last 15 minutes (promise-watch.ts)
 *   nobody-admitted       the queue stands still though nothing keeps it from moving (admission-watch.ts)
 *   batches-undelivered   the oldest batch is a minute old, or one was given up within the last 10 minutes
 *   completions-stopped   people enter, and none gets to the end any more (completion-watch.ts)
 *   event-loop-late       one in a hundred turns of the event loop comes 250 ms late or more
 *   certificate-ending    the certificate at the public URL ends within 14 days
 *   key-over              all that a retired signing key signed is over, and it is still in the file
 *   replica-not-ready     this replica's store cannot keep the promises, or another replica fell silent
 *   store-unreachable     the store has not answered this replica for 15 s (alarms.ts: no other replica hears of it)
 *
 * Of a room that was not ticked lately nothing is judged: `unknown`.
 */
import { freeSeats } from '../domain/admission.ts';
import type { AlarmFacts, AlarmSubject } from '../domain/alarm.ts';
import type { Frame } from '../domain/frame.ts';
import type { StoreState } from '../domain/store-state.ts';
import type { AlarmReportAnswer } from '../store/alarm-store.ts';
import { alarmLeaseMs } from '../store/alarm-store.ts';
import type { RoomHead, TickAnswer } from '../store/queue-store.ts';
import { AdmissionWatch, type Verdict } from './admission-watch.ts';
import { CompletionWatch } from './completion-watch.ts';
import type { ListedKey } from './key-rotation.ts';
import { type PromiseBroken, PromiseWatch } from './promise-watch.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import type { RoomBoard } from './room-board.ts';

const promiseForMs = 900_000;
const batchLateMs = 60_000;
const deadLetterForMs = 600_000;
const loopLateMinMs = 250;
const certificateWithinMs = 14 * 86_400_000;

export type Condition = AlarmSubject & { verdict: Verdict; facts: AlarmFacts };

/** What was seen of one run of a room. Times: room clock, ms. */
class RoomSigns {
  readonly startedUs: number;
  readonly admissions = new AdmissionWatch();
  readonly completions = new CompletionWatch();
  brokenAtMs = Number.NEGATIVE_INFINITY;
  readonly broken = new Set<string>();
  buriedAtMs = Number.NEGATIVE_INFINITY;
  deadLetters: number;

  constructor({ startedUs }: RoomHead, { deadLetters }: Frame) {
    this.startedUs = startedUs;
    this.deadLetters = deadLetters;
  }

  ticked(board: RoomBoard, { clockMs }: RoomHead, { room, frame, events }: TickAnswer): void {
    this.completions.heard(events);
    const present = room ?? board.room;
    if (present) this.admissions.ticked(present, frame);
    if (frame.deadLetters > this.deadLetters) this.buriedAtMs = clockMs;
    this.deadLetters = frame.deadLetters;
    if (clockMs - this.brokenAtMs > promiseForMs) this.broken.clear();
  }
}

/** Of rooms, from their ticks. */
export class RoomConditions {
  readonly #promises: PromiseWatch;
  readonly #rooms = new Map<string, RoomSigns>();

  /** `broken` is told, too, of each promise that a tick shows broken. */
  constructor(memory: ReplicaMemory, broken: (broken: PromiseBroken) => void) {
    this.#promises = new PromiseWatch(memory, (found) => {
      const signs = this.#rooms.get(found.roomId);
      signs?.broken.add(found.promise);
      if (signs) signs.brokenAtMs = found.atMs;
      broken(found);
    });
  }

  /** Takes in a tick's answer, before the board does. */
  ticked(board: RoomBoard, head: RoomHead, answer: TickAnswer): void {
    const { roomId } = board;
    let signs = this.#rooms.get(roomId);
    if (signs?.startedUs !== head.startedUs) {
      signs = new RoomSigns(head, answer.frame);
      this.#rooms.set(roomId, signs);
    }
    this.#promises.ticked(board, head, answer);
    signs.ticked(board, head, answer);
  }

  /** The room was deleted. */
  forget(roomId: string): void {
    this.#rooms.delete(roomId);
    this.#promises.forget(roomId);
  }

  /** Each condition of a room; none before its first tick. */
  of({ roomId, room, frame, head, isFresh }: RoomBoard): Condition[] {
    const signs = this.#rooms.get(roomId);
    if (!signs || !room || !frame || !head) return [];
    const { admissions, completions, broken, brokenAtMs, buriedAtMs } = signs;
    const { clockMs } = head;
    const { waiting, undelivered, undeliveredMs, deadLetters } = frame;
    const isBroken = broken.size > 0 && clockMs - brokenAtMs <= promiseForMs;
    const isUndelivered = undeliveredMs > batchLateMs || clockMs - buriedAtMs <= deadLetterForMs;
    const oldestSeconds = Math.max(0, Math.floor(undeliveredMs / 1_000));
    const found: Condition[] = [
      {
        kind: 'promise-broken',
        roomId,
        verdict: verdictOf(isBroken),
        facts: { promise: [...broken].join(', ') },
      },
      {
        kind: 'nobody-admitted',
        roomId,
        verdict: admissions.verdict,
        facts: { waiting, freeSeats: freeSeats(room, frame) },
      },
      {
        kind: 'batches-undelivered',
        roomId,
        verdict: verdictOf(isUndelivered),
        facts: { batches: undelivered, oldestSeconds, deadLetters },
      },
      {
        kind: 'completions-stopped',
        roomId,
        verdict: completions.verdict(room, clockMs),
        facts: { entries: completions.entriesSince },
      },
    ];
    return isFresh ? found : found.map((condition) => ({ ...condition, verdict: 'unknown' }));
  }
}

/** What is known of the service besides its rooms. */
export type ServiceSigns = {
  /** The 99th percentile since the last look, ms. */
  loopLateMs: number;
  store: StoreState;
  /** Wall time at which the public certificate ends, ms; null: not known. */
  certificateEndsAtMs: number | null;
  keys: readonly ListedKey[];
  missing: number;
  wallMs: number;
};

export function serviceConditions({
  loopLateMs,
  store,
  certificateEndsAtMs,
  keys,
  missing,
  wallMs,
}: ServiceSigns): Condition[] {
  const over = keys.filter(({ overAt }) => overAt !== null && Date.parse(overAt) <= wallMs);
  const endsAt = certificateEndsAtMs === null ? '' : new Date(certificateEndsAtMs).toISOString();
  const isEnding = certificateEndsAtMs !== null && certificateEndsAtMs - wallMs < certificateWithinMs;
  const notReady = store.ready ? {} : { why: store.why };
  const ofService = { roomId: null };
  return [
    {
      ...ofService,
      kind: 'event-loop-late',
      verdict: verdictOf(loopLateMs >= loopLateMinMs),
      facts: { lateMs: Math.round(loopLateMs) },
    },
    {
      ...ofService,
      kind: 'certificate-ending',
      verdict: certificateEndsAtMs === null ? 'unknown' : verdictOf(isEnding),
      facts: { endsAt },
    },
    {
      ...ofService,
      kind: 'key-over',
      verdict: verdictOf(over.length > 0),
      facts: { ring: [...new Set(over.map(({ use }) => use))].join(', ') },
    },
    {
      ...ofService,
      kind: 'replica-not-ready',
      verdict: verdictOf(!store.ready || missing > 0),
      facts: { ...(missing > 0 ? { missing } : {}), ...notReady },
    },
  ];
}

/** Replicas that were heard of lately, and those that fell silent and that none has come to replace since. */
export function countReplicas({ clockMs, replicas }: Pick<AlarmReportAnswer, 'clockMs' | 'replicas'>): {
  live: number;
  missing: number;
} {
  const isSilent = ({ lastMs }: { lastMs: number }): boolean => clockMs - lastMs > alarmLeaseMs;
  const silent = replicas.filter(isSilent);
  const live = replicas.filter((replica) => !isSilent(replica));
  const sinceMs = Math.min(...silent.map(({ lastMs }) => lastMs));
  const come = live.filter(({ firstMs }) => firstMs > sinceMs).length;
  return { live: live.length, missing: Math.max(0, silent.length - come) };
}

function verdictOf(holds: boolean): Verdict {
  return holds ? 'yes' : 'no';
}
