/**
 * Connections to Redis with the settings that a queue needs: a command that is not answered in time fails (its result is
 * unknown and its caller repeats it), nothing is queued while offline, and nothing is sent twice behind our back.
 *
 * With Sentinels a connection hears of a failover (sentinel-watch.ts) and leaves the old primary at once. In a Cluster it asks
 * for the slots anew whenever a node says that a room is not there (redis-calls.ts), and every few seconds besides.
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import type { RedisAccess, RedisAddress } from '../domain/redis-address.ts';
import { followFailovers } from './sentinel-watch.ts';

/** One server's, or a Cluster's: what the stores ask of it is the same. */
export type RedisClient = Redis | Cluster;

/** A command without an answer after this long has an unknown result. Above `waitTimeoutMs`. */
const commandTimeoutMs = 2_000;
/** A connection on which nothing arrives for this long while something is asked is given up. */
const socketTimeoutMs = 3_000;
const connectTimeoutMs = 2_000;
const reconnectDelayMaxMs = 1_000;
const sentinelTimeoutMs = 1_000;
const slotsRefreshEveryMs = 5_000;

/** A client that connects by itself; errors are told to `onError`. */
export function connectRedis(
  access: RedisAccess,
  { name, onError }: { name: string; onError: (error: Error) => void },
): RedisClient {
  const redis = open(access, name);
  redis.on('error', onError);
  if (redis instanceof Redis) followFailovers(redis, access);
  // In a Cluster, what befalls one node's connection.
  redis.on('node error', onError);
  return redis;
}

/** A client for one look, which `connect` connects or does not: nothing is tried again, nor waited for. */
export function redisForOnce(access: RedisAccess, name: string): RedisClient {
  const redis = open(access, name, once);
  redis.on('error', () => undefined);
  return redis;
}

const never = (): null => null;
const once = {
  lazyConnect: true,
  retryStrategy: never,
  sentinelRetryStrategy: never,
  // A server that is still loading is told of.
  enableReadyCheck: false,
};

function open(access: RedisAccess, name: string, more: typeof once | object = {}): RedisClient {
  const { address } = access;
  const options = ownOptions(access, name);
  switch (address.topology) {
    case 'single':
      return new Redis({ ...options, ...address.node, db: address.database, ...more });
    case 'sentinel':
      return new EndingRedis({
        ...options,
        ...sentinelOptions(access, address),
        db: address.database,
        ...more,
      });
    case 'cluster': {
      const isOnce = 'lazyConnect' in more;
      // With its ready check, ioredis never says that it could not connect to a Cluster that is down.
      const patience = isOnce
        ? { lazyConnect: true, clusterRetryStrategy: never, enableReadyCheck: false }
        : {};
      return new Cluster(address.nodes, { ...clusterOptions(access, name), ...patience });
    }
  }
}

/** Says that it has ended also when it is ended while it waits to connect again, which ioredis does not. */
class EndingRedis extends Redis {
  override disconnect(reconnect = false): void {
    const isWaiting = this.status === 'reconnecting';
    super.disconnect(reconnect);
    if (isWaiting && !reconnect) this.emit('end');
  }
}

/** Of a connection to one server that comes back by itself. */
function ownOptions(access: RedisAccess, name: string) {
  return {
    ...serverOptions(access, name),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: reconnectDelay,
    // A primary that became a replica: connect anew, to whoever answers for the name now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
}

function serverOptions({ address, tls }: RedisAccess, name: string) {
  return {
    connectionName: `guichet-${name}`,
    ...(address.username === null ? {} : { username: address.username }),
    ...(address.password === null ? {} : { password: address.password }),
    ...(address.isEncrypted ? { tls } : {}),
    commandTimeout: commandTimeoutMs,
    socketTimeout: socketTimeoutMs,
    connectTimeout: connectTimeoutMs,
    autoResendUnfulfilledCommands: false,
    // Which library this is, says nothing to operators; the connection's name does.
    disableClientInfo: true,
    enableAutoPipelining: false,
  } satisfies RedisOptions;
}

function sentinelOptions(
  { tls, sentinelUsername, sentinelPassword }: RedisAccess,
  { sentinels, primary, isEncrypted }: RedisAddress & { topology: 'sentinel' },
) {
  return {
    sentinels,
    name: primary,
    ...(sentinelUsername === null ? {} : { sentinelUsername }),
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(isEncrypted ? { sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
    sentinelCommandTimeout: sentinelTimeoutMs,
    sentinelRetryStrategy: reconnectDelay,
  } satisfies RedisOptions;
}

function clusterOptions(access: RedisAccess, name: string) {
  return {
    redisOptions: serverOptions(access, name),
    enableOfflineQueue: false,
    clusterRetryStrategy: reconnectDelay,
    // A node that was away has its slots again without a change of them.
    clusterNodeRetryStrategy: reconnectDelay,
    slotsRefreshInterval: slotsRefreshEveryMs,
    slotsRefreshTimeout: connectTimeoutMs,
    // It follows where a slot went; what meets a failover is unknown, and repeated by its caller under the same ids.
    maxRedirections: 4,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
  } satisfies ClusterOptions;
}

function reconnectDelay(attempt: number): number {
  return Math.min(reconnectDelayMaxMs, 50 * attempt + Math.random() * 50);
}
