/**
 * Everything a life of a room is played on: places joined by a network of their own, a redis-server at each (with its
 * Sentinel), a replica of the service at some, one of these with the master; the demo site in the hub, where nothing is
 * ever cut off. This process runs in the hub too.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { settleMs } from '../domain/release-plan.ts';
import type { ChaosOptions } from './chaos-options.ts';
import { type Clocks, lifeMs } from './chaos-schedule.ts';
import { type ChaosRedis, startChaosRedis } from './chaos-redis.ts';
import { DemoOriginProcess } from './demo-origin-process.ts';
import type { Network, NetworkPlace } from './network-namespaces.ts';
import type { RedisServer } from './redis-server.ts';
import type { RushPolicy } from './rush-history.ts';
import { type ApiKeys, makeApiKeys, makeSigningKeys, ServiceProcess } from './service-processes.ts';

export const chaosRoomId = 'chaos';
const originPort = 8_080;
const openTimeoutMs = 20_000;
const openPollMs = 100;
const unprotectedSettings = { 'min-replicas-to-write': '0' };

/** One replica of the service, and where it is. */
export type ChaosNode = { service: ServiceProcess; place: NetworkPlace };

export type ChaosStage = {
  network: Network;
  redis: ChaosRedis;
  nodes: readonly ChaosNode[];
  origin: DemoOriginProcess;
  policy: RushPolicy;
  /** When the store's clock steps, and by how many ms; null: never. */
  step: { at: number; byMs: number } | null;
  /** An operator's. */
  apiKey: string;
  /** For logs and the history; removed by `close` unless told to keep it. */
  directory: string;
  placeOf: (server: RedisServer) => NetworkPlace;
  close: (keep: boolean) => Promise<void>;
};

/** How many places a topology needs. */
export function placesFor({ topology }: Pick<ChaosOptions, 'topology'>): number {
  return topology === 'cluster' ? 6 : 3;
}

/**
 * Seats for one in eight of the crowd, and a pace that binds about as often as the seats do. Sessions outlast the longest
 * cut: whoever is cut off from the site for longer than a session is rightly no longer inside.
 */
function chaosPolicy(visitors: number, expectedMs: number): RushPolicy {
  const capacity = Math.max(6, Math.round(visitors / 8));
  const outflowPerMinute = Math.round((visitors * 60_000) / (expectedMs * 0.85));
  return {
    capacity,
    outflowPerMinute,
    // A release a second must keep the pace.
    batchSizeMax: Math.max(5, Math.round(capacity / 4), Math.ceil(outflowPerMinute / 60)),
    releaseEveryMs: 1_000,
    presentWithinMs: 6_000,
    abandonAfterMs: 20_000,
    enterWithinMs: 10_000,
    sessionTtlMs: 30_000,
    recoverWithinMs: 8_000,
  };
}

/** Starts all of it; what was started is stopped again when a part fails. */
export async function startChaosStage(
  options: ChaosOptions,
  network: Network,
  clocks: Clocks,
): Promise<ChaosStage> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-chaos-'));
  const policy = chaosPolicy(options.visitors, lifeMs(options));
  const apiKeys = makeApiKeys();
  const started: { stop: () => Promise<void> }[] = [];
  const close = async (keep: boolean): Promise<void> => {
    for (const part of started.toReversed()) await part.stop();
    if (!keep) await rm(directory, { recursive: true, force: true });
  };
  const placeOf = (server: RedisServer): NetworkPlace =>
    network.places.find(({ host }) => host === server.host) ?? network.hub;
  try {
    const confirms = options.unprotected !== 'wait';
    const redis = await startChaosRedis(options.topology, network.places, {
      roomId: chaosRoomId,
      settings: confirms ? {} : unprotectedSettings,
      waitReplicas: confirms ? 1 : 0,
    });
    started.push(redis);
    // In whole seconds, as the store's clock can be asked.
    const stepAt = Math.ceil((Date.now() + clocks.stepAfterMs) / 1_000) * 1_000;
    const nodes = await makeNodes(options, { directory, redis, apiKeys, clocks, stepAt, network, placeOf });
    started.push(...nodes.map(({ service }) => service));
    await Promise.all(nodes.map(({ service }) => service.start()));
    const services = nodes.map(({ service }) => service);
    const origin = await DemoOriginProcess.start({
      host: network.hub.host,
      port: originPort,
      roomId: chaosRoomId,
      gate: 'guichet',
      guichetPublicUrls: services.map(({ publicUrl }) => publicUrl),
      guichetInternalUrls: services.map(({ internalUrl }) => internalUrl),
      originKey: apiKeys.origin,
      sessionTtlMs: policy.sessionTtlMs,
      capacity: policy.capacity,
    });
    started.push(origin);
    await openRoom(services, apiKeys, policy);
    const parts = { network, redis, nodes, origin, policy, apiKey: apiKeys.admin, directory };
    const step = clocks.stepByMs === 0 ? null : { at: stepAt, byMs: clocks.stepByMs };
    return { ...parts, step, placeOf, close };
  } catch (error) {
    await close(true);
    throw error;
  }
}

