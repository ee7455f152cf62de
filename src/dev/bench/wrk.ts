/** Closed-loop load: wrk keeps a number of connections busy, each with one request at a time. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ensureCommand } from '../provision.ts';
import { cpuTimeUs, otherCore, pinned } from './cpu.ts';

export type WrkLoad = {
  url: string;
  connections: number;
  seconds: number;
  /** A Lua script that says what each request is; written to `scriptFile`. */
  script: string;
  scriptFile: string;
};

export type WrkResult = {
  requests: number;
  requestsPerSecond: number;
  /** CPU time of the measured process for each request, µs. */
  cpuUs: number;
  /** Share of its core that the measured process used. */
  coreShare: number;
};

/**
 * Puts the load on, and says what it cost the process `pid`. Rejects when an answer was not 2xx or a connection
 * broke: such requests are cheap, and would flatter.
 */
export async function runWrk(load: WrkLoad, pid: number): Promise<WrkResult> {
  const wrk = await ensureCommand('wrk', 'wrk');
  await writeFile(load.scriptFile, load.script);
  const { connections, seconds, url, scriptFile } = load;
  const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', scriptFile, url];
  const before = { cpuUs: cpuTimeUs(pid), atMs: performance.now() };
  const { stdout } = await promisify(execFile)(...pinned(otherCore, wrk, words));
  const usedUs = cpuTimeUs(pid) - before.cpuUs;
  const tookMs = performance.now() - before.atMs;
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const bad = /Non-2xx[^\n]*|Socket errors[^\n]*/.exec(stdout)?.[0];
  if (bad || !(requests > 0)) throw new Error(`wrk on ${url}: ${bad ?? stdout}`);
  return {
    requests,
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    cpuUs: usedUs / requests,
    coreShare: usedUs / 1_000 / tookMs,
  };
}
