/**
 * The demo site as a process of its own, with its own clock and CPU. The parent sends the options first (a forked
 * child's channel), then asks for the record; the process ends with the channel.
 */
import {
  type DemoOrigin,
  type DemoOriginOptions,
  type DemoOriginRecord,
  startDemoOrigin,
} from './demo-origin.ts';

/** What the parent sends. */
export type DemoOriginRequest =
  | { ask: 'start'; options: Omit<DemoOriginOptions, 'clock'> }
  | { ask: 'record' };
/** What it gets, one for each request. */
export type DemoOriginReply = { tell: 'started'; url: string } | { tell: 'record'; record: DemoOriginRecord };

let origin: DemoOrigin | null = null;

process.on('message', (request: DemoOriginRequest) => void handle(request));
process.once('disconnect', () => process.exit(0));

async function handle(request: DemoOriginRequest): Promise<void> {
  if (request.ask === 'start') {
    origin = await startDemoOrigin(request.options);
    tell({ tell: 'started', url: origin.url });
  } else if (origin !== null) {
    tell({ tell: 'record', record: origin.record() });
  }
}

function tell(reply: DemoOriginReply): void {
  process.send?.(reply);
}
