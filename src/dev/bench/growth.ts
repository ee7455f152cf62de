/**
 * Whether joins and looks slow down as the crowd grows: p99 at half the maximum rate, sent at fixed moments, with a
 * thousand and with a million waiting. The rate is the same for both.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, closedLoop, openLoop, type Target } from './http-load.ts';
import { joinRequests, lookRequests } from './requests.ts';
import { type BenchRow, median, quantile, type RowResult } from './row.ts';
import { fillRoom } from './fill.ts';
import { type BenchStage, openStage } from './stage.ts';
import { takeTickets } from './tickets.ts';

const few = 1_000;
const many = 1_000_000;
const lookers = 1_000;
const connections = 64;
/** Short and many: what a stutter of the machine spoils is one round. */
const seconds = 3;
const rounds = 11;
const warmUpSeconds = 5;
const wakeMs = 1_500;
const timesMax = 1.3;
const moreMsMax = 3;
/** Nobody is let in, and nobody counts as away while the row takes its time. */
const policy = { capacity: 0, presentWithinMs: 3_600_000, abandonAfterMs: 7_200_000, ticketsMax: 10_000_000 };

const kinds = ['join', 'look'] as const;
type Kind = (typeof kinds)[number];
type Targets = { [kind in Kind]: Target };

export const growth: BenchRow = {
  command: 'growth',
  async run({ isShort, say }) {
    const short = <Value>(value: Value, whole: Value): Value => (isShort ? value : whole);
    const stages: BenchStage[] = [];
    try {
      // A Redis and a service each; they take turns, and who waits is stopped: no tick of one disturbs the other.
      const small = await openStage({ policy });
      stages.push(small);
      const large = await openStage({ policy });
      stages.push(large);
      const inLarge = await crowdedRoom(large, 'bench-many', short(20_000, many));
      setStopped(large, true);
      const rates = await halfOfTheMaximum(
        await crowdedRoom(small, 'bench-first', few),
        short(1, warmUpSeconds),
      );
      say(`half the maximum: ${rates.join} joins/s, ${rates.look} looks/s`);

      const p99s = {
        join: { few: [] as number[], many: [] as number[] },
        look: { few: [] as number[], many: [] as number[] },
      };
      const measure = async (targets: Targets, size: 'few' | 'many'): Promise<void> => {
        await openLoop(targets.look, { ratePerSecond: rates.look, seconds: 1 });
        for (const kind of kinds) {
          const load = { ratePerSecond: rates[kind], seconds: short(1, seconds) };
          p99s[kind][size].push(await p99Ms(targets[kind], load));
        }
      };
      for (let round = 1; round <= short(1, rounds); round += 1) {
        // Joins make a room grow: each round has a room of its own.
        const roomId = `bench-few-${round}`;
        await measure(await crowdedRoom(small, roomId, few), 'few');
        await small.manage('DELETE', `/v1/rooms/${roomId}`);
        setStopped(small, true);
        setStopped(large, false);
        await pause(wakeMs);
        await measure(inLarge, 'many');
        setStopped(large, true);
        setStopped(small, false);
        await pause(wakeMs);
      }
      for (const kind of kinds) {
        say(`${kind}: ${described(p99s[kind].few)} with ${few}; ${described(p99s[kind].many)} with ${many}`);
      }
      return kinds.map((kind) => line(kind, rates[kind], p99s[kind]));
    } finally {
      for (const stage of stages) {
        setStopped(stage, false);
        await stage.close();
      }
    }
  },
};

/** A room with so many waiting, and what is asked of it. */
async function crowdedRoom(stage: BenchStage, roomId: string, waiting: number): Promise<Targets> {
  const path = `/v1/rooms/${roomId}`;
  await stage.manage('PUT', path, policy);
  await stage.manage('POST', `${path}/open`, {});
  const roomUrl = `${stage.service.publicUrl}${path}`;
  await fillRoom(stage.redis, roomId, waiting - lookers);
  const tokens = (await takeTickets({ roomUrl }, lookers)).map(({ queueToken }) => queueToken);
  const { hostname: host, port } = new URL(roomUrl);
  const target = { host, port: Number(port) };
  return {
    join: { ...target, request: joinRequests(roomId) },
    look: { ...target, request: lookRequests(roomId, tokens) },
  };
}

/** Half of what so many busy connections reach, a second. */
async function halfOfTheMaximum(targets: Targets, forSeconds: number): Promise<{ [kind in Kind]: number }> {
  const rates = { join: 0, look: 0 };
  for (const kind of kinds) {
    await closedLoop(targets[kind], { connections, seconds: forSeconds });
    const answers = await closedLoop(targets[kind], { connections, seconds: forSeconds });
    rates[kind] = Math.floor(answers.length / forSeconds / 2);
    // What sends at fixed moments warms up, too.
    await openLoop(targets[kind], { ratePerSecond: rates[kind], seconds: forSeconds });
  }
  return rates;
}

async function p99Ms(target: Target, load: { ratePerSecond: number; seconds: number }): Promise<number> {
  const answers = await openLoop(target, load);
  if (answers.some(isBad)) throw new Error('half the maximum rate was not served');
  const times = answers.map(({ tookMs }) => tookMs);
  return quantile(times, 0.99);
}

/** Stops a stage's processes where they stand, or lets them go on. */
function setStopped({ service, redis }: BenchStage, isStopped: boolean): void {
  if (service.pid !== null) process.kill(service.pid, isStopped ? 'SIGSTOP' : 'SIGCONT');
  if (isStopped) redis.freeze();
  else redis.thaw();
}

function isBad({ status }: Answer): boolean {
  return status !== 200 && status !== 201;
}

function described(valuesMs: readonly number[]): string {
  return `p99 ${valuesMs.map((ms) => ms.toFixed(1)).join(', ')} ms`;
}

function line(
  kind: Kind,
  rate: number,
  { few: fewMs, many: manyMs }: { few: number[]; many: number[] },
): RowResult {
  const before = median(fewMs);
  const after = median(manyMs);
  const allowedMs = Math.max(before * timesMax, before + moreMsMax);
  return {
    name: `p99 of a ${kind} at half the maximum rate, with 1,000,000 waiting`,
    value: after,
    unit: 'ms',
    bar: `≤ 1,000 waiting × ${timesMax}, or + ${moreMsMax} ms: ${allowedMs.toFixed(1)}`,
    holds: after <= allowedMs,
    beside: `${before.toFixed(1)} ms with 1,000 waiting; ${rate}/s, half of what the same ${connections} connections reach`,
  };
}
