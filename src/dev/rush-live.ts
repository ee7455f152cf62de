/**
 * A visitor's live connection: one WebSocket of its own, opened again when it closes, as the server asks. Without
 * WebSockets the same states come by polling.
 */
import { WebSocket } from 'ws';
import type { TicketClient, TicketState } from './rush-client.ts';
import type { HistoryEvent } from './rush-history.ts';

type LiveEvent = { event: 'state'; state: TicketState } | { event: 'closed'; code: number };

type LiveOptions = {
  roomId: string;
  client: TicketClient;
  /** By looks instead of a socket. */
  polls: boolean;
  note: (event: HistoryEvent, node?: number) => void;
  sleep: (ms: number) => Promise<void>;
  /** In [0, 1). */
  draw: () => number;
};

const stateMessages = new Set(['standing', 'admitted', 'entered', 'lapsed', 'ended', 'gone']);
const handshakeTimeoutMs = 8_000;
/** A server pings far more often; a connection as silent as this leads nowhere any more. */
const silenceMaxMs = 12_000;
const ticketOverCode = 4502;
const comeBackNever = { from: 4500, until: 4999 };

/** Follows one ticket. One reader at a time. */
export class LiveTicket {
  readonly #options: LiveOptions;
  #socket: WebSocket | null = null;
  #answered = false;
  #attempt = 0;
  #bye: { at: number; afterMs: number; withinMs: number } | null = null;
  #retryAfterMs = 0;
  #reopenAt = 0;
  #pollAt = 0;
  readonly #events: LiveEvent[] = [];
  #wake: (() => void) | null = null;
  #silence: NodeJS.Timeout | undefined;
  #heardAt = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** The next state told, or null at `until` (Date.now) when nothing came. Keeps the connection open meanwhile. */
  async next(until: number): Promise<TicketState | null> {
    if (this.#options.polls) return this.#poll(until);
    for (;;) {
      const event = this.#events.shift();
      if (event?.event === 'state') return event.state;
      if (event?.event === 'closed') {
        const state = await this.#closed(event.code);
        if (state !== null) return state;
        continue;
      }
      const now = Date.now();
      if (now >= until) return null;
      if (this.#socket === null && now >= this.#reopenAt) this.#open();
      await this.#wait((this.#socket === null ? Math.min(until, this.#reopenAt) : until) - now);
    }
  }

  /** Closes the connection, as a page does when it goes away; `next` opens it again. */
  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#events.length = 0;
    this.#reopenAt = 0;
    if (socket === null) return;
    socket.removeAllListeners();
    clearTimeout(this.#silence);
    socket.on('error', () => {});
    if (socket.readyState === WebSocket.OPEN) socket.close(1000);
    else socket.terminate();
    this.#noteClosed(1000);
  }

  async #poll(until: number): Promise<TicketState | null> {
    const now = Date.now();
    const wait = Math.max(0, this.#pollAt - now);
    if (now + wait > until) {
      await this.#options.sleep(Math.max(0, until - now));
      return null;
    }
    await this.#options.sleep(wait);
    const state = await this.#options.client.look();
    this.#pollAt = Date.now() + ('pollAfterMs' in state ? state.pollAfterMs : 0);
    return state;
  }

  #open(): void {
    const { client, roomId } = this.#options;
    const { node } = client;
    const url = `${client.baseUrl.replace('http', 'ws')}/v1/rooms/${roomId}/live`;
    const socket = new WebSocket(url, 'guichet.v1', {
      perMessageDeflate: false,
      handshakeTimeout: handshakeTimeoutMs,
    });
    this.#socket = socket;
    this.#answered = false;
    this.#bye = null;
    this.#retryAfterMs = 0;
    socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', queueToken: client.queueToken })));
    socket.on('message', (data: Buffer) =>
      this.#message(JSON.parse(data.toString('utf8')) as Record<string, unknown>, node),
    );
    const silence = setTimeout(() => socket.terminate(), silenceMaxMs);
    this.#silence = silence;
    for (const sign of ['open', 'message', 'ping']) {
      socket.on(sign, () => {
        silence.refresh();
        this.#heardAt = Date.now();
      });
    }
    socket.on('unexpected-response', (request, response) => {
      this.#retryAfterMs = Number(response.headers['retry-after'] ?? 0) * 1_000;
      request.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', (code) => {
      clearTimeout(silence);
      this.#noteClosed(code);
      this.#socket = null;
      this.#push({ event: 'closed', code });
    });
  }

  #noteClosed(code: number): void {
    const silentMs = Date.now() - this.#heardAt;
    if (this.#answered) this.#options.note({ op: 'disconnect', outcome: 'ok', code, silentMs });
    this.#answered = false;
  }

  #message(message: Record<string, unknown>, node: number): void {
    if (message['type'] === 'bye') {
      this.#bye = {
        at: Date.now(),
        afterMs: Number(message['afterMs']),
        withinMs: Number(message['withinMs']),
      };
    }
    if (!stateMessages.has(String(message['type']))) return;
    if (!this.#answered) this.#options.note({ op: 'connect', outcome: 'ok' }, node);
    this.#answered = true;
    this.#attempt = 0;
    this.#push({ event: 'state', state: this.#options.client.noteState(message, true, node) });
  }

  /** Decides when to come back; a state when the server said not to. */
  async #closed(code: number): Promise<TicketState | null> {
    const { client, draw } = this.#options;
    if (code === ticketOverCode) return client.look();
    if (code >= comeBackNever.from && code <= comeBackNever.until) {
      return client.noteState({ type: 'gone', reason: `closed with ${code}` }, true);
    }
    client.failOver();
    const wait = this.#retryAfterMs + client.backOff(this.#attempt);
    this.#attempt += 1;
    this.#reopenAt = this.#bye === null ? Date.now() + wait : byeTime(this.#bye, draw());
    return null;
  }

  #push(event: LiveEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  /** Until an event came or the time is over. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
      this.#wake = done;
    });
  }
}

function byeTime(bye: { at: number; afterMs: number; withinMs: number }, drawn: number): number {
  return bye.at + bye.afterMs + drawn * bye.withinMs;
}
