/**
 * What a room's capacity was before one person after the other raised it: a rise by more than half in small steps is a
 * rise by more than half. Read from the room's audit, which has every step.
 */
import type { AuditRecord } from '../domain/audit.ts';
import type { Room } from '../domain/room.ts';
import { auditReadMax } from '../store/audit-store.ts';
import type { AuditLog } from './audit-log.ts';

/** Steps within this time are one rise, ms. */
const withinMs = 3_600_000;
/** Records looked at: an hour of a busy desk. */
const recordsMax = 10 * auditReadMax;

/** The capacity an hour ago, or as two persons made it since. `nowMs`: wall clock. Throws store-unavailable. */
export async function capacityBefore(
  audit: Pick<AuditLog, 'read'>,
  { roomId, policy }: Room,
  nowMs: number,
): Promise<number> {
  const { head } = await audit.read(roomId, Number.MAX_SAFE_INTEGER);
  let capacity: number | null = null;
  let after: number | null = Math.max(0, (head?.number ?? 0) - recordsMax);
  while (after !== null) {
    const page: Awaited<ReturnType<AuditLog['read']>> = await audit.read(roomId, after);
    for (const record of page.records) {
      if (nowMs - Date.parse(record.at) > withinMs) continue;
      if (record.action === 'room.create') capacity = null;
      else if (record.proposedBy) capacity = capacityIn(record.after) ?? capacity;
      else capacity ??= capacityIn(record.before);
    }
    after = page.next;
  }
  return capacity ?? policy.capacity;
}

function capacityIn(fields: AuditRecord['before']): number | null {
  const { capacity } = (fields ?? {}) as { capacity?: unknown };
  return typeof capacity === 'number' ? capacity : null;
}
