/**
 * The audit: who did what, when and why, as a chain. Each record carries the hash of the one before it, so that one
 * that is changed, taken out, put in or moved is noticed by whoever works the chain out again (service/audit-chain.ts).
 *
 * There is one chain for each room, and one of the service for what belongs to no room (API keys).
 */
import type { Actor } from './actor.ts';
import type { LocalizedText } from './room.ts';

/** What was done: `room.open`, `room.policy`, `key.revoke`, `ticket.assist`, … */
export type AuditAction = `${'room' | 'key' | 'ticket' | 'delivery' | 'alarm'}.${string}`;

/** What happened, before it has a place in a chain. */
export type AuditEntry = {
  /** Null: the chain of the service. */
  roomId: string | null;
  actor: Actor;
  action: AuditAction;
  reason: LocalizedText | null;
  /** What it was and what it became; only what differs. Never a secret, never a visitor. */
  before: unknown;
  after: unknown;
  /** Who asked for it, when a second person confirmed it; the actor is the one who confirmed. */
  proposedBy?: Actor | null;
};

/** An entry in its place. */
export type AuditRecord = Required<AuditEntry> & {
  /** The chain's id: a chain that was lost with its store is followed by another. */
  chain: string;
  /** From 1, without gaps. */
  number: number;
  /** ISO 8601, on the clock of the replica that put it down. */
  at: string;
  /** Hash of the record before it; null: it is the first. */
  previous: string | null;
  /** SHA-256 in hex of all else, as `canonicalJson` writes it. */
  hash: string;
};

/** Where a chain ends. */
export type AuditHead = {
  chain: string;
  /** Of the newest record. */
  number: number;
  hash: string;
  /** Hash of the oldest record that is kept. */
  firstHash: string;
};

/** Where entries that are no change of a room itself are put down. */
export type AuditTrail = {
  /**
   * Resolves once the entry is in the chain and in this replica's file: answer the operator only then. Rejects with
   * store-unavailable, or audit-unavailable when the file cannot be written.
   */
  record(entry: AuditEntry): Promise<void>;
};

/** One text for one value, whatever the order of its fields. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/** The fields in which two values differ, before and after; nested ones as a whole. */
export function differences(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const names = Object.keys({ ...before, ...after }).filter(
    (name) => canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null),
  );
  const of = (from: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
  return { before: of(before), after: of(after) };
}
