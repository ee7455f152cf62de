/** A client of one redis-server of ours, with the very settings of the service: for tests and measurements. */
import { redisAddress } from '../domain/redis-address.ts';
import { connectRedis, type RedisClient } from '../store/redis-connection.ts';

type OneServer = Extract<RedisClient, { stream: unknown }>;

/** Connects by itself to `redis://host:port[/database]`. */
export function connectToServer(
  url: string,
  options: { name: string; onError: (error: Error) => void },
): OneServer {
  const address = redisAddress(url);
  if (address?.topology !== 'single') throw new TypeError(`${url} does not name one server`);
  return connectRedis(
    { address, tls: {}, sentinelUsername: null, sentinelPassword: null },
    options,
  ) as OneServer;
}
