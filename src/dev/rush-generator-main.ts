/**
 * A part of the crowd as a process of its own: a process has a limited number of descriptors, and each visitor has
 * connections of their own. The parent sends the task over the channel of a forked child; records go back in batches.
 */
import type { HistoryRecord } from './rush-history.ts';
import { type DirectTally, playDirectVisitor } from './rush-direct.ts';
import { type CrowdShape, planVisitor } from './rush-plan.ts';
import { playVisitor } from './rush-visitor.ts';

/** Which visitors to play, [from, until), and where. */
export type GeneratorTask = {
  seed: number;
  from: number;
  until: number;
  shape: CrowdShape;
  startAt: number;
} & (
  | {
      to: 'queue';
      roomId: string;
      publicUrls: readonly string[];
      patienceMs: number;
      siteUrl?: string;
    }
  | { to: 'site'; siteUrl: string; endAt: number }
);

/** What the parent hears. `done` comes once, when every visitor's story is over. */
export type GeneratorReport =
  | { tell: 'records'; records: HistoryRecord[] }
  | { tell: 'tally'; tally: DirectTally }
  | { tell: 'done' };

const flushEveryMs = 200;

process.once('message', (task: GeneratorTask) => void play(task));
process.once('disconnect', () => process.exit(0));

async function play(task: GeneratorTask): Promise<void> {
  let records: HistoryRecord[] = [];
  const tally: DirectTally = { completed: 0, gaveUp: 0, errors: 0 };
  const flush = (): void => {
    if (task.to === 'site') tell({ tell: 'tally', tally });
    if (records.length === 0) return;
    tell({ tell: 'records', records });
    records = [];
  };
  const timer = setInterval(flush, flushEveryMs);
  const record = (one: HistoryRecord): void => {
    records.push(one);
  };
  const visitors = Array.from({ length: task.until - task.from }, (_, index) => {
    const visitor = task.from + index;
    const plan = planVisitor(task.seed, visitor, task.shape);
    return task.to === 'queue'
      ? playVisitor({ ...task, record }, visitor, plan)
      : playDirectVisitor({ ...task, tally }, plan);
  });
  await Promise.all(visitors);
  clearInterval(timer);
  flush();
  tell({ tell: 'done' });
}

function tell(report: GeneratorReport): void {
  // A parent that is gone already wants to hear nothing.
  process.send?.(report, undefined, undefined, () => {});
}
