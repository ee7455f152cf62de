/**
 * The demo site's calls to Guichet's internal listener. Each is safe to repeat, so a lost reply, a dead replica or a
 * 503 leads to the same call on the next replica until `patienceMs` is over; what came of it is then unknown.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';

export type GuichetClientOptions = {
  roomId: string;
  internalUrls: readonly string[];
  originKey: string;
  sessionTtlMs: number;
};

export type RedeemResult =
  | { kind: 'redeemed'; pass: string; ticketId: string }
  | { kind: 'refused'; code: string }
  | { kind: 'unavailable' };
export type KeepAliveResult = { kind: 'kept'; pass: string } | { kind: 'ended' } | { kind: 'unavailable' };

type Answer = { status: number; body: Record<string, unknown> };

const tryTimeoutMs = 2_000;
/** A person is waiting for the page: then they are asked to try again. */
const redeemPatienceMs = 4_000;
/** Nobody waits for it, and a session that was not finished keeps its place until it expires. */
const finishPatienceMs = 60_000;
const pauseMs = { first: 100, most: 1_000 };

/** Guichet as one site knows it. Any number of calls at once. */
export class GuichetClient {
  readonly #clock: Clock;
  readonly #options: GuichetClientOptions;
  readonly #closing = new AbortController();
  /** The replica that answered last: the next call begins there. */
  #preferred = 0;

  constructor(clock: Clock, options: GuichetClientOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Redeems a hand-over for this arrival; two arrivals with one hand-over are two calls, and the second is refused. */
  async redeem(handOver: string): Promise<RedeemResult> {
    const answer = await this.#call('passes/redeem', { handOver }, redeemPatienceMs);
    if (answer === null) return { kind: 'unavailable' };
    const { pass, ticketId, code } = answer.body;
    if (answer.status === 200 && typeof pass === 'string' && typeof ticketId === 'string') {
      return { kind: 'redeemed', pass, ticketId };
    }
    return { kind: 'refused', code: String(code) };
  }

  /** Tells Guichet that this person is still here. Their pass proves it, should Guichet have lost the session. */
  async keepAlive(ticketId: string, shownPass: string): Promise<KeepAliveResult> {
    // Until then the site counts this person, so until then Guichet must hear of them.
    const patienceMs = this.#options.sessionTtlMs;
    const path = `sessions/${ticketId}/keep-alive`;
    let answer = await this.#call(path, { pass: shownPass }, patienceMs);
    // A pass that ran out meanwhile proves nothing, and the session may be there all the same.
    if (answer?.status === 401) answer = await this.#call(path, {}, patienceMs);
    if (answer === null) return { kind: 'unavailable' };
    const { pass } = answer.body;
    return answer.status === 200 && typeof pass === 'string' ? { kind: 'kept', pass } : { kind: 'ended' };
  }

  /** Tells Guichet that this person is done; true once it has answered, whatever the answer. */
  async finish(ticketId: string, outcome: 'completed' | 'gave-up'): Promise<boolean> {
    return (await this.#call(`sessions/${ticketId}/finish`, { outcome }, finishPatienceMs)) !== null;
  }

  /** Ends what is still being repeated. */
  close(): void {
    this.#closing.abort();
  }

  async #call(path: string, body: Record<string, unknown>, patienceMs: number): Promise<Answer | null> {
    const { internalUrls, roomId } = this.#options;
    const idempotencyKey = randomUUID();
    const until = this.#clock.monotonicMs() + patienceMs;
    let pause = pauseMs.first;
    for (let attempt = 1; !this.#closing.signal.aborted; attempt += 1) {
      const url = internalUrls[this.#preferred % internalUrls.length];
      if (url === undefined) return null;
      const answer = await this.#try(new URL(`/v1/rooms/${roomId}/${path}`, url), body, idempotencyKey);
      if (answer !== null) return answer;
      this.#preferred = (this.#preferred + 1) % internalUrls.length;
      if (this.#clock.monotonicMs() > until) return null;
      if (attempt % internalUrls.length === 0) {
        await this.#clock.sleep(pause, this.#closing.signal);
        pause = Math.min(pause * 2, pauseMs.most);
      }
    }
    return null;
  }

  /** Null when nothing is known of the outcome, or the replica asks to try elsewhere. */
  async #try(url: URL, body: Record<string, unknown>, idempotencyKey: string): Promise<Answer | null> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#options.originKey}`,
          'content-type': 'application/json',
          'idempotency-key': idempotencyKey,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(tryTimeoutMs),
      });
      const text = await response.text();
      if (response.status >= 500 || response.status === 429) return null;
      return { status: response.status, body: JSON.parse(text) as Record<string, unknown> };
    } catch {
      return null;
    }
  }
}
