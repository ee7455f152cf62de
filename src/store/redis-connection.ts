/**
 * Connections to Redis with the settings that a queue needs: a command that is not answered in time fails
 * (its result is unknown and its caller repeats it), nothing is queued while offline, and nothing is sent
 * twice behind our back.
 */
import { Redis } from 'ioredis';
import { registerScripts } from './redis-scripts.ts';

/** A command without an answer after this long has an unknown result. Above `waitTimeoutMs`. */
const commandTimeoutMs = 2_000;
/** A connection on which nothing arrives for this long while something is asked is given up. */
const socketTimeoutMs = 3_000;
const connectTimeoutMs = 2_000;
const reconnectDelayMaxMs = 1_000;

/** A client with every transition registered. It connects by itself; errors are told to `onError`. */
export function connectRedis(url: string, options: { name: string; onError: (error: Error) => void }): Redis {
  const redis = new Redis(url, {
    connectionName: `guichet-${options.name}`,
    commandTimeout: commandTimeoutMs,
    socketTimeout: socketTimeoutMs,
    connectTimeout: connectTimeoutMs,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    retryStrategy: (attempt) => Math.min(reconnectDelayMaxMs, 50 * attempt + Math.random() * 50),
    // A master that became a replica: connect anew, to whoever answers for the name now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  redis.on('error', options.onError);
  registerScripts(redis);
  return redis;
}
