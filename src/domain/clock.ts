/**
 * Time as a parameter: everything that waits or measures gets a Clock, so that a test moves time by hand
 * and no test sleeps.
 */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch; it may step back. For what people and tokens see. */
  wallMs(): number;
  /** Monotonic milliseconds; never steps back. For durations inside one process. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. Does not keep the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = setTimeout(done, Math.max(0, ms));
      timer.unref();
      signal?.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      }
    }),
};
