/**
 * What each replica does for figures that people read: once a second it looks at the newest frames, once an interval it
 * has each room's noted in the timeline, and every two seconds it tells of itself. There is no leader: the store takes
 * one entry an interval, whoever asks, so that a replica that is late or alone does the same work.
 *
 * Nothing waits for any of it. While the store is away nothing is asked of it here: what then is not noted is a gap.
 */
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { type Replica, replicaBeatMs, replicaRoomsMax } from '../domain/replica.ts';
import { isPeopled, timelineLevels } from '../domain/timeline.ts';
import type { FiguresStore } from '../store/figures-store.ts';
import { RecentPace } from './recent-pace.ts';
import type { RoomBoard } from './room-board.ts';
import type { Rooms } from './rooms.ts';

const lookEveryMs = 1_000;
const intervalMs = timelineLevels[0].everyMs;

export type FigureKeeperParts = {
  store: FiguresStore;
  rooms: Rooms;
  /** This replica's name. */
  replicaId: string;
  version: string;
  /** Its live connections by room. */
  sockets: () => ReadonlyMap<string, number>;
  clock: Clock;
  log: Log;
};

/** What is known of a room's timeline. */
type Noted = {
  pace: RecentPace;
  /** The interval that was noted last, or is being noted. */
  interval: number;
  isAsking: boolean;
  /** What an empty room was like when the store had it all. */
  unchanged: string | null;
};

export class FigureKeeper {
  readonly #parts: FigureKeeperParts;
  readonly #noted = new Map<RoomBoard, Noted>();
  readonly #asking = new Set<Promise<void>>();
  #nextBeatAtMs = Number.NEGATIVE_INFINITY;
  #isBeating = false;

  constructor(parts: FigureKeeperParts) {
    this.#parts = parts;
  }

  /** Runs until the signal aborts; then takes this replica out of the list. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, rooms, store, replicaId } = this.#parts;
    while (!signal.aborted) {
      this.#beat();
      for (const board of rooms.boards.values()) this.#look(board);
      for (const board of this.#noted.keys()) {
        if (rooms.boards.get(board.roomId) !== board) this.#noted.delete(board);
      }
      await clock.sleep(lookEveryMs, signal);
    }
    await Promise.all(this.#asking);
    // Without the store it is forgotten by itself.
    await store.leave(replicaId).catch(() => undefined);
  }

  /** The room was deleted. */
  forget(roomId: string): void {
    const { store, log } = this.#parts;
    this.#ask(
      store
        .forget(roomId)
        .catch((err: unknown) => log.warn({ err, roomId }, 'A timeline outlives its room for a while')),
    );
  }

  /** What the last minute saw of a room. */
  paceOf(board: RoomBoard): ReturnType<RecentPace['perMinute']> {
    return this.#noted.get(board)?.pace.perMinute() ?? null;
  }

  /** This replica as it tells of itself. */
  get itself(): Replica {
    const { replicaId, version, sockets } = this.#parts;
    const byRoom = sockets();
    let all = 0;
    for (const count of byRoom.values()) all += count;
    const most = [...byRoom].toSorted(([, one], [, other]) => other - one).slice(0, replicaRoomsMax);
    return { replicaId, version, sockets: all, rooms: Object.fromEntries(most) };
  }

  #beat(): void {
    const { store, clock, log } = this.#parts;
    if (this.#isBeating || clock.monotonicMs() < this.#nextBeatAtMs) return;
    this.#isBeating = true;
    this.#nextBeatAtMs = clock.monotonicMs() + replicaBeatMs;
    const over = store.beat(this.itself).catch((err: unknown) => log.debug({ err }, 'A beat failed'));
    this.#ask(
      over.finally(() => {
        this.#isBeating = false;
      }),
    );
  }

  #look(board: RoomBoard): void {
    const { frame, head, isFresh } = board;
    if (!frame || !head || !isFresh) return;
    const noted = this.#notedOf(board);
    noted.pace.record(frame, this.#parts.clock.monotonicMs());
    const interval = Math.floor((head.wallMs + board.ageMs) / intervalMs);
    if (noted.isAsking || noted.interval === interval) return;
    if (noted.unchanged !== null && noted.unchanged === unchangedOf(board)) return;
    noted.interval = interval;
    noted.isAsking = true;
    this.#ask(this.#note(board, noted));
  }

  async #note(board: RoomBoard, noted: Noted): Promise<void> {
    const { store, log } = this.#parts;
    const before = unchangedOf(board);
    try {
      const answer = await store.note(board.roomId);
      noted.unchanged = answer === 'same' ? before : null;
    } catch (err) {
      // The next look tries again: once it is noted, that changes nothing.
      noted.interval = 0;
      log.debug({ err, roomId: board.roomId }, 'An interval was not noted');
    } finally {
      noted.isAsking = false;
    }
  }

  #notedOf(board: RoomBoard): Noted {
    const known = this.#noted.get(board);
    if (known) return known;
    const made = { pace: new RecentPace(), interval: 0, isAsking: false, unchanged: null };
    this.#noted.set(board, made);
    return made;
  }

  #ask(work: Promise<void>): void {
    this.#asking.add(work);
    void work.finally(() => this.#asking.delete(work));
  }
}

/** What an empty room is like, apart from the times; null while somebody is in it. */
function unchangedOf({ frame, head, room }: RoomBoard): string | null {
  if (!frame || !head || isPeopled(frame)) return null;
  const { clockMs: _clock, nowUs: _now, presentAtMs: _present, checkpoints: _none, ...counts } = frame;
  return JSON.stringify([head.startedUs, head.epochNumber, room?.version, counts]);
}
