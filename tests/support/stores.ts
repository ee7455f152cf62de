/**
 * Both adapters of the port, each with a wall clock that the test moves, and with what only a test may do to a
 * store: look inside a room, take it away, put an old copy back, start another process.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, inject } from 'vitest';
import type { DeliveryStore } from '../../src/store/delivery-store.ts';
import { memoryDeliveryStore } from '../../src/store/delivery-store-memory.ts';
import { redisDeliveryStore } from '../../src/store/delivery-store-redis.ts';
import type { EmailStore } from '../../src/store/email-store.ts';
import { memoryEmailStore } from '../../src/store/email-store-memory.ts';
import { redisEmailStore } from '../../src/store/email-store-redis.ts';
import type { FiguresStore } from '../../src/store/figures-store.ts';
import { memoryFiguresStore } from '../../src/store/figures-store-memory.ts';
import { redisFiguresStore } from '../../src/store/figures-store-redis.ts';
import type { MemoryRoom } from '../../src/store/memory-room.ts';
import type { QueueStore } from '../../src/store/queue-store.ts';
import { memoryQueueStore } from '../../src/store/queue-store-memory.ts';
import { redisQueueStore } from '../../src/store/queue-store-redis.ts';
import { codeKey, roomKeys } from '../../src/store/redis-keys.ts';
import { type ScriptName, scriptParts, scriptText } from '../../src/store/redis-scripts.ts';
import type { TicketFinder } from '../../src/store/ticket-finder.ts';
import { memoryTicketFinder } from '../../src/store/ticket-finder-memory.ts';
import { redisTicketFinder } from '../../src/store/ticket-finder-redis.ts';
import { withChangedScripts } from '../../src/dev/changed-scripts.ts';
import { type ObservedRoom, observeMemoryRoom, observeRedisRoom } from './observed-room.ts';

export const storeKinds = ['memory', 'redis'] as const;
export type StoreKind = (typeof storeKinds)[number];

/** Where a test's wall clock begins, µs: an order of 16 digits, as in life. */
export const startOfTimeUs = 1_763_761_234_567_890;

/** A wall clock moved by hand; it may step back. */
export class TestTime {
  us = startOfTimeUs;
  get ms(): number {
    return Math.floor(this.us / 1_000);
  }
  passMs(ms: number): void {
    this.us += ms * 1_000;
  }
}

/** A copy of a room's data, to be put back later. */
export type RoomCopy = { restore: () => Promise<void> };

/** Requests for e-mails that a test's room keeps. */
export const emailsKeptMax = 30;
/** Requests of a choice that one claim on Redis looks at, for those that are over. */
export const emailsSweepMax = 5;

export type TestStore = {
  store: QueueStore;
  emails: EmailStore;
  deliveries: DeliveryStore;
  figures: FiguresStore;
  finder: TicketFinder;
  time: TestTime;
  /** What the store holds of a room; null when there is none. */
  observe(roomId: string): Promise<ObservedRoom | null>;
  /** What there is of a room: in Redis the names of its keys, in memory of what holds something. Sorted. */
  keysOf(roomId: string): Promise<string[]>;
  copy(roomId: string): Promise<RoomCopy>;
  /** All data of the room is gone, as after FLUSHALL. */
  wipe(roomId: string): Promise<void>;
  /** The next call finds another store process, for this room at least. */
  restart(roomId: string): Promise<void>;
  close(): Promise<void>;
};

/** A store for all tests of a file or suite: opened before the first and closed after the last. */
export function useStore(kind: StoreKind): TestStore {
  const holder: { opened?: TestStore } = {};
  beforeAll(async () => {
    holder.opened = kind === 'memory' ? openMemoryStore() : await openRedisStore();
  });
  afterAll(() => holder.opened?.close());
  return new Proxy({} as TestStore, { get: (_, name): unknown => Reflect.get(holder.opened ?? {}, name) });
}

/** A room id that no other test has. */
export function newRoomId(): string {
  return `test-${randomUUID()}`;
}

function openMemoryStore(): TestStore {
  const time = new TestTime();
  const rooms = new Map<string, MemoryRoom>();
  let process = 1;
  return {
    store: memoryQueueStore({ nowUs: () => time.us, runId: () => `process ${process}`, rooms }),
    emails: memoryEmailStore({ nowUs: () => time.us, keptMax: emailsKeptMax, rooms }),
    deliveries: memoryDeliveryStore({ nowUs: () => time.us, rooms }),
    figures: memoryFiguresStore({ nowUs: () => time.us, rooms }),
    finder: memoryTicketFinder({ rooms }),
    time,
    observe: async (roomId) => {
      const room = rooms.get(roomId);
      return room === undefined ? null : observeMemoryRoom(room);
    },
    keysOf: async (roomId) => {
      const { places, ...rest } = rooms.get(roomId) ?? { places: {} };
      const filled = Object.entries({ ...places, spent: null, ...rest }).filter(([, value]) =>
        holdsSome(value),
      );
      return [...(rooms.has(roomId) ? ['room'] : []), ...filled.map(([name]) => name)].toSorted();
    },
    copy: async (roomId) => {
      const copied = structuredClone(rooms.get(roomId));
      return {
        restore: async () => {
          if (copied === undefined) rooms.delete(roomId);
          else rooms.set(roomId, structuredClone(copied));
        },
      };
    },
    wipe: async (roomId) => void rooms.delete(roomId),
    restart: async () => {
      process += 1;
    },
    close: async () => {},
  };
}

