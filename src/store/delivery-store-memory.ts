/** Batches on their way, in this process, in the memory store's rooms: the same answers as lua/delivery_*.lua. */
import { outboxMax } from '../domain/delivery.ts';
import {
  type Batch,
  boundedLetters,
  type DeadLetter,
  deadLettersPageMax,
  type DeliveryClaim,
  type DeliveryClaimOptions,
  type DeliveryCounts,
  deliveryLeaseMs,
  type DeliveryOutcome,
  type DeliveryState,
  type DeliveryStore,
  type HeldBatch,
  type ResendAnswer,
  resendMax,
  type ResendOptions,
  type SettleAnswer,
} from './delivery-store.ts';
import {
  buryBatch,
  type MemoryBatch,
  type MemoryLetter,
  nextEntryId,
  undeliveredOf,
} from './memory-outbox.ts';
import { advance, clockMs, type MemoryRoom, noDelivery, wallMs } from './memory-room.ts';

/** Batches that one claim buries. */
const buryMax = 50;

export type MemoryDeliveryStoreOptions = {
  /** The rooms of the memory store. */
  rooms: ReadonlyMap<string, MemoryRoom>;
  /** The store's wall clock, µs. */
  nowUs?: () => number;
};

/** The port in this process's memory. */
export function memoryDeliveryStore({
  rooms,
  nowUs = () => Date.now() * 1_000,
}: MemoryDeliveryStoreOptions): DeliveryStore {
  /** The room with its clock moved; of which process, ticks find out. */
  const served = (roomId: string): MemoryRoom | null => {
    const state = rooms.get(roomId);
    if (state?.deletedUntilMs !== null) return null;
    advance(state, { nowUs: nowUs(), runId: state.runId, lastOrder: 0 });
    return state;
  };
  return {
    async claim(roomId, options) {
      const state = served(roomId);
      const none = { pending: 0, oldestAgeMs: -1, deadLetters: 0, buried: 0, kind: 'none' } as const;
      return state ? claim(state, options) : none;
    },
    async renew(roomId, { claimId, entryId }) {
      const state = served(roomId);
      const isThere = state?.outbox.some((batch) => batch.entryId === entryId) ?? false;
      if (!state || !isThere || !isHolder(state, { claimId, entryId })) return false;
      state.delivery.untilMs = clockMs(state) + deliveryLeaseMs;
      return true;
    },
    async settle(roomId, held, outcome, options) {
      const state = served(roomId);
      return state ? settle(state, held, { outcome, ...options }) : 'gone';
    },
    async read(roomId, { after, limit }) {
      boundedLetters(limit, deadLettersPageMax, 0);
      const state = served(roomId);
      return state ? stateOf(state, after, limit) : null;
    },
    async resend(roomId, options) {
      boundedLetters(options.letterIds?.length ?? 1, resendMax, 1);
      const state = served(roomId);
      return state ? resend(state, options) : { resent: 0, deadLetters: 0, isFull: false };
    },
    async close() {},
  };
}

function countsOf(state: MemoryRoom): DeliveryCounts {
  const { undelivered: pending, undeliveredMs: oldestAgeMs } = undeliveredOf(state);
  return { pending, oldestAgeMs, deadLetters: state.deadLetters.length };
}

function beginBatch(state: MemoryRoom, entryId: string | null): void {
  const { address, isOff, lastError } = state.delivery;
  state.delivery = { ...noDelivery(), entryId, address, isOff, lastError };
}

function isHolder(state: MemoryRoom, { claimId, entryId }: Omit<HeldBatch, 'messageId'>): boolean {
  return state.delivery.claimId === claimId && state.delivery.entryId === entryId;
}

