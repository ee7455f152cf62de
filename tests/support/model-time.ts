/** True time in the model test, and the store's wall clock, which may be set. */
import { shortPolicy as policy } from './model-policy.ts';
import type { TestTime } from './stores.ts';

export class ModelTime {
  readonly #store: TestTime;
  /** True times at which the store's wall clock was set forward. */
  readonly stepsForward: number[] = [];
  #skewMs = 0;

  constructor(store: TestTime) {
    this.#store = store;
  }

  /** What everyone's clock but the store's shows, ms. */
  get trueMs(): number {
    return this.#store.ms - this.#skewMs;
  }

  passMs(ms: number): void {
    this.#store.passMs(ms);
  }

  /** A pass ends early enough for one step forward in its life. */
  mayStepForward(): boolean {
    return this.trueMs - (this.stepsForward.at(-1) ?? 0) > policy.sessionTtlMs;
  }

  stepStoreClock(ms: number): void {
    this.#store.passMs(ms);
    this.#skewMs += ms;
    if (ms > 0) this.stepsForward.push(this.trueMs);
  }
}
