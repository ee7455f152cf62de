/** Where ticket ids come from. */
import { createHash, randomUUID } from 'node:crypto';

/**
 * The id of a join's ticket: the version 8 UUID of SHA-256(roomId ‖ 0x00 ‖ key), so that a repeat with the
 * same Idempotency-Key finds the same ticket on any replica, after any failover. Without a key: a new one.
 */
export function ticketIdFor(roomId: string, idempotencyKey: string | null): string {
  if (idempotencyKey === null) return randomUUID();
  const bytes = createHash('sha256')
    .update(`${roomId}\0${idempotencyKey.toLowerCase()}`)
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
