/**
 * Loaded in front of the service (`node --import`): measures how late its event loop is. At SIGUSR2 prints what it saw
 * since the last time as one line of JSON, and begins anew.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 1;
const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
histogram.enable();

process.on('SIGUSR2', () => {
  // The histogram holds the time between two beats of its timer.
  const lateMs = (percentile: number): number => histogram.percentile(percentile) / 1e6 - resolutionMs;
  const delayMs = { p50: lateMs(50), p99: lateMs(99), p999: lateMs(99.9), max: lateMs(100) };
  process.stdout.write(`${JSON.stringify({ delayMs })}\n`);
  histogram.reset();
});
