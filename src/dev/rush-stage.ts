/**
 * Everything a rush plays on, started and stopped here: a redis-server with its append-only file, two replicas with
 * shared keys, the demo site, and a room with the short times of a rush, open before anyone arrives.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { settleMs } from '../domain/release-plan.ts';
import { DemoOriginProcess } from './demo-origin-process.ts';
import { freePort, type RedisServer, startRedisServer } from './redis-server.ts';
import type { RushPolicy } from './rush-history.ts';
import type { RushOptions } from './rush-options.ts';
import { type ApiKeys, makeApiKeys, makeSigningKeys, ServiceProcess } from './service-processes.ts';

export type RushStage = {
  roomId: string;
  /** An operator's. */
  apiKey: string;
  policy: RushPolicy;
  redis: RedisServer;
  replicas: readonly [ServiceProcess, ServiceProcess];
  origin: DemoOriginProcess;
  /** For logs and the history; removed by `close` unless told to keep it. */
  directory: string;
  close: (keep: boolean) => Promise<void>;
};

const roomId = 'rush';
const openTimeoutMs = 15_000;
const openPollMs = 100;

/** Times short enough for a rush of two minutes; the pace far above the turnover, so that the seats decide. */
function rushPolicy(capacity: number): RushPolicy {
  const outflowPerMinute = Math.max(120, capacity * 36);
  return {
    capacity,
    outflowPerMinute,
    batchSizeMax: Math.max(10, Math.ceil(outflowPerMinute / 30)),
    releaseEveryMs: 1_000,
    presentWithinMs: 6_000,
    abandonAfterMs: 20_000,
    enterWithinMs: 8_000,
    sessionTtlMs: 15_000,
    recoverWithinMs: 8_000,
  };
}

/** Starts all of it; what was started is stopped again when a part fails. */
export async function startRushStage(options: RushOptions): Promise<RushStage> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-rush-'));
  const policy = rushPolicy(options.capacity);
  const apiKeys = makeApiKeys();
  const started: { stop: () => Promise<void> }[] = [];
  const close = async (keep: boolean): Promise<void> => {
    for (const part of started.toReversed()) await part.stop();
    if (!keep) await rm(directory, { recursive: true, force: true });
  };
  try {
    // With `everysec` a crash may lose the last second, which is what recovery is for, not what a restart must show.
    const redis = await startRedisServer({
      appendonly: options.fault === 'restart' ? 'always' : 'everysec',
      settings: { 'auto-aof-rewrite-percentage': '0', 'maxmemory-policy': 'noeviction' },
    });
    started.push(redis);
    const replicas = await makeReplicas(options, directory, redis, apiKeys);
    started.push(...replicas);
    await Promise.all(replicas.map((replica) => replica.start()));
    const origin = await DemoOriginProcess.start({
      port: await freePort(),
      roomId,
      gate: 'guichet',
      guichetPublicUrls: replicas.map(({ publicUrl }) => publicUrl),
      guichetInternalUrls: replicas.map(({ internalUrl }) => internalUrl),
      originKey: apiKeys.origin,
      sessionTtlMs: policy.sessionTtlMs,
      capacity: options.capacity,
    });
    started.push(origin);
    await openRoom(replicas, apiKeys, policy, origin.url);
    return { roomId, apiKey: apiKeys.admin, policy, redis, replicas, origin, directory, close };
  } catch (error) {
    await close(true);
    throw error;
  }
}

async function makeReplicas(
  options: RushOptions,
  directory: string,
  redis: RedisServer,
  apiKeys: ApiKeys,
): Promise<[ServiceProcess, ServiceProcess]> {
  const keysFile = join(directory, 'signing-keys.json');
  await makeSigningKeys(keysFile);
  // As behind one load balancer: passes name one issuer, whichever replica signed them.
  const publicUrl = `http://127.0.0.1:${await freePort()}`;
  const make = (name: string): Promise<ServiceProcess> =>
    ServiceProcess.create({
      name,
      directory,
      apiKeys,
      ...(options.breaking === null ? {} : { entry: ['src/dev/broken-service-main.ts', options.breaking] }),
      environment: {
        REDIS_URL: redis.url,
        GUICHET_SIGNING_KEYS_FILE: keysFile,
        // Everybody comes from one address here.
        GUICHET_JOINS_PER_MINUTE_PER_PREFIX: '0',
        GUICHET_PUBLIC_URL: publicUrl,
        GUICHET_DRAIN_MS: '200',
        GUICHET_LOG_LEVEL: 'info',
      },
    });
  return [await make('replica-1'), await make('replica-2')];
}

async function openRoom(
  replicas: readonly ServiceProcess[],
  { admin }: ApiKeys,
  policy: RushPolicy,
  originUrl: string,
): Promise<void> {
  const base = `${replicas[0]?.internalUrl}/v1/rooms/${roomId}`;
  const call = async (method: string, url: string, body: object): Promise<void> => {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  };
  await call('PUT', base, { ...policy, targetUrl: `${originUrl}/` });
  await call('POST', `${base}/open`, {});
  const until = Date.now() + openTimeoutMs;
  for (const { publicUrl } of replicas) {
    while (!(await isOpen(`${publicUrl}/v1/rooms/${roomId}`))) {
      if (Date.now() > until) throw new Error(`the room did not open on ${publicUrl}`);
      await pause(openPollMs);
    }
  }
  // A room just made holds its admissions for a moment; the rush begins when it would admit.
  await pause(settleMs);
}

async function isOpen(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => null);
  return response?.ok === true && ((await response.json()) as { state?: unknown }).state === 'open';
}
