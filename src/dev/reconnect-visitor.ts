/**
 * A visitor who waits through a restart: the page's own live connection on a socket of Node's instead of a browser's,
 * writing down when it was told to go, when it came elsewhere, and as whom.
 */
import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { LiveConnection, type Look, type Surroundings } from '../web/client/live-connection.ts';
import type { LiveMessage, LookAnswer } from '../web/client/live-messages.ts';
import type { ReconnectRecord } from './reconnect-verdict.ts';
import { jsonOf, retryAfterMs, send } from './rush-http.ts';

export type VisitorParts = {
  /** `http://host:port/v1/rooms/{roomId}` where a balancer would lead now. */
  roomUrl: () => string;
};

/** Made by `takeTicket`. */
export class WaitingVisitor {
  readonly #parts: VisitorParts;
  readonly #queueToken: string;
  readonly #record: ReconnectRecord;
  #isGone = false;
  #onWaiting = (): void => {};
  #onBack = (): void => {};

  private constructor(parts: VisitorParts, { number, queueToken }: { number: number; queueToken: string }) {
    this.#parts = parts;
    this.#queueToken = queueToken;
    const none = { positionBefore: null, backAt: null, numberAfter: null, positionAfter: null };
    this.#record = { number, bye: null, arrivals: [], ...none };
  }

  /** Joins; rejects unless the ticket was given at once. */
  static async takeTicket(parts: VisitorParts): Promise<WaitingVisitor> {
    const headers = { 'idempotency-key': randomUUID() };
    const reply = await send({ method: 'POST', url: `${parts.roomUrl()}/tickets`, headers });
    if (reply.status !== 201) throw new Error(`a join was answered ${reply.status}`);
    return new WaitingVisitor(parts, jsonOf(reply) as { number: number; queueToken: string });
  }

  get record(): ReconnectRecord {
    return this.#record;
  }

  /** Opens the page; resolves when the standing was told. */
  async wait(): Promise<void> {
    const told = new Promise<void>((resolve) => {
      this.#onWaiting = resolve;
    });
    const message = (message: LiveMessage): void => this.#heard(message);
    const listener = { message, looked: () => {}, updates: () => {} };
    new LiveConnection(this.#queueToken, listener, this.#surroundings()).start();
    await told;
  }

  /** Resolves when the standing is told after a restart. */
  back(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#record.backAt === null) this.#onBack = resolve;
      else resolve();
    });
  }

  #heard(message: LiveMessage): void {
    if (message.type !== 'standing') return;
    const { position, number } = message as typeof message & { number: number };
    if (!this.#isGone) {
      this.#record.positionBefore = position;
      this.#onWaiting();
    } else if (this.#record.backAt === null) {
      Object.assign(this.#record, { backAt: now(), numberAfter: number, positionAfter: position });
      this.#onBack();
    }
  }

  #surroundings(): Surroundings {
    const { roomUrl } = this.#parts;
    return {
      openSocket: ({ opened, message, closed }) => {
        this.#arrive('socket');
        const url = `${roomUrl().replace('http', 'ws')}/live`;
        // From whichever port is free towards this server: naming an address costs a search for one free of all.
        const socket = new WebSocket(url, 'guichet.v1', { perMessageDeflate: false });
        socket.on('open', opened);
        socket.on('message', (data: Buffer) => {
          const text = data.toString();
          this.#noteGoodbye(text);
          message(text);
        });
        socket.on('error', () => {});
        socket.on('close', (code) => {
          this.#isGone = true;
          closed(code);
        });
        return { send: (text) => socket.send(text), close: () => socket.close() };
      },
      look: (queueToken) => {
        this.#arrive('look');
        return look(`${roomUrl()}/ticket`, queueToken);
      },
      after,
      random: Math.random,
    };
  }

  #arrive(by: 'socket' | 'look'): void {
    if (this.#isGone && this.#record.backAt === null) this.#record.arrivals.push({ at: now(), by });
  }

  #noteGoodbye(text: string): void {
    if (!text.startsWith('{"type":"bye"')) return;
    const { afterMs, withinMs } = JSON.parse(text) as { afterMs: number; withinMs: number };
    this.#isGone = true;
    this.#record.bye ??= { heardAt: now(), afterMs, withinMs };
  }
}

async function look(url: string, queueToken: string): Promise<Look> {
  const headers = { authorization: `Bearer ${queueToken}` };
  const reply = await send({ method: 'GET', url, headers }).catch(() => null);
  if (reply === null) return { outcome: 'unreachable' };
  if (reply.status === 200) return { outcome: 'answer', answer: jsonOf(reply) as LookAnswer };
  if (reply.status === 401 || reply.status === 404) return { outcome: 'refused' };
  return { outcome: 'unavailable', retryAfterMs: retryAfterMs(reply) ?? 0 };
}

/** As a browser counts: Node counts from the beginning of the event loop's turn, which may be long past. */
function after(ms: number, callback: () => void): () => void {
  const dueAt = now() + ms;
  const fire = (): void => {
    const leftMs = dueAt - now();
    if (leftMs > 0) timer = setTimeout(fire, Math.ceil(leftMs));
    else callback();
  };
  let timer = setTimeout(fire, Math.ceil(ms));
  return () => clearTimeout(timer);
}

/** Unix ms with fractions. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
