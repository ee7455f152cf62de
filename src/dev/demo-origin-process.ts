/** The demo site in a process of its own (demo-origin-main.ts), as its parent holds it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DemoOriginFigures, DemoOriginOptions, DemoOriginRecord } from './demo-origin.ts';
import type { DemoOriginReply, DemoOriginRequest } from './demo-origin-main.ts';

const replyTimeoutMs = 10_000;

/** One demo site; ends with `stop` or with this process. */
export class DemoOriginProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Resolves when the site answers. */
  static async start(options: Omit<DemoOriginOptions, 'clock'>): Promise<DemoOriginProcess> {
    const child = fork(fileURLToPath(new URL('demo-origin-main.ts', import.meta.url)), { stdio: 'inherit' });
    const reply = await ask(child, { ask: 'start', options });
    if (reply.tell !== 'started') throw new Error('the demo site did not start');
    return new DemoOriginProcess(child, reply.url);
  }

  /** Everything it has recorded so far. */
  async record(): Promise<DemoOriginRecord> {
    const reply = await ask(this.#child, { ask: 'record' });
    if (reply.tell !== 'record') throw new Error('the demo site gave no record');
    return reply.record;
  }

  /** The figures of this moment, for a progress line; null when it is too busy. */
  async figures(): Promise<DemoOriginFigures | null> {
    const response = await fetch(`${this.url}/figures`).catch(() => null);
    return response?.ok ? ((await response.json()) as DemoOriginFigures) : null;
  }

  /** Ends it. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await closed;
  }
}

function ask(child: ChildProcess, request: DemoOriginRequest): Promise<DemoOriginReply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the demo site did not answer')), replyTimeoutMs);
    child.once('message', (reply: DemoOriginReply) => {
      clearTimeout(timer);
      resolve(reply);
    });
    child.send(request);
  });
}
