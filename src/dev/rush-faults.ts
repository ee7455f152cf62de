/**
 * The faults of a rush, each put in half-way, on the real processes. A fault's window is from the blow until both
 * replicas answer `/readyz` again.
 */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Crowd } from './rush-crowd.ts';
import type { FaultWindow } from './rush-history.ts';
import { type Fault, losesData } from './rush-options.ts';
import { flushRedis } from './rush-redis.ts';
import type { RushStage } from './rush-stage.ts';

const pollMs = 100;
const replicaDownMs = 3_000;
const redisDownMs = 1_000;
const fileAgeMs = 20_000;
const halfWay = 0.45;
/** The copy is taken so much before that it is about 20 s old half-way. */
const copyAt = 0.25;

/** Waits until the crowd is half-way and does it; null without a fault, or when the rush ended before. */
export async function playFault(
  fault: Fault,
  stage: RushStage,
  crowd: Crowd,
  visitors: number,
): Promise<FaultWindow | null> {
  const reached = async (share: number): Promise<boolean> => {
    while (!crowd.over && crowd.throughCount() < visitors * share) await pause(pollMs);
    return !crowd.over;
  };
  if (fault === 'none') return null;
  const copyDirectory = join(stage.directory, 'appendonlydir-copy');
  if (fault === 'oldfile') {
    if (!(await reached(copyAt))) return null;
    await cp(join(stage.redis.directory, 'appendonlydir'), copyDirectory, { recursive: true });
    await pause(fileAgeMs);
  }
  if (!(await reached(halfWay))) return null;
  const from = Date.now();
  await strike[fault](stage, copyDirectory);
  for (const replica of stage.replicas) await replica.untilReady();
  const ofStore = fault !== 'killreplica';
  return { from, until: Date.now(), ofStore, losesData: losesData(fault) };
}

const strike: Record<Exclude<Fault, 'none'>, (stage: RushStage, copyDirectory: string) => Promise<void>> = {
  killreplica: async ({ replicas: [replica] }) => {
    await replica.kill();
    await pause(replicaDownMs);
    await replica.start();
  },
  flush: async ({ redis }) => flushRedis(redis),
  restart: async ({ redis }) => {
    await redis.kill();
    await pause(redisDownMs);
    await redis.start();
  },
  oldfile: async ({ redis }, copyDirectory) => {
    await redis.shutdown();
    const directory = join(redis.directory, 'appendonlydir');
    await rm(directory, { recursive: true });
    await cp(copyDirectory, directory, { recursive: true });
    await redis.start();
  },
  everything: async ({ redis, replicas }) => {
    await Promise.all([redis, ...replicas].map((part) => part.kill()));
    await rm(join(redis.directory, 'appendonlydir'), { recursive: true });
    await pause(replicaDownMs);
    await redis.start();
    for (const replica of replicas) await replica.start();
  },
};
