/**
 * npm run rush: a crowd waits in order and is let in at the pace the site can bear, on real parts. It starts a
 * redis-server, two replicas, the demo site and the visitors, breaks something half-way if asked, sends the same crowd
 * straight at the same site for comparison, and ends with a verdict from what visitors and site wrote down.
 *
 * Exit status: 0 when every promise held, 1 when one broke, 2 when the rush itself could not be played. With a guard taken
 * out: 1 when the promise of that name broke, else 0.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DemoOriginProcess } from './demo-origin-process.ts';
import { Crowd } from './rush-crowd.ts';
import { playFault } from './rush-faults.ts';
import type { RushRecord } from './rush-history.ts';
import { losesData, readRushOptions, type RushOptions, rushUsage } from './rush-options.ts';
import { averageHoldMs, type CrowdShape, lastArrivalShare } from './rush-plan.ts';
import { countCommands } from './rush-redis.ts';
import { endProgress, showProgress, verdictJson, verdictTable, type WithoutGate } from './rush-report.ts';
import { readServiceCounts } from './rush-told.ts';
import { type RushStage, startRushStage } from './rush-stage.ts';
import { judgeRush } from './rush-verdict.ts';

const progressEveryMs = 500;
/** From the last visitor's word to the site's last `finish` having been answered. */
const settleMs = 1_500;
const commandsCountedMs = 5_000;
const withoutGateMaxMs = 60_000;
/** Processes are ready, connections are not: a moment for both replicas before the first arrival. */
const startDelayMs = 1_000;

process.exitCode = await main().catch((error: unknown) => {
  console.error(error);
  return 2;
});

async function main(): Promise<number> {
  const options = readRushOptions(process.argv.slice(2));
  if ('problem' in options) {
    console.error(`${options.problem}\n${rushUsage}`);
    return 2;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2));
  const stage = await startRushStage(options);
  let keep = true;
  try {
    const shape: CrowdShape = {
      visitors: options.visitors,
      expectedMs: (options.visitors / options.capacity) * averageHoldMs,
      presentWithinMs: stage.policy.presentWithinMs,
    };
    const { record, redisCommandsPerSecond } = await playQueue(options, stage, shape);
    // The comparison gets the whole machine.
    await Promise.all(stage.replicas.map((replica) => replica.stop()));
    const without = await playWithoutGate(options, stage, shape);
    const verdict = judgeRush(record);
    const more = { redisCommandsPerSecond, without };
    console.log(verdictTable(verdict, more));
    if (options.json) console.log(verdictJson(verdict.figures, more));
    keep = verdict.breaches.length > 0;
    if (options.breaking === null) return keep ? 1 : 0;
    const isNoticed = verdict.breaches.some(({ name }) => name === options.breaking);
    if (!isNoticed) console.error(`NOT NOTICED: nothing says that ${options.breaking} was broken`);
    return isNoticed ? 1 : 0;
  } finally {
    await stage.close(keep);
    if (keep) console.error(`logs and history are kept in ${stage.directory}`);
  }
}

async function playQueue(
  options: RushOptions,
  stage: RushStage,
  shape: CrowdShape,
): Promise<{ record: RushRecord; redisCommandsPerSecond: number | null }> {
  const { seed, visitors, fault } = options;
  const { policy, roomId, origin, redis } = stage;
  const startAt = Date.now() + startDelayMs;
  const crowd = new Crowd(visitors, {
    to: 'queue',
    seed,
    shape,
    startAt,
    roomId,
    publicUrls: stage.replicas.map(({ publicUrl }) => publicUrl),
    patienceMs: shape.expectedMs + 60_000,
  });
  const deadline = setTimeout(() => crowd.stop(), startDelayMs + shape.expectedMs * 1.4 + 45_000);
  const stopShowing = show('in the queue', crowd, origin);
  const counting = new Promise<number | null>((resolve) => {
    setTimeout(
      () => void countCommands(redis, commandsCountedMs).then(resolve, () => resolve(null)),
      startDelayMs + shape.expectedMs * 0.12,
    );
  });
  const faultWindow = await playFault(fault, stage, crowd, visitors);
  await crowd.done;
  clearTimeout(deadline);
  stopShowing();
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const record: RushRecord = {
    visitors,
    policy,
    history: crowd.history,
    origin: await origin.record(),
    fault: faultWindow,
    told: losesData(fault) ? null : await readServiceCounts(stage.replicas, stage),
  };
  await writeFile(
    join(stage.directory, 'history.jsonl'),
    crowd.history.map((entry) => JSON.stringify(entry)).join('\n'),
  );
  await writeFile(join(stage.directory, 'record.json'), JSON.stringify({ ...record, history: [] }));
  return { record, redisCommandsPerSecond: await counting };
}

/** The same arrivals, compressed so that all come within a minute, at a fresh site of the same size without a gate. */
async function playWithoutGate(
  { seed, visitors, capacity }: RushOptions,
  { policy, roomId }: RushStage,
  shape: CrowdShape,
): Promise<WithoutGate> {
  const origin = await DemoOriginProcess.start({
    roomId,
    gate: 'none',
    guichetPublicUrls: [],
    guichetInternalUrls: [],
    originKey: '',
    sessionTtlMs: policy.sessionTtlMs,
    capacity,
  });
  const startAt = Date.now() + startDelayMs;
  const endAt = startAt + Math.min(withoutGateMaxMs - startDelayMs, shape.expectedMs);
  const expectedMs = Math.min(shape.expectedMs, (endAt - startAt) / lastArrivalShare);
  const crowd = new Crowd(visitors, {
    to: 'site',
    seed,
    shape: { ...shape, expectedMs },
    startAt,
    endAt,
    siteUrl: `${origin.url}/`,
  });
  const stopShowing = show('straight at the site', crowd, origin);
  // Visitors stop reloading at the end; what still hangs then is cut.
  const deadline = setTimeout(() => crowd.stop(), endAt - Date.now() + 2_000);
  await crowd.done;
  clearTimeout(deadline);
  stopShowing();
  const { figures } = await origin.record();
  await origin.stop();
  return { completed: figures.completed, errors: crowd.tally().errors, peakInside: figures.peakInside };
}

function show(label: string, crowd: Crowd, origin: DemoOriginProcess): () => void {
  const timer = setInterval(() => {
    void origin.figures().then((figures) => showProgress(label, crowd.progress(), figures));
  }, progressEveryMs);
  return () => {
    clearInterval(timer);
    endProgress();
  };
}
