/**
 * The visitors of a drill: one takes a number every fifth of a second, as a careful page does (a lost reply is asked for
 * again under the same key), and all look again and again. What each was told is kept, and held against what they are
 * told later.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';

/** Whoever has no answer for this long has none: what takes over is there sooner, or not at all. */
export const answersWithinMs = 120_000;
const joinEveryMs = 200;
const lookEveryMs = 2_000;
const retryAfterMs = 250;
const answerWithinMs = 6_000;
/** Of the last looks, so that many tickets can be asked for in their time, also from far away. */
const looksAtOnce = 8;

type Visitor = { ticketId: string; number: number; queueToken: string; admissions: Set<number> };

/** `refused` is told of as broken; `none`: to be asked again, now. */
type Answer = Record<string, unknown> | 'refused' | 'none';

/** What they saw so far. */
export type VisitorsReport = {
  tickets: number;
  /** The longest time without an answered join, ms, while joins were asked for. */
  silentMsMax: number;
  /** Calls that were refused for a while, not answered, or answered without Redis, and asked again. */
  repeated: number;
  /** Sentences; empty when all that was confirmed stayed so. */
  broken: string[];
};

export class DrillVisitors {
  readonly #roomUrl: string;
  readonly #clock: Clock;
  readonly #visitors: Visitor[] = [];
  readonly #broken: string[] = [];
  readonly #stopped = new AbortController();
  #answeredAtMs: number;
  #silentMsMax = 0;
  #repeated = 0;
  #over: Promise<unknown> = Promise.resolve();
  #report: Promise<VisitorsReport> | null = null;

  /** `publicUrl` as visitors reach it. */
  constructor({ publicUrl, roomId, clock }: { publicUrl: string; roomId: string; clock: Clock }) {
    this.#roomUrl = `${publicUrl}/v1/rooms/${roomId}`;
    this.#clock = clock;
    this.#answeredAtMs = clock.monotonicMs();
  }

  start(): void {
    this.#answeredAtMs = this.#clock.monotonicMs();
    this.#over = Promise.all([this.#joins(), this.#looks()]);
  }

  /** Tickets that were confirmed so far. */
  get tickets(): number {
    return this.#visitors.length;
  }

  /** How long ago the last join was confirmed, ms. */
  get silentMs(): number {
    return this.#clock.monotonicMs() - this.#answeredAtMs;
  }

  /**
   * No more joins; resolves when everyone looked once more, or had `answersWithinMs` for it: whoever has no answer by then
   * is told of as broken. Asked again, the same report.
   */
  end(): Promise<VisitorsReport> {
    this.#report ??= this.#end();
    return this.#report;
  }

  async #end(): Promise<VisitorsReport> {
    this.#stopped.abort();
    // A silence that nothing ended.
    this.#silentMsMax = Math.max(this.#silentMsMax, this.silentMs);
    await this.#over;
    await this.#lastLooks();
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
      const init = { method: 'POST', headers: { 'idempotency-key': key } };
      let answer = await this.#ask('tickets', init);
      while (answer === 'none' && !this.#stopped.signal.aborted) answer = await this.#ask('tickets', init);
      if (typeof answer === 'string') return;
      this.#silentMsMax = Math.max(this.#silentMsMax, this.silentMs);
      this.#answeredAtMs = this.#clock.monotonicMs();
      const { ticketId, number, queueToken } = answer as Omit<Visitor, 'admissions'>;
      this.#visitors.push({ ticketId, number, queueToken, admissions: new Set() });
      await this.#pause(joinEveryMs);
    }
  }

  async #looks(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const round = [...this.#visitors];
      for (const visitor of round) {
        while (!this.#stopped.signal.aborted && !(await this.#look(visitor)));
      }
      await this.#pause(lookEveryMs);
    }
  }

  /** Whoever is not answered goes to the end of the line: one whom nobody answers keeps nobody else from an answer. */
  async #lastLooks(): Promise<void> {
    const left = [...this.#visitors];
    const giveUpAt = this.#clock.monotonicMs() + answersWithinMs;
    const lookOn = async (): Promise<void> => {
      while (this.#clock.monotonicMs() < giveUpAt) {
        const visitor = left.shift();
        if (visitor === undefined) return;
        if (!(await this.#look(visitor))) left.push(visitor);
      }
    };
    await Promise.all(Array.from({ length: looksAtOnce }, lookOn));
    for (const { number } of left.toSorted((one, other) => one.number - other.number))
      this.#broken.push(`ticket ${number} was confirmed, and nobody says what became of it`);
  }

  /** Whether there was an answer, whatever it was. */
  async #look(visitor: Visitor): Promise<boolean> {
    const headers = { authorization: `Bearer ${visitor.queueToken}` };
    let answer = await this.#ask('ticket', { headers });
    if (isFromMemory(answer)) answer = await this.#notYet();
    if (typeof answer !== 'string') this.#compare(visitor, answer);
    return answer !== 'none';
  }

  #compare(visitor: Visitor, { kind, number, releaseNumber }: Record<string, unknown>): void {
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

  /** Once. */
  async #ask(path: string, init: RequestInit): Promise<Answer> {
    const signal = AbortSignal.timeout(answerWithinMs);
    const response = await fetch(`${this.#roomUrl}/${path}`, { ...init, signal }).catch(() => null);
    const body = await response?.json().catch(() => null);
    if (response?.ok && body !== null) return body as Record<string, unknown>;
    if (response && response.status < 500 && response.status !== 429) {
      this.#broken.push(`${path} was answered ${response.status}: ${JSON.stringify(body)}`);
      return 'refused';
    }
    return this.#notYet();
  }

  async #notYet(): Promise<'none'> {
    this.#repeated += 1;
    await this.#clock.sleep(retryAfterMs);
    return 'none';
  }

  #pause(ms: number): Promise<void> {
    return this.#clock.sleep(ms, this.#stopped.signal);
  }
}

/** While Redis is away, a replica tells people who wait what it last knew. */
function isFromMemory(answer: Answer): boolean {
  if (typeof answer === 'string') return false;
  const standing = answer['standing'] as { reason?: string } | undefined;
  return standing?.reason === 'updates-interrupted';
}
