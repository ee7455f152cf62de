/**
 * The service as processes: `node src/main.ts`, each with its own ports, state directory and log, started, killed and
 * stopped by their pids. For tools that need the real thing; they die with this process, except by SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pinned } from './bench/cpu.ts';
import { inNamespace, type NetworkPlace } from './network-namespaces.ts';
import { childEnvironment } from './provision.ts';
import { freePort } from './redis-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readyTimeoutMs = 20_000;
const readyPollMs = 50;
const stopTimeoutMs = 10_000;
const logTailCharacters = 3_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** API keys of one deployment, by scope. */
export type ApiKeys = { admin: string; origin: string };

/** Fresh keys, as secret as real ones. */
export function makeApiKeys(): ApiKeys {
  const key = (): string => randomBytes(24).toString('base64url');
  return { admin: key(), origin: key() };
}

/** Writes the signing keys that all replicas share. */
export async function makeSigningKeys(file: string): Promise<void> {
  const child = spawn(process.execPath, ['src/cli/guichet.ts', 'keys', 'new', file], {
    cwd: root,
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`"guichet keys new" ended with ${code}`);
}

export type ServiceOptions = {
  /** Named in the log's file name. */
  name: string;
  /** For state and logs. */
  directory: string;
  apiKeys: ApiKeys;
  /** What is run, relative to the project: the program and its arguments. */
  entry?: readonly string[];
  /** Further settings of the service. */
  environment?: Readonly<Record<string, string>>;
  /** The core it shall run on; absent: any. */
  core?: number;
  /** Where it runs and listens; absent: on 127.0.0.1. */
  at?: NetworkPlace;
};

/** One replica. Ports, state directory and log stay the same over restarts. */
export class ServiceProcess {
  readonly publicUrl: string;
  readonly internalUrl: string;
  readonly logFile: string;
  readonly #options: ServiceOptions;
  readonly #environment: Record<string, string>;
  #child: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();

  private constructor(options: ServiceOptions, ports: { public: number; internal: number }) {
    this.#options = options;
    const host = options.at?.host ?? '127.0.0.1';
    this.publicUrl = `http://${host}:${ports.public}`;
    this.internalUrl = `http://${host}:${ports.internal}`;
    this.logFile = join(options.directory, `${options.name}.log`);
    this.#environment = {
      GUICHET_PUBLIC_HOST: host,
      GUICHET_INTERNAL_HOST: host,
      GUICHET_PUBLIC_PORT: String(ports.public),
      GUICHET_INTERNAL_PORT: String(ports.internal),
      GUICHET_ADMIN_KEY: options.apiKeys.admin,
      GUICHET_ORIGIN_KEY: options.apiKeys.origin,
      GUICHET_STATE_DIR: join(options.directory, `${options.name}-state`),
      ...options.environment,
    };
  }

  /** A replica that is not started yet. */
  static async create(options: ServiceOptions): Promise<ServiceProcess> {
    await mkdir(join(options.directory, `${options.name}-state`), { recursive: true });
    return new ServiceProcess(options, { public: await freePort(), internal: await freePort() });
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Starts it, again after `kill` or `stop`; resolves when `/readyz` says so. */
  async start(): Promise<void> {
    if (this.#child !== null) throw new Error(`${this.#options.name} is already running`);
    const { entry = ['src/main.ts'], core, at } = this.#options;
    let program: [string, readonly string[]] = [process.execPath, entry];
    if (core !== undefined) program = pinned(core, ...program);
    if (at !== undefined) program = inNamespace(at.namespace, ...program);
    const [command, words] = program;
    // A file of its own, not a pipe to this process: while this one is busy, a full pipe would hold up the service.
    const log = await open(this.logFile, 'a');
    const child = spawn(command, words, {
      cwd: root,
      env: childEnvironment(this.#environment),
      stdio: ['ignore', log.fd, log.fd],
    });
    await log.close();
    this.#child = child;
    running.add(child);
    this.#exited = new Promise((resolve) => {
      child.once('close', () => {
        running.delete(child);
        if (this.#child === child) this.#child = null;
        resolve();
      });
    });
    await this.untilReady();
  }

  /** Resolves when `/readyz` answers 200; rejects with the end of the log when it does not in time. */
  async untilReady(): Promise<void> {
    const until = Date.now() + readyTimeoutMs;
    while (Date.now() < until && this.#child !== null) {
      const response = await fetch(`${this.internalUrl}/readyz`).catch(() => null);
      if (response?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, readyPollMs));
    }
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    throw new Error(`${this.#options.name} did not become ready:\n${log.slice(-logTailCharacters)}`);
  }

  /** SIGKILL, as a crash. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM, and SIGKILL when it has not ended in time. Safe to call twice. */
  async stop(withinMs = stopTimeoutMs): Promise<void> {
    const child = this.#child;
    const timer = setTimeout(() => child?.kill('SIGKILL'), withinMs);
    child?.kill('SIGTERM');
    await this.#exited;
    clearTimeout(timer);
  }
}