/** Whether this is a list, a map or a set of ids with something in it, or a frame. */
function holdsSome(value: unknown): boolean {
  if (value instanceof Map) return value.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value !== 'object' || value === null) return false;
  return 'scores' in value ? (value.scores as Map<string, number>).size > 0 : 'checkpoints' in value;
}

/** `change` may alter a script's text before it is registered: a guard taken out must be noticed. */
export async function openRedisStore(
  change: (name: ScriptName, text: string) => string = (_, text) => text,
): Promise<TestStore> {
  const time = new TestTime();
  // Without the service's time limits: a timer for each of a million commands would be most of the work.
  const [redis, admin] = await Promise.all([inject('redisUrl'), inject('adminRedisUrl')].map(openClient));
  if (!redis || !admin) throw new Error('no connections');
  const changed = new Map<ScriptName, string>();
  for (const name of Object.keys(scriptParts) as ScriptName[]) {
    const text = change(name, scriptText(name));
    if (text !== scriptText(name)) changed.set(name, text);
    // One that is sent again with its text comes behind whatever the test has asked meanwhile.
    await admin.script('LOAD', text);
  }
  const client = changed.size === 0 ? redis : withChangedScripts(redis, changed);
  const store = redisQueueStore({ commands: client, ticks: client, waitReplicas: 0, nowUs: () => time.us });
  return redisTestStore({ store, redis, admin, time });
}

async function openClient(url: string): Promise<Redis> {
  const redis = new Redis(url, { retryStrategy: () => null });
  redis.on('error', (error) => console.error(error));
  await once(redis, 'ready');
  return redis;
}

/** A store on Redis, a client for what stands beside it, and one for what comes from outside. `close` ends all. */
export function redisTestStore({
  store,
  redis,
  admin = redis,
  time,
}: {
  store: QueueStore;
  redis: Redis;
  /** Absent: the same. */
  admin?: Redis;
  time: TestTime;
}): TestStore {
  const codes = new OfferedCodes();
  const keysOf = (roomId: string): string[] => [
    ...roomKeys(roomId),
    ...codes.of(roomId).map((name) => codeKey(roomId, name)),
  ];
  const nowUs = (): number => time.us;
  return {
    store: codes.watch(store),
    emails: redisEmailStore({
      redis,
      waitReplicas: 0,
      nowUs,
      keptMax: emailsKeptMax,
      sweepMax: emailsSweepMax,
    }),
    deliveries: redisDeliveryStore({ redis, waitReplicas: 0, nowUs }),
    figures: redisFiguresStore({ redis, waitReplicas: 0, nowUs }),
    finder: redisTicketFinder({ redis }),
    time,
    observe: (roomId) => observeRedisRoom(redis, roomId, codes.of(roomId)),
    keysOf: async (roomId) => {
      const prefix = `guichet:{${roomId}}:`;
      return (await admin.keys(`${prefix}*`)).map((key) => key.slice(prefix.length)).toSorted();
    },
    copy: (roomId) => copyRedisRoom(admin, () => keysOf(roomId)),
    wipe: async (roomId) => void (await admin.unlink(...keysOf(roomId))),
    restart: async (roomId) => {
      const [room = ''] = roomKeys(roomId);
      if ((await admin.exists(room)) === 1) await admin.hset(room, 'runId', randomUUID());
    },
    close: async () => {
      await store.close();
      for (const client of [redis, admin]) if (client.status !== 'end') client.disconnect();
    },
  };
}

/** The names of the codes that were offered in each room: Redis keeps each under a key of its own, and no list. */
class OfferedCodes {
  readonly #names = new Map<string, Set<string>>();

  of(roomId: string): string[] {
    return [...(this.#names.get(roomId) ?? [])];
  }

  /** The same store, whose offers are noted. */
  watch(store: QueueStore): QueueStore {
    const offerMove: QueueStore['offerMove'] = (roomId, cursor, offer) => {
      this.#names.set(roomId, (this.#names.get(roomId) ?? new Set()).add(offer.codeName));
      return store.offerMove(roomId, cursor, offer);
    };
    return new Proxy(store, {
      get(target, name) {
        if (name === 'offerMove') return offerMove;
        const method: unknown = Reflect.get(target, name);
        return typeof method === 'function' ? (method.bind(target) as unknown) : method;
      },
    });
  }
}

async function copyRedisRoom(redis: Redis, keysNow: () => string[]): Promise<RoomCopy> {
  const keys = keysNow();
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return {
    restore: async () => {
      const pipeline = redis.pipeline().unlink(...keysNow());
      for (const [index, key] of keys.entries()) {
        const dump = dumps[index];
        if (dump) pipeline.restore(key, 0, dump);
      }
      await pipeline.exec();
    },
  };
}
