/** Has a primary of Redis give way to a replica, as for a drill: the way that Sentinels or a Cluster themselves offer. */
import { Cluster } from 'ioredis';
import type { RedisAccess } from '../domain/redis-address.ts';
import { redisForOnce } from './redis-connection.ts';
import { roomKeys } from './redis-keys.ts';
import { connectSentinels } from './sentinel-watch.ts';

/**
 * Resolves when it is under way; `by` is who does it. Rejects where nothing takes over, or nobody of them answers. The
 * user of the service has no right to it: the address is an administrator's.
 */
export async function forceFailover(access: RedisAccess, roomId: string): Promise<{ by: string }> {
  switch (access.address.topology) {
    case 'sentinel':
      return bySentinel(access, access.address.primary);
    case 'cluster':
      return byReplica(access, roomId);
    case 'single':
      throw new Error('REDIS_URL names one server, in whose place nothing takes over by itself');
  }
}

async function bySentinel(access: RedisAccess, primary: string): Promise<{ by: string }> {
  const sentinels = connectSentinels(access, 'drill');
  let lastError: unknown = new Error('no Sentinel answers');
  try {
    for (const sentinel of sentinels) {
      try {
        await sentinel.call('SENTINEL', 'FAILOVER', primary);
        return { by: `SENTINEL FAILOVER ${primary} at ${sentinel.options.host}:${sentinel.options.port}` };
      } catch (error) {
        lastError = error;
      }
    }
    throw lastError;
  } finally {
    for (const sentinel of sentinels) sentinel.disconnect();
  }
}

/** The replica of whoever has the room takes its place without being handed it. */
async function byReplica(access: RedisAccess, roomId: string): Promise<{ by: string }> {
  const redis = redisForOnce(access, 'drill');
  try {
    await redis.connect();
    if (!(redis instanceof Cluster)) throw new Error('it is no Cluster');
    const [key = ''] = roomKeys(roomId);
    const slot = await redis.cluster('KEYSLOT', key);
    const shards = await redis.cluster('SLOTS');
    const [, , , ...replicas] = shards.find(([from, to]) => slot >= from && slot <= to) ?? [];
    for (const [host, port] of replicas) {
      const node = redis.nodes('slave').find(({ options }) => options.host === host && options.port === port);
      if (!node) continue;
      await node.call('CLUSTER', 'FAILOVER', 'FORCE');
      return { by: `CLUSTER FAILOVER FORCE at ${host}:${port}` };
    }
    throw new Error('the primary that has the room has no replica');
  } finally {
    redis.disconnect();
  }
}
