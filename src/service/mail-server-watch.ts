/**
 * Whether the mail server is worth asking. After some failures in a row it is left alone for a while, twice as long each
 * time, and then asked with one e-mail only: a dead server is not hammered, and no e-mail's tries are used up on it.
 */
import type { Clock } from '../domain/clock.ts';

const failuresMax = 3;
const restMinMs = 15_000;
const restMaxMs = 60_000;

export class MailServerWatch {
  readonly #clock: Clock;
  #failures = 0;
  #restMs = restMinMs;
  #restUntilMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it did not answer lately: what is sent now is a trial. */
  get isInDoubt(): boolean {
    return this.#failures >= failuresMax;
  }

  /** Whether it is left alone for now. */
  get isResting(): boolean {
    return this.isInDoubt && this.#clock.monotonicMs() < this.#restUntilMs;
  }

  /** How many e-mails may be tried, of those that could be. */
  allowed(most: number): number {
    if (this.isResting) return 0;
    return this.isInDoubt ? 1 : most;
  }

  /** It said something, be it no. Returns whether that is news. */
  answered(): boolean {
    const isNews = this.isInDoubt;
    this.#failures = 0;
    this.#restMs = restMinMs;
    return isNews;
  }

  /** It said nothing. Returns whether it is in doubt only since now. */
  failed(): boolean {
    this.#failures += 1;
    if (!this.isInDoubt) return false;
    // Those sent together with the last one fail a moment later.
    if (this.isResting) return false;
    const isNews = this.#failures === failuresMax;
    this.#restUntilMs = this.#clock.monotonicMs() + this.#restMs * (0.75 + Math.random() / 2);
    this.#restMs = Math.min(restMaxMs, this.#restMs * 2);
    return isNews;
  }
}
