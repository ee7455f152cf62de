/** What operators see and do of a room's delivery: how it stands, its dead letters, its secrets. */
import type { Clock } from '../domain/clock.ts';
import { holdsForDelivery } from '../domain/delivery.ts';
import { GuichetError } from '../domain/errors.ts';
import { iso } from '../domain/instant.ts';
import type { DeliveryPolicy } from '../domain/room.ts';
import {
  type DeadLetter,
  deadLettersPageMax,
  type DeliveryState,
  type DeliveryStore,
  resendMax,
} from '../store/delivery-store.ts';
import { addressName } from './batch-deliveries.ts';
import type { Rooms } from './rooms.ts';
import { answered } from './store-answer.ts';
import { shownWebhookSecret, type WebhookSecrets } from './webhook-signing.ts';

/** Calls that sending all dead letters again may take; whoever has more asks again. */
const resendCallsMax = 200;

export const deliveryStates = ['off', 'idle', 'delivering', 'holding', 'disabled'] as const;

export type DeliveryView = {
  /** Null: the room tells nobody. */
  url: string | null;
  state: (typeof deliveryStates)[number];
  pending: number;
  /** Null: none is on its way. */
  oldestAgeMs: number | null;
  /** Nobody is released until the oldest batch was delivered or given up. */
  holding: boolean;
  lastError: { at: string; what: string } | null;
  nextTryAt: string | null;
  deadLetters: number;
};

export type DeadLetterView = {
  id: string;
  messageId: string;
  releaseNumber: number;
  tickets: number;
  releasedAt: string;
  deadline: string;
  deadSince: string;
  reason: DeadLetter['reason'];
  error: string | null;
};

export type DeliveryDeskParts = {
  store: DeliveryStore;
  secrets: WebhookSecrets;
  rooms: Rooms;
  clock: Clock;
  /** Something is to be sent in this room. */
  heard: (roomId: string) => void;
};

/** Each method throws room-unknown and, where it asks the store, store-unavailable. */
export class DeliveryDesk {
  readonly #parts: DeliveryDeskParts;

  constructor(parts: DeliveryDeskParts) {
    this.#parts = parts;
  }

  async read(roomId: string): Promise<DeliveryView> {
    const delivery = await this.#deliveryOf(roomId);
    const { pending, oldestAgeMs, deadLetters, lastError, ...state } = await this.#state(roomId, null, 0);
    const undelivered = { undelivered: pending, undeliveredMs: oldestAgeMs };
    const holding = holdsForDelivery(delivery, undelivered);
    const isHere = delivery !== null && state.address === addressName(delivery.url);
    return {
      url: delivery?.url ?? null,
      state: stateName(delivery, { pending, holding, isOff: isHere && state.isOff }),
      pending,
      oldestAgeMs: oldestAgeMs < 0 ? null : oldestAgeMs,
      holding,
      lastError: lastError && { at: iso(lastError.atMs), what: lastError.what },
      nextTryAt: pending === 0 ? null : iso(this.#parts.clock.wallMs() + (isHere ? state.nextTryInMs : 0)),
      deadLetters,
    };
  }

  /** A page of dead letters, oldest first; `next`: go on there, null at the end. */
  async letters(
    roomId: string,
    after: string | null,
  ): Promise<{ deadLetters: DeadLetterView[]; next: string | null }> {
    await this.#deliveryOf(roomId);
    const { letters } = await this.#state(roomId, after, deadLettersPageMax);
    const isWhole = letters.length < deadLettersPageMax;
    return {
      deadLetters: letters.map(letterView),
      next: isWhole ? null : (letters.at(-1)?.letterId ?? null),
    };
  }

  /**
   * Sends dead letters again: those named, or all that there are now. Throws request-invalid where the room tells nobody.
   * Asking again after a lost answer is safe: what was sent again is no dead letter.
   */
  async resend(
    roomId: string,
    letterIds: readonly string[] | null,
  ): Promise<{ resent: number; deadLetters: number }> {
    const { store, heard } = this.#parts;
    if (!(await this.#deliveryOf(roomId))) {
      throw new GuichetError('request-invalid', { detail: 'The policy of this room has no delivery' });
    }
    let resent = 0;
    let deadLetters = 0;
    if (letterIds) {
      for (let from = 0; from < letterIds.length; from += resendMax) {
        const part = { letterIds: letterIds.slice(from, from + resendMax), lastId: null };
        const answer = await answered(store.resend(roomId, part));
        resent += answer.resent;
        ({ deadLetters } = answer);
      }
    } else {
      const all = { letterIds: null, lastId: await this.#newest(roomId) };
      for (let calls = 0; calls < resendCallsMax; calls += 1) {
        const answer = await answered(store.resend(roomId, all));
        resent += answer.resent;
        ({ deadLetters } = answer);
        if (answer.resent === 0 || answer.isFull) break;
      }
    }
    heard(roomId);
    return { resent, deadLetters };
  }

  /** What the room's messages are signed with, as a receiver is given it; the first is the one to take. */
  async secrets(roomId: string): Promise<string[]> {
    await this.#deliveryOf(roomId);
    return this.#parts.secrets(roomId).map(shownWebhookSecret);
  }

  async #deliveryOf(roomId: string): Promise<DeliveryPolicy | null> {
    const { room } = await this.#parts.rooms.resolve(roomId);
    return room?.policy.delivery ?? null;
  }

  async #state(roomId: string, after: string | null, limit: number): Promise<DeliveryState> {
    const state = await answered(this.#parts.store.read(roomId, { after, limit }));
    if (!state) throw new GuichetError('room-unknown');
    return state;
  }

  /** The last dead letter there is: those that come later are not sent again by the same call. Without any: none is. */
  async #newest(roomId: string): Promise<string> {
    let newest = '0-0';
    for (let calls = 0; calls < resendCallsMax; calls += 1) {
      const { letters } = await this.#state(roomId, newest, deadLettersPageMax);
      newest = letters.at(-1)?.letterId ?? newest;
      if (letters.length < deadLettersPageMax) break;
    }
    return newest;
  }
}

function stateName(
  delivery: DeliveryPolicy | null,
  { pending, holding, isOff }: { pending: number; holding: boolean; isOff: boolean },
): DeliveryView['state'] {
  if (!delivery) return 'off';
  if (isOff) return 'disabled';
  if (holding) return 'holding';
  return pending > 0 ? 'delivering' : 'idle';
}

function letterView(letter: DeadLetter): DeadLetterView {
  const { letterId, messageId, releaseNumber, tickets, reason, error } = letter;
  return {
    id: letterId,
    messageId,
    releaseNumber,
    tickets,
    releasedAt: iso(letter.releasedAtMs),
    deadline: iso(letter.deadlineMs),
    deadSince: iso(letter.buriedAtMs),
    reason,
    error,
  };
}
