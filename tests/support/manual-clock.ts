/**
 * Time moved by hand, so that no test sleeps. Sleepers wake in the order in which they are due, and between two
 * of them the event loop runs: what a sleeper does, sockets included, has begun before the next one wakes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src/domain/clock.ts';

/** Turns of the event loop between two sleepers: enough for a gathered call and its answer in one process. */
const turnsBetween = 6;
/**
 * While something is awaited, this much time goes by for at least each real millisecond: below the shortest loop of
 * the service, and slow enough for sockets and Redis to keep up.
 */
const stepMs = 100;
/** The same while work is awaited that gives up by this clock: a store may take that long to answer on a busy machine. */
const patientStepMs = 25;

type Sleeper = { dueMs: number; wake: () => void };

export class ManualClock implements Clock {
  #elapsedMs = 0;
  #wallMs: number;
  readonly #sleepers = new Set<Sleeper>();
  readonly #held = new Set<Promise<unknown>>();

  /** Wall time begins at a fixed moment, so that a failure looks the same in each run. */
  constructor(wallMs = Date.UTC(2026, 4, 4, 18)) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return this.#wallMs + this.#elapsedMs;
  }

  /** The same in microseconds, for a store. */
  wallUs = (): number => Math.floor(this.wallMs() * 1_000);

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        dueMs: this.#elapsedMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** No time goes by before `call` is over, however it ends, but within one `advance`: it must not wait on this clock. */
  holdFor(call: Promise<unknown>): void {
    const over: Promise<unknown> = call.catch(() => {}).finally(() => this.#held.delete(over));
    this.#held.add(over);
  }

  /** Lets `ms` go by, and then waits for what holds the clock. */
  async advance(ms: number): Promise<void> {
    await this.advanceAnyway(ms);
    await this.#unheld();
  }

  /** Lets `ms` go by, also where nothing answers; each sleeper due meanwhile wakes at its own time. */
  async advanceAnyway(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      await turns();
      const next = this.#next();
      if (next === undefined || next.dueMs > untilMs) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      next.wake();
    }
    this.#elapsedMs = untilMs;
    await turns();
  }

  /** Lets time go by until `work` is over, for what waits on the clock and on a socket alike. */
  async during<Result>(work: Promise<Result>, msEachRealMs = patientStepMs): Promise<Result> {
    const state = { isOver: false };
    const over = work.finally(() => {
      state.isOver = true;
    });
    // Its failure is the caller's, who awaits it below.
    over.catch(() => {});
    while (!state.isOver) {
      await aMillisecond();
      await this.#unheld();
      await this.advance(msEachRealMs);
    }
    return over;
  }

  /** Lets time go by until `holds` answers true; throws after `withinMs` of this clock. */
  async until(holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    const untilMs = this.#elapsedMs + withinMs;
    while (!(await holds())) {
      if (this.#elapsedMs >= untilMs)
        throw new Error(`within ${withinMs} ms it did not hold that ${String(holds)}`);
      await aMillisecond();
      await this.advance(stepMs);
    }
  }

  /** The wall clock is set; durations are not touched. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  /** A call that is over may be followed by another one at once. */
  async #unheld(): Promise<void> {
    while (this.#held.size > 0) {
      await Promise.all(this.#held);
      await turns();
    }
  }

  #next(): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers)
      if (next === undefined || sleeper.dueMs < next.dueMs) next = sleeper;
    return next;
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < turnsBetween; turn += 1) await new Promise(setImmediate);
}

/** Real time: the network is not on this clock. */
const aMillisecond = (): Promise<void> => pause(1);
