/**
 * Keeps a waiting page up to date: by the live WebSocket, and by looks over HTTP at the server's pace whenever that
 * cannot be opened or is lost (schools and hospitals block WebSockets).
 *
 * Come back when the server says, spread at random over the time it names, and do not even look before, so that a
 * restart is no stampede; without a word from it, after a random part of a time that doubles. Close codes 4500–4999
 * mean that a socket will not help: one look then tells why. A socket that has been silent for long is doubted: a look
 * is taken, and if that knows more, the socket is replaced.
 */
import type { TicketView } from '../room-page-model.ts';
import { isOver, type LiveMessage, type LookAnswer, ticketViewOf } from './live-messages.ts';

const retryFirstMs = 1_000;
const retryMaxMs = 60_000;
/** The pace of looks until the server names one. */
const pollDefaultMs = 10_000;
const pollMinMs = 1_000;
/** The server repeats an unchanged standing every 30 s: more than twice that in silence is suspicious. */
const silenceMs = 75_000;
/** A socket that has said nothing by then is held up on the way: some proxies accept all and pass on nothing. */
const greetingWithinMs = 15_000;

/** Looks that find no such room, and none that does, until it is taken for deleted: lost data come back within seconds. */
const noRoomLooks = 6;

/** What a look brought. `refused`: the token is not accepted; `no-room`: not known there; `unavailable`: later, perhaps. */
export type Look =
  | { outcome: 'answer'; answer: LookAnswer }
  | { outcome: 'refused' }
  | { outcome: 'no-room' }
  | { outcome: 'unavailable'; retryAfterMs: number }
  | { outcome: 'unreachable' };

/** The browser, as far as the connection needs it. */
export type Surroundings = {
  openSocket: (hear: {
    opened: () => void;
    message: (text: string) => void;
    closed: (code: number) => void;
  }) => { send: (text: string) => void; close: () => void };
  /** Never rejects. */
  look: (queueToken: string) => Promise<Look>;
  /** Calls back once after `ms`, unless the answer is called first. */
  after: (ms: number, callback: () => void) => () => void;
  random: () => number;
};

/** Told of everything that changes. */
export type LiveListener = {
  message: (message: LiveMessage) => void;
  looked: (view: TicketView) => void;
  /** The server gave another token in the place of this one. */
  renewed?: (queueToken: string) => void;
  /** Whether news comes in. */
  updates: (state: 'live' | 'interrupted') => void;
};

export class LiveConnection {
  readonly #surroundings: Surroundings;
  readonly #listener: LiveListener;
  #queueToken: string;
  #socket: { send: (text: string) => void; close: () => void } | null = null;
  /** The socket has said something. */
  #isLive = false;
  /** No socket will be accepted any more. */
  #onlyLooks = false;
  #isOver = false;
  #attempts = 0;
  #foundNoRoom = 0;
  #pollAfterMs = pollDefaultMs;
  #known = '';
  #cancelRetry = (): void => {};
  #cancelLook = (): void => {};

  constructor(queueToken: string, listener: LiveListener, surroundings: Surroundings) {
    this.#queueToken = queueToken;
    this.#listener = listener;
    this.#surroundings = surroundings;
  }

  /** Opens the socket. Until it says something, looks are taken. */
  start(): void {
    this.#open();
    this.#lookIn(this.#pollAfterMs);
  }

