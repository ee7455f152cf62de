/** Strikes a stage with one fault after the other, each healed before the next, and writes down when and whom. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PlayedFault } from './chaos-history.ts';
import { type ChaosRedis, redisPort } from './chaos-redis.ts';
import type { Fault, FaultKind } from './chaos-schedule.ts';
import { isCutOfMaster } from './chaos-schedule.ts';
import { type ChaosStage, chaosRoomId, steer } from './chaos-stage.ts';
import type { NetworkPlace } from './network-namespaces.ts';
import type { RedisServer } from './redis-server.ts';
import type { Interval } from './rush-presence.ts';

const wholeWithinMs = 40_000;
const wholePollMs = 200;
const steerWithinMs = 30_000;
const steerPauseMs = 300;
/** What was released just before a pause has been told by then. */
const pauseLeadMs = 2_500;
const slowKilobits = 96;

/** What a fault befell. `affected`: a place whose people and replica may not be heard; null: nobody in particular. */
type Struck = { on: string; affected: NetworkPlace | null };

export type FaultHooks = {
  /** Visitors waiting at a place; null: everywhere. */
  waitingAt: (place: NetworkPlace | null) => number;
  isOver: () => boolean;
};

/** Plays them in turn; ends early when the crowd is through. */
export async function playFaults(
  stage: ChaosStage,
  faults: readonly Fault[],
  { waitingAt, isOver }: FaultHooks,
): Promise<{ played: PlayedFault[]; paused: Interval[] }> {
  const played: PlayedFault[] = [];
  const paused: Interval[] = [];
  for (const fault of faults) {
    await pause(fault.afterMs);
    if (isOver()) break;
    const pausedFrom = fault.pausesRoom ? await steerUntilDone(stage, 'pause') : null;
    if (pausedFrom !== null) await pause(pauseLeadMs);
    const sides = isCutOfMaster(fault.kind) ? await sidesOf(stage, waitingAt) : null;
    const from = Date.now();
    const { on, affected } = await strikes[fault.kind](stage, fault);
    const until = Date.now();
    const wholeAt = await untilWhole(stage);
    if (pausedFrom !== null) {
      paused.push({ from: pausedFrom, until: Date.now() });
      await steerUntilDone(stage, 'resume');
    }
    const node = stage.nodes.findIndex(({ place }) => place === affected);
    const disturbance = { from, until, place: affected?.namespace ?? null, node: node === -1 ? null : node };
    played.push({ fault, on, sides, from, until, wholeAt, disturbances: affected ? [disturbance] : [] });
  }
  return { played, paused };
}

async function sidesOf(
  stage: ChaosStage,
  waitingAt: FaultHooks['waitingAt'],
): Promise<NonNullable<PlayedFault['sides']>> {
  const place = stage.placeOf(await stage.redis.master());
  const replicas = stage.nodes.filter((node) => node.place === place).length;
  const visitors = waitingAt(place);
  return {
    withMaster: { visitors, replicas },
    others: { visitors: waitingAt(null) - visitors, replicas: stage.nodes.length - replicas },
  };
}

/** When Redis had its replicas again; rejects when it does not come back. */
async function untilWhole({ redis }: ChaosStage): Promise<number> {
  const giveUpAt = Date.now() + wholeWithinMs;
  while (!(await redis.isWhole().catch(() => false))) {
    if (Date.now() > giveUpAt) throw new Error(`Redis was not whole again within ${wholeWithinMs} ms`);
    await pause(wholePollMs);
  }
  return Date.now();
}

/** Asks one replica after the other until one has done it; resolves with the time of its answer. */
async function steerUntilDone({ nodes, apiKey }: ChaosStage, verb: 'pause' | 'resume'): Promise<number> {
  const giveUpAt = Date.now() + steerWithinMs;
  for (let attempt = 0; ; attempt += 1) {
    const base = nodes[attempt % nodes.length]?.service.internalUrl;
    try {
      await steer('POST', `${base}/v1/rooms/${chaosRoomId}/${verb}`, apiKey, {});
      return Date.now();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await pause(steerPauseMs);
    }
  }
}

async function partition(
  { network, placeOf }: ChaosStage,
  server: RedisServer,
  forMs: number,
  kind: 'cut' | 'split',
): Promise<Struck> {
  const place = placeOf(server);
  await (kind === 'cut' ? network.cut(place) : network.sever(place));
  await pause(forMs);
  await (kind === 'cut' ? network.mend(place) : network.rejoin(place));
  return { on: place.namespace, affected: place };
}

