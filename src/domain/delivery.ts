/**
 * Batches on their way to the origin: what bounds them, and when they hold a room. The same arithmetic stands in
 * store/lua/_outbox.lua; the contract suite runs it on both stores.
 */
import type { DeliveryPolicy } from './room.ts';

/** Batches of a room on their way; what is released beyond it becomes a dead letter. */
export const outboxMax = 5_000;
/** Dead letters kept of a room; the oldest go first. */
export const deadLettersMax = 5_000;

/** How far the deliveries of a room have fallen behind. */
export type Undelivered = {
  /** Batches on their way. */
  undelivered: number;
  /** Room-clock age of the oldest, ms; -1: none. */
  undeliveredMs: number;
};

/** Whether nobody is released because the origin has not heard of those who were released before. */
export function holdsForDelivery(
  delivery: Pick<DeliveryPolicy, 'holdAfterMs'> | null,
  { undelivered, undeliveredMs }: Undelivered,
): boolean {
  if (delivery === null || delivery.holdAfterMs === 0) return false;
  return undeliveredMs > delivery.holdAfterMs || undelivered >= outboxMax;
}
