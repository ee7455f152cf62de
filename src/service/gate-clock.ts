/**
 * What a gate may believe of a room's passes, by the room's ticks: whether one has run out, and whether its end would be
 * known here.
 *
 * A pass ends on the wall clock, its session on the room clock, which stands still while nobody can reach the store. So
 * a pass that ran out in such a time is good for as much longer as the room clock stood still: at most ten minutes, after
 * which the gate asks no more of a store that is away. And a pass older than what this replica has read of the room may
 * have ended without its knowing: then the store has to be asked once.
 */
import type { RoomHead, TickAnswer } from '../store/queue-store.ts';

export const standstillMaxMs = 600_000;
/** A tick that late may be late here alone: passes then last as long as their sessions, and no longer. */
const lateAfterMs = 500;
/** Then the store is away: passes that ran out since its last word are good. */
const awayAfterMs = 3_000;

export type Now = { wallMs: number; monotonicMs: number };

export class GateClock {
  #head: RoomHead | null = null;
  /** When the store last spoke of the room. */
  #heard: Now | null;
  #tickEveryMs = 1_000;
  /** The last time that the room clock stood still, from that wall time on. */
  #standstill = { fromMs: 0, lostMs: 0 };
  /** Of what happened before this wall time, not everything was read here. */
  #readFromMs = Number.NEGATIVE_INFINITY;
  #isCaughtUp = false;

  /** `rememberedWallMs`: when this replica last heard of the room before it started; null: never. */
  constructor(rememberedWallMs: number | null, now: Now) {
    this.#heard =
      rememberedWallMs === null
        ? null
        : { wallMs: rememberedWallMs, monotonicMs: now.monotonicMs - (now.wallMs - rememberedWallMs) };
  }

  /** Takes in a confirmed tick. */
  applyTick(head: RoomHead, { events, gap, more }: TickAnswer, now: Now & { tickEveryMs: number }): void {
    const before = this.#head;
    const isOtherEpoch = before !== null && before.epochId !== head.epochId;
    if (before !== null) this.#noteStandstill(before, head, now);
    if (gap || isOtherEpoch) {
      const [oldest] = events;
      const agoMs = oldest && !isOtherEpoch ? Math.max(0, head.clockMs - oldest.atMs) : 0;
      this.#readFromMs = now.wallMs - agoMs;
    }
    if (!more) this.#isCaughtUp = true;
    this.#head = head;
    this.#heard = now;
    this.#tickEveryMs = now.tickEveryMs;
  }

  #noteStandstill(before: RoomHead, head: RoomHead, now: Now): void {
    const fromMs = this.#heard?.wallMs ?? now.wallMs;
    const lostMs = head.wallMs - before.wallMs - (head.clockMs - before.clockMs);
    // A store's clock that was set forward has lost nothing.
    if (lostMs >= lateAfterMs) this.#standstill = { fromMs, lostMs: Math.min(lostMs, now.wallMs - fromMs) };
  }

  /** Whether a pass that ends then (wall ms) is over; its session ends `marginMs` later. */
  isOver(expiresAtMs: number, marginMs: number, now: Now): boolean {
    if (now.wallMs < expiresAtMs) return false;
    const { fromMs, lostMs } = this.#standstill;
    const longerMs = expiresAtMs >= fromMs ? Math.min(lostMs, standstillMaxMs) : 0;
    if (now.wallMs < expiresAtMs + longerMs) return false;
    const heard = this.#heard;
    if (heard === null || expiresAtMs < heard.wallMs) return true;
    const silentMs = now.monotonicMs - heard.monotonicMs;
    const lateMs = silentMs - this.#tickEveryMs;
    if (lateMs < lateAfterMs || silentMs >= standstillMaxMs) return true;
    return lateMs < awayAfterMs && now.wallMs >= expiresAtMs + marginMs;
  }

  /** Whether an end of a pass would be known here, of which the store last spoke then (wall ms). */
  wouldKnow(confirmedAtMs: number): boolean {
    return this.#isCaughtUp && confirmedAtMs >= this.#readFromMs;
  }
}
