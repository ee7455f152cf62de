/**
 * What a service asks of Redis beyond what it asks in any case: its ticks, the sights that it gathers, and its upkeep, which
 * is the same however many watch.
 */
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

/** A replica tells of itself every two seconds, of alarms, of its room's figures and for its messages every five. */
const upkeepScriptsPerSecond = 0.5 + 3 * 0.2;
/** The index of rooms is read with the ticks, once a second; a report of alarms reads four hashes. */
const hashReadsPerSecond = 1 + 4 * 0.2;
/** Each kind of upkeep may begin just before and end just after. */
const upkeepKinds = 4;

/** Calls between two moments; `others`: beyond ticks, gathered sights and upkeep. */
export function storeCallsBetween(
  before: StoreCalls,
  after: StoreCalls,
): { others: number; sights: number; seconds: number } {
  const seconds = Math.ceil((after.atMs - before.atMs) / 1_000);
  const hashReads = Math.max(
    0,
    after.index - before.index - Math.ceil(seconds * hashReadsPerSecond) - 4 * upkeepKinds,
  );
  const upkeep = Math.ceil(seconds * upkeepScriptsPerSecond) + upkeepKinds;
  const scripts = after.scripts - before.scripts - (after.known - before.known);
  const others = Math.max(0, scripts - upkeep) + hashReads;
  return { others, sights: after.sights - before.sights, seconds };
}
