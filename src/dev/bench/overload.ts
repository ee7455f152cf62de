/**
 * A crowd that exhausts the service: thousands of connections, from many networks, that each join again with a new key
 * as soon as they are answered and ignore `Retry-After`, while thousands wait on live connections.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { residentBytes } from './cpu.ts';
import { type Crowd, openCrowd } from './crowd.ts';
import { type Answer, closedLoop, openLoop, type Target } from './http-load.ts';
import { joinRequests } from './requests.ts';
import { atMost, type BenchOptions, type BenchRow, median, quantile, type RowResult } from './row.ts';
import { type BenchStage, onStage } from './stage.ts';
import { takeTickets } from './tickets.ts';

const crowdConnections = 2_000;
const waitingSockets = 2_000;
const crowdSeconds = 30;
const calmConnections = 64;
const calmSeconds = 4;
const calmRounds = 5;
const recoverMs = 5_000;
/** What the chart gives a replica. */
const residentMaxMiB = 768;
/** The limit on joins is each network's own, and stays as it is by default. */
const environment = { GUICHET_JOINS_PER_MINUTE_PER_PREFIX: '6000' };
/** Many networks, that together may join as fast as the service can. */
const calmAddresses = Array.from({ length: 250 }, (_, index) => `127.9.${index + 1}.1`);
/** Few enough that the crowd, which ignores all advice, comes to the limit after some seconds. */
const crowdAddresses = Array.from({ length: 25 }, (_, index) => `127.10.${index + 1}.1`);

export const overload: BenchRow = {
  command: 'overload',
  async run(options) {
    const policy = { capacity: 100_000, outflowPerMinute: 60, batchSizeMax: 10 };
    return onStage({ policy, environment }, async (stage) => {
      const tickets = await takeTickets(stage, options.isShort ? 50 : waitingSockets);
      const crowd = await openCrowd([{ roomUrl: stage.roomUrl, tickets }]);
      try {
        return await measure(stage, crowd, options);
      } finally {
        crowd.leave();
      }
    });
  },
};

async function measure(stage: BenchStage, crowd: Crowd, options: BenchOptions): Promise<RowResult[]> {
  const { hostname: host, port } = new URL(stage.service.publicUrl);
  const request = joinRequests(stage.roomId);
  const target: Target = { host, port: Number(port), localAddresses: calmAddresses, request };
  const seconds = options.isShort ? 1 : calmSeconds;
  const most = await closedLoop(target, { connections: calmConnections, seconds });
  const ratePerSecond = Math.floor(most.length / seconds / 2);
  // What sends at fixed moments warms up, too.
  await openLoop(target, { ratePerSecond, seconds });
  const beforeMs = await calmP99Ms(target, ratePerSecond, options);
  const seen = await letCrowdIn(stage, { ...target, localAddresses: crowdAddresses }, crowd, options);
  await pause(recoverMs);
  const afterMs = await calmP99Ms(target, ratePerSecond, options);
  return [
    ...linesOf(seen, crowd),
    atMost(1.3, {
      name: `overload: p99 of joins at half the rate, from ${recoverMs / 1_000} s after it ÷ before`,
      value: afterMs / beforeMs,
      unit: '',
      beside: `${beforeMs.toFixed(1)} ms before, ${afterMs.toFixed(1)} ms after, at ${ratePerSecond}/s`,
    }),
  ];
}

/** p99 of joins at a pace that the service bears, ms; median of the rounds. */
async function calmP99Ms(
  target: Target,
  ratePerSecond: number,
  { isShort, say }: BenchOptions,
): Promise<number> {
  const rounds: number[] = [];
  for (let round = 1; round <= (isShort ? 1 : calmRounds); round += 1) {
    const answers = await openLoop(target, { ratePerSecond, seconds: isShort ? 1 : calmSeconds });
    if (answers.some(({ status }) => status !== 201)) throw new Error('half the rate was not served');
    rounds.push(quantile(timesOf(answers), 0.99));
  }
  say(`p99 at ${ratePerSecond}/s: ${rounds.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  return median(rounds);
}

type Seen = { answers: Answer[]; lagsMs: number[]; residentMaxBytes: number; closed: number };

async function letCrowdIn(
  { service }: BenchStage,
  target: Target,
  crowd: Crowd,
  { isShort }: BenchOptions,
): Promise<Seen> {
  crowd.lagsMs = [];
  const closedBefore = crowd.closed;
  let residentMaxBytes = 0;
  const watch = setInterval(() => {
    residentMaxBytes = Math.max(residentMaxBytes, residentBytes(service.pid as number));
  }, 500);
  const connections = isShort ? 100 : crowdConnections;
  const answers = await closedLoop(target, { connections, seconds: isShort ? 2 : crowdSeconds });
  clearInterval(watch);
  return { answers, lagsMs: crowd.lagsMs, residentMaxBytes, closed: crowd.closed - closedBefore };
}

function linesOf({ answers, lagsMs, residentMaxBytes, closed }: Seen, { size }: Crowd): RowResult[] {
  return [
    atMost(2_000, {
      name: `overload: lag of ${size} waiting sockets, p99`,
      value: quantile(lagsMs, 0.99),
      unit: 'ms',
      beside: `${lagsMs.length} standings, at most ${Math.round(longest(lagsMs))} ms; ${closed} sockets closed`,
    }),
    slowestRefusal(answers, closed),
    atMost(residentMaxMiB, {
      name: 'overload: service memory, at most',
      value: Math.round(residentMaxBytes / 2 ** 20),
      unit: 'MiB',
      beside: `${crowdConnections} connections that never let go, for ${crowdSeconds} s`,
    }),
  ];
}

/**
 * Fails, however fast, when a refusal does not say when to come back, a connection broke, or one of those who wait was
 * cut off.
 */
export function slowestRefusal(answers: readonly Answer[], closed: number): RowResult {
  const refused = answers.filter(({ status }) => status !== 201);
  const improper = refused.filter(
    ({ status, hasRetryAfter }) => !([429, 503].includes(status) && hasRetryAfter),
  ).length;
  const line = atMost(1_000, {
    name: 'overload: slowest refusal',
    value: Math.round(longest(timesOf(refused))),
    unit: 'ms',
    beside:
      `${sharesOf(answers)}; p99 of all answers ${Math.round(quantile(timesOf(answers), 0.99))} ms; ` +
      `${improper} without Retry-After or broken`,
  });
  return { ...line, holds: line.holds && improper === 0 && closed === 0 };
}

function longest(times: readonly number[]): number {
  return times.reduce((most, ms) => Math.max(most, ms), 0);
}

function timesOf(answers: readonly Answer[]): number[] {
  return answers.map(({ tookMs }) => tookMs);
}

/** How many answers had each status. */
function sharesOf(answers: readonly Answer[]): string {
  const counts = new Map<number, number>();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} × ${status === 0 ? 'broken' : status}`).join(', ');
}
