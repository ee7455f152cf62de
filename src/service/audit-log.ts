/**
 * Puts down who did what: each record in its chain and in this replica's file, before the operator is answered.
 *
 * A change of a room is appended by the very transition that makes it (`place`), so that there is neither a change
 * without a record nor a record without a change. What a room does by itself is heard of by every replica, each of
 * which tries to put it down; the store takes the first (by event number). Those that the store did not take because
 * it was away are tried again with the next tick.
 */
import { createHash } from 'node:crypto';
import { roomItself } from '../domain/actor.ts';
import type { AuditEntry, AuditHead, AuditRecord, AuditTrail } from '../domain/audit.ts';
import { canonicalJson } from '../domain/audit.ts';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import { type AuditStore, auditReadMax, type EventRef } from '../store/audit-store.ts';
import type { RoomHead } from '../store/queue-store.ts';
import type { RoomEvent } from '../store/room-events.ts';
import { chainedRecord, recordLine } from './audit-chain.ts';
import type { AuditFile } from './audit-file.ts';
import type { RoomLink } from './room-link.ts';

/** Tries to find a place behind the newest record while others append. */
const placeTriesMax = 50;
/** Changes by itself of one room that wait to be put down; they are also in the room's events. */
const pendingMax = 100;
/** A value longer than this in JSON is put down as its length and hash: a logo says nothing in an audit. */
const valueCharactersMax = 500;

export type AuditLogParts = {
  store: AuditStore;
  /** This replica's name. */
  replicaId: string;
  link: Pick<RoomLink, 'retry'>;
  file: () => AuditFile;
  clock: Clock;
  log: Log;
};

/** What `write` made of a record: in its place, or not because something else stood against it. */
export type Written<Answer> = { answer: Answer; isPlaced: boolean } | 'audit-moved';

/** Records that are owed to the file; the oldest are given up, which is logged. */
const owedMax = 1_000;

type Pending = { entry: AuditEntry; event: EventRef };

export class AuditLog implements AuditTrail {
  readonly #parts: AuditLogParts;
  readonly #pending = new Map<string, Pending[]>();
  readonly #busy = new Set<string>();
  /** In their chain, perhaps, and not in the file: the store's answer did not come, or the file did not take them. */
  #owed: AuditRecord[] = [];
  #paying: Promise<void> | null = null;

  constructor(parts: AuditLogParts) {
    this.#parts = parts;
  }

  async record(entry: AuditEntry): Promise<void> {
    const { store, link } = this.#parts;
    await this.place<void>(entry, async (record) => {
      const answer = await link.retry(() => store.append(record, null));
      return answer === 'moved' ? 'audit-moved' : { answer: undefined, isPlaced: true };
    });
  }

  /**
   * Makes a record of the entry and has `write` append it, again with a newer place as long as others append. Resolves
   * once what was placed is in the file, too; throws audit-unavailable when it cannot be: what was done is done.
   */
  async place<Answer>(
    entry: AuditEntry,
    write: (record: AuditRecord) => Promise<Written<Answer>>,
  ): Promise<Answer> {
    const { store, link, clock } = this.#parts;
    // First, so that the file has the records of a chain in order.
    await this.#payOwed();
    for (let tries = 0; tries < placeTriesMax; tries += 1) {
      const head = await link.retry(() => store.head(entry.roomId));
      const record = chainedRecord(abridged(entry), head, clock.wallMs());
      const written = await this.#owing(record, write);
      if (written === 'audit-moved') continue;
      if (written.isPlaced) await this.#keep(record);
      return written.answer;
    }
    throw new GuichetError('room-changed');
  }

  /** Whether a record is in its chain: what was appended by a call whose reply was lost is. */
  async has(record: AuditRecord, budgetMs?: number): Promise<boolean> {
    const { store, link } = this.#parts;
    const [found] = await link.retry(() => store.read(record.roomId, record.number - 1), budgetMs);
    return found?.hash === record.hash;
  }

