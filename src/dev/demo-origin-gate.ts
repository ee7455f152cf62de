/**
 * Who is asking: the demo site's door, in two kinds. With Guichet in front, only people with a good pass are let in,
 * and the others are sent to the waiting page. Without, anyone is, and a cookie of the site's own tells people apart.
 *
 * A person's seat is given back by `finish`; until Guichet has answered it the person counts as inside. What was heard
 * from a person reaches Guichet within a tenth of the session's time, so Guichet's idea of when a silent session is over
 * is never earlier than the site's own.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import { GuichetClient } from './demo-origin-guichet.ts';
import type { LedgerEnd, OriginLedger } from './demo-origin-ledger.ts';
import { PassVerifier } from './demo-origin-passes.ts';

export type Arrival = { method: string; url: URL; cookies: ReadonlyMap<string, string> };

/** What becomes of a request. `cookie` is a whole Set-Cookie value. */
export type Admission =
  | { kind: 'inside'; id: string; cookie: string | null }
  /** Finished by this site before; nothing more is counted. */
  | { kind: 'over'; end: LedgerEnd }
  | { kind: 'redirect'; location: string; cookie: string | null }
  | { kind: 'unavailable' };

/** One successful redemption. The hand-over is a secret, so only its hash is kept. */
export type Redemption = { handOver: string; ticketId: string; at: number };

export interface OriginGate {
  /** Decides on a request and notes in the ledger who was heard. */
  identify(arrival: Arrival): Promise<Admission>;
  /** The person confirmed or logged out. Returns at once; repeated calls do nothing. */
  finish(id: string, end: 'completed' | 'gave-up'): void;
  /** Where people wait; null without a gate. */
  waitingUrl: string | null;
  redemptions(): readonly Redemption[];
  close(): void;
}

export type GuichetGateOptions = {
  roomId: string;
  publicUrls: readonly string[];
  internalUrls: readonly string[];
  originKey: string;
  sessionTtlMs: number;
};

const passCookieName = 'demo-pass';
const personCookieName = 'demo-person';
const redemptionsMax = 200_000;

/** The door with Guichet in front. */
export class GuichetGate implements OriginGate {
  readonly waitingUrl: string;
  readonly #clock: Clock;
  readonly #ledger: OriginLedger;
  readonly #client: GuichetClient;
  readonly #passes: PassVerifier;
  readonly #keepAliveAfterMs: number;
  readonly #finishing = new Map<string, LedgerEnd>();
  readonly #keepAlivePending = new Set<string>();
  /** The newest pass of each person inside; once renewed, it is set as their cookie with the next answer. */
  readonly #passOf = new Map<string, { pass: string; isRenewed: boolean }>();
  readonly #redemptions: Redemption[] = [];
  readonly #closing = new AbortController();

