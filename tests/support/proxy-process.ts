/**
 * Other people's servers for tests (nginx, Caddy, HAProxy, php): the unmodified program, started on a configuration of
 * the test's, stopped by its own pid, with all that it wrote kept. They die with this process, except by SIGKILL.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { promisify } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { childEnvironment, ensureCommand } from '../../src/dev/provision.ts';

const checkTimeoutMs = 20_000;
const listenTimeoutMs = 10_000;
const stopTimeoutMs = 5_000;
const pollMs = 20;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The command, installed where that is possible; else why its tests are skipped, in one sentence. */
export type Availability = { command: string; reason: null } | { command: null; reason: string };

/** Asked for outside of tests and hooks, whose time an installation takes no part of. */
export async function available(command: string, debianPackage: string): Promise<Availability> {
  try {
    return { command: await ensureCommand(command, debianPackage), reason: null };
  } catch (error) {
    const reason = `skipped: ${error instanceof Error ? error.message : String(error)}`;
    process.stderr.write(`${reason}\n`);
    return { command: null, reason };
  }
}

export type ProxyProcessOptions = {
  command: string;
  /** Absent: nothing to check. */
  checkWords?: readonly string[];
  runWords: readonly string[];
  /** Where it listens, on 127.0.0.1. */
  port: number;
  environment?: Readonly<Record<string, string>>;
};

export class ProxyProcess {
  /** What it wrote, the check included. */
  log = '';
  readonly #options: ProxyProcessOptions;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: ProxyProcessOptions) {
    this.#options = options;
  }

  /** Has the program check its configuration, starts it, and resolves when it listens; again after `stop`. */
  async start(): Promise<void> {
    const { command, checkWords, runWords, environment } = this.#options;
    const env = childEnvironment(environment);
    if (checkWords) {
      const options = { env, timeout: checkTimeoutMs };
      const { stdout, stderr } = await promisify(execFile)(command, [...checkWords], options);
      this.log += stdout + stderr;
    }
    const child = spawn(command, runWords, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => void (this.log += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
    running.add(child);
    this.#ended = new Promise((resolve) => {
      child.once('close', () => {
        running.delete(child);
        if (this.#child === child) this.#child = null;
        resolve();
      });
    });
    await this.#untilListening();
  }

  /** SIGTERM, and SIGKILL when it has not ended in time. Safe to call twice. */
  async stop(): Promise<void> {
    const child = this.#child;
    const timer = setTimeout(() => child?.kill('SIGKILL'), stopTimeoutMs);
    child?.kill('SIGTERM');
    await this.#ended;
    clearTimeout(timer);
  }

  async #untilListening(): Promise<void> {
    const until = Date.now() + listenTimeoutMs;
    while (this.#child !== null && Date.now() < until) {
      if (await isListening(this.#options.port)) return;
      await pause(pollMs);
    }
    await this.stop();
    throw new Error(`${this.#options.command} did not start:\n${this.log}`);
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