  /** Writes a record; while it is not known whether it was taken, it is owed. */
  async #owing<Answer>(
    record: AuditRecord,
    write: (record: AuditRecord) => Promise<Written<Answer>>,
  ): Promise<Written<Answer>> {
    try {
      return await write(record);
    } catch (error) {
      if (error instanceof GuichetError && error.code === 'store-unavailable') this.#owe(record);
      throw error;
    }
  }

  #owe(record: AuditRecord): void {
    this.#owed.push(record);
    if (this.#owed.length <= owedMax) return;
    const { roomId, chain, number } = this.#owed.shift() as AuditRecord;
    this.#parts.log.error({ roomId, chain, number }, 'A record of the audit is missing from this file');
  }

  /** Puts into the file what is owed to it. Never rejects: what cannot be put there now is owed still. */
  async #payOwed(): Promise<void> {
    if (this.#owed.length === 0) return;
    this.#paying ??= this.#pay().finally(() => (this.#paying = null));
    await this.#paying;
  }

  async #pay(): Promise<void> {
    try {
      for (let [record] = this.#owed; record; [record] = this.#owed) {
        if (await this.has(record, 0)) await this.#parts.file().append(recordLine(record));
        this.#owed = this.#owed.filter((one) => one !== record);
      }
    } catch (err) {
      this.#parts.log.debug({ err }, 'Records of the audit are not in the file yet');
    }
  }

  /** Hears what a room did by itself. Never rejects. */
  heard(roomId: string, { startedUs }: RoomHead, events: readonly RoomEvent[]): void {
    void this.#payOwed();
    const pending = this.#pending.get(roomId) ?? [];
    for (const event of events) {
      const entry = entryOf(roomId, event);
      if (entry)
        pending.push({
          entry,
          event: { startedUs, eventNumber: event.eventNumber, replica: this.#parts.replicaId },
        });
    }
    if (pending.length === 0) return;
    pending.splice(0, pending.length - pendingMax);
    this.#pending.set(roomId, pending);
    if (!this.#busy.has(roomId)) void this.#putDown(roomId, pending);
  }

  async #putDown(roomId: string, pending: Pending[]): Promise<void> {
    this.#busy.add(roomId);
    try {
      for (let next = pending[0]; next; next = pending[0]) {
        await this.#appendEvent(next);
        // The oldest may have given way meanwhile.
        const at = pending.indexOf(next);
        if (at >= 0) pending.splice(at, 1);
      }
      this.#pending.delete(roomId);
    } catch (err) {
      this.#parts.log.error({ err, roomId }, 'What a room did by itself is not in its audit yet');
    } finally {
      this.#busy.delete(roomId);
    }
  }

  async #appendEvent({ entry, event }: Pending): Promise<void> {
    const { store, link } = this.#parts;
    await this.place<void>(entry, async (record) => {
      const answer = await link.retry(() => store.append(record, event));
      return answer === 'moved' ? 'audit-moved' : { answer: undefined, isPlaced: answer === 'appended' };
    });
  }

  async #keep(record: AuditRecord): Promise<void> {
    try {
      await this.#parts.file().append(recordLine(record));
    } catch (cause) {
      this.#owe(record);
      this.#parts.log.error({ err: cause }, 'The audit file cannot be written');
      const detail = 'This was done and is in the audit, but this replica’s audit file cannot be written';
      throw new GuichetError('audit-unavailable', { detail, cause, retryAfterMs: 5_000 });
    }
  }

  /** A page of a chain, oldest first, and where the chain ends; null: there is none. */
  async read(
    roomId: string | null,
    after: number,
  ): Promise<{ head: AuditHead | null; records: AuditRecord[]; next: number | null }> {
    const { store, link } = this.#parts;
    const head = await link.retry(() => store.head(roomId));
    const found = await link.retry(() => store.read(roomId, after));
    // What was appended since the head was read belongs to the next page.
    const records = head === null ? [] : found.filter(({ number }) => number <= head.number);
    const last = records.at(-1);
    const isLast = found.length < auditReadMax || last?.number === head?.number;
    return { head, records, next: isLast || !last ? null : last.number };
  }
}

/** What a room did by itself; null: it did not, or nothing that an audit tells. */
function entryOf(roomId: string, event: RoomEvent): AuditEntry | null {
  const common = { roomId, actor: roomItself, reason: null };
  if (event.type === 'recovered') {
    return { ...common, action: 'room.recover', before: null, after: { epochNumber: event.epochNumber } };
  }
  if (event.type !== 'room' || !event.change) return null;
  const { from, to, cause } = event.change;
  const action = to === 'open' ? 'room.open' : 'room.close';
  return { ...common, action, before: { state: from }, after: { state: to, cause } };
}

function abridged(entry: AuditEntry): AuditEntry {
  return { ...entry, before: shortened(entry.before), after: shortened(entry.after) };
}

function shortened(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const text = canonicalJson(inner ?? null);
      if (text.length <= valueCharactersMax) return [name, inner];
      return [name, { characters: text.length, sha256: createHash('sha256').update(text).digest('hex') }];
    }),
  );
}
