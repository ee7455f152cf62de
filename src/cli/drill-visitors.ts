/**
 * The visitors of a drill: one takes a number every fifth of a second, as a careful page does (a lost reply is asked for
 * again under the same key), and all look again and again. What each was told is kept, and held against what they are
 * told later.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const joinEveryMs = 200;
const lookEveryMs = 2_000;
const retryAfterMs = 250;
const answerWithinMs = 6_000;

type Visitor = { ticketId: string; number: number; queueToken: string; admissions: Set<number> };

/** What they saw so far. */
export type VisitorsReport = {
  tickets: number;
  /** The longest time without an answered join, ms, while joins were asked for. */
  silentMsMax: number;
  /** Calls that were refused for a while or not answered, and asked again. */
  repeated: number;
  /** Sentences; empty when all that was confirmed stayed so. */
  broken: string[];
};

export class DrillVisitors {
  readonly #roomUrl: string;
  readonly #visitors: Visitor[] = [];
  readonly #broken: string[] = [];
  readonly #stopped = new AbortController();
  #answeredAtMs = performance.now();
  #silentMsMax = 0;
  #repeated = 0;
  #over: Promise<unknown> = Promise.resolve();

  /** `publicUrl` as visitors reach it. */
  constructor(publicUrl: string, roomId: string) {
    this.#roomUrl = `${publicUrl}/v1/rooms/${roomId}`;
  }

  start(): void {
    this.#answeredAtMs = performance.now();
    this.#over = Promise.all([this.#joins(), this.#looks()]);
  }

  /** Tickets that were confirmed so far. */
  get tickets(): number {
    return this.#visitors.length;
  }

  /** How long ago the last join was confirmed, ms. */
  get silentMs(): number {
    return performance.now() - this.#answeredAtMs;
  }

  /** No more joins; resolves when everyone looked once more. */
  async end(): Promise<VisitorsReport> {
    this.#stopped.abort();
    await this.#over;
    for (const visitor of this.#visitors) await this.#look(visitor, true);
    this.#checkNumbers();
    const { tickets } = this;
    return {
      tickets,
      silentMsMax: Math.round(this.#silentMsMax),
      repeated: this.#repeated,
      broken: [...new Set(this.#broken)],
    };
  }

  async #joins(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const key = randomUUID();
      const body = await this.#persist('tickets', { method: 'POST', headers: { 'idempotency-key': key } });
      if (body === null) return;
      const now = performance.now();
      this.#silentMsMax = Math.max(this.#silentMsMax, now - this.#answeredAtMs);
      this.#answeredAtMs = now;
      const { ticketId, number, queueToken } = body as Omit<Visitor, 'admissions'>;
      this.#visitors.push({ ticketId, number, queueToken, admissions: new Set() });
      await this.#pause(joinEveryMs);
    }
  }

  async #looks(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const round = [...this.#visitors];
      for (const visitor of round) {
        if (this.#stopped.signal.aborted) return;
        await this.#look(visitor, false);
      }
      await this.#pause(lookEveryMs);
    }
  }

  /** `isLast`: also after the end of the joins, and until it is answered. */
  async #look(visitor: Visitor, isLast: boolean): Promise<void> {
    const headers = { authorization: `Bearer ${visitor.queueToken}` };
    const body = await this.#persist('ticket', { headers }, isLast);
    if (body === null) return;
    const { kind, number, releaseNumber } = body;
    if (kind === 'gone' || kind === 'unknown')
      this.#broken.push(`ticket ${visitor.number} was confirmed, and is ${kind} now`);
    if (typeof number === 'number' && number !== visitor.number)
      this.#broken.push(`ticket ${visitor.number} has number ${number} now`);
    if (kind === 'admitted' && typeof releaseNumber === 'number') visitor.admissions.add(releaseNumber);
    if (visitor.admissions.size > 1) this.#broken.push(`ticket ${visitor.number} was admitted twice`);
  }

  #checkNumbers(): void {
    const seen = new Set<number>();
    let last = 0;
    for (const { number } of this.#visitors) {
      if (seen.has(number)) this.#broken.push(`two tickets have number ${number}`);
      // One joined when the one before was confirmed.
      if (number < last) this.#broken.push(`ticket ${number} came after ticket ${last}`);
      seen.add(number);
      last = number;
    }
  }

  /** Until it is answered for good; null when the drill ended first. */
  async #persist(path: string, init: RequestInit, isLast = false): Promise<Record<string, unknown> | null> {
    for (;;) {
      if (!isLast && this.#stopped.signal.aborted) return null;
      const signal = AbortSignal.timeout(answerWithinMs);
      const response = await fetch(`${this.#roomUrl}/${path}`, { ...init, signal }).catch(() => null);
      const body = await response?.json().catch(() => null);
      if (response?.ok && body !== null) return body as Record<string, unknown>;
      if (response && response.status < 500 && response.status !== 429) {
        this.#broken.push(`${path} was answered ${response.status}: ${JSON.stringify(body)}`);
        return null;
      }
      this.#repeated += 1;
      await pause(retryAfterMs);
    }
  }

  #pause(ms: number): Promise<void> {
    return pause(ms, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }
}
