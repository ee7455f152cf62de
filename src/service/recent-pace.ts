/** How many came and were admitted lately, by the totals of a room's frames. */
import type { FrameFigures } from '../domain/frame.ts';

/** The time looked back over. */
const windowMs = 60_000;
/** Less than this says nothing of a minute. */
const leastMs = 5_000;
/** One a second, and one to begin the window. */
const samplesMax = 62;

type Totals = Pick<FrameFigures, 'admittedTotal' | 'joinedTotal'>;
type Sample = Totals & { atMs: number };

export class RecentPace {
  /** Oldest first. */
  #samples: Sample[] = [];

  /** Takes in what the room counts at this monotonic time. A total that fell begins anew: data was lost. */
  record({ admittedTotal, joinedTotal }: Totals, atMs: number): void {
    const last = this.#samples.at(-1);
    if (last && (admittedTotal < last.admittedTotal || joinedTotal < last.joinedTotal)) this.#samples = [];
    this.#samples.push({ admittedTotal, joinedTotal, atMs });
    while (this.#samples.length > samplesMax || (this.#samples[1]?.atMs ?? atMs) <= atMs - windowMs) {
      this.#samples.shift();
    }
  }

  /** Per minute over the last minute, or over as much of it as was seen; null below five seconds. */
  perMinute(): { admissions: number; joins: number } | null {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last || last.atMs - first.atMs < leastMs) return null;
    const rate = (more: number): number => Math.round((more * windowMs * 10) / (last.atMs - first.atMs)) / 10;
    return {
      admissions: rate(last.admittedTotal - first.admittedTotal),
      joins: rate(last.joinedTotal - first.joinedTotal),
    };
  }
}