  constructor(clock: Clock, ledger: OriginLedger, options: GuichetGateOptions) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#client = new GuichetClient(clock, options);
    this.#passes = new PassVerifier(clock, options);
    this.#keepAliveAfterMs = options.sessionTtlMs / 10;
    this.waitingUrl = new URL(`/rooms/${options.roomId}`, options.publicUrls[0]).href;
  }

  async identify({ method, url, cookies }: Arrival): Promise<Admission> {
    const handOver = url.searchParams.get('guichet');
    if (handOver !== null && method === 'GET') return this.#arrive(handOver, url, cookies);
    const shown = cookies.get(passCookieName) ?? '';
    const id = await this.#holder(cookies);
    if (id === null) return { kind: 'redirect', location: this.waitingUrl, cookie: null };
    const end = this.#finishing.get(id) ?? (this.#ledger.isInside(id) ? null : this.#ledger.lastEnd(id));
    if (end === 'completed' || end === 'gave-up') return { kind: 'over', end };
    if (end !== null) return { kind: 'redirect', location: this.waitingUrl, cookie: null };
    this.#heard(id);
    const newest = this.#passOf.get(id);
    if (newest?.isRenewed !== true) this.#passOf.set(id, { pass: shown, isRenewed: false });
    else newest.isRenewed = false;
    return {
      kind: 'inside',
      id,
      cookie: newest === undefined || newest.pass === shown ? null : passCookie(newest.pass),
    };
  }

  finish(id: string, end: 'completed' | 'gave-up'): void {
    if (this.#finishing.has(id)) return;
    this.#finishing.set(id, end);
    this.#ledger.finishAsked(id);
    void this.#client.finish(id, end).then((answered) => {
      // Unanswered, the person goes on counting until the session has run out by itself.
      if (!answered) return;
      this.#ledger.end(id, end);
      this.#finishing.delete(id);
      this.#passOf.delete(id);
    });
  }

  redemptions(): readonly Redemption[] {
    return this.#redemptions;
  }

  close(): void {
    this.#closing.abort();
    this.#client.close();
  }

  async #arrive(handOver: string, url: URL, cookies: Arrival['cookies']): Promise<Admission> {
    const clean = new URL(url);
    clean.searchParams.delete('guichet');
    const location = clean.pathname + clean.search;
    const result = await this.#client.redeem(handOver);
    if (result.kind === 'unavailable') return { kind: 'unavailable' };
    if (result.kind === 'refused') {
      // Someone who reloads the address they arrived by has used it and holds the pass.
      const known = (await this.#holder(cookies)) !== null;
      return { kind: 'redirect', location: known ? location : this.waitingUrl, cookie: null };
    }
    if (this.#redemptions.length < redemptionsMax) {
      const hash = createHash('sha256').update(handOver).digest('base64url').slice(0, 16);
      this.#redemptions.push({ handOver: hash, ticketId: result.ticketId, at: this.#clock.wallMs() });
    }
    this.#heard(result.ticketId);
    this.#passOf.set(result.ticketId, { pass: result.pass, isRenewed: false });
    return { kind: 'redirect', location, cookie: passCookie(result.pass) };
  }

  async #holder(cookies: Arrival['cookies']): Promise<string | null> {
    const pass = cookies.get(passCookieName);
    return pass === undefined ? null : ((await this.#passes.claims(pass))?.ticketId ?? null);
  }

  #heard(id: string): void {
    this.#ledger.heard(id);
    if (this.#keepAlivePending.has(id)) return;
    this.#keepAlivePending.add(id);
    void this.#clock.sleep(this.#keepAliveAfterMs, this.#closing.signal).then(() => this.#keepAlive(id));
  }

  async #keepAlive(id: string): Promise<void> {
    // From here on a new request needs a keep-alive of its own: this one may already be under way.
    this.#keepAlivePending.delete(id);
    if (this.#closing.signal.aborted || this.#finishing.has(id) || !this.#ledger.isInside(id)) return;
    const result = await this.#client.keepAlive(id, this.#passOf.get(id)?.pass ?? '');
    if (this.#finishing.has(id) || result.kind === 'unavailable') return;
    if (result.kind === 'ended') {
      this.#ledger.end(id, 'refused');
      this.#passOf.delete(id);
    } else if (this.#ledger.isInside(id)) {
      this.#passOf.set(id, { pass: result.pass, isRenewed: true });
    }
  }
}

/** No door: everyone is inside from their first request. */
export class OpenGate implements OriginGate {
  readonly waitingUrl = null;
  readonly #ledger: OriginLedger;

  constructor(ledger: OriginLedger) {
    this.#ledger = ledger;
  }

  identify({ cookies }: Arrival): Promise<Admission> {
    const known = cookies.get(personCookieName);
    const id = known ?? randomUUID();
    const end = this.#ledger.isInside(id) ? null : this.#ledger.lastEnd(id);
    if (end === 'completed' || end === 'gave-up') return Promise.resolve({ kind: 'over', end });
    this.#ledger.heard(id);
    return Promise.resolve({
      kind: 'inside',
      id,
      cookie: known === undefined ? `${personCookieName}=${id}; HttpOnly; SameSite=Lax; Path=/` : null,
    });
  }

  finish(id: string, end: 'completed' | 'gave-up'): void {
    this.#ledger.end(id, end);
  }

  redemptions(): readonly Redemption[] {
    return [];
  }

  close(): void {}
}

function passCookie(pass: string): string {
  return `${passCookieName}=${pass}; HttpOnly; SameSite=Lax; Path=/`;
}
