/**
 * Redis for tests that stop, freeze or replicate it: processes of their own, gone after the test.
 * Call it inside a test. For tests that only use a Redis, the contract suite provides `redisUrl`.
 */
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { type RedisServer, type RedisServerOptions, startRedisServer } from '../../src/dev/redis-server.ts';

/** A redis-server on a free port with its own directory; stopped and removed when the running test is over. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedisServer(options);
  onTestFinished(() => server.stop());
  return server;
}

/** A replica of `primary`, in sync when this resolves; stopped and removed when the running test is over. */
export async function startReplicaOf(primary: RedisServer): Promise<RedisServer> {
  const replica = await primary.startReplica();
  onTestFinished(() => replica.stop());
  return replica;
}

/** What tests set on a plain client, as in ioredis; `retryStrategy` returning null ends it with its connection. */
type ClientOptions = {
  retryStrategy?: (attempt: number) => number | null;
  maxRetriesPerRequest?: number;
  commandTimeout?: number;
};

/** A plain client that comes back quickly and keeps quiet about errors; gone when the running test is over. */
export function connectTo(url: string, options: ClientOptions = {}): Redis {
  const client = new Redis(url, { retryStrategy: () => 10, ...options });
  client.on('error', () => undefined);
  onTestFinished(() => {
    // Disconnecting what has ended leaves a timer of 2 s behind.
    if (client.status !== 'end') client.disconnect();
  });
  return client;
}

/** How many bytes the replica has not acknowledged. */
export async function replicaLag(primary: Redis): Promise<number> {
  const info = await primary.info('replication');
  const numberAt = (pattern: RegExp): number => Number(pattern.exec(info)?.[1]);
  return numberAt(/master_repl_offset:(\d+)/) - numberAt(/slave0:.*offset=(\d+)/);
}
