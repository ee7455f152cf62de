/** Standings sent to live connections by one core, every message different. */
import { setTimeout as pause } from 'node:timers/promises';
import { cpuTimeUs } from './cpu.ts';
import { openCrowd } from './crowd.ts';
import { atLeast, type BenchRow, median } from './row.ts';
import { onStage } from './stage.ts';
import { takeTickets } from './tickets.ts';

/** Of each room only the first hundred hear of every tick. */
const socketsPerRoom = 95;
const rooms = 20;
const settleMs = 3_000;
const roundMs = 10_000;
const rounds = 5;

export const sends: BenchRow = {
  command: 'sends',
  async run({ isShort, say }) {
    const environment = { REDIS_URL: '' };
    return onStage({ entry: ['src/dev/bench/sends-main.ts'], environment }, async (stage) => {
      const sides = [];
      for (let number = 1; number <= (isShort ? 2 : rooms); number += 1) {
        const path = `/v1/rooms/bench-${number}`;
        await stage.manage('PUT', path, { capacity: 0 });
        await stage.manage('POST', `${path}/open`, {});
        const roomUrl = `${stage.service.publicUrl}${path}`;
        sides.push({ roomUrl, tickets: await takeTickets({ roomUrl }, socketsPerRoom) });
      }
      const crowd = await openCrowd(sides);
      crowd.readsLags = false;
      const { size } = crowd;
      const pid = stage.service.pid as number;
      await pause(settleMs);
      const perCpuSecond: number[] = [];
      const shares: number[] = [];
      for (let round = 1; round <= (isShort ? 1 : rounds); round += 1) {
        const before = { sent: crowd.standings, cpuUs: cpuTimeUs(pid), atMs: performance.now() };
        await pause(isShort ? 1_000 : roundMs);
        const sent = crowd.standings - before.sent;
        const usedUs = cpuTimeUs(pid) - before.cpuUs;
        shares.push(usedUs / 1_000 / (performance.now() - before.atMs));
        perCpuSecond.push((sent * 1_000_000) / usedUs);
        say(`round ${round}: ${sent} standings, ${(usedUs / sent).toFixed(1)} µs each`);
      }
      if (crowd.size !== size) throw new Error(`${size - crowd.size} of ${size} connections were closed`);
      crowd.leave();
      return [
        atLeast(30_000, {
          name: 'WebSocket sends, every message different',
          value: Math.round(median(perCpuSecond)),
          unit: 'a second of one core',
          beside: `${size} sockets, ${Math.round(median(shares) * 100)} % of the core used; presence and ticks included`,
        }),
      ];
    });
  },
};
