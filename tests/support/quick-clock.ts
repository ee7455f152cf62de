/**
 * Time that goes by several times as fast as the machine's, for what waits for the service's ticks with real sockets and a
 * browser at the other end: these stay on real time, and no test says how long they take.
 */
import { type Clock, systemClock } from '../../src/domain/clock.ts';

export class QuickClock implements Clock {
  readonly #times: number;
  readonly #startedWallMs = systemClock.wallMs();
  readonly #startedMs = systemClock.monotonicMs();

  constructor(times: number) {
    this.#times = times;
  }

  wallMs(): number {
    return this.#startedWallMs + this.#elapsedMs;
  }

  /** The same in microseconds, for a store. */
  wallUs = (): number => Math.floor(this.wallMs() * 1_000);

  monotonicMs(): number {
    return this.#startedMs + this.#elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.#times, signal);
  }

  get #elapsedMs(): number {
    return (systemClock.monotonicMs() - this.#startedMs) * this.#times;
  }
}
