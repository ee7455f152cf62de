/** What open, waiting connections cost the service: memory, and the promptness of its event loop. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuTimeUs, residentBytes } from './cpu.ts';
import { openCrowd } from './crowd.ts';
import { atMost, type BenchRow, median } from './row.ts';
import { type BenchStage, onStage } from './stage.ts';
import { takeTickets } from './tickets.ts';

const sockets = 10_000;
const serveMs = 60_000;
const rounds = 3;
const settleMs = 10_000;
const probe = ['--import', './src/dev/bench/event-loop-probe.ts'];

export const openSockets: BenchRow = {
  command: 'sockets',
  async run({ isShort, say }) {
    const count = isShort ? 500 : sockets;
    // Ten a second have their turn, so that everyone's position falls all the time.
    const policy = { capacity: 100_000, outflowPerMinute: 600, batchSizeMax: 20 };
    return onStage({ policy, entry: [...probe, 'src/main.ts'] }, async (stage) => {
      const pid = stage.service.pid as number;
      const tickets = await takeTickets(stage, count + 20);
      const waiting = tickets.filter(({ kind }) => kind === 'waiting').slice(-count);
      // Code, caches and pools that are there from the first connection on are not the price of one more.
      const first = await openCrowd([{ roomUrl: stage.roomUrl, tickets: waiting.slice(0, 200) }]);
      first.leave();
      await pause(settleMs);
      const before = residentBytes(pid);
      const cpuBeforeUs = cpuTimeUs(pid);
      const crowd = await openCrowd([{ roomUrl: stage.roomUrl, tickets: waiting }]);
      const openUs = (cpuTimeUs(pid) - cpuBeforeUs) / count;
      await pause(settleMs);
      const after = residentBytes(pid);
      const delaysMs: number[] = [];
      await delayMs(stage);
      for (let round = 1; round <= (isShort ? 1 : rounds); round += 1) {
        await pause(isShort ? 2_000 : serveMs);
        const delay = await delayMs(stage);
        delaysMs.push(delay.p999);
        say(`round ${round}: event loop late by ${JSON.stringify(delay)} ms`);
      }
      const later = residentBytes(pid);
      const told = crowd.standings;
      if (crowd.closed > 0) throw new Error(`${crowd.closed} connections were closed`);
      crowd.leave();
      return [
        atMost(20, {
          name: `service memory for each open, waiting socket (${count} open)`,
          value: (Math.max(after, later) - before) / count / 1_024,
          unit: 'KiB',
          beside:
            `${mebibytes(before)} before, ${mebibytes(after)} with all open, ${mebibytes(later)} at the end; ` +
            `${openUs.toFixed(0)} µs of CPU to open one and say its standing`,
        }),
        atMost(50, {
          name: `event-loop delay, ${count} sockets served for ${serveMs / 1_000} s: p99.9`,
          value: median(delaysMs),
          unit: 'ms',
          beside: `${delaysMs.map((ms) => ms.toFixed(0)).join(', ')}; ${told} standings sent`,
        }),
      ];
    });
  },
};

type Delay = { p50: number; p99: number; p999: number; max: number };

/** What the probe saw since it was asked last. */
async function delayMs({ service }: BenchStage): Promise<Delay> {
  const lines = async (): Promise<string[]> =>
    (await readFile(service.logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{"delayMs"'));
  const known = (await lines()).length;
  process.kill(service.pid as number, 'SIGUSR2');
  for (;;) {
    const line = (await lines())[known];
    if (line) return (JSON.parse(line) as { delayMs: Delay }).delayMs;
    await pause(20);
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
