/**
 * How long someone at a position will wait, as a range, from how fast seats really came free.
 *
 * Let s be the positions that go by for each admission (some ahead leave or are away). The visitor at
 * position p is let in when p / s admissions were made: the seats free now go at the pace of the outflow,
 * the others as fast as people inside finish. The rate is measured over a window long enough to count some
 * hundreds of freed seats, so the range narrows as the evidence grows: half its width is
 * 8 % + 1.2 / √(seats counted), at most 60 %, and at least one release interval.
 */
import type { Frame } from './frame.ts';

export type WaitRange = { low: number; high: number };

type Sample = Pick<Frame, 'clockMs' | 'admittedTotal' | 'freedTotal' | 'droppedTotal'>;

/** The pace's window: this many seats freed, but between these bounds of room clock. */
const freedWanted = 400;
const windowMinMs = 12_000;
const windowMaxMs = 600_000;
const samplesMax = 700;

export type PacePolicy = {
  capacity: number;
  outflowPerMinute: number;
  releaseEveryMs: number;
  sessionTtlMs: number;
};

export class WaitEstimator {
  /** Oldest first, about one a second. */
  #samples: Sample[] = [];

  /** Takes in a newer frame; one of an earlier run or epoch starts the history anew. */
  record({ clockMs, admittedTotal, freedTotal, droppedTotal }: Sample): void {
    const last = this.#samples.at(-1);
    if (last && clockMs <= last.clockMs) {
      if (admittedTotal < last.admittedTotal) this.#samples = [];
      else return;
    }
    if (last && (admittedTotal < last.admittedTotal || freedTotal < last.freedTotal)) this.#samples = [];
    this.#samples.push({ clockMs, admittedTotal, freedTotal, droppedTotal });
    if (this.#samples.length > samplesMax) this.#samples.splice(0, this.#samples.length - samplesMax);
  }

  /** The wait at a position, ms; never null: without evidence the range is wide. `held` seats are taken. */
  estimate(position: number, held: number, policy: PacePolicy): WaitRange {
    const { freed, freedPerMs, positionsPerAdmission } = this.#pace(policy);
    const admissions = position / positionsPerAdmission;
    const byOutflowMs = (admissions / policy.outflowPerMinute) * 60_000;
    const beyondFreeSeats = Math.max(0, admissions - Math.max(0, policy.capacity - held));
    const bySeatsMs = beyondFreeSeats / freedPerMs;
    const middle = Math.max(byOutflowMs, bySeatsMs) + policy.releaseEveryMs / 2;
    const share = byOutflowMs >= bySeatsMs ? 0.15 : Math.min(0.6, 0.08 + 1.2 / Math.sqrt(freed + 1));
    const half = Math.max(middle * share, policy.releaseEveryMs);
    return { low: Math.max(0, Math.round(middle - half)), high: Math.round(middle + half) };
  }

  #pace({ capacity, sessionTtlMs }: PacePolicy): {
    freed: number;
    freedPerMs: number;
    positionsPerAdmission: number;
  } {
    const now = this.#samples.at(-1);
    const from = this.#windowStart();
    const freed = now && from ? now.freedTotal - from.freedTotal : 0;
    if (!now || !from || freed === 0) {
      // Nobody has left yet: people stay for some part of the time they may be idle.
      return { freed: 0, freedPerMs: Math.max(capacity, 1) / (sessionTtlMs / 2), positionsPerAdmission: 1 };
    }
    const admitted = now.admittedTotal - from.admittedTotal;
    const dropped = now.droppedTotal - from.droppedTotal;
    return {
      freed,
      freedPerMs: freed / (now.clockMs - from.clockMs),
      positionsPerAdmission: admitted > 0 ? Math.min(10, 1 + dropped / admitted) : 1,
    };
  }

  /** The latest sample far enough back; never before the first seat came free, which says nothing of pace. */
  #windowStart(): Sample | undefined {
    const now = this.#samples.at(-1);
    if (!now) return undefined;
    let start = now;
    for (let index = this.#samples.length - 2; index >= 0; index -= 1) {
      const sample = this.#samples[index] as Sample;
      const age = now.clockMs - sample.clockMs;
      if (age > windowMaxMs || sample.freedTotal === 0) break;
      start = sample;
      if (age >= windowMinMs && now.freedTotal - sample.freedTotal >= freedWanted) break;
    }
    return start === now ? undefined : start;
  }
}
