/**
 * What a row plays on, started and stopped here: Redis on one core, the service on the other, as `npm run bench`
 * promises, and one open room. Logging, limits, checks and metrics are those of production; only the limit on joins
 * for one address is off, since all the load comes from one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { settleMs } from '../../domain/release-plan.ts';
import { type RedisServer, startRedisServer } from '../redis-server.ts';
import { makeApiKeys, makeSigningKeys, ServiceProcess } from '../service-processes.ts';
import { otherCore, serviceCore } from './cpu.ts';

export type StageOptions = {
  /** Beyond the defaults; a room that admits nobody unless told otherwise. */
  policy?: Readonly<Record<string, unknown>>;
  /** Settings of the service. */
  environment?: Readonly<Record<string, string>>;
  /** Start a Redis replica, too. */
  hasReplica?: boolean;
  /** What is run instead of src/main.ts. */
  entry?: readonly string[];
  /** False: on whichever core is free, for what measures no cost. */
  isPinned?: boolean;
};

export type BenchStage = {
  roomId: string;
  /** `http://127.0.0.1:port/v1/rooms/{roomId}` on the public listener. */
  roomUrl: string;
  redis: RedisServer;
  service: ServiceProcess;
  /** For the files of load generators; removed by `close`. */
  directory: string;
  /** The service's signing keys, for rows that sign for themselves. */
  keysFile: string;
  /** A call of the internal API, as the administrator. Rejects unless it is answered 2xx. */
  manage: (method: string, path: string, body?: object) => Promise<void>;
  /** One more replica of the service on the same Redis and core, with other settings; stopped by `close`. */
  another: (name: string, environment: Readonly<Record<string, string>>) => Promise<ServiceProcess>;
  close: () => Promise<void>;
};

const roomId = 'bench';

/** Starts all of it; what was started is stopped again when a part fails. */
export async function openStage(options: StageOptions = {}): Promise<BenchStage> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-bench-'));
  const started: { stop: () => Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const part of started.toReversed()) await part.stop();
    await rm(directory, { recursive: true, force: true });
  };
  const onCore = (core: number): { core?: number } => (options.isPinned === false ? {} : { core });
  try {
    const redis = await startRedisServer(onCore(otherCore));
    started.push(redis);
    if (options.hasReplica) started.push(await redis.startReplica());
    const keysFile = join(directory, 'signing-keys.json');
    await makeSigningKeys(keysFile);
    const apiKeys = makeApiKeys();
    const another: BenchStage['another'] = async (name, environment) => {
      const made = await ServiceProcess.create({
        name,
        directory,
        apiKeys,
        ...onCore(serviceCore),
        ...(options.entry ? { entry: options.entry } : {}),
        environment: {
          REDIS_URL: redis.url,
          GUICHET_SIGNING_KEYS_FILE: keysFile,
          GUICHET_JOINS_PER_MINUTE_PER_PREFIX: String(joinsPerMinuteMax),
          GUICHET_DRAIN_MS: '0',
          ...options.environment,
          ...environment,
        },
      });
      started.push(made);
      await made.start();
      return made;
    };
    const service = await another('service', {});
    const manage = manager(service, apiKeys.admin);
    const policy = {
      capacity: 0,
      ticketsMax: 10_000_000,
      targetUrl: 'https://example.org/',
      ...options.policy,
    };
    await manage('PUT', `/v1/rooms/${roomId}`, policy);
    await manage('POST', `/v1/rooms/${roomId}/open`, {});
    // A room just made admits nobody for a moment.
    await pause(settleMs + 1_000);
    const roomUrl = `${service.publicUrl}/v1/rooms/${roomId}`;
    return { roomId, roomUrl, redis, service, directory, keysFile, manage, another, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A stage for as long as `use` takes, whatever happens in it. */
export async function onStage<Value>(
  options: StageOptions,
  use: (stage: BenchStage) => Promise<Value>,
): Promise<Value> {
  const stage = await openStage(options);
  try {
    return await use(stage);
  } finally {
    await stage.close();
  }
}

/** Worked out for each join, and never reached: the bucket holds a million. */
const joinsPerMinuteMax = 1_000_000;

function manager(service: ServiceProcess, key: string): BenchStage['manage'] {
  return async (method, path, body) => {
    const response = await fetch(`${service.internalUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
}
