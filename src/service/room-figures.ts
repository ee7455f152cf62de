/**
 * A room in figures, for operators: as it is now (a snapshot, from this replica's memory, so that it answers also while
 * the store is away, and says so), and as it was (its timeline, from the store).
 */
import type { Clock } from '../domain/clock.ts';
import { holdsForDelivery } from '../domain/delivery.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Frame, FrameFigures } from '../domain/frame.ts';
import { iso } from '../domain/instant.ts';
import type { HeardReplica } from '../domain/replica.ts';
import type { Room } from '../domain/room.ts';
import { levelFor, type TimelineEntry, type TimelineEveryMs, timelinePageMax } from '../domain/timeline.ts';
import type { StoreState } from '../domain/store-state.ts';
import type { FiguresStore } from '../store/figures-store.ts';
import type { RoomHead } from '../store/queue-store.ts';
import type { FigureKeeper } from './figure-keeper.ts';
import type { RoomBoard } from './room-board.ts';
import type { Rooms } from './rooms.ts';
import { answered } from './store-answer.ts';
import type { StoreTroubles } from './store-troubles.ts';

/** What the store is asked for a snapshot must be here by then. */
const storeWithinMs = 400;
/** How long a list of replicas is good for. */
const replicasForMs = 1_000;
/** How far a timeline goes back where nobody says. */
const timelineBackMs = 3_600_000;

export type RoomFiguresParts = {
  store: FiguresStore;
  rooms: Rooms;
  keeper: FigureKeeper;
  troubles: StoreTroubles;
  ready: { check(): Promise<StoreState> };
  clock: Clock;
};

/** What is asked of a timeline; times in wall ms, null: as far as there is. */
export type TimelineQuestion = {
  fromMs: number | null;
  toMs: number | null;
  everyMs: TimelineEveryMs | null;
  after: string | null;
};

export type SnapshotReplica = {
  replicaId: string;
  version: string;
  sockets: number;
  socketsInRoom: number;
  heardAt: string;
};

export class RoomFigures {
  readonly #parts: RoomFiguresParts;
  #replicas: { atMs: number; asOf: string | null; heard: HeardReplica[] } = {
    atMs: Number.NEGATIVE_INFINITY,
    asOf: null,
    heard: [],
  };

  constructor(parts: RoomFiguresParts) {
    this.#parts = parts;
  }

  /**
   * The room as this replica last heard of it. Throws room-unknown; store-unavailable only where this replica has not heard
   * of the room since it started.
   */
  async snapshot(roomId: string) {
    const { rooms, keeper, clock } = this.#parts;
    const board = await rooms.resolve(roomId);
    const { room, frame, head } = board;
    if (!room || !frame || !head) throw new GuichetError('store-unavailable', { retryAfterMs: 3_000 });
    const [store, replicas] = await Promise.all([this.#storeHealth(board), this.#replicasOf(roomId)]);
    const recent = keeper.paceOf(board);
    const { checkpoints: _checkpoints, ...figures } = frame;
    return {
      roomId,
      now: iso(clock.wallMs()),
      asOf: board.asOf ?? iso(clock.wallMs()),
      version: room.version,
      epochNumber: head.epochNumber,
      state: room.state,
      ...levelsOf(figures),
      present: presentOf(board, frame),
      capacity: room.policy.capacity,
      pace: {
        askedPerMinute: room.policy.outflowPerMinute,
        reachedPerMinute: recent?.admissions ?? null,
        joinsPerMinute: recent?.joins ?? null,
      },
      totals: totalsOf(figures),
      lastInLine: frame.waiting === 0 ? null : { position: frame.waiting, ...board.waitAt(frame.waiting) },
      places: placesOf(room.policy.places, head.placesUsed),
      batches: batchesOf(room, frame),
      store,
      replicas,
    };
  }

  /** A page of the room's timeline, oldest first. Throws room-unknown, store-unavailable. */
  async timeline(roomId: string, { fromMs, toMs, everyMs, after }: TimelineQuestion) {
    const { rooms, store, clock } = this.#parts;
    const { head } = await rooms.resolve(roomId);
    const nowMs = clock.wallMs();
    const from = fromMs ?? (toMs ?? nowMs) - timelineBackMs;
    const every = everyMs ?? levelFor(nowMs - from);
    const question = { everyMs: every, fromMs: from, toMs, after, limit: timelinePageMax };
    const entries = await answered(store.timeline(roomId, question));
    return {
      everySeconds: every / 1_000,
      // Until this run has its first entry, those of an earlier one are there.
      entries: entries.filter(({ startedUs }) => startedUs === head?.startedUs).map(entryView),
      next: entries.length < timelinePageMax ? null : (entries.at(-1)?.entryId ?? null),
    };
  }

  async #storeHealth(board: RoomBoard) {
    const { ready, troubles } = this.#parts;
    const silent: StoreState = { ready: false, why: 'the store does not answer' };
    const state = await this.#soon(ready.check(), silent);
    const isReady = state.ready && board.isFresh;
    const why = state.ready ? 'no tick was confirmed lately' : state.why;
    return {
      ready: isReady,
      why: isReady ? null : why,
      unknownCallsLastMinute: troubles.lastMinute(),
      tickAgeMs: Math.round(board.ageMs),
    };
  }

  async #replicasOf(roomId: string): Promise<{ asOf: string; list: SnapshotReplica[] }> {
    const { clock, keeper } = this.#parts;
    await this.#refreshReplicas();
    const { heard, asOf } = this.#replicas;
    const { itself } = keeper;
    const others = heard.filter(({ replicaId }) => replicaId !== itself.replicaId);
    const list = [...others, { ...itself, heardAtMs: clock.wallMs() }].map((replica) => ({
      replicaId: replica.replicaId,
      version: replica.version,
      sockets: replica.sockets,
      socketsInRoom: replica.rooms[roomId] ?? 0,
      heardAt: iso(replica.heardAtMs),
    }));
    return { asOf: asOf ?? iso(clock.wallMs()), list };
  }

  /** Asks the store at most once a second; without its answer the list stays. */
  async #refreshReplicas(): Promise<void> {
    const { clock, store } = this.#parts;
    if (clock.monotonicMs() - this.#replicas.atMs < replicasForMs) return;
    this.#replicas.atMs = clock.monotonicMs();
    const asked = store.replicas().then(
      (heard) => void (this.#replicas = { ...this.#replicas, heard, asOf: iso(clock.wallMs()) }),
      () => undefined,
    );
    await this.#soon(asked, undefined);
  }

  /** What comes in time, else `otherwise`. */
  async #soon<Answer>(work: Promise<Answer>, otherwise: Answer): Promise<Answer> {
    const done = new AbortController();
    const late = this.#parts.clock.sleep(storeWithinMs, done.signal).then(() => otherwise);
    try {
      return await Promise.race([work, late]);
    } finally {
      done.abort();
    }
  }
}

