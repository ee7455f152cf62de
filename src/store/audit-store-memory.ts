/** Audits in one process, beside the memory store's rooms. */
import type { AuditHead, AuditRecord } from '../domain/audit.ts';
import {
  type AppendAnswer,
  type AuditStore,
  auditKeptMax,
  auditReadMax,
  auditTtlMs,
  type EventRef,
} from './audit-store.ts';

/** A chain as it is kept: what the two keys of a chain hold in Redis. */
export type MemoryAudit = { head: AuditHead; records: AuditRecord[]; event: EventRef | null } & {
  /** Wall ms until which the audit of a deleted room is kept; null: the room is there. */
  untilMs: number | null;
};
/** By room; null: the service's. */
export type MemoryAudits = Map<string | null, MemoryAudit>;

export type MemoryAuditOptions = {
  /** Those of the memory queue store: its transitions append to them. */
  audits?: MemoryAudits;
  keptMax?: number;
  /** The store's wall clock, µs. */
  nowUs?: () => number;
};

export function memoryAuditStore({
  audits = new Map(),
  keptMax = auditKeptMax,
  nowUs = () => Date.now() * 1_000,
}: MemoryAuditOptions = {}): AuditStore {
  return {
    async head(roomId) {
      forgetOver(audits, nowUs() / 1_000);
      return structuredClone(audits.get(roomId)?.head ?? null);
    },
    async append(record, event) {
      forgetOver(audits, nowUs() / 1_000);
      return append(audits, { record, event, keptMax });
    },
    async read(roomId, after) {
      forgetOver(audits, nowUs() / 1_000);
      const records = audits.get(roomId)?.records ?? [];
      return structuredClone(records.filter(({ number }) => number > after).slice(0, auditReadMax));
    },
    async close() {},
  };
}

function append(
  audits: MemoryAudits,
  { record, event, keptMax }: { record: AuditRecord; event: EventRef | null; keptMax: number },
): AppendAnswer {
  const known = audits.get(record.roomId);
  if (known?.records.some(({ hash }) => hash === record.hash)) {
    return isOthers(event, known.event) ? 'known' : 'appended';
  }
  if (event && known?.event && !isNewer(event, known.event)) return 'known';
  if (hasMoved(audits, record)) return 'moved';
  const audit = appendNext(audits, record, keptMax);
  if (event) audit.event = event;
  return 'appended';
}

/** Two replicas write the same record of an event when they do in one millisecond. */
function isOthers(event: EventRef | null, known: EventRef | null): boolean {
  if (!event || !known || event.replica === known.replica) return false;
  return event.startedUs === known.startedUs && event.eventNumber === known.eventNumber;
}

function isNewer(event: EventRef, known: EventRef): boolean {
  if (event.startedUs !== known.startedUs) return event.startedUs > known.startedUs;
  return event.eventNumber > known.eventNumber;
}

/** Whether the record does not follow the newest one that is kept; without a record: no. */
export function hasMoved(audits: MemoryAudits, record: AuditRecord | null): boolean {
  if (!record) return false;
  const head = audits.get(record.roomId)?.head;
  return (head?.hash ?? null) !== record.previous || (head?.number ?? 0) + 1 !== record.number;
}

/** Appends a record that follows the newest one. */
export function appendNext(audits: MemoryAudits, record: AuditRecord, keptMax = auditKeptMax): MemoryAudit {
  const { roomId, chain, number, hash } = record;
  const audit = audits.get(roomId) ?? {
    head: { chain, number, hash, firstHash: hash },
    records: [],
    event: null,
    untilMs: null,
  };
  audits.set(roomId, audit);
  audit.records.push(structuredClone(record));
  if (audit.records.length > keptMax) audit.records.shift();
  audit.head = { chain, number, hash, firstHash: audit.records[0]?.hash ?? hash };
  return audit;
}

/** The room of this audit is there again, or (`deletedAtMs`, wall) is no more. */
export function keepAudit(audits: MemoryAudits, roomId: string, deletedAtMs: number | null): void {
  const audit = audits.get(roomId);
  if (audit) audit.untilMs = deletedAtMs === null ? null : deletedAtMs + auditTtlMs;
}

function forgetOver(audits: MemoryAudits, nowMs: number): void {
  for (const [roomId, { untilMs }] of audits) if (untilMs !== null && nowMs >= untilMs) audits.delete(roomId);
}
