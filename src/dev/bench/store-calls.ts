/** What a service asks of Redis beyond what it asks in any case: its ticks, and the sights that it gathers. */
import { commandCalls } from './redis-stats.ts';
import type { BenchStage } from './stage.ts';

/** Calls that the service made (its own count of ticks and sights), and those that Redis counted from clients. */
export type StoreCalls = { scripts: number; known: number; sights: number; index: number; atMs: number };

export async function storeCalls({ service, redis }: BenchStage): Promise<StoreCalls> {
  const metrics = await (await fetch(`${service.internalUrl}/metrics`)).text();
  const made = (call: string): number =>
    Number(
      new RegExp(`^guichet_store_seconds_count\\{call="${call}"\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0,
    );
  const calls = await commandCalls(redis);
  const sights = made('sight');
  return {
    scripts: calls.get('evalsha') ?? 0,
    known: made('tick') + sights,
    sights,
    index: calls.get('hgetall') ?? 0,
    atMs: performance.now(),
  };
}

/** Calls between two moments; `others`: beyond ticks and gathered sights. */
export function storeCallsBetween(
  before: StoreCalls,
  after: StoreCalls,
): { others: number; sights: number; seconds: number } {
  // The index of rooms is read with the ticks, once a second.
  const seconds = Math.ceil((after.atMs - before.atMs) / 1_000);
  const indexReads = Math.max(0, after.index - before.index - seconds);
  const others = after.scripts - before.scripts - (after.known - before.known) + indexReads;
  // One tick may be counted by one side and not yet by the other.
  return { others: Math.max(0, others), sights: after.sights - before.sights, seconds };
}