  /** The network is back, or the page was taken up again: try now. */
  wake(): void {
    if (this.#isOver) return;
    this.#attempts = 0;
    if (!this.#isLive) this.#reopen();
    this.#lookIn(0);
  }

  /** For good. Nothing is told any more. */
  stop(): void {
    this.#isOver = true;
    this.#cancelRetry();
    this.#cancelLook();
    this.#socket?.close();
  }

  #open(): void {
    if (this.#isOver || this.#onlyLooks) return;
    this.#cancelRetry();
    const mine = this.#surroundings.openSocket({
      opened: () => mine.send(JSON.stringify({ type: 'hello', queueToken: this.#queueToken })),
      message: (text) => {
        if (mine === this.#socket && !this.#isOver) this.#heard(text);
      },
      closed: (code) => {
        if (mine === this.#socket) this.#closed(code);
      },
    });
    this.#socket = mine;
    this.#surroundings.after(greetingWithinMs, () => {
      if (mine === this.#socket && !this.#isLive) this.#closed();
    });
  }

  /** Lets go of the socket; returns whether it had spoken. */
  #drop(): boolean {
    const [socket, wasLive] = [this.#socket, this.#isLive];
    this.#socket = null;
    this.#isLive = false;
    socket?.close();
    return wasLive;
  }

  #reopen(): void {
    this.#drop();
    this.#open();
  }

  #heard(text: string): void {
    let message: LiveMessage;
    try {
      message = JSON.parse(text) as LiveMessage;
    } catch {
      return;
    }
    // The window is counted from the server's word: thousands say goodbye to it, and their closing may take seconds.
    if (message.type === 'bye') {
      const awayMs = message.afterMs + this.#surroundings.random() * message.withinMs;
      return this.#comeBackIn(awayMs, awayMs);
    }
    this.#isLive = true;
    this.#attempts = 0;
    this.#foundNoRoom = 0;
    const view = ticketViewOf(message);
    if (view !== null) this.#known = fingerprint(view);
    this.#listener.updates('live');
    this.#listener.message(message);
    if (view !== null && isOver(view)) this.stop();
    else this.#lookIn(silenceMs);
  }

  #closed(code = 0): void {
    if (this.#isOver) return;
    if (code >= 4_500 && code <= 4_999) {
      this.#drop();
      this.#onlyLooks = true;
      this.#lookIn(0);
      return;
    }
    const mostMs = Math.min(retryMaxMs, retryFirstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#comeBackIn(this.#surroundings.random() * mostMs, 0);
  }

  /** Opens another socket then; a socket that never spoke leaves the look that is due already. */
  #comeBackIn(ms: number, noLookMs: number): void {
    const wasLive = this.#drop();
    this.#cancelRetry = this.#surroundings.after(ms, () => this.#open());
    if (wasLive) this.#lookIn(noLookMs + this.#firstLookMs());
  }

  /** From when a socket should speak until a look is taken instead. */
  #firstLookMs(): number {
    return Math.max(pollMinMs, this.#surroundings.random() * this.#pollAfterMs);
  }

  #lookIn(ms: number): void {
    this.#cancelLook();
    if (!this.#isOver) this.#cancelLook = this.#surroundings.after(ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    const look = await this.#surroundings.look(this.#queueToken);
    if (this.#isOver) return;
    let leastMs = 0;
    if (look.outcome === 'no-room') this.#foundNoRoom += 1;
    if (look.outcome === 'answer') this.#looked(look.answer);
    else if (look.outcome === 'refused' || this.#foundNoRoom === noRoomLooks) {
      this.#listener.looked({ kind: 'gone', reason: 'over' });
      this.stop();
    } else {
      this.#listener.updates('interrupted');
      if (look.outcome === 'unavailable') leastMs = look.retryAfterMs;
    }
    // Spread, so that those who lost the same server do not look in step.
    const nextMs = Math.max(leastMs, this.#pollAfterMs) * (0.8 + 0.4 * this.#surroundings.random());
    this.#lookIn(this.#isLive ? silenceMs : nextMs);
  }

  #looked(answer: LookAnswer): void {
    const { queueToken, pollAfterMs = pollDefaultMs } = answer;
    const before = this.#known;
    this.#known = fingerprint(answer);
    if (queueToken !== undefined) {
      this.#queueToken = queueToken;
      this.#listener.renewed?.(queueToken);
    }
    this.#pollAfterMs = Math.max(pollMinMs, pollAfterMs);
    this.#listener.updates('live');
    this.#listener.looked(answer);
    const [isKnownAgain, isDead] = [this.#foundNoRoom > 0, this.#isLive && this.#known !== before];
    this.#foundNoRoom = 0;
    // A socket that was refused for want of the room.
    if (isKnownAgain) this.#onlyLooks = false;
    if (isOver(answer)) this.stop();
    // Or it had not said so: it is dead without knowing it.
    else if (isKnownAgain || isDead) this.#reopen();
  }
}

/** What a visitor would see a difference in. */
function fingerprint(view: TicketView): string {
  if (view.kind === 'waiting') return `waiting ${view.standing.position} ${view.standing.reason}`;
  return view.kind === 'admitted' ? `admitted ${view.expiresAt}` : view.kind;
}
