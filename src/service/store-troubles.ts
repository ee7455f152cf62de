/** How often the store left a call unanswered lately. */
import type { Clock } from '../domain/clock.ts';

const windowMs = 60_000;
/** Times kept: beyond, the count says no more than that there are many. */
const timesMax = 10_000;

export class StoreTroubles {
  readonly #clock: Clock;
  /** Monotonic ms, oldest first. */
  #times: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A call's result is unknown. */
  note(): void {
    if (this.#times.length < timesMax) this.#times.push(this.#clock.monotonicMs());
    else this.lastMinute();
  }

  /** Calls of this replica whose result was unknown within the last minute, at most 10,000. */
  lastMinute(): number {
    const from = this.#clock.monotonicMs() - windowMs;
    const kept = this.#times.findIndex((atMs) => atMs > from);
    this.#times = kept === -1 ? [] : this.#times.slice(kept);
    return this.#times.length;
  }
}
