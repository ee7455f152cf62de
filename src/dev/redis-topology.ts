/**
 * What the topologies of Redis share (redis-sentinel.ts, redis-cluster.ts): the profile that keeps the promises with
 * replicas, questions to a server from outside, and waiting for an answer.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inNamespace } from './network-namespaces.ts';
import { ensureCommand } from './provision.ts';
import type { RedisPlace, RedisServerOptions } from './redis-server.ts';

const run = promisify(execFile);
const settledWithinMs = 30_000;
const pollMs = 100;
const askWithinMs = 5_000;

export const loopback: RedisPlace = { host: '127.0.0.1' };

/** What keeps the promises with replicas. */
export const profile: RedisServerOptions = {
  appendonly: 'everysec',
  keepsSettings: true,
  settings: {
    'maxmemory-policy': 'noeviction',
    'min-replicas-to-write': '1',
    'min-replicas-max-lag': '2',
  },
};

export type TopologyOptions = {
  /** A place for each server (and its Sentinel); absent: all on 127.0.0.1. */
  places?: readonly RedisPlace[];
  settings?: Readonly<Record<string, string>>;
};

/** What the Redis at that place answers, as redis-cli prints it without a terminal. */
export async function askRedis({ host, port, namespace }: RedisPlace, ...words: string[]): Promise<string> {
  const cli = await ensureCommand('redis-cli', 'redis-tools');
  const all = ['-h', host, '-p', String(port), ...words];
  const program = namespace === undefined ? ([cli, all] as const) : inNamespace(namespace, cli, all);
  const { stdout } = await run(...program, { timeout: askWithinMs });
  return stdout.trim();
}

export async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  const giveUpAt = performance.now() + settledWithinMs;
  for (;;) {
    if (await holds().catch(() => false)) return;
    if (performance.now() > giveUpAt) throw new Error(`${otherwise} within ${settledWithinMs} ms`);
    await pause(pollMs);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
