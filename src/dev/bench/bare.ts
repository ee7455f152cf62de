/** A bare route as a process on the service's core, answering what the service answered. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../provision.ts';
import { freePort } from '../redis-server.ts';
import type { BareRoute } from './bare-main.ts';
import { pinned, serviceCore } from './cpu.ts';

const entry = fileURLToPath(new URL('./bare-main.ts', import.meta.url));
/** Node's and Fastify's own, which come by themselves. */
const ownHeaders = ['connection', 'date', 'keep-alive', 'content-length', 'transfer-encoding'];
const startsWithinMs = 10_000;

export type Bare = { origin: string; pid: number; stop: () => Promise<void> };

/** Starts a route that answers as `sample` was answered; resolves when it does. */
export async function startBare(
  route: Pick<BareRoute, 'method' | 'url'> & Partial<Pick<BareRoute, 'signs' | 'verifies'>>,
  sample: Response,
): Promise<Bare> {
  const port = await freePort();
  const spec: BareRoute = {
    signs: false,
    verifies: null,
    ...route,
    port,
    status: sample.status,
    headers: Object.fromEntries([...sample.headers].filter(([name]) => !ownHeaders.includes(name))),
    body: await sample.text(),
  };
  const words = [entry, JSON.stringify(spec)];
  const child = spawn(...pinned(serviceCore, process.execPath, words), {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: childEnvironment(),
  });
  const origin = `http://127.0.0.1:${port}`;
  const until = performance.now() + startsWithinMs;
  while (!(await fetch(origin).catch(() => null))) {
    if (performance.now() > until || child.exitCode !== null) throw new Error('the bare route did not start');
    await pause(50);
  }
  return { origin, pid: child.pid as number, stop: () => ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const over = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await over;
}
