/**
 * Sessions that a gate saw end. The store is told until it answers: an end that is not told keeps a seat until the
 * session has run out by itself, and a completion would not be counted.
 */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import type { Sessions } from './sessions.ts';

/** How long the seat of a session that a gate ended is held: by then every gate has heard of it, with two ticks. */
const gateSettleMs = 3_000;
/** Ends that wait for a store that is away; more are given up, and run out by themselves. */
const waitingMax = 10_000;
/** How often the log says how many they are. */
const sayEveryMs = 60_000;
const againAfterMs = 5_000;
const giveUpAfterMs = 600_000;
/** How long a stop waits: longer than the pause between two tries, so that each end is tried once more. */
const stopWithinMs = 10_000;

export type SessionEnd = { ticketId: string; outcome: 'completed' | 'gave-up' };
type SessionEndsParts = { sessions: Pick<Sessions, 'finish'>; clock: Clock; log: Log };

export class SessionEnds {
  readonly #parts: SessionEndsParts;
  readonly #waiting = new Map<string, { roomId: string; told: Promise<void> }>();
  readonly #stopped = new AbortController();
  #turnedAway = 0;
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SessionEndsParts) {
    this.#parts = parts;
  }

  /** Tells the store; one that is being told is not told twice. Never throws. */
  end(roomId: string, end: SessionEnd): void {
    const name = `${roomId} ${end.ticketId} ${end.outcome}`;
    if (this.#waiting.has(name)) return;
    if (this.#waiting.size >= waitingMax) return this.#turnAway(roomId);
    const told = this.#tell(roomId, end).finally(() => this.#waiting.delete(name));
    this.#waiting.set(name, { roomId, told });
  }

  #turnAway(roomId: string): void {
    const { clock, log } = this.#parts;
    this.#turnedAway += 1;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#saidAtMs < sayEveryMs) return;
    this.#saidAtMs = nowMs;
    log.error(
      { ends: this.#turnedAway, roomId },
      `Ends of sessions are given up: ${waitingMax} wait for the store already`,
    );
  }

  /**
   * Waits until the store was told of all, for ten seconds at most; what is left is given up, and logged. Called when no
   * more of them come.
   */
  async stop(): Promise<void> {
    const { clock, log } = this.#parts;
    const allTold = new AbortController();
    const telling = Array.from(this.#waiting.values(), ({ told }) => told);
    await Promise.race([Promise.all(telling), clock.sleep(stopWithinMs, allTold.signal)]);
    allTold.abort();
    this.#stopped.abort();
    if (this.#waiting.size === 0) return;
    const roomIds = [...new Set(Array.from(this.#waiting.values(), ({ roomId }) => roomId))];
    log.error(
      { ends: this.#waiting.size, roomIds },
      'Ends of sessions are given up: the store stays away while this replica stops',
    );
  }

  async #tell(roomId: string, { ticketId, outcome }: SessionEnd): Promise<void> {
    const { sessions, clock, log } = this.#parts;
    const giveUpAt = clock.monotonicMs() + giveUpAfterMs;
    const session = {
      ticketId,
      outcome,
      placesUsed: outcome === 'completed' ? 1 : 0,
      freesSeatInMs: gateSettleMs,
    };
    while (!this.#stopped.signal.aborted) {
      try {
        await sessions.finish(roomId, session);
        return;
      } catch (error) {
        if (!(error instanceof GuichetError))
          log.error({ err: error, roomId }, 'The end of a session was not told');
        if (!(error instanceof GuichetError && error.code === 'store-unavailable')) {
          if (error instanceof GuichetError && error.code === 'no-places-left')
            log.warn({ roomId, ticketId }, 'The site completed a visit though no places were left to count');
          return;
        }
      }
      if (clock.monotonicMs() >= giveUpAt) {
        log.error({ roomId, ticketId, outcome }, 'The end of a session is given up: the store stays away');
        return;
      }
      await clock.sleep(againAfterMs, this.#stopped.signal);
    }
  }
}
