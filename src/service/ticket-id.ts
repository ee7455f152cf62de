/** Where ticket ids come from. */
import { hash, randomUUID } from 'node:crypto';

/**
 * The id of a join's ticket: the version 8 UUID of SHA-256(roomId ‖ 0x00 ‖ key), so that a repeat with the
 * same Idempotency-Key finds the same ticket on any replica, after any failover. Without a key: a new one.
 */
export function ticketIdFor(roomId: string, idempotencyKey: string | null): string {
  if (idempotencyKey === null) return randomUUID();
  return uuidOf(`${roomId}\0${idempotencyKey.toLowerCase()}`);
}

/** The version 8 UUID of SHA-256 of a text. */
export function uuidOf(text: string): string {
  const hex = hash('sha256', text, 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