function entryView(entry: TimelineEntry) {
  const { figures, places } = entry;
  return {
    at: iso(entry.atMs),
    asOf: iso(figures.nowUs / 1_000),
    version: entry.version,
    epochNumber: entry.epochNumber,
    state: entry.state,
    ...levelsOf(figures),
    present: figures.presentAtMs === 0 ? null : figures.present,
    capacity: entry.capacity,
    outflowPerMinute: entry.outflowPerMinute,
    totals: totalsOf(figures),
    places: placesOf(places, figures.placesUsed),
    batches: { pending: figures.undelivered, deadLetters: figures.deadLetters },
  };
}

/** How many are where. */
function levelsOf({ waiting, parked, lapsed, admitted, inside, assumed }: FrameFigures) {
  return { waiting, parked, lapsed, admitted, inside, assumed };
}

/** What was counted since the room began. */
function totalsOf(figures: FrameFigures) {
  return {
    joins: figures.joinedTotal,
    admissions: figures.admittedTotal,
    passedOver: figures.skippedTotal,
    lapses: figures.lapsedTotal,
    returns: figures.returnedTotal,
    entries: figures.enteredTotal,
    completions: figures.completedTotal,
    ends: figures.endedTotal,
  };
}

function presentOf(
  board: RoomBoard,
  { present, presentAtMs }: Frame,
): { count: number; asOf: string } | null {
  return presentAtMs === 0 ? null : { count: present, asOf: iso(board.wallMsOf(presentAtMs)) };
}

function placesOf(total: number | null, used: RoomHead['placesUsed']) {
  return total === null ? null : { total, used, left: Math.max(0, total - used) };
}

function batchesOf({ policy: { delivery } }: Room, frame: Frame) {
  if (delivery === null) return null;
  return {
    pending: frame.undelivered,
    oldestAgeMs: frame.undeliveredMs < 0 ? null : frame.undeliveredMs,
    holding: holdsForDelivery(delivery, frame),
    deadLetters: frame.deadLetters,
  };
}
