/**
 * Whether people go on entering and none of them gets to the end any more. Judged by the room's own past: as many as
 * usually complete ten times over have entered since the last completion, and at least so long ago. Where nobody has
 * completed yet, only a room that says by which pages it knows a completion (`completedOn`) is expected to see one.
 *
 * Counted from the events of ticks, which go back as far as a session lasts: a replica that starts knows what others do.
 */
import type { Room } from '../domain/room.ts';
import type { RoomEvent } from '../store/room-events.ts';
import type { Verdict } from './admission-watch.ts';

const entriesMin = 20;
const timesUsual = 10;
const silenceMinMs = 600_000;
/** The first completion of a room may take a session, and at least this. */
const firstWithinMinMs = 900_000;

export class CompletionWatch {
  #entries = 0;
  #completions = 0;
  #entriesSince = 0;
  /** The last completion, or the first entry; room clock, ms. */
  #sinceMs = 0;

  heard(events: readonly RoomEvent[]): void {
    for (const event of events) {
      if (event.type === 'entered') {
        if (this.#entries === 0) this.#sinceMs = event.atMs;
        this.#entries += event.ticketIds.length;
        this.#entriesSince += event.ticketIds.length;
      } else if (event.type === 'ended' && event.outcome === 'completed') {
        this.#completions += event.ticketIds.length;
        this.#entriesSince = 0;
        this.#sinceMs = event.atMs;
      }
    }
  }

  /** `clockMs`: the room clock. */
  verdict({ state, policy }: Room, clockMs: number): Verdict {
    if (state === 'scheduled' || state === 'closed') return 'no';
    const silenceMs = clockMs - this.#sinceMs;
    if (this.#completions === 0) {
      if (policy.completedOn.length === 0) return 'unknown';
      const withinMs = Math.max(firstWithinMinMs, policy.sessionTtlMs);
      return this.#entriesSince >= entriesMin && silenceMs > withinMs ? 'yes' : 'unknown';
    }
    const usual = (this.#entries - this.#entriesSince) / this.#completions;
    const isSilent = this.#entriesSince >= Math.max(entriesMin, timesUsual * usual);
    return isSilent && silenceMs > silenceMinMs ? 'yes' : 'no';
  }

  get entriesSince(): number {
    return this.#entriesSince;
  }
}
