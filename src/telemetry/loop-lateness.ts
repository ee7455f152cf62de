/** How late the event loop's turns come, for those who ask now and then. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 20;

/** `lateMs`: the 99th percentile since the last call, ms; 0 when nothing was measured. */
export function loopLateness(): { lateMs: () => number; stop: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return {
    lateMs: () => {
      const ms = histogram.percentile(99) / 1e6 - resolutionMs;
      histogram.reset();
      return Number.isFinite(ms) ? Math.max(0, ms) : 0;
    },
    stop: () => void histogram.disable(),
  };
}
