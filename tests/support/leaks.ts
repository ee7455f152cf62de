/**
 * After each test no socket, timer, server or child process of ours is open that was not open before it, and
 * after each file none that was not open before the file.
 *
 * Sockets and processes are counted by kind, from what keeps the event loop alive, so a Redis client shows as its
 * socket or its reconnect timer. Timers are followed one by one through the global `setTimeout` and `setInterval`
 * (vitest keeps the originals for itself, so its own do not show) and are reported with the line that made them.
 * What a file opens in `beforeAll` may stay until the end of the file. Tests of one file must not run
 * concurrently. Not seen: unreferenced timers, `node:timers/promises`, idle keep-alive sockets of `fetch`.
 */
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest';

/** Closing takes a while (ioredis disconnected twice: a timer of 2 s); what is still open after this was forgotten. */
const settleMs = 3_000;
const pollMs = 10;
/** Timers made between two looks are kept in memory up to here; then the fired ones are dropped. */
const followedTimersMax = 10_000;
const followed = new Set([
  'TCPSocketWrap',
  'TCPConnectWrap',
  'GetAddrInfoReqWrap',
  'TCPServerWrap',
  'TLSWrap',
  'UDPWrap',
  'ProcessWrap',
  'Worker',
  'FSEventWrap',
]);

/** What was open at one moment. */
export type OpenResources = { counts: ReadonlyMap<string, number>; timers: ReadonlySet<NodeJS.Timeout> };

/** Every timer that may still fire, and where it was made; the line is worked out only where it is told. */
const timers = new Map<NodeJS.Timeout, Error>();
const plainSetTimeout = globalThis.setTimeout;

function followTimers<F extends typeof setTimeout | typeof setInterval>(make: F): F {
  return new Proxy(make, {
    apply(target, self, words) {
      const timer = Reflect.apply(target as (...words: unknown[]) => NodeJS.Timeout, self, words);
      if (timers.size > followedTimersMax) dropFired();
      timers.set(timer, new Error('made'));
      return timer;
    },
  });
}

function dropFired(): void {
  // Node tells no other way whether a timer has fired or was cleared.
  for (const timer of timers.keys()) if (Reflect.get(timer, '_destroyed') === true) timers.delete(timer);
}

globalThis.setTimeout = followTimers(globalThis.setTimeout);
globalThis.setInterval = followTimers(globalThis.setInterval);

/** What is open now, to compare with later. */
export function openResources(): OpenResources {
  dropFired();
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (followed.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return { counts, timers: new Set(timers.keys()) };
}

/** What is open now beyond `before`, in words; empty when nothing is. */
export function leaked(before: OpenResources): string[] {
  const more: string[] = [];
  for (const [kind, count] of openResources().counts) {
    const extra = count - (before.counts.get(kind) ?? 0);
    if (extra > 0) more.push(`${extra} ${kind}`);
  }
  for (const [timer, made] of timers) {
    if (timer.hasRef() && !before.timers.has(timer))
      more.push(`a timer made ${made.stack?.split('\n')[2]?.trim() ?? 'somewhere'}`);
  }
  return more;
}

/** Throws when something beyond `before` is still open after the settling time. */
export async function assertNothingLeaked(
  before: OpenResources,
  where: string,
  withinMs = settleMs,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  // A socket that was just closed, or a client between two attempts, shows itself one turn later.
  await new Promise(setImmediate);
  for (;;) {
    const still = leaked(before);
    if (still.length === 0) return;
    if (performance.now() > deadline) throw new Error(`left open after ${where}: ${still.join('; ')}`);
    await new Promise((resolve) => {
      plainSetTimeout(resolve, pollMs);
    });
  }
}

let beforeFile = openResources();
beforeAll(() => {
  beforeFile = openResources();
});
beforeEach((context) => {
  const beforeTest = openResources();
  // Registered first, so it runs after the test's own `onTestFinished` clean-ups and every `afterEach`.
  onTestFinished(() => assertNothingLeaked(beforeTest, `the test "${context.task.name}"`));
});
afterAll(() => assertNothingLeaked(beforeFile, 'the file'));
