/**
 * E-mails asked for, in this process, beside the memory store's rooms: the same answers as the scripts in
 * lua/email_*.lua. A claim looks at every request of its room, which is no trouble for as many people as belong here.
 */
import type { EmailMinutes } from '../domain/email.ts';
import {
  boundedLimit,
  type EmailAskAnswer,
  type EmailClaim,
  type EmailClaimOptions,
  type EmailOutcome,
  type EmailRequest,
  type EmailStore,
  emailLeaseMs,
  emailsMax,
  emailsPerAddressMax,
  emailTriesMax,
  type EmailWithdrawAnswer,
  type HeldEmail,
} from './email-store.ts';
import { isForgotten, type MemoryRoom } from './memory-room.ts';
import type { TicketRef } from './queue-store.ts';

/** A ticket's request, or the mark that it had its e-mail. */
type Kept = {
  ticketId: string;
  order: number;
  expiresAtMs: number;
  underMinutes: EmailMinutes;
  /** Null: sent, or on its way. */
  sealed: string | null;
  tries: number;
  /** The claim that holds it. */
  claimId: string | null;
  isBegun: boolean;
  /** From when it may be claimed again; null: it was not claimed yet. */
  againAtMs: number | null;
};

export type MemoryEmailStoreOptions = {
  /** The rooms of the memory store. */
  rooms: ReadonlyMap<string, MemoryRoom>;
  /** The store's wall clock, µs. */
  nowUs?: () => number;
  keptMax?: number;
};

/** The port in this process's memory. */
export function memoryEmailStore(options: MemoryEmailStoreOptions): EmailStore {
  return new MemoryEmailStore(options);
}

class MemoryEmailStore implements EmailStore {
  readonly #rooms: ReadonlyMap<string, MemoryRoom>;
  readonly #nowUs: () => number;
  readonly #keptMax: number;
  readonly #keptIn = new Map<string, Map<string, Kept>>();
  /** By room and address, until when which tickets count that named it, ms. */
  readonly #namedIn = new Map<string, Map<string, number>>();

  constructor({ rooms, nowUs = () => Date.now() * 1_000, keptMax = emailsMax }: MemoryEmailStoreOptions) {
    this.#rooms = rooms;
    this.#nowUs = nowUs;
    this.#keptMax = keptMax;
  }

