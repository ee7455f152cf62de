/**
 * What a Redis says of itself, for the doctor: read once, on a connection of its own that is closed again. Nothing is
 * written, and what an access list forbids to read is null.
 */
import { Cluster, type Redis } from 'ioredis';
import type { RedisAccess } from '../domain/redis-address.ts';
import type { StoreState } from '../domain/store-state.ts';
import { redisForOnce } from './redis-connection.ts';
import { infoFields, onlineReplicas } from './redis-info.ts';
import { RedisReadiness } from './redis-readiness.ts';

/** The quickest of these tells the clock best: half of its way is the most that it can be wrong. */
const clockReadings = 5;

export type RedisProfile = {
  version: string;
  mode: string;
  role: string;
  isCluster: boolean;
  isLoading: boolean;
  /** Bytes; 0: no limit. */
  maxMemory: number;
  usedMemory: number;
  evictionPolicy: string;
  isAppendOnly: boolean;
  /** `always`, `everysec`, `no`; null: not told. */
  appendFsync: string | null;
  /** Fields of INFO that say that the last write to disk failed. */
  writeErrors: string[];
  onlineReplicas: number;
  /** 0: a primary alone goes on taking writes; null: not told. */
  minReplicasToWrite: number | null;
  /** How far its clock is ahead of this machine's, ms, and the most that this can be wrong. */
  clockAheadMs: number;
  clockWithinMs: number;
};

/** Of each primary, and whether a failover would be survived; rejects with what went wrong, without a password. */
export async function readRedisProfile(
  access: RedisAccess,
  waitReplicas: number,
): Promise<{ primaries: RedisProfile[]; failover: StoreState['failover'] }> {
  const redis = redisForOnce(access, 'doctor');
  let lastError: Error | null = null;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  const readiness = new RedisReadiness({ redis, waitReplicas, access });
  try {
    await redis.connect();
    const servers = redis instanceof Cluster ? redis.nodes('master') : [redis];
    const primaries = await Promise.all(servers.map(read));
    const { failover } = await readiness.check();
    return { primaries, failover };
  } catch (error) {
    throw lastError ?? error;
  } finally {
    readiness.close();
    redis.disconnect();
  }
}

async function read(redis: Redis): Promise<RedisProfile> {
  const info = infoFields(await redis.info());
  const text = (name: string): string => info.get(name) ?? '';
  const clock = await readClock(redis, text('redis_mode'));
  const minReplicas = await setting(redis, 'min-replicas-to-write');
  return {
    version: text('redis_version'),
    mode: text('redis_mode'),
    role: text('role'),
    isCluster: text('cluster_enabled') === '1',
    isLoading: text('loading') === '1',
    maxMemory: Number(text('maxmemory')),
    usedMemory: Number(text('used_memory')),
    evictionPolicy: text('maxmemory_policy'),
    isAppendOnly: text('aof_enabled') === '1',
    appendFsync: await setting(redis, 'appendfsync'),
    writeErrors: ['rdb_last_bgsave_status', 'aof_last_bgrewrite_status', 'aof_last_write_status'].filter(
      (name) => text(name) === 'err',
    ),
    onlineReplicas: onlineReplicas(info),
    minReplicasToWrite: minReplicas === null ? null : Number(minReplicas),
    ...clock,
  };
}

/** Null where the configuration may not be read, as at many hosts. */
async function setting(redis: Redis, name: string): Promise<string | null> {
  try {
    const [, value] = await redis.config('GET', name);
    return value ?? null;
  } catch {
    return null;
  }
}

async function readClock(
  redis: Redis,
  mode: string,
): Promise<Pick<RedisProfile, 'clockAheadMs' | 'clockWithinMs'>> {
  let best = { clockAheadMs: 0, clockWithinMs: Number.POSITIVE_INFINITY };
  // A Sentinel does not tell the time.
  if (mode === 'sentinel') return { clockAheadMs: 0, clockWithinMs: 0 };
  for (let reading = 0; reading < clockReadings; reading += 1) {
    const askedAtMs = Date.now();
    const startedMs = performance.now();
    // Bulk strings, whatever the types say.
    const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number);
    const withinMs = (performance.now() - startedMs) / 2;
    if (withinMs >= best.clockWithinMs) continue;
    const theirsMs = seconds * 1_000 + microseconds / 1_000;
    best = { clockAheadMs: theirsMs - (askedAtMs + withinMs), clockWithinMs: withinMs };
  }
  return best;
}
