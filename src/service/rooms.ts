/**
 * The rooms this replica knows, each with its board. The index in the store is read once a second; an unknown
 * roomId waits for the next read before it is called unknown, so that a room made on another replica is found.
 */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { QueueStore } from '../store/queue-store.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import { RoomBoard } from './room-board.ts';
import { storeUnavailable } from './store-answer.ts';

/** How long a request for a room that is not known yet may wait. */
const unknownWaitMs = 2_500;
/** Requests that may wait for unknown rooms at once; more are told at once to come back: nobody has said anything yet. */
const unknownWaitersMax = 1_000;

/** A request that waits for its room; `isAnswered` once an index read after it came has been taken in. */
type Waiter = { wake: () => void; isAnswered: boolean };

export class Rooms {
  readonly boards = new Map<string, RoomBoard>();
  readonly #store: QueueStore;
  readonly #memory: ReplicaMemory;
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** Told of each room that appears. */
  onRoom: (board: RoomBoard) => void = () => {};

  constructor(store: QueueStore, memory: ReplicaMemory, clock: Clock) {
    this.#store = store;
    this.#memory = memory;
    this.#clock = clock;
  }

  /** The room's board, made if need be. */
  add(roomId: string): RoomBoard {
    const known = this.boards.get(roomId);
    if (known) return known;
    const board = new RoomBoard(roomId, this.#clock, (ticketId) => this.#memory.endOf(roomId, ticketId));
    this.boards.set(roomId, board);
    this.onRoom(board);
    return board;
  }

  /** The room was deleted. */
  drop(roomId: string): void {
    this.boards.delete(roomId);
  }

  /** Reads the index, puts back the rooms that only this replica remembers. Rejects when the store is away. */
  async refresh(): Promise<void> {
    const waiting = [...this.#waiters];
    const index = await this.#store.readIndex();
    this.#readAtMs = this.#clock.monotonicMs();
    const lost = new Map<string, number>();
    for (const [roomId, { head }] of this.#memory.rooms) {
      if (!index.has(roomId)) lost.set(roomId, head.startedUs);
    }
    if (lost.size > 0) await this.#store.addToIndex(lost);
    for (const roomId of [...index.keys(), ...lost.keys()]) this.add(roomId);
    for (const waiter of waiting) waiter.isAnswered = true;
  }

  /** Age of what is known of which rooms there are. */
  get indexAgeMs(): number {
    return this.#clock.monotonicMs() - this.#readAtMs;
  }

  /** Wakes those who wait for a room: called after each round of ticks. */
  announce(): void {
    for (const { wake } of this.#waiters) wake();
    this.#waiters.clear();
  }

  /** The board of a room whose policy has been read here: nearly always, and then there is nothing to wait for. */
  known(roomId: string): RoomBoard | null {
    const board = this.boards.get(roomId);
    return board?.room ? board : null;
  }

  /**
   * The board of a room with its policy read. Throws `room-unknown` when an index read after the call does not
   * name it; `store-unavailable` when the store does not say in time, or too many wait.
   */
  async resolve(roomId: string): Promise<RoomBoard> {
    const giveUpAt = this.#clock.monotonicMs() + unknownWaitMs;
    let isAnswered = false;
    for (;;) {
      const board = this.boards.get(roomId);
      if (board?.room) return board;
      if (isAnswered && !board) throw new GuichetError('room-unknown');
      if (this.#waiters.size >= unknownWaitersMax) throw storeUnavailable();
      const leftMs = giveUpAt - this.#clock.monotonicMs();
      if (leftMs <= 0) throw new GuichetError('store-unavailable', { retryAfterMs: 3_000 });
      const announced = new AbortController();
      const waiter: Waiter = { wake: () => announced.abort(), isAnswered: false };
      this.#waiters.add(waiter);
      await this.#clock.sleep(leftMs, announced.signal);
      this.#waiters.delete(waiter);
      ({ isAnswered } = waiter);
    }
  }
}
