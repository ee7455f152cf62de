/** Opens the adapters that a deployment asks for. */
import type { Log } from '../domain/log.ts';
import type { RedisAccess } from '../domain/redis-address.ts';
import type { AlarmStore } from './alarm-store.ts';
import { memoryAlarmStore } from './alarm-store-memory.ts';
import { redisAlarmStore } from './alarm-store-redis.ts';
import type { AuditStore } from './audit-store.ts';
import { type MemoryAudits, memoryAuditStore } from './audit-store-memory.ts';
import { redisAuditStore } from './audit-store-redis.ts';
import type { ApiKeyStore } from './api-key-store.ts';
import { memoryApiKeyStore } from './api-key-store-memory.ts';
import { redisApiKeyStore } from './api-key-store-redis.ts';
import type { DeliveryStore } from './delivery-store.ts';
import { memoryDeliveryStore } from './delivery-store-memory.ts';
import { redisDeliveryStore } from './delivery-store-redis.ts';
import type { EmailStore } from './email-store.ts';
import { memoryEmailStore } from './email-store-memory.ts';
import { redisEmailStore } from './email-store-redis.ts';
import type { FiguresStore } from './figures-store.ts';
import { memoryFiguresStore } from './figures-store-memory.ts';
import { redisFiguresStore } from './figures-store-redis.ts';
import type { MemoryRoom } from './memory-room.ts';
import type { QueueStore } from './queue-store.ts';
import { memoryProposalStore, type ProposalStore } from './proposal-store.ts';
import { redisProposalStore } from './proposal-store-redis.ts';
import { memoryQueueStore } from './queue-store-memory.ts';
import { redisQueueStore } from './queue-store-redis.ts';
import { connectRedis, type RedisClient } from './redis-connection.ts';
import type { TicketFinder } from './ticket-finder.ts';
import { memoryTicketFinder } from './ticket-finder-memory.ts';
import { redisTicketFinder } from './ticket-finder-redis.ts';

export type StoreOptions = {
  /** Null: in this process's memory. */
  redis: RedisAccess | null;
  redisWaitReplicas: number;
  /** Whether e-mails can be asked for. */
  withEmails: boolean;
};

export type Stores = {
  queue: QueueStore;
  emails: EmailStore | null;
  deliveries: DeliveryStore;
  audits: AuditStore;
  proposals: ProposalStore;
  apiKeys: ApiKeyStore;
  figures: FiguresStore;
  finder: TicketFinder;
  alarms: AlarmStore;
};

/** The caller closes each. */
export function openStores(
  { redis, redisWaitReplicas: waitReplicas, withEmails }: StoreOptions,
  log: Log,
): Stores {
  if (!redis) {
    log.warn({}, 'The store is in memory: tickets live as long as this process; set REDIS_URL to keep them');
    return memoryStores({ withEmails });
  }
  // The link says when the store is away; a line for each failed connection would drown it.
  const connect = (name: string): RedisClient =>
    connectRedis(redis, { name, onError: (err) => log.debug({ err, name }, 'Redis') });
  return redisStores(connect, { waitReplicas, withEmails, access: redis });
}

type AdapterOptions = {
  withEmails: boolean;
  /** Tests pass the stores' wall clock, µs. */
  nowUs?: () => number;
};

/** Every port in this process's memory, over the same rooms. */
export function memoryStores({ withEmails, ...time }: AdapterOptions): Stores {
  const rooms = new Map<string, MemoryRoom>();
  const audits: MemoryAudits = new Map();
  return {
    queue: memoryQueueStore({ rooms, audits, ...time }),
    emails: withEmails ? memoryEmailStore({ rooms, ...time }) : null,
    deliveries: memoryDeliveryStore({ rooms, ...time }),
    audits: memoryAuditStore({ audits, ...time }),
    proposals: memoryProposalStore(),
    apiKeys: memoryApiKeyStore(),
    figures: memoryFiguresStore({ rooms, ...time }),
    finder: memoryTicketFinder({ rooms }),
    alarms: memoryAlarmStore(time),
  };
}

/** Every port on Redis, on connections of their own, so that nothing stands in front of a visitor's call. */
export function redisStores(
  connect: (name: string) => RedisClient,
  {
    waitReplicas,
    withEmails,
    access,
    ...time
  }: AdapterOptions & {
    waitReplicas: number;
    access?: RedisAccess;
  },
): Stores {
  const own = { waitReplicas, ...time };
  // What operators do is seldom, and shares one.
  const ofOperators = { redis: connect('operators'), waitReplicas };
  return {
    queue: redisQueueStore({
      commands: connect('commands'),
      ticks: connect('ticks'),
      ...own,
      ...(access ? { access } : {}),
    }),
    emails: withEmails ? redisEmailStore({ redis: connect('emails'), ...own }) : null,
    deliveries: redisDeliveryStore({ redis: connect('deliveries'), ...own }),
    audits: redisAuditStore(ofOperators),
    proposals: redisProposalStore(ofOperators),
    apiKeys: redisApiKeyStore({ redis: connect('api-keys'), waitReplicas }),
    figures: redisFiguresStore({ redis: connect('figures'), ...own }),
    finder: redisTicketFinder({ redis: connect('finder') }),
    alarms: redisAlarmStore({ redis: connect('alarms'), ...own }),
  };
}