function claim(state: MemoryRoom, { claimId, address, giveUpAfterMs }: DeliveryClaimOptions): DeliveryClaim {
  const now = clockMs(state);
  let buried = 0;
  if (state.delivery.address !== address) {
    Object.assign(state.delivery, { address, tries: 0, againAtMs: 0, isOff: false });
  }
  for (let [oldest] = state.outbox; oldest; [oldest] = state.outbox) {
    if (state.delivery.entryId !== oldest.entryId) beginBatch(state, oldest.entryId);
    const { delivery } = state;
    const isHeld = delivery.claimId !== null && now < delivery.untilMs;
    if (isHeld && delivery.claimId !== claimId) {
      return { ...countsOf(state), buried, kind: 'later', afterMs: delivery.untilMs - now };
    }
    const isGivenUp = now - oldest.atMs >= giveUpAfterMs;
    if (isGivenUp || delivery.isOff) {
      if (buried === buryMax) return { ...countsOf(state), buried, kind: 'later', afterMs: 0 };
      const reason = isGivenUp ? 'given-up' : 'disabled';
      const error = delivery.tries > 0 ? (delivery.lastError?.what ?? null) : null;
      buryBatch(state, oldest, { reason, error });
      state.outbox.shift();
      buried += 1;
      continue;
    }
    if (now < delivery.againAtMs) {
      return { ...countsOf(state), buried, kind: 'later', afterMs: delivery.againAtMs - now };
    }
    Object.assign(delivery, { claimId, untilMs: now + deliveryLeaseMs, tries: delivery.tries + 1 });
    const batch = batchOf(oldest);
    return { ...countsOf(state), buried, kind: 'leased', tries: delivery.tries, batch };
  }
  beginBatch(state, null);
  return { ...countsOf(state), buried, kind: 'none' };
}

function batchOf({ atMs: _atMs, ...batch }: MemoryBatch): Batch {
  return structuredClone(batch);
}

function settle(
  state: MemoryRoom,
  held: HeldBatch,
  { outcome, address, giveUpAfterMs }: { outcome: DeliveryOutcome } & Omit<DeliveryClaimOptions, 'claimId'>,
): SettleAnswer {
  const { delivery, outbox } = state;
  const index = outbox.findIndex(({ entryId }) => entryId === held.entryId);
  const batch = outbox[index];
  if (batch?.messageId !== held.messageId) return 'gone';
  if (outcome.kind === 'delivered') {
    outbox.splice(index, 1);
    delivery.lastError = null;
    if (delivery.entryId === held.entryId) beginBatch(state, null);
    return 'settled';
  }
  if (!isHolder(state, held)) return 'gone';
  delivery.claimId = null;
  if (outcome.kind === 'unsent') {
    delivery.tries -= 1;
    return 'settled';
  }
  const { error } = outcome;
  delivery.lastError = { atMs: wallMs(state), what: error };
  delivery.address = address;
  if (outcome.kind === 'disabled') delivery.isOff = true;
  if (outcome.kind === 'disabled' || clockMs(state) - batch.atMs >= giveUpAfterMs) {
    buryBatch(state, batch, { reason: outcome.kind === 'disabled' ? 'disabled' : 'given-up', error });
    outbox.splice(index, 1);
    beginBatch(state, null);
    return 'buried';
  }
  delivery.againAtMs = clockMs(state) + Math.ceil(outcome.againInMs);
  return 'settled';
}

function stateOf(state: MemoryRoom, after: string | null, limit: number): DeliveryState {
  const { tries, againAtMs, address, isOff, lastError } = state.delivery;
  const from = after === null ? 0 : numberOf(after);
  const letters = state.deadLetters.filter(({ letterId }) => numberOf(letterId) > from);
  return {
    ...countsOf(state),
    tries,
    nextTryInMs: Math.max(0, againAtMs - clockMs(state)),
    address,
    isOff,
    lastError: lastError && { ...lastError },
    letters: letters.slice(0, limit).map(deadLetterOf),
  };
}

function numberOf(entryId: string): number {
  return Number.parseInt(entryId, 10);
}

function deadLetterOf({ batch, ...letter }: MemoryLetter): DeadLetter {
  const { messageId, releaseNumber, releasedAtMs, deadlineMs, tickets } = batch;
  return { ...letter, messageId, releaseNumber, releasedAtMs, deadlineMs, tickets: tickets.length };
}

function resend(state: MemoryRoom, { letterIds, lastId }: ResendOptions): ResendAnswer {
  const upTo = lastId === null ? Number.POSITIVE_INFINITY : numberOf(lastId);
  const wanted =
    letterIds === null
      ? state.deadLetters.filter(({ letterId }) => numberOf(letterId) <= upTo)
      : letterIds.flatMap((id) => state.deadLetters.find(({ letterId }) => letterId === id) ?? []);
  const space = outboxMax - state.outbox.length;
  const resent = [...new Set(wanted)].slice(0, Math.min(resendMax, space));
  for (const { batch } of resent) {
    state.outbox.push({ ...batch, entryId: nextEntryId(state), atMs: clockMs(state) });
  }
  const gone = new Set(resent);
  state.deadLetters = state.deadLetters.filter((letter) => !gone.has(letter));
  Object.assign(state.delivery, { isOff: false, againAtMs: 0 });
  return { resent: resent.length, deadLetters: state.deadLetters.length, isFull: resent.length >= space };
}
