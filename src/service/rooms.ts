/**
 * The rooms this replica knows, each with its board. The index in the store is read once a second; an unknown
 * roomId waits for the next read before it is called unknown, so that a room made on another replica is found.
 */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { QueueStore } from '../store/queue-store.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import { RoomBoard } from './room-board.ts';

/** How long a request for a room that is not known yet may wait. */
const unknownWaitMs = 2_500;
/** Requests that may wait for unknown rooms at once; more are refused at once. */
const unknownWaitersMax = 1_000;

export class Rooms {
  readonly boards = new Map<string, RoomBoard>();
  readonly #store: QueueStore;
  readonly #memory: ReplicaMemory;
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();
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
    const index = await this.#store.readIndex();
    const lost = new Map<string, number>();
    for (const [roomId, { head }] of this.#memory.rooms) {
      if (!index.has(roomId)) lost.set(roomId, head.startedUs);
    }
    if (lost.size > 0) await this.#store.addToIndex(lost);
    for (const roomId of [...index.keys(), ...lost.keys()]) this.add(roomId);
  }

  /** Wakes those who wait for a room: called after each round of ticks. */
  announce(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  /** The board of a room with its policy read; throws `room-unknown` after the next read of the index. */
  async resolve(roomId: string): Promise<RoomBoard> {
    const giveUpAt = this.#clock.monotonicMs() + unknownWaitMs;
    for (;;) {
      const board = this.boards.get(roomId);
      if (board?.room) return board;
      if (this.#waiters.size >= unknownWaitersMax) throw new GuichetError('room-unknown');
      if (this.#clock.monotonicMs() >= giveUpAt) {
        // Known to the index but never read: the store is away, not the room.
        throw board
          ? new GuichetError('store-unavailable', { retryAfterMs: 3_000 })
          : new GuichetError('room-unknown');
      }
      const announced = new AbortController();
      const wake = (): void => announced.abort();
      this.#waiters.add(wake);
      await this.#clock.sleep(unknownWaitMs, announced.signal);
      this.#waiters.delete(wake);
      if (!this.boards.has(roomId) && announced.signal.aborted) throw new GuichetError('room-unknown');
    }
  }
}
