/**
 * Whether joins and looks slow down as the crowd grows: p99 at half the maximum rate, sent at fixed moments, with a
 * thousand and with a million waiting. The rate is the same for both.
 */
import { type Answer, closedLoop, openLoop, type Target } from './http-load.ts';
import { joinRequests, lookRequests } from './requests.ts';
import { type BenchRow, median, quantile, type RowResult } from './row.ts';
import { fillRoom } from './fill.ts';
import { openStage } from './stage.ts';
import { takeTickets } from './tickets.ts';

const few = 1_000;
const many = 1_000_000;
const lookers = 1_000;
const connections = 64;
const seconds = 10;
const warmUpSeconds = 5;
const rounds = 5;
const timesMax = 1.3;
const moreMsMax = 3;

type Kind = 'join' | 'look';

export const growth: BenchRow = {
  command: 'growth',
  async run({ isShort, say }) {
    // Nobody is let in, and nobody counts as away while the row takes its time.
    const policy = { capacity: 0, presentWithinMs: 3_600_000, abandonAfterMs: 7_200_000 };
    const stage = await openStage({ policy });
    const short = <Value>(value: Value, whole: Value): Value => (isShort ? value : whole);
    const { hostname: host, port } = new URL(stage.service.publicUrl);

    /** A room with so many waiting, and what is asked of it. */
    async function room(roomId: string, waiting: number): Promise<{ [kind in Kind]: Target }> {
      const path = `/v1/rooms/${roomId}`;
      await stage.manage('PUT', path, { ...policy, ticketsMax: 10_000_000 });
      await stage.manage('POST', `${path}/open`, {});
      const roomUrl = `${stage.service.publicUrl}${path}`;
      await fillRoom(stage.redis, roomId, waiting - lookers);
      const tokens = (await takeTickets({ roomUrl }, lookers)).map(({ queueToken }) => queueToken);
      const target = { host, port: Number(port) };
      return {
        join: { ...target, request: joinRequests(roomId) },
        look: { ...target, request: lookRequests(roomId, tokens) },
      };
    }

    async function p99Ms(target: Target, ratePerSecond: number): Promise<number> {
      const answers = await openLoop(target, { ratePerSecond, seconds: short(1, seconds) });
      if (answers.some(isBad)) throw new Error('half the maximum rate was not served');
      return quantile(
        answers.map(({ tookMs }) => tookMs),
        0.99,
      );
    }

    try {
      const first = await room('bench-first', few);
      const rates = { join: 0, look: 0 };
      for (const kind of ['join', 'look'] as const) {
        const load = { connections, seconds: short(1, warmUpSeconds) };
        await closedLoop(first[kind], load);
        const answers = await closedLoop(first[kind], load);
        rates[kind] = Math.floor(answers.length / load.seconds / 2);
        // What sends at fixed moments warms up, too.
        await p99Ms(first[kind], rates[kind]);
      }
      await stage.manage('DELETE', '/v1/rooms/bench-first');
      say(`half the maximum: ${rates.join} joins/s, ${rates.look} looks/s`);

      const measured = {
        join: { few: [] as number[], many: [] as number[] },
        look: { few: [] as number[], many: [] as number[] },
      };
      for (let round = 1; round <= short(1, rounds); round += 1) {
        // Joins make a room grow: each round has a room of its own.
        const roomId = `bench-few-${round}`;
        const targets = await room(roomId, few);
        measured.look.few.push(await p99Ms(targets.look, rates.look));
        measured.join.few.push(await p99Ms(targets.join, rates.join));
        await stage.manage('DELETE', `/v1/rooms/${roomId}`);
      }
      say(`${few} waiting: ${described(measured.join.few)} joins, ${described(measured.look.few)} looks`);
      const targets = await room('bench-many', short(20_000, many));
      for (let round = 1; round <= short(1, rounds); round += 1) {
        measured.look.many.push(await p99Ms(targets.look, rates.look));
        measured.join.many.push(await p99Ms(targets.join, rates.join));
      }
      say(`${many} waiting: ${described(measured.join.many)} joins, ${described(measured.look.many)} looks`);
      return (['join', 'look'] as const).map((kind) => line(kind, rates[kind], measured[kind]));
    } finally {
      await stage.close();
    }
  },
};

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
