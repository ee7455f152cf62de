/**
 * A redis-server process of our own: on a free port of 127.0.0.1, in a temporary directory, to be stopped,
 * killed, frozen and replicated at will. The rush and the integration tests break things with it; nothing else
 * may share it. It dies with this process, except when this process is killed by SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pinned } from './bench/cpu.ts';
import { inNamespace } from './network-namespaces.ts';
import { childEnvironment, ensureCommand } from './provision.ts';

/** `appendonly`: how the append-only file is synced; absent, nothing is written to disk. */
export type RedisServerOptions = {
  appendonly?: 'always' | 'everysec';
  /** Further settings by their names in redis.conf, such as `maxmemory`. */
  settings?: Readonly<Record<string, string>>;
  /** The core it shall run on; absent: any. */
  core?: number;
  /** Where it listens; absent: on a free port of 127.0.0.1. */
  at?: RedisPlace;
  /** It keeps its own settings over restarts, as one that Sentinels or a Cluster change; else each start is the first. */
  keepsSettings?: boolean;
};

/** An address of this machine, or of a network namespace of it. */
export type RedisPlace = { host: string; port?: number; namespace?: string };

const loopback = '127.0.0.1';
const readyTimeoutMs = 15_000;
/** Another process may take the free port between asking for it and using it. */
const startTriesMax = 3;
const outputLinesMax = 50;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The executable: another one where `TEST_REDIS_SERVER` names it, for a version that is not on the PATH, or for Valkey. */
export async function redisServerCommand(): Promise<string> {
  const { TEST_REDIS_SERVER } = childEnvironment();
  return TEST_REDIS_SERVER || ensureCommand('redis-server', 'redis-server');
}

/** Starts a redis-server and resolves when it accepts connections. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await RedisServer.create(options);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await server.start();
      return server;
    } catch (error) {
      if (attempt === startTriesMax || !String(error).includes('Address already in use')) {
        await server.stop();
        throw error;
      }
      server.port = await freePort();
    }
  }
}

/** One redis-server; made by `startRedisServer`. Port and directory stay the same over restarts. */
export class RedisServer {
  readonly host: string;
  port: number;
  /** Where it keeps its append-only files: `directory/appendonlydir`. */
  readonly directory: string;
  readonly #command: string;
  readonly #options: RedisServerOptions;
  #child: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  #primary: RedisServer | null = null;

  private constructor(command: string, directory: string, port: number, options: RedisServerOptions) {
    this.#command = command;
    this.directory = directory;
    this.port = port;
    this.#options = options;
    this.host = options.at?.host ?? loopback;
  }

  /** A server that is not started yet. */
  static async create(options: RedisServerOptions): Promise<RedisServer> {
    const command = await redisServerCommand();
    return new RedisServer(
      command,
      await mkdtemp(join(tmpdir(), 'guichet-redis-')),
      options.at?.port ?? (await freePort()),
      options,
    );
  }

  /** `redis://host:port` */
  get url(): string {
    return `redis://${this.host}:${this.port}`;
  }

  /** The process id; null while it is down. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Starts it, again after `kill` or `shutdown`; resolves once it accepts connections, or as a replica once it is in sync. */
  async start(): Promise<void> {
    if (this.#child !== null) throw new Error(`redis-server on port ${this.port} is already running`);
    const { core, at, keepsSettings } = this.#options;
    let program: [string, string[]] = [this.#command, await this.#arguments()];
    if (core !== undefined) program = pinned(core, ...program);
    if (at?.namespace !== undefined) program = inNamespace(at.namespace, ...program);
    const child = spawn(...program, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    running.add(child);
    this.#exited = new Promise((resolve) => {
      const over = (): void => {
        running.delete(child);
        if (this.#child === child) this.#child = null;
        resolve();
      };
      child.once('exit', over);
      child.once('error', over);
    });
    await outputLine(
      child,
      // One that keeps its settings may come back in another role, or to nobody.
      this.#primary === null || keepsSettings === true
        ? 'Ready to accept connections'
        : 'REPLICA sync: Finished',
    );
  }

  /** A second server that copies this one, in sync when this resolves. */
  async startReplica(options: RedisServerOptions = this.#options): Promise<RedisServer> {
    const replica = await this.createReplica(options);
    await replica.start();
    return replica;
  }

  /** The same, not started yet. */
  async createReplica(options: RedisServerOptions = this.#options): Promise<RedisServer> {
    const replica = await RedisServer.create(options);
    replica.#primary = this;
    return replica;
  }

  /** SIGKILL, as a crash; what was not on disk is lost. `start` brings it back with what was. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM, as an orderly restart; its files stay for `start`. */
  async shutdown(): Promise<void> {
    this.thaw();
    this.#child?.kill('SIGTERM');
    await this.#exited;
  }

  /** SIGSTOP: connections stay open and nothing is answered. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** SIGCONT: goes on, and answers what arrived meanwhile. */
  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it for good and removes its directory. Safe to call twice. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #arguments(): Promise<string[]> {
    if (this.#options.keepsSettings !== true) {
      // redis-server splits a value with a blank only when its words come apart.
      return Object.entries(this.#settings()).flatMap(([name, value]) => [
        `--${name}`,
        ...(value === '' ? [''] : value.split(' ')),
      ]);
    }
    const file = join(this.directory, 'redis.conf');
    const lines = Object.entries(this.#settings()).map(([name, value]) => `${name} ${value || '""'}\n`);
    // What is there was written by Redis itself.
    await writeFile(file, lines.join(''), { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    return [file];
  }

  #settings(): Record<string, string> {
    const { appendonly, settings = {} } = this.#options;
    return {
      bind: this.host,
      // Nobody else is in a namespace of our own.
      'protected-mode': this.#options.at?.namespace === undefined ? 'yes' : 'no',
      port: String(this.port),
      dir: this.directory,
      save: '',
      'repl-diskless-sync-delay': '0',
      appendonly: appendonly === undefined ? 'no' : 'yes',
      appendfsync: appendonly ?? 'no',
      ...(this.#primary === null ? {} : { replicaof: `${this.#primary.host} ${this.#primary.port}` }),
      ...settings,
    };
  }
}

/** Resolves at the first line of output that contains `text`; rejects with the output when it exits or takes too long. */
function outputLine(child: ChildProcess, text: string): Promise<void> {
  const seen: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`redis-server ${why}:\n${seen.join('\n')}`));
    };
    const timer = setTimeout(() => fail(`said no "${text}" within ${readyTimeoutMs} ms`), readyTimeoutMs);
    child.once('error', (error) => fail(`did not start: ${error.message}`));
    child.once('close', () => fail('exited'));
    if (child.stdout === null) return fail('has no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (seen.push(line) > outputLinesMax) seen.shift();
      if (!line.includes(text)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Below those that the system gives to connections, any of which could take a port before it is listened on. */
const ports = { from: 15_000, below: 32_768 };
const portTriesMax = 100;

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portTriesMax; tries += 1) {
    const port = randomInt(ports.from, ports.below);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, loopback, () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error('no free port');
}
