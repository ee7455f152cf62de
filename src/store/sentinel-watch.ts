/**
 * Hears from the Sentinels that another server is the primary now, so that every connection leaves the old one at once:
 * one that was cut off does not say that it is over. One subscription a Sentinel for the whole process.
 */
import { Redis } from 'ioredis';
import type { RedisAccess } from '../domain/redis-address.ts';

const connectWithinMs = 1_000;
const reconnectDelayMs = 1_000;
/** `<name> <old host> <old port> <new host> <new port>` */
const channel = '+switch-master';

/** A client of one Sentinel, which comes back by itself and keeps its errors to itself: whoever asks hears of them. */
export function connectSentinels(access: RedisAccess, name: string): Redis[] {
  const { address, sentinelUsername, sentinelPassword, tls } = access;
  if (address.topology !== 'sentinel') return [];
  return address.sentinels.map((node) => {
    const sentinel = new Redis({
      ...node,
      connectionName: `guichet-${name}`,
      ...(sentinelUsername === null ? {} : { username: sentinelUsername }),
      ...(sentinelPassword === null ? {} : { password: sentinelPassword }),
      ...(address.isEncrypted ? { tls } : {}),
      connectTimeout: connectWithinMs,
      commandTimeout: connectWithinMs,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => reconnectDelayMs,
    });
    sentinel.on('error', () => undefined);
    return sentinel;
  });
}

/** By what is watched: the clients that follow, and what ends it. */
const watches = new Map<string, { followers: Set<Redis>; stop: () => void }>();

/** From now on the client leaves a primary that is none any more; until it is disconnected. */
export function followFailovers(redis: Redis, access: RedisAccess): void {
  const { address } = access;
  if (address.topology !== 'sentinel') return;
  const key = JSON.stringify(access);
  const watch = watches.get(key) ?? startWatch(access, address.primary);
  watches.set(key, watch);
  watch.followers.add(redis);
  redis.once('end', () => {
    watch.followers.delete(redis);
    if (watch.followers.size > 0) return;
    watches.delete(key);
    watch.stop();
  });
}

function startWatch(access: RedisAccess, primary: string): { followers: Set<Redis>; stop: () => void } {
  const followers = new Set<Redis>();
  const sentinels = connectSentinels(access, 'failover');
  for (const sentinel of sentinels) {
    // Also after each reconnection.
    sentinel.on('ready', () => void sentinel.subscribe(channel).catch(() => undefined));
    sentinel.on('message', (_, message: string) => {
      if (!message.startsWith(`${primary} `)) return;
      for (const redis of followers) leave(redis);
    });
  }
  const stop = (): void => {
    for (const sentinel of sentinels) sentinel.disconnect();
  };
  return { followers, stop };
}

/** One that is just asking for the primary would end for good, and one that waits to ask has left already. */
function leave(redis: Redis): void {
  if (redis.status === 'ready' || redis.status === 'connect') redis.disconnect(true);
}