  async ask(roomId: string, request: EmailRequest): Promise<EmailAskAnswer> {
    const room = this.#liveRoom(roomId);
    if (!room) return 'no-room';
    const { ticketId, order, underMinutes, sealed, expiresAtMs } = request;
    const kept = this.#of(roomId);
    if (isMoved(room, request)) return 'moved';
    if (!waits(room, request)) {
      kept.delete(ticketId);
      return 'not-waiting';
    }
    const before = kept.get(ticketId);
    if (before && (before.sealed === null || before.isBegun)) return 'sent-before';
    if (!before && requestsIn(kept) >= this.#keptMax) return 'full';
    if (!this.#name(`${roomId} ${request.addressName}`, request)) return 'full';
    const wish = { ticketId, order, underMinutes, sealed, expiresAtMs };
    kept.set(ticketId, { ...wish, tries: 0, claimId: null, isBegun: false, againAtMs: null });
    return 'kept';
  }

  /** Notes that the ticket named the address; false when too many others did. */
  #name(key: string, { ticketId, expiresAtMs }: EmailRequest): boolean {
    for (const [name, namedBy] of this.#namedIn) {
      for (const [id, untilMs] of namedBy) if (untilMs <= this.#nowMs()) namedBy.delete(id);
      if (namedBy.size === 0) this.#namedIn.delete(name);
    }
    const namedBy = this.#namedIn.get(key) ?? new Map<string, number>();
    if (!namedBy.has(ticketId) && namedBy.size >= emailsPerAddressMax) return false;
    this.#namedIn.set(key, namedBy.set(ticketId, expiresAtMs));
    return true;
  }

  async kept(roomId: string, ticketId: string): Promise<EmailMinutes | null> {
    const one = this.#of(roomId).get(ticketId);
    return one && one.sealed !== null ? one.underMinutes : null;
  }

  async withdraw(roomId: string, ticket: TicketRef): Promise<EmailWithdrawAnswer> {
    const { ticketId } = ticket;
    if (isMoved(this.#liveRoom(roomId), ticket)) return 'moved';
    const kept = this.#of(roomId);
    const one = kept.get(ticketId);
    if (one?.isBegun) keepMark(one);
    if (one?.sealed === null) return 'sent-before';
    kept.delete(ticketId);
    return 'withdrawn';
  }

  async claim(roomId: string, { claimId, due, limit }: EmailClaimOptions): Promise<EmailClaim> {
    const room = this.#liveRoom(roomId);
    const kept = this.#of(roomId);
    if (!room) kept.clear();
    for (const one of kept.values()) this.#deleteIfOver(room as MemoryRoom, kept, one);
    const emails: EmailClaim['emails'] = [];
    const claimable = [...kept.values()].filter((one) => this.#isDue(one, due)).toSorted(byClaimOrder);
    for (const one of claimable.slice(0, boundedLimit(limit))) {
      one.tries += 1;
      one.claimId = claimId;
      one.againAtMs = this.#nowMs() + emailLeaseMs;
      const { ticketId, order, tries, sealed } = one;
      emails.push({ ticketId, order, tries, sealed: sealed as string });
    }
    return { emails, kept: requestsIn(kept), more: limit > 0 && claimable.length > limit };
  }

  /** What is over, sent perhaps, or tried often enough. */
  #deleteIfOver(room: MemoryRoom, kept: Map<string, Kept>, one: Kept): void {
    const isDueAgain = one.againAtMs !== null && one.againAtMs <= this.#nowMs();
    if (one.expiresAtMs <= this.#nowMs() || !waits(room, one)) kept.delete(one.ticketId);
    else if (isDueAgain && one.isBegun) keepMark(one);
    else if (isDueAgain && one.tries >= emailTriesMax) kept.delete(one.ticketId);
  }

  #isDue({ sealed, againAtMs, order, underMinutes }: Kept, due: EmailClaimOptions['due']): boolean {
    if (sealed === null) return false;
    return againAtMs === null ? order <= due[underMinutes] : againAtMs <= this.#nowMs();
  }

  async begin(roomId: string, held: HeldEmail): Promise<boolean> {
    const one = this.#held(roomId, held);
    const room = this.#liveRoom(roomId);
    if (!one || !room) return false;
    if (!waits(room, one)) {
      this.#of(roomId).delete(one.ticketId);
      return false;
    }
    one.isBegun = true;
    one.againAtMs = this.#nowMs() + emailLeaseMs;
    return true;
  }

  async settle(
    roomId: string,
    held: HeldEmail,
    outcome: EmailOutcome,
  ): Promise<'settled' | 'given-up' | 'gone'> {
    const one = this.#held(roomId, held);
    if (!one) return 'gone';
    if (outcome.kind === 'sent') keepMark(one);
    else if (outcome.kind === 'refused') this.#of(roomId).delete(one.ticketId);
    else {
      if (outcome.kind === 'unsent') one.tries -= 1;
      else if (one.tries >= emailTriesMax) {
        this.#of(roomId).delete(one.ticketId);
        return 'given-up';
      }
      Object.assign(one, { claimId: null, isBegun: false, againAtMs: this.#nowMs() + outcome.againInMs });
    }
    return 'settled';
  }

  async forget(roomId: string): Promise<void> {
    if (!this.#liveRoom(roomId)) this.#keptIn.delete(roomId);
  }

  async close(): Promise<void> {}

  #nowMs(): number {
    return Math.floor(this.#nowUs() / 1_000);
  }

  #liveRoom(roomId: string): MemoryRoom | undefined {
    const room = this.#rooms.get(roomId);
    return room?.deletedUntilMs === null ? room : undefined;
  }

  #of(roomId: string): Map<string, Kept> {
    let kept = this.#keptIn.get(roomId);
    if (!kept) {
      kept = new Map();
      this.#keptIn.set(roomId, kept);
    }
    const { purgedUs = 0 } = this.#rooms.get(roomId) ?? {};
    if (purgedUs > 0) {
      for (const { ticketId, order } of kept.values()) if (order <= purgedUs) kept.delete(ticketId);
    }
    return kept;
  }

  #held(roomId: string, { claimId, ticketId }: HeldEmail): Kept | undefined {
    const one = this.#of(roomId).get(ticketId);
    return one?.sealed != null && one.claimId === claimId ? one : undefined;
  }
}

function requestsIn(kept: ReadonlyMap<string, Kept>): number {
  let requests = 0;
  for (const { sealed } of kept.values()) if (sealed !== null) requests += 1;
  return requests;
}

/** Nothing of the address is left. */
function keepMark(one: Kept): void {
  Object.assign(one, { sealed: null, claimId: null, isBegun: false, againAtMs: null });
}

/** Later tries first, then the smallest choice, then the lowest order. */
function byClaimOrder(one: Kept, other: Kept): number {
  const again = (kept: Kept): number => kept.againAtMs ?? Number.POSITIVE_INFINITY;
  if (again(one) !== again(other)) return again(one) - again(other);
  return one.underMinutes - other.underMinutes || one.order - other.order;
}

/** Whether another device holds the ticket. */
function isMoved(room: MemoryRoom | undefined, { ticketId, gen }: TicketRef): boolean {
  return gen < (room?.tickets.get(ticketId)?.gen ?? 0);
}

/** A ticket that the queue has lost waits as its token says. */
function waits(room: MemoryRoom, { ticketId, order }: { ticketId: string; order: number }): boolean {
  if (isForgotten(room, order)) return false;
  const state = room.tickets.get(ticketId)?.state;
  if (state !== undefined) return state === 'waiting' || state === 'parked';
  return !room.spent.scores.has(ticketId) && order > room.frontier;
}
