/** How long one tick keeps Redis from everybody else. */
import { createHash } from 'node:crypto';
import type { Frame } from '../../domain/frame.ts';
import type { PolicyInput } from '../../domain/room.ts';
import { scriptText } from '../../store/redis-scripts.ts';
import { atMost, type BenchRow, median, quantile, type RowResult } from './row.ts';
import { onStoreStage, type StoreStage } from './store-stage.ts';

const msMax = 10;
const calls = 100;
const msBetween = 1_000;
/** 100 are admitted at each tick; the time to enter is the default, so that none of them lapses meanwhile. */
const openPolicy: PolicyInput = { capacity: 1_000_000, outflowPerMinute: 6_000 };
/** Below any tick; the log would otherwise hold each command of the script too, and a tick take a fifth longer. */
const loggedFromUs = 100;
/** Who joins while presence is this short is away after it. */
const awayAfterMs = 5_000;
/** The full bucket is used up before anything is measured. */
const ticksBefore = 5;
const tickDigest = createHash('sha1').update(scriptText('tick')).digest('hex');

/** SLOWLOG's own figure for ticks a second apart, each with a new frame, a release and a sweep. */
export const ticks: BenchRow = {
  command: 'ticks',
  run: async ({ isShort, say }) => {
    const lines: RowResult[] = [];
    for (const waiting of isShort ? [1_000, 20_000] : [1_000, 100_000, 1_000_000]) {
      say(`ticks at ${waiting.toLocaleString('en')} waiting`);
      lines.push(await ticksAt({ waiting, sleepers: 0 }));
      const sleepers = isShort ? 15_000 : 300_000;
      say(
        `ticks at ${waiting.toLocaleString('en')} waiting behind ${sleepers.toLocaleString('en')} sleepers`,
      );
      lines.push(await ticksAt({ waiting, sleepers }));
    }
    return lines;
  },
};

/** `sleepers` are at the head, and away. */
function ticksAt({ waiting, sleepers }: { waiting: number; sleepers: number }): Promise<RowResult> {
  return onStoreStage(async (stage) => {
    await stage.setPolicy({ presentWithinMs: awayAfterMs });
    if (sleepers > 0) await stage.join(sleepers);
    await stage.setPolicy({});
    await stage.join(waiting);
    for (let passed = 0; passed <= awayAfterMs; passed += msBetween) await tickAfterASecond(stage);
    await stage.setPolicy(openPolicy);
    for (let tick = 0; tick < ticksBefore; tick += 1) await tickAfterASecond(stage);
    await stage.admin.config('SET', 'slowlog-log-slower-than', loggedFromUs);
    await stage.admin.slowlog('RESET');
    const before = await tickAfterASecond(stage);
    for (let tick = 1; tick < calls; tick += 1) await tickAfterASecond(stage);
    const { frame } = await stage.tick();
    const busy = await busyMs(stage);
    const behind = sleepers > 0 ? ` behind ${sleepers.toLocaleString('en')} sleepers` : '';
    return atMost(msMax, {
      name: `One tick with a frame at ${waiting.toLocaleString('en')} waiting${behind}: p95 of ${calls}`,
      value: quantile(busy, 0.95),
      unit: 'ms',
      beside:
        `SLOWLOG; median ${median(busy).toFixed(1)}, longest ${Math.max(...busy).toFixed(1)} ms; a tick admitted ` +
        `${perTick(frame.admittedTotal - before.admittedTotal)}, parked ` +
        `${perTick(frame.skippedTotal - before.skippedTotal)} on average`,
    });
  });
}

/** One tick; whoever it admitted is made up for, so that as many wait at each. */
async function tickAfterASecond(stage: StoreStage): Promise<Frame> {
  stage.passMs(msBetween);
  const { frame, events } = await stage.tick();
  const admitted = events.flatMap((event) => (event.type === 'admitted' ? event.ticketIds : []));
  if (admitted.length > 0) await stage.join(admitted.length);
  return frame;
}

/** Of each tick in the slow log, without what the script called. */
async function busyMs({ admin }: StoreStage): Promise<number[]> {
  const entries = (await admin.slowlog('GET', -1)) as [number, number, number, string[]][];
  const busy = entries.flatMap(([, , us, words]) => (words[1] === tickDigest ? [us / 1_000] : []));
  if (busy.length < calls) throw new Error(`the slow log has ${busy.length} of ${calls} ticks`);
  return busy;
}

function perTick(count: number): string {
  return (count / (calls - 1)).toFixed(0);
}
