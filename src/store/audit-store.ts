/**
 * The port to what is kept of audits: a chain for each room, and one of the service.
 *
 * Records are made by the caller, who knows the head; a store only appends one when it follows the newest record that
 * it has, so that a chain never forks, however many replicas write. At most `auditKeptMax` records of a chain are
 * kept. Changes of a room itself are appended by the transition that makes them (queue-store.ts), in one step with it.
 */
import type { AuditHead, AuditRecord } from '../domain/audit.ts';

/** Records of one chain that are kept; the oldest go first. */
export const auditKeptMax = 100_000;
/** How long the audit of a deleted room is kept, ms. */
export const auditTtlMs = 30 * 86_400_000;
/** Records that one read answers. */
export const auditReadMax = 500;

/** A room's event, which is put down once, whichever replicas hear of it. */
export type EventRef = {
  startedUs: number;
  eventNumber: number;
  /** The replica that puts it down, and so has it in its file. */
  replica: string;
};

export type AppendAnswer =
  /** Also for a repeat of the same record. */
  | 'appended'
  /** The event was put down already. */
  | 'known'
  /** The record does not follow the newest one: read the head and make it anew. */
  | 'moved';

export interface AuditStore {
  /** Null: there is no chain yet. `roomId` null: the service's. Rejects with StoreUnknownError, as every method does. */
  head(roomId: string | null): Promise<AuditHead | null>;
  append(record: AuditRecord, event: EventRef | null): Promise<AppendAnswer>;
  /** Records whose number is above `after`, oldest first, at most `auditReadMax`. */
  read(roomId: string | null, after: number): Promise<AuditRecord[]>;
  close(): Promise<void>;
}
