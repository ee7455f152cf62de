/**
 * How often one key may ask: a token bucket for each, on each replica. It bounds what a script that runs wild costs, far
 * above what people and their programs need. A key of an origin has none: a site tells every answer that it gives.
 */
import type { KeyHolder } from '../domain/actor.ts';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';

/** Never below 50: that much is promised to every key. */
export const requestsPerSecond = 100;
export const requestsAtOnceMax = 200;
/** Keys remembered; more than there can be. */
const keysMax = 2_000;

/** Counts one request; throws rate-limited. */
export type KeyLimit = (holder: KeyHolder) => void;

export function keyLimit(clock: Clock): KeyLimit {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return ({ keyId, scope }) => {
    if (scope === 'origin') return;
    const now = clock.monotonicMs();
    let bucket = buckets.get(keyId);
    if (bucket === undefined) {
      if (buckets.size >= keysMax) buckets.clear();
      bucket = { tokens: requestsAtOnceMax, atMs: now };
      buckets.set(keyId, bucket);
    }
    const filled = bucket.tokens + ((now - bucket.atMs) * requestsPerSecond) / 1_000;
    bucket.tokens = Math.min(requestsAtOnceMax, filled);
    bucket.atMs = now;
    if (bucket.tokens < 1) {
      const detail = `This API key may ask ${requestsPerSecond} times a second`;
      throw new GuichetError('rate-limited', { detail, retryAfterMs: 1_000 });
    }
    bucket.tokens -= 1;
  };
}
