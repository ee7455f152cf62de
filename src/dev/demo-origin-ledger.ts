/**
 * Who is inside the demo site, by its own requests and its own clock; nothing here comes from Guichet's figures.
 *
 * A person is inside from the first request with a pass until the site told Guichet `finish` and was answered, or until
 * nothing was heard from them for `sessionTtlMs`. The ledger keeps a row for each session: a ticket with two rows came
 * in twice. Rows are kept for the run, at most `sessionsMax`; later ones are counted but not listed.
 */

export type LedgerEnd = 'completed' | 'gave-up' | 'unheard' | 'refused';

/**
 * One session as the site saw it. Times are the site's own, in ms; `endedAt` is null while the person is inside, and
 * `finishAskedAt`, when Guichet was first asked to end it, is absent while it was not.
 */
export type LedgerEntry = {
  ticketId: string;
  firstAt: number;
  finishAskedAt?: number;
  endedAt: number | null;
  end: LedgerEnd | null;
};

export type LedgerFigures = {
  inside: number;
  peakInside: number;
  completed: number;
  gaveUp: number;
  unheard: number;
};

const sessionsMax = 200_000;

type Inside = { entry: LedgerEntry; heardAt: number };

/** The ledger of one demo site. A person's id is the ticketId, or the site's own cookie where there is no gate. */
export class OriginLedger {
  readonly #now: () => number;
  readonly #sessionTtlMs: number;
  /** In order of last hearing, the longest silent first. */
  readonly #inside = new Map<string, Inside>();
  readonly #lastEnd = new Map<string, LedgerEnd>();
  readonly #entries: LedgerEntry[] = [];
  readonly #ends: Record<LedgerEnd, number> = { completed: 0, 'gave-up': 0, unheard: 0, refused: 0 };
  #peakInside = 0;

  constructor(now: () => number, sessionTtlMs: number) {
    this.#now = now;
    this.#sessionTtlMs = sessionTtlMs;
  }

  /** A request by this person: begins a session if they are not inside, else notes that they were heard. */
  heard(id: string): void {
    const now = this.#expire();
    const known = this.#inside.get(id);
    if (known !== undefined) {
      this.#inside.delete(id);
      this.#inside.set(id, { entry: known.entry, heardAt: now });
      return;
    }
    const entry: LedgerEntry = { ticketId: id, firstAt: now, endedAt: null, end: null };
    if (this.#entries.length < sessionsMax) this.#entries.push(entry);
    this.#inside.set(id, { entry, heardAt: now });
    this.#peakInside = Math.max(this.#peakInside, this.#inside.size);
  }

  /** Guichet is being asked to end the session; only the first time is noted, and nothing of a person who is not inside. */
  finishAsked(id: string): void {
    const now = this.#expire();
    const entry = this.#inside.get(id)?.entry;
    if (entry !== undefined) entry.finishAskedAt ??= now;
  }

  /** The session is over, as answered by Guichet; does nothing for a person who is not inside. */
  end(id: string, end: LedgerEnd): void {
    this.#endAt(id, end, this.#expire());
  }

  isInside(id: string): boolean {
    this.#expire();
    return this.#inside.has(id);
  }

  /** When this person was last heard; null if they are not inside. */
  heardAt(id: string): number | null {
    this.#expire();
    return this.#inside.get(id)?.heardAt ?? null;
  }

  /** How this person's last session ended; null if none has. */
  lastEnd(id: string): LedgerEnd | null {
    this.#expire();
    return this.#lastEnd.get(id) ?? null;
  }

  figures(): LedgerFigures {
    this.#expire();
    return {
      inside: this.#inside.size,
      peakInside: this.#peakInside,
      completed: this.#ends.completed,
      gaveUp: this.#ends['gave-up'],
      unheard: this.#ends.unheard,
    };
  }

  /** Every session so far, in order of first request. */
  entries(): readonly LedgerEntry[] {
    this.#expire();
    return this.#entries;
  }

  #endAt(id: string, end: LedgerEnd, endedAt: number): void {
    const known = this.#inside.get(id);
    if (known === undefined) return;
    this.#inside.delete(id);
    this.#lastEnd.set(id, end);
    known.entry.endedAt = endedAt;
    known.entry.end = end;
    this.#ends[end] += 1;
  }

  /** Ends, at the moment their time ran out, the sessions of people not heard from; returns now. */
  #expire(): number {
    const now = this.#now();
    for (const [id, { heardAt }] of this.#inside) {
      if (heardAt + this.#sessionTtlMs > now) break;
      this.#endAt(id, 'unheard', heardAt + this.#sessionTtlMs);
    }
    return now;
  }
}
