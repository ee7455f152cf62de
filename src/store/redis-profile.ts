/**
 * What a Redis says of itself, for the doctor: read once, on a connection of its own that is closed again. Nothing is
 * written, and what an access list forbids to read is null.
 */
import { Redis } from 'ioredis';

const answerWithinMs = 3_000;
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

/** Rejects with what went wrong, without the URL: it may hold a password. */
export async function readRedisProfile(url: string): Promise<RedisProfile> {
  const redis = new Redis(url, {
    connectionName: 'guichet-doctor',
    lazyConnect: true,
    connectTimeout: answerWithinMs,
    commandTimeout: answerWithinMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    // A server that is still loading is told of, not waited for.
    enableReadyCheck: false,
    enableOfflineQueue: false,
  });
  let lastError: Error | null = null;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    await redis.connect();
    return await read(redis);
  } catch (error) {
    throw lastError ?? error;
  } finally {
    redis.disconnect();
  }
}

async function read(redis: Redis): Promise<RedisProfile> {
  const info = fieldsOf(await redis.info());
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
    onlineReplicas: [...info].filter(
      ([name, value]) => /^slave\d+$/.test(name) && value.includes('state=online'),
    ).length,
    minReplicasToWrite: minReplicas === null ? null : Number(minReplicas),
    ...clock,
  };
}

function fieldsOf(info: string): Map<string, string> {
  const lines = info.split('\r\n').filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
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
