/**
 * Durations in words. Those that are promised are rounded down, the ends of a range outwards: what is shown is never
 * better than what is known.
 */
import type { WaitRange } from '../domain/wait-estimate.ts';
import type { Wording } from './wording.ts';

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A duration in hours and minutes, or seconds below two minutes; what is left over is dropped. */
export function durationText(ms: number, say: Wording): string {
  const seconds = Math.floor(ms / secondMs);
  if (seconds < 120 && seconds % 60 !== 0) return say.unit(seconds, 'second');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return say.unit(minutes, 'minute');
  const hours = say.unit(Math.floor(minutes / 60), 'hour');
  return minutes % 60 === 0 ? hours : hours + say.unitJoiner + say.unit(minutes % 60, 'minute');
}

/** What is left of a turn, in calm steps: whole minutes, ten seconds below two minutes. */
export function timeLeftText(ms: number, say: Wording): string {
  const stepMs = ms < 2 * minuteMs ? 10 * secondMs : minuteMs;
  if (ms < stepMs) return say.text('less-than-seconds', { duration: durationText(stepMs, say) });
  return durationText(Math.floor(ms / stepMs) * stepMs, say);
}

/** An expected wait. The range shown contains the one given. */
export function waitText({ low, high }: WaitRange, say: Wording): string {
  if (high <= minuteMs) return say.text('wait-under-a-minute');
  const stepMs = high <= hourMs ? minuteMs : high <= 10 * hourMs ? 5 * minuteMs : hourMs;
  const lowMs = Math.floor(low / stepMs) * stepMs;
  const highMs = Math.ceil(high / stepMs) * stepMs;
  const duration = durationText(highMs, say);
  if (lowMs === highMs) return say.text('wait-about', { duration });
  if (lowMs <= 0) return say.text('wait-under', { duration });
  // "between 12 and 18 minutes": the unit once where both have the same.
  const unitMs = highMs < hourMs ? minuteMs : hourMs;
  const isShared = lowMs % unitMs === 0 && highMs % unitMs === 0;
  return say.text('wait-between', {
    low: isShared ? lowMs / unitMs : durationText(lowMs, say),
    high: duration,
  });
}
