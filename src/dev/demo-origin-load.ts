/**
 * How the demo site bears load: like a real one, by waiting on timers instead of burning CPU.
 *
 * A pool of workers serves requests in turn, and each takes longer the more are in flight. Beyond `limit` in flight a
 * request holds its connection until the front server times out, then fails. Beyond twice the limit the site collapses:
 * what was queued fails, work crawls, and health comes back only slowly, and only while the load stays within the limit.
 * Nothing here is random: the same arrivals give the same outcome.
 */
import type { Clock } from '../domain/clock.ts';

export type OriginLoadOptions = {
  /** Requests served at the same time. */
  workers: number;
  /** Requests in flight that the site bears; errors beyond it, collapse beyond twice as many. */
  limit: number;
  /** What one request takes on an idle, healthy site. */
  workMs: number;
  /** How long a request beyond the limit hangs before it fails. */
  errorAfterMs: number;
  /** From collapse back to full health, if left alone. */
  recoverMs: number;
};

export type OriginLoadFigures = {
  inFlight: number;
  peakInFlight: number;
  served: number;
  failed: number;
  collapses: number;
  /** 1 is well; work takes 1/health times as long. */
  health: number;
};

type Waiting = { settle: (outcome: WorkOutcome) => void };
export type WorkOutcome = 'served' | 'failed';

const healthAfterCollapse = 0.1;
/** At the limit a request takes this many times as long again as on an idle site. */
const latencyClimb = 3;
/** Beyond this many times the limit a connection is refused at once, as a full accept backlog would: memory is bounded. */
const backlogFactor = 40;

/** The load model of one demo site. Single-threaded; safe to call from any number of requests at once. */
export class OriginLoad {
  readonly #clock: Clock;
  readonly #options: OriginLoadOptions;
  readonly #queue: Waiting[] = [];
  #running = 0;
  #inFlight = 0;
  #peakInFlight = 0;
  #served = 0;
  #failed = 0;
  #collapses = 0;
  #health = 1;
  #collapsed = false;
  #advancedAt: number;

  constructor(clock: Clock, options: OriginLoadOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#advancedAt = clock.monotonicMs();
  }

  /** Has the site do one request's work; resolves when it is served or has failed, never rejects. */
  work(): Promise<WorkOutcome> {
    this.#advance();
    if (this.#inFlight >= this.#options.limit * backlogFactor) {
      this.#failed += 1;
      return Promise.resolve('failed');
    }
    this.#inFlight += 1;
    this.#peakInFlight = Math.max(this.#peakInFlight, this.#inFlight);
    if (this.#inFlight > 2 * this.#options.limit && !this.#collapsed) this.#collapse();
    return new Promise((resolve) => {
      const settle = (outcome: WorkOutcome): void => {
        this.#advance();
        this.#inFlight -= 1;
        if (outcome === 'served') this.#served += 1;
        else this.#failed += 1;
        if (this.#inFlight <= this.#options.limit) this.#collapsed = false;
        resolve(outcome);
      };
      if (this.#running + this.#queue.length >= this.#options.limit) {
        void this.#clock.sleep(this.#options.errorAfterMs).then(() => settle('failed'));
        return;
      }
      this.#queue.push({ settle });
      this.#startNext();
    });
  }

  /** The figures of this moment; peaks are since the start. */
  figures(): OriginLoadFigures {
    this.#advance();
    return {
      inFlight: this.#inFlight,
      peakInFlight: this.#peakInFlight,
      served: this.#served,
      failed: this.#failed,
      collapses: this.#collapses,
      health: this.#health,
    };
  }

  #startNext(): void {
    if (this.#running >= this.#options.workers) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#running += 1;
    const crowding = 1 + latencyClimb * ((this.#running + this.#queue.length) / this.#options.limit) ** 2;
    void this.#clock.sleep((this.#options.workMs * crowding) / this.#health).then(() => {
      this.#running -= 1;
      next.settle('served');
      this.#startNext();
    });
  }

  #collapse(): void {
    this.#collapses += 1;
    this.#collapsed = true;
    this.#health = healthAfterCollapse;
    for (const waiting of this.#queue.splice(0)) waiting.settle('failed');
  }

  /** Health grows with the time spent within the limit; called before anything that changes the number in flight. */
  #advance(): void {
    const now = this.#clock.monotonicMs();
    const elapsedMs = Math.max(0, now - this.#advancedAt);
    this.#advancedAt = now;
    if (this.#inFlight <= this.#options.limit) {
      this.#health = Math.min(
        1,
        this.#health + (elapsedMs / this.#options.recoverMs) * (1 - healthAfterCollapse),
      );
    }
  }
}