async function freeze({ placeOf }: ChaosStage, server: RedisServer, forMs: number): Promise<Struck> {
  server.freeze();
  await pause(forMs);
  server.thaw();
  return { on: placeOf(server).namespace, affected: null };
}

async function oneReplica({ redis }: ChaosStage, draw: number): Promise<RedisServer> {
  const replicas = await redis.replicas();
  return replicas[Math.floor(draw * replicas.length)] ?? redis.master();
}

function onePlace({ nodes }: ChaosStage, draw: number): NetworkPlace {
  const node = nodes[Math.floor(draw * nodes.length)];
  if (node === undefined) throw new Error('no replica of the service');
  return node.place;
}

const strikes: Record<FaultKind, (stage: ChaosStage, fault: Fault) => Promise<Struck>> = {
  'cut-master': async (stage, { forMs }) => partition(stage, await stage.redis.master(), forMs, 'cut'),
  'split-master': async (stage, { forMs }) => partition(stage, await stage.redis.master(), forMs, 'split'),
  'cut-replica': async (stage, { forMs, draw }) =>
    partition(stage, await oneReplica(stage, draw), forMs, 'cut'),
  'freeze-master': async (stage, { forMs }) => freeze(stage, await stage.redis.master(), forMs),
  'freeze-replica': async (stage, { forMs, draw }) => freeze(stage, await oneReplica(stage, draw), forMs),
  'kill-master': async ({ redis, placeOf }, { forMs }) => {
    const master = await redis.master();
    await master.kill();
    await pause(forMs);
    await master.start();
    return { on: placeOf(master).namespace, affected: null };
  },
  'kill-service': async (stage, { forMs, draw }) => {
    const place = onePlace(stage, draw);
    const service = stage.nodes.find((node) => node.place === place)?.service;
    await service?.kill();
    await pause(forMs);
    await service?.start();
    return { on: place.namespace, affected: null };
  },
  'lose-replies': async (stage, { forMs, draw }) => {
    const place = onePlace(stage, draw);
    const ports = stage.nodes.map(({ service }) => Number(new URL(service.publicUrl).port));
    await stage.network.loseReplies(place, [redisPort, ...ports]);
    await pause(forMs);
    await stage.network.rejoin(place);
    return { on: place.namespace, affected: place };
  },
  'slow-link': async (stage, { forMs, draw }) => {
    const place = onePlace(stage, draw);
    await stage.network.slow(place, slowKilobits);
    await pause(forMs);
    await stage.network.slow(place, null);
    return { on: place.namespace, affected: place };
  },
  'flush-scripts': async ({ redis }) => {
    for (const server of redis.servers) await redis.ask(server, 'script', 'flush');
    return { on: 'every server', affected: null };
  },
  'move-slot': async ({ redis }) => {
    await redis.moveSlot?.();
    return { on: 'the room', affected: null };
  },
  'flush-data': async ({ redis }) => {
    await redis.ask(await redis.master(), 'flushall');
    return { on: 'the server', affected: null };
  },
  'old-file': async ({ redis }) => {
    const server = await redis.master();
    const directory = join(server.directory, 'appendonlydir');
    const copy = join(server.directory, 'copy');
    await cp(directory, copy, { recursive: true });
    await pause(fileAgeMs);
    await server.shutdown();
    await rm(directory, { recursive: true });
    await cp(copy, directory, { recursive: true });
    await rm(copy, { recursive: true });
    await server.start();
    return { on: 'the server', affected: null };
  },
  'promote-stale': async ({ redis, placeOf }, { forMs }) => {
    const master = await redis.master();
    const [ahead, stale] = await redis.replicas();
    if (ahead === undefined || stale === undefined) throw new Error('no replica that could be stale');
    await stale.kill();
    await pause(forMs);
    await Promise.all([master.kill(), ahead.kill()]);
    await stale.start();
    await untilMaster(redis, stale);
    await Promise.all([master.start(), ahead.start()]);
    return { on: placeOf(stale).namespace, affected: null };
  },
};

const fileAgeMs = 8_000;

async function untilMaster(redis: ChaosRedis, server: RedisServer): Promise<void> {
  const giveUpAt = Date.now() + wholeWithinMs;
  while ((await redis.master().catch(() => null)) !== server) {
    if (Date.now() > giveUpAt) throw new Error(`${server.host} was not promoted within ${wholeWithinMs} ms`);
    await pause(wholePollMs);
  }
}
