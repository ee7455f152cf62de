/** Opens the adapters that a deployment asks for. */
import type { Log } from '../domain/log.ts';
import type { AlarmStore } from './alarm-store.ts';
import { memoryAlarmStore } from './alarm-store-memory.ts';
import { redisAlarmStore } from './alarm-store-redis.ts';
import type { DeliveryStore } from './delivery-store.ts';
import { memoryDeliveryStore } from './delivery-store-memory.ts';
import { redisDeliveryStore } from './delivery-store-redis.ts';
import type { EmailStore } from './email-store.ts';
import { memoryEmailStore } from './email-store-memory.ts';
import { redisEmailStore } from './email-store-redis.ts';
import type { MemoryRoom } from './memory-room.ts';
import type { QueueStore } from './queue-store.ts';
import { memoryQueueStore } from './queue-store-memory.ts';
import { redisQueueStore } from './queue-store-redis.ts';
import { connectRedis } from './redis-connection.ts';

export type StoreOptions = {
  /** Null: in this process's memory. */
  redisUrl: string | null;
  redisWaitReplicas: number;
  /** Whether e-mails can be asked for. */
  withEmails: boolean;
};

export type Stores = {
  queue: QueueStore;
  emails: EmailStore | null;
  deliveries: DeliveryStore;
  alarms: AlarmStore;
};

/** The caller closes each. */
export function openStores(
  { redisUrl, redisWaitReplicas: waitReplicas, withEmails }: StoreOptions,
  log: Log,
): Stores {
  if (!redisUrl) {
    log.warn({}, 'The store is in memory: tickets live as long as this process; set REDIS_URL to keep them');
    const rooms = new Map<string, MemoryRoom>();
    const emails = withEmails ? memoryEmailStore({ rooms }) : null;
    const deliveries = memoryDeliveryStore({ rooms });
    return { queue: memoryQueueStore({ rooms }), emails, deliveries, alarms: memoryAlarmStore() };
  }
  // The link says when the store is away; a line for each failed connection would drown it.
  const connect = (name: string) =>
    connectRedis(redisUrl, { name, onError: (err) => log.debug({ err, name }, 'Redis') });
  const queue = redisQueueStore({ commands: connect('commands'), ticks: connect('ticks'), waitReplicas });
  const emails = withEmails ? redisEmailStore({ redis: connect('emails'), waitReplicas }) : null;
  const deliveries = redisDeliveryStore({ redis: connect('deliveries'), waitReplicas });
  const alarms = redisAlarmStore({ redis: connect('alarms'), waitReplicas });
  return { queue, emails, deliveries, alarms };
}
