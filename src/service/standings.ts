/**
 * Pushes standings to connected visitors, each when it has changed and at the pace its position deserves:
 * every tick among the first 100, every 5 s to 1,000, every 10 s behind, spread evenly. 42,000 sockets cost
 * about 4,500 messages a second. Works in slices of some milliseconds, so that a large room never holds up the event
 * loop, and a loop that is held up by others does not hold up the room for many of its turns.
 */
import type { Clock } from '../domain/clock.ts';
import type { LocalTicket } from './local-ticket.ts';
import type { RoomBoard } from './room-board.ts';
import type { Standing } from './ticket-view.ts';

/** A slice ends after this long, looked at every so many sockets, or after that many. */
const sliceMs = 10;
const sliceStep = 50;
const sliceMax = 2_000;
const nearPosition = 100;
const middlePosition = 1_000;
const middleEveryMs = 5_000;
const farEveryMs = 10_000;
/** Even an unchanged standing is said again after this long: "as of" is part of it. */
const repeatAfterMs = 30_000;

/** Gets standings. Must not throw and must not block. */
export interface StandingListener {
  standing(ticket: LocalTicket, standing: Standing): void;
}

type Subscription = {
  ticket: LocalTicket;
  dueAtMs: number;
  shown: Standing | null;
  shownAtMs: number;
};

export class Standings {
  readonly #clock: Clock;
  readonly #rooms = new Map<RoomBoard, Map<StandingListener, Subscription>>();
  readonly #pushing = new Set<RoomBoard>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on the listener hears of the ticket's standing; the first one is said by the caller. */
  subscribe(board: RoomBoard, ticket: LocalTicket, listener: StandingListener): void {
    let room = this.#rooms.get(board);
    if (!room) {
      room = new Map();
      this.#rooms.set(board, room);
    }
    const now = this.#clock.monotonicMs();
    // Spread evenly from the start: those who connect together are not told together.
    room.set(listener, { ticket, dueAtMs: now + Math.random() * middleEveryMs, shown: null, shownAtMs: 0 });
  }

  unsubscribe(board: RoomBoard, listener: StandingListener): void {
    const room = this.#rooms.get(board);
    room?.delete(listener);
    if (room?.size === 0) this.#rooms.delete(board);
  }

  /** Tells everyone in the room whose standing is due; called after each tick. */
  push(board: RoomBoard): void {
    const room = this.#rooms.get(board);
    if (!room || this.#pushing.has(board)) return;
    this.#pushing.add(board);
    const entries = room.entries();
    const slice = (): void => {
      const until = this.#clock.monotonicMs() + sliceMs;
      for (let told = 0; told < sliceMax; told += 1) {
        if (told % sliceStep === sliceStep - 1 && this.#clock.monotonicMs() >= until) break;
        const next = entries.next();
        if (next.done) {
          this.#pushing.delete(board);
          return;
        }
        this.#tellIfDue(board, ...next.value);
      }
      setImmediate(slice);
    };
    slice();
  }

  #tellIfDue(board: RoomBoard, listener: StandingListener, subscription: Subscription): void {
    const { ticket, shown } = subscription;
    const now = this.#clock.monotonicMs();
    // Who joined after the last frame learns their position from the next one.
    const near = ticket.shownPosition === null || ticket.shownPosition <= nearPosition;
    if (!near && now < subscription.dueAtMs) return;
    if (ticket.known && ticket.known.kind !== 'waiting' && ticket.known.kind !== 'parked') return;
    const standing = board.standing(ticket);
    const far = standing.position === null || standing.position > middlePosition;
    subscription.dueAtMs = now + (far ? farEveryMs : middleEveryMs);
    if (shown && !isNews(shown, standing) && now - subscription.shownAtMs < repeatAfterMs) return;
    subscription.shown = standing;
    subscription.shownAtMs = now;
    listener.standing(ticket, standing);
  }
}

/** Whether a visitor would see a difference worth a message. */
function isNews(shown: Standing, now: Standing): boolean {
  if (shown.position !== now.position || shown.reason !== now.reason) return true;
  if (shown.placesLeft !== now.placesLeft) return true;
  const before = shown.expectedWaitMs;
  const after = now.expectedWaitMs;
  if (before === null || after === null) return before !== after;
  return Math.abs(after.high - before.high) > before.high * 0.1;
}
