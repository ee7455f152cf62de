/** The service with receivers of its alarms, on a clock moved by hand. */
import type { Redis } from 'ioredis';
import type { RedisServer } from '../../src/dev/redis-server.ts';
import type { PolicyInput } from '../../src/domain/room.ts';
import { alarmSecrets, shownWebhookSecret } from '../../src/service/webhook-signing.ts';
import { parseKeysFile } from '../../src/service/signing-keys.ts';
import { type EmailStage, letPass, untilHolds } from './email-stage.ts';
import { ManualClock } from './manual-clock.ts';
import type { Receiver } from './receiver.ts';
import { connectTo, startRedis } from './redis.ts';
import { serviceForTest, type TestService, type TestServiceOptions } from './service.ts';

export type AlarmView = {
  alarmId: string;
  alarm: string;
  roomId: string | null;
  clearedAt: string | null;
  facts: { [name: string]: string | number };
};

export class AlarmStage {
  readonly clock = new ManualClock(Date.now());
  readonly redis: RedisServer;
  readonly client: Redis;
  readonly environment: Readonly<Record<string, string>>;
  #keysOf: TestService | null = null;
  #isFrozen = false;

  private constructor(redis: RedisServer, environment: Readonly<Record<string, string>>) {
    this.redis = redis;
    this.client = connectTo(redis.url, { commandTimeout: 100 });
    this.environment = environment;
  }

  /** Every replica of it has these settings. */
  static async open(environment: Readonly<Record<string, string>> = {}): Promise<AlarmStage> {
    return new AlarmStage(await startRedis(), environment);
  }

  async replica(options: TestServiceOptions = {}): Promise<TestService> {
    const service = await serviceForTest({
      clock: this.clock,
      redisUrl: this.redis.url,
      environment: this.environment,
      ...(this.#keysOf ? { replicaOf: this.#keysOf } : {}),
      ...options,
    });
    this.#keysOf ??= service;
    return service;
  }

  /** Lets a receiver trust what the replicas sign. */
  trust(receiver: Receiver, { signingKeys }: TestService): void {
    const [secret] = alarmSecrets(parseKeysFile(signingKeys).webhook);
    receiver.secret = secret ? shownWebhookSecret(secret) : '';
  }

  /** Redis keeps its connections and answers nobody. */
  freeze(): void {
    this.#isFrozen = true;
    this.redis.freeze();
  }
  thaw(): void {
    this.#isFrozen = false;
    this.redis.thaw();
  }

  pass(ms: number): Promise<void> {
    return letPass(this.#time, ms);
  }
  until(holds: () => boolean | Promise<boolean>, withinMs = 120_000): Promise<void> {
    return untilHolds(this.#time, holds, withinMs);
  }

  get #time(): EmailStage {
    return { clock: this.clock, redis: this.redis, client: this.client, isFrozen: this.#isFrozen };
  }
}

/** Who is present stays so, and everybody is let in. */
export const everybodyEnters = { capacity: 100, outflowPerMinute: 600, presentWithinMs: 3_600_000 };

/** An open room whose settling time is over. */
export async function settledRoom(
  stage: AlarmStage,
  service: TestService,
  changes: PolicyInput = {},
): Promise<string> {
  const roomId = await service.openRoom({ ...everybodyEnters, ...changes });
  await stage.pass(4_000);
  return roomId;
}

/** What a replica tells of its alarms. */
export async function alarmsOf(service: TestService, query = ''): Promise<AlarmView[]> {
  const { body } = await service.internal(`/v1/alarms${query}`, { as: 'viewer' });
  return body['alarms'] as AlarmView[];
}

/** What a receiver was told, in order: `raised nobody-admitted`. */
export function toldTo({ messages }: Receiver): string[] {
  return messages.map(({ event: { type, subject } }) => `${type.split('.')[2]} ${subject}`);
}

/** Takes away what a room's bucket holds, for good: nobody is admitted, and nothing says why. Returns what mends it. */
export async function breakBucket({ client }: AlarmStage, roomId: string): Promise<() => Promise<void>> {
  const key = `guichet:{${roomId}}:room`;
  // The only counter with a fraction.
  const fill = async (bucket: string): Promise<void> => {
    const counters = (await client.hget(key, 'counters')) ?? '';
    await client.hset(key, 'counters', counters.replace(/-?\d+\.\d+/, bucket));
  };
  await fill('-1000000.000000');
  return () => fill('0.000000');
}
