/**
 * npm run reconnect: thousands wait on one of two replicas, it is told to stop, and all of them come back to the other
 * one. Ends with a verdict from what the visitors, who run the page's own code, wrote down; and with how late their own
 * processes were, since a machine that lets thousands of visitors wait lets them arrive together, too.
 *
 * Exit status: 0 when it holds, 1 when it does not, 2 when it could not be played.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type BenchStage, onStage } from './bench/stage.ts';
import { WaitingCrowd } from './reconnect-crowd.ts';
import { judgeReconnect, type ReconnectRecord, type ReconnectVerdict } from './reconnect-verdict.ts';
import type { ServiceProcess } from './service-processes.ts';

const usage = 'npm run reconnect -- [--sockets 14000] [--json]';
const socketsMax = 18_000;
/** A load balancer asks this often whether a replica is ready. */
const probeEveryMs = 100;
const drainMs = 2_000;
/** All are connected; the greetings' work is done. */
const settleMs = 3_000;
/** As long as an orchestrator waits before it kills. */
const stopWithinMs = 30_000;
const backWithinMs = 120_000;

process.exitCode = await main().catch((error: unknown) => {
  console.error(error);
  return 2;
});

async function main(): Promise<number> {
  const options = readWords(process.argv.slice(2));
  if (options === null) {
    console.error(usage);
    return 2;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2));
  // Everybody waits, on whichever core is free.
  const environment = { GUICHET_DRAIN_MS: String(drainMs) };
  const { records, lateMs } = await onStage({ environment, isPinned: false }, (stage) =>
    play(stage, options.sockets),
  );
  const verdict = judgeReconnect(records);
  console.log(options.json ? JSON.stringify({ ...verdict, lateMs }) : described(verdict, lateMs));
  return verdict.breaches.length > 0 ? 1 : 0;
}

async function play(
  stage: BenchStage,
  sockets: number,
): Promise<{ records: ReconnectRecord[]; lateMs: number }> {
  const staying = await stage.another('staying', {});
  console.error(`${sockets} take a ticket and connect`);
  const crowd = await WaitingCrowd.open(sockets, stage.roomUrl);
  try {
    await pause(settleMs);
    console.error('their replica is told to stop');
    const stopped = stage.service.stop(stopWithinMs);
    await untilNotReady(stage.service);
    crowd.lead(stage.roomUrl.replace(stage.service.publicUrl, staying.publicUrl));
    await Promise.race([crowd.allBack, pause(backWithinMs, null, { ref: false })]);
    await stopped;
    return await crowd.reports();
  } finally {
    await crowd.end();
  }
}

async function untilNotReady({ internalUrl }: ServiceProcess): Promise<void> {
  while ((await fetch(`${internalUrl}/readyz`)).ok) await pause(probeEveryMs);
}

function readWords(words: readonly string[]): { sockets: number; json: boolean } | null {
  try {
    const options = {
      sockets: { type: 'string', default: '14000' },
      json: { type: 'boolean', default: false },
    } as const;
    const { values } = parseArgs({ args: [...words], options });
    const sockets = /^\d{1,6}$/.test(values.sockets) ? Number(values.sockets) : 0;
    return sockets >= 1 && sockets <= socketsMax ? { sockets, json: values.json } : null;
  } catch {
    return null;
  }
}

function described({ figures, breaches }: ReconnectVerdict, lateMs: number): string {
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
  const { afterMs, withinMs, perSecondMean, busiestSecond, busiestByMean } = figures;
  const rows: [string, string][] = [
    ['sockets told to come back', `${figures.sockets}, over ${seconds(figures.tellingMs)}`],
    ['window', `${seconds(withinMs)}, from ${seconds(afterMs)} on`],
    ['arrived inside · before', `${(figures.shareInside * 100).toFixed(2)} % · ${figures.early}`],
    ['arrivals a second, mean', perSecondMean.toFixed(0)],
    ['busiest second', `${busiestSecond}: ${busiestByMean.toFixed(2)} × the mean`],
    ['looks meanwhile', `${figures.looks}`],
    [
      'standing told after, 99 % · all',
      `${seconds(figures.greetedMsP99)} · ${seconds(figures.greetedMsMax)}`,
    ],
    ['longest away', seconds(figures.awayMsMax)],
    ['their own processes late by', seconds(lateMs)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const broken = breaches.map(({ name, detail }) => `BROKEN ${name}: ${detail}`);
  return [...lines, '', ...(broken.length === 0 ? ['all of it holds'] : broken)].join('\n');
}
