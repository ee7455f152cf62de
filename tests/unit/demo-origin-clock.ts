import type { Clock } from '../../src/domain/clock.ts';

/** Time moved by hand; sleepers wake in order. */
export class HandClock implements Clock {
  nowMs = 1_800_000_000_000;
  #sleepers: { at: number; wake: () => void }[] = [];

  wallMs(): number {
    return this.nowMs;
  }
  monotonicMs(): number {
    return this.nowMs;
  }
  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ at: this.nowMs + ms, wake }));
  }
  async advance(ms: number): Promise<void> {
    const until = this.nowMs + ms;
    for (;;) {
      this.#sleepers.sort((a, b) => a.at - b.at);
      const next = this.#sleepers[0];
      if (next === undefined || next.at > until) break;
      this.#sleepers.shift();
      this.nowMs = Math.max(this.nowMs, next.at);
      next.wake();
      await settled();
    }
    this.nowMs = until;
  }
}

/** The same, but the site's work takes no time. */
export class WorklessClock extends HandClock {
  override sleep(ms: number): Promise<void> {
    return ms < 1_000 ? Promise.resolve() : super.sleep(ms);
  }
}

/** Lets everything that waits for nothing but promises go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
