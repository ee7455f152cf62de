/**
 * A primary with two replicas and three Sentinels as processes of our own, on free ports of this machine or each at a
 * place of its own. Times are short: a failover takes about two seconds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inNamespace } from './network-namespaces.ts';
import {
  freePort,
  type RedisPlace,
  RedisServer,
  redisServerCommand,
  type RedisServerOptions,
} from './redis-server.ts';
import { askRedis, loopback, pause, profile, type TopologyOptions, until } from './redis-topology.ts';

const stopPollMs = 50;
const downAfterMs = 1_000;

/** The name that the Sentinels know the primary by. */
export const primaryName = 'guichet';

/** One Sentinel, which watches one primary. */
export class Sentinel {
  readonly host: string;
  readonly port: number;
  readonly #command: string;
  readonly #directory: string;
  readonly #place: RedisPlace;
  #child: ChildProcess | null = null;

  private constructor(command: string, directory: string, place: RedisPlace, port: number) {
    this.#command = command;
    this.#directory = directory;
    this.#place = place;
    this.host = place.host;
    this.port = port;
  }

  /** Not started yet. */
  static async create(
    primary: { host: string; port: number },
    place: RedisPlace = loopback,
  ): Promise<Sentinel> {
    const command = await redisServerCommand();
    const directory = await mkdtemp(join(tmpdir(), 'guichet-sentinel-'));
    const port = place.port ?? (await freePort());
    const lines = [
      `bind ${place.host}`,
      `protected-mode ${place.namespace === undefined ? 'yes' : 'no'}`,
      `port ${port}`,
      `dir ${directory}`,
      'sentinel resolve-hostnames no',
      `sentinel monitor ${primaryName} ${primary.host} ${primary.port} 2`,
      `sentinel down-after-milliseconds ${primaryName} ${downAfterMs}`,
      `sentinel failover-timeout ${primaryName} 3000`,
      `sentinel parallel-syncs ${primaryName} 1`,
    ];
    await writeFile(join(directory, 'sentinel.conf'), lines.map((line) => `${line}\n`).join(''));
    return new Sentinel(command, directory, place, port);
  }

  async start(): Promise<void> {
    const words = [join(this.#directory, 'sentinel.conf'), '--sentinel'];
    const { namespace } = this.#place;
    const program =
      namespace === undefined
        ? ([this.#command, words] as const)
        : inNamespace(namespace, this.#command, words);
    this.#child = spawn(...program, { stdio: 'ignore' });
    running.add(this.#child);
    await until(async () => (await this.ask('ping')) === 'PONG', 'a Sentinel did not answer');
  }

  /** What it answers to a command, as redis-cli prints it; rejects when it does not answer. */
  ask(...words: string[]): Promise<string> {
    return askRedis({ ...this.#place, port: this.port }, ...words);
  }

  async kill(): Promise<void> {
    await endProcess(this.#child);
    this.#child = null;
  }

  /** For good. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

async function endProcess(child: ChildProcess | null): Promise<void> {
  if (child === null) return;
  child.kill('SIGKILL');
  while (child.exitCode === null && child.signalCode === null) await pause(stopPollMs);
  running.delete(child);
}

/** A primary with two replicas, and three Sentinels. */
export type SentinelTrio = {
  servers: readonly RedisServer[];
  sentinels: readonly Sentinel[];
  /** For REDIS_URL. */
  url: string;
  /** The server that the Sentinels name. */
  primary: () => Promise<RedisServer>;
  stop: () => Promise<void>;
};

/** Starts a trio; resolves when each Sentinel could fail over. */
export async function startSentinelTrio({
  places,
  settings = {},
}: TopologyOptions = {}): Promise<SentinelTrio> {
  const at = places ?? [loopback, loopback, loopback];
  const options = (place: RedisPlace | undefined): RedisServerOptions => ({
    ...profile,
    settings: { ...profile.settings, ...settings },
    at: place ?? loopback,
  });
  const servers: RedisServer[] = [];
  const sentinels: Sentinel[] = [];
  const stop = async (): Promise<void> => {
    for (const part of [...sentinels, ...servers]) await part.stop();
  };
  try {
    const first = await RedisServer.create(options(at[0]));
    servers.push(first);
    await first.start();
    for (const place of at.slice(1)) {
      const replica = await first.createReplica(options(place));
      servers.push(replica);
      await replica.start();
    }
    for (const place of at) {
      // Ports of servers are not those of Sentinels.
      const own: RedisPlace = { ...place };
      if (own.port !== undefined) own.port += 20_000;
      const sentinel = await Sentinel.create(first, own);
      sentinels.push(sentinel);
      await sentinel.start();
    }
    await until(() => canFailOver(sentinels), 'the Sentinels did not find all of it');
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
  const primary = async (): Promise<RedisServer> => {
    for (const sentinel of sentinels) {
      const answer = await sentinel.ask('sentinel', 'get-master-addr-by-name', primaryName).catch(() => '');
      const [host, port] = answer.split('\n');
      const server = servers.find((one) => one.host === host && String(one.port) === port);
      if (server !== undefined) return server;
    }
    throw new Error('no Sentinel names a primary');
  };
  return { servers, sentinels, url: `redis+sentinel://${hosts}/${primaryName}`, primary, stop };
}

async function canFailOver(sentinels: readonly Sentinel[]): Promise<boolean> {
  const answers = await Promise.all(
    sentinels.map(async (sentinel) => {
      const [state, quorum] = await Promise.all([
        sentinel.ask('sentinel', 'master', primaryName),
        sentinel.ask('sentinel', 'ckquorum', primaryName),
      ]);
      const fields = state.split('\n');
      const field = (name: string): number => Number(fields[fields.indexOf(name) + 1]);
      return field('num-slaves') === 2 && field('num-other-sentinels') === 2 && quorum.startsWith('OK');
    }),
  );
  return answers.every(Boolean);
}
