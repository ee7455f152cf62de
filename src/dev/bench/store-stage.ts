/**
 * A room on a redis-server of its own, for the rows that measure the Redis side alone: the store is driven as the
 * service drives it, without the service. The wall clock is moved by hand, so that a heartbeat needs no waiting.
 */
import { randomUUID } from 'node:crypto';
import { completePolicy, type PolicyInput, type Room } from '../../domain/room.ts';
import type { QueueStore, Reply, RoomCursor, Sighting, TickAnswer } from '../../store/queue-store.ts';
import { redisQueueStore } from '../../store/queue-store-redis.ts';
import { connectToServer } from '../redis-client.ts';
import { type RedisServer, startRedisServer } from '../redis-server.ts';
import { cpuTimeUs, otherCore } from './cpu.ts';

/** Calls under way at once while tickets are made, as the service has them. */
const callsUnderWay = 4;
const roomId = 'bench';
/** A rush of 100,000 a second by the room's clock. */
const usBetweenJoins = 10;
const tokenLifeMs = 72 * 3_600_000;

/** Everyone waits, present and unswept for as long as a row takes. */
const waitingPolicy: PolicyInput = {
  capacity: 0,
  presentWithinMs: 600_000,
  abandonAfterMs: 1_200_000,
  ticketsMax: 10_000_000,
};

type Redis = ReturnType<typeof connectToServer>;

export class StoreStage {
  readonly admin: Redis;
  readonly #server: RedisServer;
  readonly #store: QueueStore;
  readonly #clock: { us: number };
  #room: Room;
  #cursor: RoomCursor = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };
  #readTo = 0;

  private constructor(
    server: RedisServer,
    store: QueueStore,
    admin: Redis,
    clock: { us: number },
    room: Room,
  ) {
    this.#server = server;
    this.#store = store;
    this.admin = admin;
    this.#clock = clock;
    this.#room = room;
  }

  /** An open, empty room, in which nobody is admitted. */
  static async start(): Promise<StoreStage> {
    const server = await startRedisServer({ core: otherCore, settings: { 'slowlog-max-len': '100000' } });
    const admin = connectToServer(server.url, {
      name: 'bench',
      onError: (error) => console.error(error),
    });
    await new Promise((resolve) => admin.once('ready', resolve));
    const clock = { us: Date.now() * 1_000 };
    const store = redisQueueStore({ commands: admin, ticks: admin, waitReplicas: 0, nowUs: () => clock.us });
    const policy = completePolicy(roomId, waitingPolicy);
    const room: Room = { roomId, state: 'open', version: 1, policy, notice: null, reason: null };
    const stage = new StoreStage(server, store, admin, clock, room);
    await store.create(room, clock.us);
    await stage.tick();
    return stage;
  }

  /** From now on. */
  async setPolicy(policy: PolicyInput): Promise<void> {
    const complete = completePolicy(roomId, { ...waitingPolicy, ...policy });
    this.#room = { ...this.#room, version: this.#room.version + 1, policy: complete };
    this.#served(await this.#store.setRoom(this.#room, this.#cursor, `change ${this.#room.version}`));
  }

  passMs(ms: number): void {
    this.#clock.us += ms * 1_000;
  }

  /** Tickets for so many newcomers, gathered. Resolves with how their tokens would tell them. */
  async join(count: number, { gathered = 500 }: { gathered?: number } = {}): Promise<Sighting[]> {
    const sightings: Sighting[] = [];
    let left = count;
    const joinSome = async (): Promise<void> => {
      while (left > 0) {
        const size = Math.min(gathered, left);
        left -= size;
        this.#clock.us += size * usBetweenJoins;
        const ids = Array.from({ length: size }, () => randomUUID());
        const answers = this.#served(await this.#store.join(roomId, this.#cursor, ids));
        for (const [index, answer] of answers.entries()) {
          if (!('order' in answer)) throw new Error(`a join was answered ${answer.kind}`);
          const { number, order, gen } = answer;
          const expiresAtMs = Math.floor(this.#clock.us / 1_000) + tokenLifeMs;
          sightings.push({ ticketId: ids[index] as string, number, order, gen, expiresAtMs });
        }
      }
    };
    await Promise.all(Array.from({ length: callsUnderWay }, joinSome));
    return sightings;
  }

  /** One call of `sight`; throws unless all of them wait. */
  async sight(sightings: Sighting[]): Promise<void> {
    const answers = this.#served(await this.#store.sight(roomId, this.#cursor, sightings));
    const other = answers.find(({ kind }) => kind !== 'waiting');
    if (other) throw new Error(`a sighting was answered ${other.kind}`);
  }

  async tick(): Promise<TickAnswer> {
    const answer = this.#served(
      await this.#store.tick(roomId, this.#cursor, {
        readFrom: this.#readTo,
        knownVersion: this.#room.version,
        callerWallMs: this.#clock.us / 1_000,
      }),
    );
    this.#readTo = answer.readTo;
    return answer;
  }

  /** CPU time of redis-server so far, µs. */
  cpuTimeUs(): number {
    return cpuTimeUs(this.#server.pid as number);
  }

  /** Bytes that redis-server has allocated for its data and itself. */
  async usedMemory(): Promise<number> {
    return Number(/^used_memory:(\d+)/m.exec(await this.admin.info('memory'))?.[1]);
  }

  async stop(): Promise<void> {
    await this.#store.close();
    await this.#server.stop();
  }

  #served<Answer>(reply: Reply<Answer>): Answer {
    if (reply.kind !== 'served') throw new Error(`the store answered ${reply.kind}`);
    this.#cursor = reply.head;
    return reply.answer;
  }
}

/** A stage for as long as `use` takes, whatever happens in it. */
export async function onStoreStage<Value>(use: (stage: StoreStage) => Promise<Value>): Promise<Value> {
  const stage = await StoreStage.start();
  try {
    return await use(stage);
  } finally {
    await stage.stop();
  }
}
