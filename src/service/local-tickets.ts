/**
 * The tickets of one room that this replica knows, each in the newest generation seen here: all those that are watched here, and of the others the ones seen
 * lately, so that a poller's next look needs no sighting. The others are kept in two halves; when the younger one is
 * full the older one is dropped whole, so that forgetting costs nothing per ticket, however many come.
 */
import type { LocalTicket, Watcher } from './local-ticket.ts';

/** Tickets kept without a watcher, at most; half as many at least, once so many came. */
const unwatchedMax = 50_000;

export class LocalTickets {
  readonly #watched = new Map<string, LocalTicket>();
  #younger = new Map<string, LocalTicket>();
  #older = new Map<string, LocalTicket>();

  /** The ticket, which counts as seen now; undefined when it is not known. */
  get(ticketId: string): LocalTicket | undefined {
    const known = this.#watched.get(ticketId) ?? this.#younger.get(ticketId);
    if (known) return known;
    const older = this.#older.get(ticketId);
    if (older) this.add(older);
    return older;
  }

  /** Whether the ticket is known; does not count as seeing it. */
  has(ticketId: string): boolean {
    return this.#watched.has(ticketId) || this.#younger.has(ticketId) || this.#older.has(ticketId);
  }

  /** Keeps a ticket that nobody watches. */
  add(ticket: LocalTicket): void {
    this.#younger.set(ticket.claims.ticketId, ticket);
    if (this.#younger.size < unwatchedMax / 2) return;
    this.#older = this.#younger;
    this.#younger = new Map();
  }

  /** Keeps a ticket in place of the one that it is a later generation of. Watchers of that one stay its own. */
  replace(before: LocalTicket, ticket: LocalTicket): void {
    this.#watched.delete(before.claims.ticketId);
    this.#older.delete(before.claims.ticketId);
    this.add(ticket);
  }

  /** Forgets all that nobody watches. */
  dropUnwatched(): void {
    this.#younger = new Map();
    this.#older = new Map();
  }

  /** The room kept nothing of tickets up to this order (0: all is kept): those that are still watched; no other is kept here. */
  forgetUpTo(order: number): LocalTicket[] {
    if (order === 0) return [];
    this.dropUnwatched();
    return [...this.#watched.values()].filter(({ claims }) => claims.order <= order);
  }

  /** From now on the watcher is told of the ticket, which is kept as long as anyone watches it. */
  watch(ticket: LocalTicket, watcher: Watcher): void {
    const { ticketId } = ticket.claims;
    if (ticket.watchers.size === 0) ticket.watchers = new Set();
    (ticket.watchers as Set<Watcher>).add(watcher);
    // A device that lost its ticket to another never takes its place here.
    if (this.#isSuperseded(ticket)) return;
    this.#watched.set(ticketId, ticket);
    this.#younger.delete(ticketId);
    this.#older.delete(ticketId);
  }

  /** The reverse of `watch`; safe to call twice. */
  unwatch(ticket: LocalTicket, watcher: Watcher): void {
    if (!(ticket.watchers as Set<Watcher>).delete(watcher) || ticket.watchers.size > 0) return;
    if (this.#isSuperseded(ticket)) return;
    this.#watched.delete(ticket.claims.ticketId);
    this.add(ticket);
  }

  /** Whether a later generation of the ticket is kept. */
  #isSuperseded({ claims: { ticketId, gen } }: LocalTicket): boolean {
    const kept = this.#watched.get(ticketId) ?? this.#younger.get(ticketId) ?? this.#older.get(ticketId);
    return kept !== undefined && kept.claims.gen > gen;
  }

  /** Those that somebody watches here. */
  get watched(): ReadonlyMap<string, LocalTicket> {
    return this.#watched;
  }

  get size(): number {
    return this.#watched.size + this.#younger.size + this.#older.size;
  }

  /** Each ticket; one may come twice. */
  *[Symbol.iterator](): IterableIterator<LocalTicket> {
    for (const half of [this.#watched, this.#younger, this.#older]) yield* half.values();
  }
}
