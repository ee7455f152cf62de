/**
 * The loop that every replica runs: for each room a tick a second (every ten when nothing can happen), and
 * once a second the index and the gathered sightings. There is no leader: whoever ticks first releases, and
 * the script's own clock and bucket make the others' ticks harmless.
 */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import { instantOf } from '../domain/room.ts';
import type { RoomHead, TickAnswer } from '../store/queue-store.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import type { RoomBoard } from './room-board.ts';
import type { RoomLink } from './room-link.ts';
import type { Rooms } from './rooms.ts';
import type { Sightings } from './sightings.ts';
import type { Standings } from './standings.ts';

const tickEveryMs = 1_000;
const idleTickEveryMs = 10_000;
/** A room that opens or closes within this is not idle. */
const scheduleNearMs = 20_000;
/** A tick's frame may be a second old, and not know yet who just came: this long after, a room is not idle. */
const awakeForMs = 2_500;
/** Ticks in a row while a reply says `more`. */
const moreMax = 200;

export type ReleaserParts = {
  link: RoomLink;
  memory: ReplicaMemory;
  rooms: Rooms;
  sightings: Sightings;
  standings: Standings;
  clock: Clock;
  log: Log;
  /** Told of each tick's answer once the memory has it, before visitors are. */
  onTick?: (board: RoomBoard, head: RoomHead, answer: TickAnswer) => void;
};

export class Releaser {
  readonly #parts: ReleaserParts;
  readonly #readTo = new Map<RoomBoard, number>();
  readonly #ticking = new Map<RoomBoard, Promise<void>>();
  /** Ends a room's pause early. */
  readonly #wakers = new Map<string, AbortController>();
  readonly #idle = new Set<string>();
  /** When someone last came to a room, monotonic ms. */
  readonly #wokenAtMs = new Map<string, number>();
  #storeAway = false;
  /** Told of each room in which somebody was released. */
  onReleased: (roomId: string) => void = () => {};

  constructor(parts: ReleaserParts) {
    this.#parts = parts;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { rooms, sightings, clock } = this.#parts;
    const loops: Promise<void>[] = [];
    rooms.onRoom = (board) => {
      loops.push(this.#tickLoop(board, signal));
    };
    for (const board of rooms.boards.values()) rooms.onRoom(board);
    signal.addEventListener('abort', () => {
      for (const waker of this.#wakers.values()) waker.abort();
    });
    while (!signal.aborted) {
      const startedAt = clock.monotonicMs();
      await rooms.refresh().then(
        () => this.#storeIs(true),
        (error: unknown) => this.#storeIs(false, error),
      );
      sightings.beat();
      // A new room's first tick needs a moment before those who wait for it can be answered.
      await clock.sleep(50, signal);
      rooms.announce();
      await clock.sleep(tickEveryMs - (clock.monotonicMs() - startedAt), signal);
    }
    await Promise.all(loops);
  }

  /** Someone came to a room that may be ticked slowly: tick it now. */
  wake(roomId: string): void {
    this.#wokenAtMs.set(roomId, this.#parts.clock.monotonicMs());
    if (this.#idle.delete(roomId)) this.#wakers.get(roomId)?.abort();
  }

  /** Ticks a room now, whatever its pace; for changes that must show at once. */
  tickNow(board: RoomBoard): Promise<void> {
    return this.#tickInTurn(board);
  }

  /** One tick of a room after the other: events are read once, and in order. */
  #tickInTurn(board: RoomBoard): Promise<void> {
    const turn = (this.#ticking.get(board) ?? Promise.resolve()).then(() => this.#tick(board));
    this.#ticking.set(board, turn);
    return turn;
  }

  async #tickLoop(board: RoomBoard, signal: AbortSignal): Promise<void> {
    const { rooms, clock } = this.#parts;
    let dueAt = clock.monotonicMs();
    while (!signal.aborted && rooms.boards.get(board.roomId) === board) {
      await this.#tickInTurn(board);
      if (signal.aborted) break;
      const idle = this.#isIdle(board);
      if (idle) this.#idle.add(board.roomId);
      else this.#idle.delete(board.roomId);
      board.tickEveryMs = idle ? idleTickEveryMs : tickEveryMs;
      dueAt = Math.max(dueAt + board.tickEveryMs, clock.monotonicMs());
      const waker = new AbortController();
      this.#wakers.set(board.roomId, waker);
      await clock.sleep(dueAt - clock.monotonicMs(), waker.signal);
      if (waker.signal.aborted) dueAt = clock.monotonicMs();
    }
    this.#wakers.delete(board.roomId);
    this.#wokenAtMs.delete(board.roomId);
    this.#readTo.delete(board);
    this.#ticking.delete(board);
  }

  async #tick(board: RoomBoard): Promise<void> {
    const { link, memory, sightings, standings, clock } = this.#parts;
    const { roomId } = board;
    try {
      for (let calls = 0; calls < moreMax; calls += 1) {
        const { head, answer } = await link.call(
          roomId,
          (store, cursor) =>
            store.tick(roomId, cursor, {
              readFrom: this.#readTo.get(board) ?? 0,
              knownVersion: board.room?.version ?? 0,
              callerWallMs: clock.wallMs(),
            }),
          0,
        );
        this.#readTo.set(board, answer.readTo);
        if (answer.room) memory.learnRoom(answer.room);
        memory.learnEvents(roomId, answer.events);
        this.#parts.onTick?.(board, head, answer);
        const { resight } = board.applyTick(head, answer);
        if (resight) sightings.resight(board);
        if (answer.events.some(({ type }) => type === 'admitted')) this.onReleased(roomId);
        if (!answer.more) break;
      }
    } catch (error) {
      // A store that is away is said once; a room deleted on another replica is no failure.
      if (!(error instanceof GuichetError)) this.#parts.log.error({ err: error, roomId }, 'A tick failed');
    }
    // Also without an answer: that updates are interrupted is what visitors have to know then.
    standings.push(board);
  }

  /** Nothing can happen in the room by itself, and nobody here waits for it. */
  #isIdle(board: RoomBoard): boolean {
    const { frame, room, roomId } = board;
    if (!frame || !room || !board.isFresh) return false;
    const wokenAtMs = this.#wokenAtMs.get(roomId) ?? Number.NEGATIVE_INFINITY;
    if (this.#parts.clock.monotonicMs() - wokenAtMs < awakeForMs) return false;
    const live = frame.waiting + frame.parked + frame.lapsed + frame.admitted + frame.inside + frame.assumed;
    if (live + frame.undelivered > 0 || board.tickets.watched.size > 0) return false;
    const now = this.#parts.clock.wallMs();
    return [room.policy.opensAt, room.policy.closesAt].every((time) => {
      return time === null || Math.abs(instantOf(time) - now) > scheduleNearMs;
    });
  }

  #storeIs(there: boolean, error?: unknown): void {
    if (there === !this.#storeAway) return;
    this.#storeAway = !there;
    const { log } = this.#parts;
    if (there) log.info({}, 'The store answers again');
    else log.error({ err: error }, 'The store does not answer; every turn is kept until it does');
  }
}
