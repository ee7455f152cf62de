/** The service's stores with something replaced, for tools that must see what a guard is worth. */
import type { Config } from '../config.ts';
import { redisStores, type Stores } from '../store/open-stores.ts';
import type { QueueStore } from '../store/queue-store.ts';
import { connectRedis, type RedisClient } from '../store/redis-connection.ts';

/** The same store with some of its methods replaced, whatever it is made of. */
export function withReplaced(store: QueueStore, replaced: Partial<QueueStore>): QueueStore {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(replaced, name) ?? Reflect.get(target, name);
      return typeof method === 'function' ? (method.bind(target) as unknown) : method;
    },
  });
}

/** The stores of the service's own Redis, each of whose clients is what `through` makes of it. */
export function storesThrough(
  { redis, redisWaitReplicas: waitReplicas }: Pick<Config, 'redis' | 'redisWaitReplicas'>,
  through: (client: RedisClient) => RedisClient,
  time: { nowUs?: () => number } = {},
): Stores {
  if (redis === null) throw new Error('REDIS_URL is needed');
  const connect = (name: string): RedisClient => through(connectRedis(redis, { name, onError: () => {} }));
  return redisStores(connect, { waitReplicas, withEmails: false, ...time });
}
