/**
 * A visitor's ticket over HTTP, as a careful page keeps it: a lost reply is asked for again with the same key, a dead
 * replica leads to the other one, `Retry-After` is honoured and everything is spread by full jitter. Each call goes on
 * until it is answered for good; the rush ends it.
 */
import { randomUUID } from 'node:crypto';
import type { HistoryEvent } from './rush-history.ts';
import { type HttpReply, type HttpRequest, jsonOf, retryAfterMs, send } from './rush-http.ts';
import type { Random } from './random.ts';

/** What the visitor knows of their ticket. */
export type TicketState =
  | { kind: 'waiting'; pollAfterMs: number }
  | { kind: 'admitted' | 'lapsed' | 'entered'; pollAfterMs: number }
  | { kind: 'ended'; how: string }
  | { kind: 'gone'; reason: string };

export type TicketClientOptions = {
  roomId: string;
  /** Of the replicas. */
  publicUrls: readonly string[];
  random: Random;
  note: (event: HistoryEvent, node?: number) => void;
  sleep: (ms: number) => Promise<void>;
};

const backOffMs = { first: 300, most: 4_000 };
const pollDefaultMs = 2_000;
/** Of the policy: each extension used moved the deadline by the time to enter once more. */
const extensionsMax = 10;

/** One visitor's ticket in one room. */
export class TicketClient {
  readonly #options: TicketClientOptions;
  readonly #idempotencyKey = randomUUID();
  #replica: number;
  #queueToken = '';

  constructor(options: TicketClientOptions) {
    this.#options = options;
    this.#replica = Math.floor(options.random.next() * options.publicUrls.length);
  }

  get queueToken(): string {
    return this.#queueToken;
  }

  /** The replica in use, by its place in the list. */
  get node(): number {
    return this.#replica % this.#options.publicUrls.length;
  }

  /** Its base URL. */
  get baseUrl(): string {
    return this.#options.publicUrls[this.node] ?? '';
  }

  /** What was seen of the replica in use speaks for the other one. */
  failOver(): void {
    this.#replica += 1;
  }

  /** How long to wait before the n-th attempt (from 0): anywhere up to a doubling bound. */
  backOff(attempt: number): number {
    return this.#options.random.next() * Math.min(backOffMs.most, backOffMs.first * 2 ** attempt);
  }

