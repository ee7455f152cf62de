/**
 * A part of those who wait through a restart, as a process of its own: a process has a limited number of descriptors.
 * The parent sends the task over the channel of a forked child, and hears how far its visitors are.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { WaitingVisitor } from './reconnect-visitor.ts';
import type { ReconnectRecord } from './reconnect-verdict.ts';

export type VisitorsOrder =
  | { order: 'wait'; count: number; roomUrl: string }
  /** Where the balancer leads from now on. */
  | { order: 'lead'; roomUrl: string }
  | { order: 'report' };

/** `waiting` and `back` come once, when it is true of all of them. */
export type VisitorsReport =
  | { tell: 'waiting' }
  | { tell: 'back' }
  | { tell: 'failed'; why: string }
  /** `lateMs`: how long at most this process kept its visitors waiting since it was led elsewhere. */
  | { tell: 'records'; records: ReconnectRecord[]; lateMs: number };

const beatMs = 10;
const lateness = monitorEventLoopDelay({ resolution: beatMs });
const openingAtOnce = 20;
const visitors: WaitingVisitor[] = [];
let roomUrl = '';

process.on('message', (order: VisitorsOrder) => {
  if (order.order === 'report') return report();
  ({ roomUrl } = order);
  if (order.order === 'lead') return void lateness.enable();
  waitAll(order).catch((error: unknown) => tell({ tell: 'failed', why: String(error) }));
});
process.once('disconnect', () => process.exit(0));

async function waitAll({ count }: Extract<VisitorsOrder, { order: 'wait' }>): Promise<void> {
  let left = count;
  const openInTurn = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const visitor = await WaitingVisitor.takeTicket({ roomUrl: () => roomUrl });
      visitors.push(visitor);
      await visitor.wait();
    }
  };
  await Promise.all(Array.from({ length: openingAtOnce }, openInTurn));
  tell({ tell: 'waiting' });
  await Promise.all(visitors.map((visitor) => visitor.back()));
  tell({ tell: 'back' });
}

function report(): void {
  const lateMs = lateness.max / 1e6 - beatMs;
  tell({ tell: 'records', records: visitors.map(({ record }) => record), lateMs });
}

function tell(report: VisitorsReport): void {
  process.send?.(report);
}
