/**
 * The audit: who did what, when and why, as a chain. Each record carries the hash of the one before it, so that one
 * that is changed, taken out, put in or moved is noticed by whoever recomputes the chain.
 *
 * There is one chain for each room, and one of the service for what belongs to no room (API keys).
 */
import type { Actor } from './actor.ts';
import type { LocalizedText } from './room.ts';

/** What was done, as the verb of the API: `room.open`, `room.policy`, `key.revoke`, `ticket.assist`, … */
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
};

/** Where entries that are no change of a room itself are put down. */
export type AuditTrail = {
  /**
   * Resolves once the entry is in the chain and in this replica's file: answer the operator only then. Rejects with
   * store-unavailable, or audit-unavailable when the file cannot be written.
   */
  record(entry: AuditEntry): Promise<void>;
};