  /** Takes the ticket, or finds it again; null when refused, or not answered by `until` (Date.now). */
  async join(until = Number.POSITIVE_INFINITY): Promise<TicketState | null> {
    const { note } = this.#options;
    note({ op: 'join', outcome: 'invoke' });
    const reply = await this.#persist('join', until, () => ({
      method: 'POST',
      url: this.#url('tickets'),
      headers: { 'idempotency-key': this.#idempotencyKey },
    }));
    if (reply === null) return null;
    const answer = jsonOf(reply);
    const { ticketId, number, queueToken } = answer;
    const taken = reply.status === 201 || reply.status === 200;
    if (!taken || typeof ticketId !== 'string' || typeof number !== 'number') {
      note({ op: 'join', outcome: 'fail', code: codeOf(reply) });
      return null;
    }
    if (typeof queueToken === 'string') this.#queueToken = queueToken;
    note({ op: 'join', outcome: 'ok', ticketId, number, kind: String(answer['kind']) });
    return this.noteState(answer, false);
  }

  /** Reads the present state. */
  async look(): Promise<TicketState> {
    const reply = await this.#persist('look', Number.POSITIVE_INFINITY, () => this.#request('GET', 'ticket'));
    if (reply === null) return { kind: 'gone', reason: 'never answered' };
    const answer = jsonOf(reply);
    if (reply.status === 200) {
      this.#options.note({ op: 'look', outcome: 'ok', kind: String(answer['kind']) }, this.node);
    }
    return this.#stateOf(reply);
  }

  /** Enters; the address of the site with the hand-over, or the state that did not allow it. */
  async enter(): Promise<{ redirectUrl: string } | TicketState> {
    const reply = await this.#change('enter', () => this.#request('POST', 'ticket/enter'));
    const { redirectUrl } = jsonOf(reply);
    if (reply.status !== 200 || typeof redirectUrl !== 'string') return this.look();
    return { redirectUrl };
  }

  async extend(extension: number): Promise<TicketState> {
    const body = JSON.stringify({ extension });
    const reply = await this.#change('extend', () => ({ ...this.#request('POST', 'ticket/extend'), body }));
    return reply.status === 200 ? this.#stateOf(reply) : this.look();
  }

  /** "I am here": takes a lapsed ticket back to its order. */
  async comeBack(): Promise<TicketState> {
    const reply = await this.#change('return', () => this.#request('POST', 'ticket/return'));
    return reply.status === 200 ? this.#stateOf(reply) : this.look();
  }

  async leave(): Promise<void> {
    await this.#change('leave', () => this.#request('DELETE', 'ticket'));
  }

  /** Notes what an answer or a message of the live socket says, and returns it as a state. */
  noteState(answer: Record<string, unknown>, bySocket: boolean, node = this.node): TicketState {
    const note = (event: HistoryEvent): void => this.#options.note(event, node);
    const pollAfterMs = typeof answer['pollAfterMs'] === 'number' ? answer['pollAfterMs'] : pollDefaultMs;
    const kind = bySocket ? answer['type'] : answer['kind'];
    switch (kind) {
      case 'waiting':
      case 'standing':
        noteStanding((kind === 'waiting' ? answer['standing'] : answer) as Record<string, unknown>, note);
        return { kind: 'waiting', pollAfterMs };
      case 'admitted':
        noteAdmitted(answer, bySocket, note);
        return { kind, pollAfterMs };
      case 'lapsed':
      case 'entered':
        note({ op: kind, outcome: 'ok' });
        return { kind, pollAfterMs };
      case 'ended':
        note({ op: 'ended', outcome: 'ok', how: String(answer['outcome']) });
        return { kind, how: String(answer['outcome']) };
      default:
        note({ op: 'gone', outcome: 'ok', reason: String(answer['reason'] ?? kind) });
        return { kind: 'gone', reason: String(answer['reason'] ?? kind) };
    }
  }

  /** A refusal for good, such as a token that is no longer accepted, leaves the visitor without a ticket. */
  #stateOf(reply: HttpReply): TicketState {
    if (reply.status === 200) return this.noteState(jsonOf(reply), false);
    return this.noteState({ kind: 'gone', reason: codeOf(reply) }, false);
  }

  async #change(op: 'enter' | 'leave' | 'return' | 'extend', make: () => HttpRequest): Promise<HttpReply> {
    const { note } = this.#options;
    note({ op, outcome: 'invoke' });
    const reply = await this.#persist(op, Number.POSITIVE_INFINITY, make);
    if (reply === null) throw new Error('unreachable: this call never gives up');
    if (reply.status < 300) note({ op, outcome: 'ok' });
    else note({ op, outcome: 'fail', code: codeOf(reply) });
    return reply;
  }

  /** Sends until answered by something other than "try again"; null when `until` passed first. */
  async #persist(
    op: 'join' | 'look' | 'enter' | 'leave' | 'return' | 'extend',
    until: number,
    make: () => HttpRequest,
  ): Promise<HttpReply | null> {
    for (let attempt = 0; Date.now() < until; attempt += 1) {
      const reply = await send(make()).catch(() => null);
      if (reply !== null && reply.status !== 429 && reply.status < 500) return reply;
      if (reply === null && op !== 'look') this.#options.note({ op, outcome: 'info' });
      this.failOver();
      const asked = reply === null ? null : retryAfterMs(reply);
      await this.#options.sleep((asked ?? 0) + this.backOff(attempt));
    }
    return null;
  }

  #request(method: HttpRequest['method'], path: string): HttpRequest {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#queueToken}` };
    if (path === 'ticket/extend') headers['content-type'] = 'application/json';
    return { method, url: this.#url(path), headers };
  }

  #url(path: string): string {
    return `${this.baseUrl}/v1/rooms/${this.#options.roomId}/${path}`;
  }
}

function codeOf(reply: HttpReply): string {
  const { code } = jsonOf(reply);
  return typeof code === 'string' ? code : String(reply.status);
}

function noteStanding(standing: Record<string, unknown>, note: (event: HistoryEvent) => void): void {
  const { position, expectedWaitMs, reason } = standing;
  note({
    op: 'standing',
    outcome: 'ok',
    position: typeof position === 'number' ? position : null,
    expectedWaitMs: (expectedWaitMs ?? null) as { low: number; high: number } | null,
    reason: String(reason),
  });
}

function noteAdmitted(
  answer: Record<string, unknown>,
  bySocket: boolean,
  note: (event: HistoryEvent) => void,
): void {
  const { releaseNumber, expiresAt, enterWithinMs, extensionsLeft } = answer;
  const left = Number(extensionsLeft);
  const turns = 1 + extensionsMax - left;
  note({
    op: 'admitted',
    outcome: 'ok',
    bySocket,
    releaseNumber: typeof releaseNumber === 'number' ? releaseNumber : null,
    releasedAt: Date.parse(String(expiresAt)) - turns * Number(enterWithinMs),
    extensionsLeft: left,
  });
}
