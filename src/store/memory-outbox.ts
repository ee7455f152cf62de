/** A memory room's batches on their way to the origin: the same as store/lua/_outbox.lua. Plain data. */
import { createHash } from 'node:crypto';
import { deadLettersMax, holdsForDelivery, outboxMax, type Undelivered } from '../domain/delivery.ts';
import type { Batch, DeadLetter } from './delivery-store.ts';
import { clockMs, type MemoryRoom, type MemoryTicket, wallMs } from './memory-room.ts';

export type MemoryBatch = Batch & {
  /** Room clock at which it came here, ms. */
  atMs: number;
};
export type MemoryLetter = Pick<DeadLetter, 'letterId' | 'buriedAtMs' | 'reason' | 'error'> & {
  batch: MemoryBatch;
};

/** How the delivery of the oldest batch stands. */
export type MemoryDelivery = {
  entryId: string | null;
  claimId: string | null;
  untilMs: number;
  tries: number;
  againAtMs: number;
  address: string | null;
  isOff: boolean;
  lastError: { atMs: number; what: string } | null;
};

export function undeliveredOf(state: MemoryRoom): Undelivered {
  const [oldest] = state.outbox;
  return {
    undelivered: state.outbox.length,
    undeliveredMs: oldest ? clockMs(state) - oldest.atMs : -1,
  };
}

/** Whether nobody is released because the origin has not heard of those before. */
export function isHeldByDelivery(state: MemoryRoom): boolean {
  return holdsForDelivery(state.room.policy.delivery, undeliveredOf(state));
}

/** Tells the origin of the release that was just made. */
export function appendBatch(state: MemoryRoom, ticketIds: readonly string[]): void {
  const { places, releaseNumber, room, epochId, eventNumber } = state;
  const seed = `${epochId} ${eventNumber} ${room.roomId}`;
  const batch: MemoryBatch = {
    entryId: nextEntryId(state),
    messageId: `msg_${createHash('sha1').update(seed).digest('hex').slice(0, 32)}`,
    atMs: clockMs(state),
    releaseNumber,
    releasedAtMs: wallMs(state),
    deadlineMs: wallMs(state) + room.policy.enterWithinMs,
    tickets: ticketIds.map((ticketId) => {
      return { ticketId, number: (state.tickets.get(ticketId) as MemoryTicket).number };
    }),
    room: {
      waiting: places.waiting.ids.length,
      admitted: places.admitted.ids.length,
      inside: places.entered.ids.length + state.assumed,
    },
  };
  if (state.outbox.length < outboxMax) state.outbox.push(batch);
  else buryBatch(state, batch, { reason: 'outbox-full', error: null });
}

/** Puts a batch among those that will not be tried again by themselves. */
export function buryBatch(
  state: MemoryRoom,
  batch: MemoryBatch,
  { reason, error }: Pick<MemoryLetter, 'reason' | 'error'>,
): void {
  const letterId = nextEntryId(state);
  state.deadLetters.push({ letterId, buriedAtMs: wallMs(state), reason, error, batch });
  if (state.deadLetters.length > deadLettersMax) state.deadLetters.shift();
}

/** As Redis writes the ids of a stream. */
export function nextEntryId(state: MemoryRoom): string {
  state.entriesTotal += 1;
  return `${state.entriesTotal}-0`;
}