type NodeParts = {
  directory: string;
  redis: ChaosRedis;
  apiKeys: ApiKeys;
  clocks: Clocks;
  stepAt: number;
  network: Network;
  placeOf: (server: RedisServer) => NetworkPlace;
};

/** Three: with the room's master, with one of its replicas, and at another place. */
async function makeNodes(options: ChaosOptions, parts: NodeParts): Promise<ChaosNode[]> {
  const { directory, redis, apiKeys, clocks, stepAt, network, placeOf } = parts;
  const keysFile = join(directory, 'signing-keys.json');
  await makeSigningKeys(keysFile);
  const busy = [await redis.master(), ...(await redis.replicas())].map(placeOf);
  const places = [...new Set([...busy, ...network.places])].slice(0, 3);
  const nodes: ChaosNode[] = [];
  for (const [index, place] of places.entries()) {
    const service = await ServiceProcess.create({
      name: `replica-${index + 1}`,
      directory,
      apiKeys,
      at: place,
      entry: entryFor(options, clocks, { index, stepAt }),
      environment: {
        REDIS_URL: redis.url,
        GUICHET_REDIS_WAIT_REPLICAS: String(redis.waitReplicas),
        GUICHET_SIGNING_KEYS_FILE: keysFile,
        // Everybody of one place comes from one address.
        GUICHET_JOINS_PER_MINUTE_PER_PREFIX: '0',
        // As behind one load balancer: passes name one issuer, whichever replica signed them.
        GUICHET_PUBLIC_URL: 'http://127.0.0.1:8081',
        GUICHET_DRAIN_MS: '200',
        GUICHET_LOG_LEVEL: 'info',
      },
    });
    nodes.push({ service, place });
  }
  return nodes;
}

/** What ships, unless something is taken off or a clock is wrong. */
function entryFor(
  { unprotected }: ChaosOptions,
  { aheadMs, stepByMs }: Clocks,
  { index, stepAt }: { index: number; stepAt: number },
): string[] {
  const ahead = aheadMs[index] ?? 0;
  if (unprotected === null && ahead === 0 && stepByMs === 0) return ['src/main.ts'];
  const takenOff = unprotected === 'wait' ? 'idempotency' : (unprotected ?? 'nothing');
  return [
    'src/dev/chaos-service-main.ts',
    takenOff,
    ...[ahead, stepAt / 1_000, stepByMs / 1_000].map(String),
  ];
}

async function openRoom(
  services: readonly ServiceProcess[],
  { admin }: ApiKeys,
  policy: RushPolicy,
): Promise<void> {
  const base = `${services[0]?.internalUrl}/v1/rooms/${chaosRoomId}`;
  // A room may send people to a site without TLS on loopback only; visitors know where that is (rush-visitor.ts).
  await steer('PUT', base, admin, { ...policy, targetUrl: `http://127.0.0.1:${originPort}/` });
  await steer('POST', `${base}/open`, admin, {});
  const until = Date.now() + openTimeoutMs;
  for (const { publicUrl } of services) {
    while (!(await isOpen(`${publicUrl}/v1/rooms/${chaosRoomId}`))) {
      if (Date.now() > until) throw new Error(`the room did not open on ${publicUrl}`);
      await pause(openPollMs);
    }
  }
  await pause(settleMs);
}

/** An operator's request; rejects when it is not answered well. */
export async function steer(method: string, url: string, apiKey: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(8_000),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
}

async function isOpen(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => null);
  return response?.ok === true && ((await response.json()) as { state?: unknown }).state === 'open';
}
