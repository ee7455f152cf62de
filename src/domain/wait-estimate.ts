/**
 * How long someone at a position will wait, as a range, from how long people really stay.
 *
 * Let s be the positions that go by for each admission (1, and more where people are away when their turn
 * comes). The visitor at position p is let in when p / s admissions were made. The first of them take the
 * seats that are free now, at the pace of the outflow; each of the others takes a seat that comes free, and
 * seats come free at capacity ÷ mean stay (Little's law).
 *
 * The mean stay is measured twice over a window of several stays (a crowd let in together leaves together),
 * and the geometric mean is taken. Seat time ÷ seats freed counts those still inside with their stay so far:
 * too long at first, when few have left. The time between the n-th admission and the n-th seat freed, as if
 * people left in the order they came: too short at first, when only the quick ones have left. The two meet.
 */
import type { Frame } from './frame.ts';

export type WaitRange = { low: number; high: number };

/** What is read off a frame. */
type Observed = Pick<
  Frame,
  'clockMs' | 'admitted' | 'inside' | 'assumed' | 'admittedTotal' | 'freedTotal' | 'skippedTotal'
>;
/** Running totals at one moment; `seatMs` is the time that all seats together were taken. */
type Sample = { clockMs: number; admitted: number; freed: number; skipped: number; seatMs: number };

/** The window: this many seats freed and this many mean stays, or all there is. */
const freedWanted = 150;
const staysWanted = 2;
/** Samples kept; beyond that, every second one of the older half goes. */
const samplesMax = 600;
/** Without evidence: half of the time that people may be idle, worth a fifth of a stay seen. */
const priorShareOfTtl = 0.5;
const priorWeight = 0.2;
/** Half the range as a share of its middle: a base, what little evidence adds, and what few admissions add. */
const shareBase = 0.11;
const shareOfEvidence = 0.8;
const shareOfChance = 0.7;
const shareMax = 0.5;
/**
 * Of the range, more lies below the middle than above: the first crowd is slow, on a site that it slows down, and
 * what is measured of it is too long for those who come after.
 */
const sideBelow = 1.3;
/** How far an even outflow strays. */
const outflowShare = 0.15;

type Pace = { freed: number; stayMs: number; positionsPerAdmission: number };

export type PacePolicy = {
  capacity: number;
  outflowPerMinute: number;
  releaseEveryMs: number;
  sessionTtlMs: number;
};

export class WaitEstimator {
  /** Oldest first. */
  #samples: Sample[] = [];
  #held = 0;
  /** Worked out once a frame. */
  #measured: Pace | undefined;

  /** Takes in a newer frame; one of an earlier run starts the history anew, an older one changes nothing. */
  record({ clockMs, admitted, inside, assumed, admittedTotal, freedTotal, skippedTotal }: Observed): void {
    let last = this.#samples.at(-1);
    if (last && (admittedTotal < last.admitted || freedTotal < last.freed)) {
      this.#samples = [];
      last = undefined;
    }
    if (last && clockMs <= last.clockMs) return;
    this.#measured = undefined;
    const held = admitted + inside + assumed;
    const seatMs = last ? last.seatMs + ((this.#held + held) / 2) * (clockMs - last.clockMs) : 0;
    this.#held = held;
    this.#samples.push({
      clockMs,
      admitted: admittedTotal,
      freed: freedTotal,
      skipped: skippedTotal,
      seatMs,
    });
    if (this.#samples.length > samplesMax) {
      this.#samples = this.#samples.filter((_, index) => index % 2 === 0 || index > samplesMax / 2);
    }
  }

  /** The wait at a position, ms. Never null: without evidence the range is wide. `held` seats are taken. */
  estimate(position: number, held: number, policy: PacePolicy): WaitRange {
    const { freed, stayMs, positionsPerAdmission } = this.#pace(policy);
    const admissions = position / positionsPerAdmission;
    const byOutflowMs = (admissions / policy.outflowPerMinute) * 60_000;
    const beyondFreeSeats = Math.max(0, admissions - Math.max(0, policy.capacity - held));
    const bySeatsMs = (beyondFreeSeats * stayMs) / Math.max(1, policy.capacity);
    const middle = Math.max(byOutflowMs, bySeatsMs) + policy.releaseEveryMs / 2;
    const doubt = shareOfEvidence / Math.sqrt(freed + 1) + shareOfChance / Math.sqrt(beyondFreeSeats + 1);
    const share = byOutflowMs >= bySeatsMs ? outflowShare : Math.min(shareMax, shareBase + doubt);
    const half = Math.max(middle * share, policy.releaseEveryMs);
    const below = byOutflowMs >= bySeatsMs ? 1 : sideBelow;
    return {
      low: Math.max(0, Math.round(middle - half * below)),
      high: Math.round(middle + half * (2 - below)),
    };
  }

  #pace({ sessionTtlMs }: PacePolicy): Pace {
    this.#measured ??= this.#measure();
    const { freed, stayMs, positionsPerAdmission } = this.#measured;
    const priorMs = sessionTtlMs * priorShareOfTtl;
    return {
      freed,
      stayMs: (stayMs * freed + priorMs * priorWeight) / (freed + priorWeight),
      positionsPerAdmission,
    };
  }

  #measure(): Pace {
    const now = this.#samples.at(-1);
    const from = this.#windowStart();
    const freed = now && from ? now.freed - from.freed : 0;
    if (!now || !from || freed === 0) return { freed: 0, stayMs: 0, positionsPerAdmission: 1 };
    const bySeatTimeMs = (now.seatMs - from.seatMs) / freed;
    const inOrderMs = this.#seatMsInOrder(from.freed, now.freed) / freed;
    return {
      freed,
      stayMs: Math.sqrt(bySeatTimeMs * inOrderMs),
      positionsPerAdmission: 1 + (now.skipped - from.skipped) / Math.max(1, now.admitted - from.admitted),
    };
  }

  /** Seat time of those who were freed as number `first` + 1 to `last`, if people leave in the order they came. */
  #seatMsInOrder(first: number, last: number): number {
    let seatMs = 0;
    for (const [index, sample] of this.#samples.entries()) {
      const next = this.#samples[index + 1];
      if (!next) break;
      const inside = Math.min(sample.admitted, last) - Math.max(sample.freed, first);
      if (inside > 0) seatMs += inside * (next.clockMs - sample.clockMs);
    }
    return seatMs;
  }

  /** The latest sample far enough back; the first one when none is. */
  #windowStart(): Sample | undefined {
    const now = this.#samples.at(-1);
    if (!now) return undefined;
    for (let index = this.#samples.length - 2; index >= 0; index -= 1) {
      const sample = this.#samples[index] as Sample;
      const freed = now.freed - sample.freed;
      if (freed < freedWanted) continue;
      const stayMs = (now.seatMs - sample.seatMs) / freed;
      if (now.clockMs - sample.clockMs >= staysWanted * stayMs) return sample;
    }
    return this.#samples[0];
  }
}
