/** The service with receivers of its alarms, on a clock moved by hand. */
import type { Redis } from 'ioredis';
import type { RedisServer } from '../../src/dev/redis-server.ts';
import { alarmSecrets, shownWebhookSecret } from '../../src/service/webhook-signing.ts';
import { parseKeysFile } from '../../src/service/signing-keys.ts';
import { letPass, untilHolds } from './email-stage.ts';
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

  pass(ms: number): Promise<void> {
    return letPass(this.#time, ms);
  }
  until(holds: () => boolean | Promise<boolean>, withinMs = 120_000): Promise<void> {
    return untilHolds(this.#time, holds, withinMs);
  }

  get #time(): { clock: ManualClock; redis: RedisServer; client: Redis } {
    return { clock: this.clock, redis: this.redis, client: this.client };
  }
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
