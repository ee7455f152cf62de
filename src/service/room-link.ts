/**
 * One way from the service to the store. Each call passes what this replica knows of the room and learns from
 * what comes back; a call whose result is unknown is repeated with the same ids until it is known or its
 * budget is used up; a store that knows less than we do is brought up to it first.
 *
 * What always holds: what `call` resolves with is confirmed. Until then nothing is shown, signed or answered.
 */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import {
  type QueueStore,
  type Reply,
  type RoomCursor,
  type RoomHead,
  recoverEndedMax,
  type Served,
  StoreUnknownError,
} from '../store/queue-store.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import { storeUnavailable } from './store-answer.ts';

/** How long a visitor's call is repeated before it is answered 503. */
const callBudgetMs = 4_000;
const repeatAfterMs = 100;
/** Recoveries in a row within one call; two replicas may bring their parts one after the other. */
const recoveriesMax = 5;

/** Hears how calls to the store go. */
export interface StoreMeasures {
  answered(call: string, ms: number): void;
  unknown(call: string): void;
}

export type RoomLinkOptions = { clock: Clock; log: Log; metrics: StoreMeasures };

export class RoomLink {
  readonly #store: QueueStore;
  readonly #memory: ReplicaMemory;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #recovering = new Map<string, Promise<void>>();
  /** Told when the store took our memory, or a newer run replaced it: sight all local tickets again. */
  onRecovered: (roomId: string) => void = () => {};
  /** Told when a room turns out to be deleted. */
  onDeleted: (roomId: string) => void = () => {};

  constructor(store: QueueStore, memory: ReplicaMemory, { clock, log, metrics }: RoomLinkOptions) {
    this.#store = measured(store, metrics, clock);
    this.#memory = memory;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Asks until the answer is known. Throws `room-unknown`, or `store-unavailable` when `budgetMs` is used up
   * (0: one try).
   */
  async call<Answer>(
    roomId: string,
    ask: (store: QueueStore, cursor: RoomCursor) => Promise<Reply<Answer>>,
    budgetMs: number = callBudgetMs,
  ): Promise<Served<Answer>> {
    let recoveries = 0;
    return this.retry(async () => {
      for (;;) {
        const reply = await ask(this.#store, this.#memory.cursor(roomId));
        if (reply.kind === 'served') {
          this.#memory.learn(roomId, reply.head);
          return reply;
        }
        if (reply.kind === 'deleted') this.#forget(roomId);
        if (reply.kind === 'deleted' || !this.#memory.memoryOf(roomId))
          throw new GuichetError('room-unknown');
        recoveries += 1;
        if (recoveries > recoveriesMax) throw new StoreUnknownError('the store keeps losing the room');
        await this.#recover(roomId);
      }
    }, budgetMs);
  }

  /** Repeats what is safe to repeat while its result is unknown; throws as `call` does. */
  async retry<Answer>(ask: (store: QueueStore) => Promise<Answer>, budgetMs = callBudgetMs): Promise<Answer> {
    const giveUpAt = this.#clock.monotonicMs() + budgetMs;
    for (;;) {
      try {
        return await ask(this.#store);
      } catch (error) {
        if (!(error instanceof StoreUnknownError)) throw error;
        if (this.#clock.monotonicMs() + repeatAfterMs >= giveUpAt) throw storeUnavailable(error);
        await this.#clock.sleep(repeatAfterMs * (0.5 + Math.random()));
      }
    }
  }

  #forget(roomId: string): void {
    this.#memory.forget(roomId);
    this.onDeleted(roomId);
  }

  /** Gives the store what we remember; calls that meet the same loss share one recovery. */
  async #recover(roomId: string): Promise<void> {
    let running = this.#recovering.get(roomId);
    if (!running) {
      running = this.#giveBack(roomId).finally(() => this.#recovering.delete(roomId));
      this.#recovering.set(roomId, running);
    }
    await running;
  }

  async #giveBack(roomId: string): Promise<void> {
    const memory = this.#memory.memoryOf(roomId);
    if (!memory) return;
    const { ended } = memory;
    let head: RoomHead | null = null;
    // At least one call; the ended ids beyond its bound follow. What the store says counts from the last one on: should
    // one of them stay unknown, the next call of anybody is still from before the loss, and gives back all of it again.
    for (let from = 0; from === 0 || from < ended.length; from += recoverEndedMax) {
      const part = { ...memory, ended: ended.slice(from, from + recoverEndedMax) };
      const reply = await this.#store.recover(part, this.#clock.wallMs());
      if (reply.kind === 'deleted') return this.#forget(roomId);
      if (reply.answer === 'forgotten') this.#memory.forget(roomId);
      head = reply.head;
      if (from === 0) {
        const fields = { roomId, outcome: reply.answer, epoch: reply.head.epochNumber };
        this.#log.warn(
          fields,
          'The store knew less of a room than this replica, which gave back what it remembers',
        );
      }
      // What this replica remembered is from before the room was emptied.
      const isPurged = reply.kind === 'served' && reply.head.purgedUs > memory.purgedUs;
      if (reply.answer !== 'recovered' || isPurged) break;
    }
    if (head) this.#memory.adopt(roomId, head);
    this.onRecovered(roomId);
  }
}

/** The store with each call's time and unknown results told; calls pass through unchanged. */
function measured(store: QueueStore, metrics: StoreMeasures, clock: Clock): QueueStore {
  return new Proxy(store, {
    get(target, name: string) {
      const method = target[name as keyof QueueStore] as (...given: unknown[]) => Promise<unknown>;
      return async (...given: unknown[]) => {
        const startedAt = clock.monotonicMs();
        try {
          const reply = await method.apply(target, given);
          metrics.answered(name, clock.monotonicMs() - startedAt);
          return reply;
        } catch (error) {
          if (error instanceof StoreUnknownError) metrics.unknown(name);
          throw error;
        }
      };
    },
  });
}
