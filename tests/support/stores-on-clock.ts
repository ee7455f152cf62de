/** Stores whose wall clock is the test's; one that is moved by hand knows when Redis is asked. */
import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { memoryStores, redisStores, type Stores } from '../../src/store/open-stores.ts';
import { ManualClock } from './manual-clock.ts';
import type { QuickClock } from './quick-clock.ts';

/** Connected: a call repeated until then would wait on that clock. */
export async function storesOn(
  clock: ManualClock | QuickClock,
  redisUrl: string | undefined,
  withEmails: boolean,
): Promise<Stores> {
  const options = { withEmails, nowUs: clock.wallUs };
  if (redisUrl === undefined) return memoryStores(options);
  const connections: Redis[] = [];
  const connect = (name: string): Redis => {
    const redis = connectToServer(redisUrl, { name, onError: () => {} });
    connections.push(redis);
    if (clock instanceof ManualClock) holdWhileAsked(redis, clock);
    return redis;
  };
  const stores = redisStores(connect, { ...options, waitReplicas: 0 });
  await Promise.all(connections.map((redis) => once(redis, 'ready')));
  return stores;
}

function holdWhileAsked(redis: Redis, clock: ManualClock): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    clock.holdFor(command.promise);
    return send(command, stream);
  };
}
