/**
 * What the widget keeps in the storage of the page that it stands in, for one room: the queue token and the number,
 * and before that the key of the join, so that a reload after a lost reply finds the same ticket. All tabs of the site
 * share it. What stands there is never believed: the service knows its own tokens.
 */

export type Kept = {
  /** The idempotency key of the join. */
  joinKey?: string;
  queueToken?: string;
  number?: number | null;
};

export class KeptTicket {
  /** The item of the storage; it tells rooms and services apart. */
  readonly name: string;
  /** False once something could not be stored: then it lasts as long as the page. */
  isKept = true;
  #kept: Kept = {};

  constructor(name: string) {
    this.name = name;
  }

  /** What is kept; nothing where it cannot be read. */
  read(): Kept {
    try {
      if (this.isKept) this.#kept = JSON.parse(localStorage.getItem(this.name) ?? '') as Kept;
    } catch {
      // None yet, or somebody else's.
    }
    return this.#kept ?? {};
  }

  /** Keeps it in the place of what was. */
  write(kept: Kept): void {
    this.#kept = kept;
    try {
      localStorage.setItem(this.name, JSON.stringify(kept));
      this.isKept = true;
    } catch {
      this.isKept = false;
    }
  }
}
