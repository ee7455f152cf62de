/**
 * Delivers what the rooms released. Every replica runs a line for each room with delivery; the store leases the room's
 * oldest batch to one of them. There is no leader and nothing to hand over: what a dead replica held is leased again
 * when its lease ends, a few seconds later.
 *
 * What always holds: a room's batches arrive in order, each at least once, under one id. A receiver that is slow or away
 * holds one connection, and no other room waits for it. Whether a room holds meanwhile is the store's affair.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { DeliveryPolicy } from '../domain/room.ts';
import {
  type Batch,
  type DeliveryOutcome,
  type DeliveryStore,
  deliveryLeaseMs,
  type HeldBatch,
  type SettleAnswer,
} from '../store/delivery-store.ts';
import { type DeliveryResult, outcomeOf } from './delivery-tries.ts';
import { releaseEvent, releaseEventMediaType } from './release-event.ts';
import type { RoomBoard } from './room-board.ts';
import type { Rooms } from './rooms.ts';
import type { WebhookAnswer, WebhookSender } from './webhook-sender.ts';
import { signatureHeaders, type WebhookSecrets } from './webhook-signing.ts';

/** Rooms are looked through for new lines this often. */
const lookEveryMs = 1_000;
/** How often a line asks by itself: with batches on their way, and without; a release wakes it at once. */
const askEveryMs = 1_000;
const quietAskEveryMs = 5_000;
/** Another replica's lease, or the time of the next try, is waited for no longer: the room may have a new address. */
const laterMaxMs = 2_000;
const laterMinMs = 20;
/** Receivers that one replica speaks to at once; further rooms come up when one has answered. */
const receiversMax = 200;
const roomForOneMoreMs = 250;
/** A receiver has this long to answer. */
const answerWithinMs = 15_000;
/** Two renewals in a row may come too late. */
const renewEveryMs = deliveryLeaseMs / 3.5;
/** What is under way when the service stops may end until then. */
const stopWithinMs = 3_000;
const settleTriesMax = 5;
const settleAgainMs = 200;

export type BatchDeliveriesParts = {
  store: DeliveryStore;
  secrets: WebhookSecrets;
  sender: WebhookSender;
  rooms: Rooms;
  clock: Clock;
  log: Log;
  count: (result: DeliveryResult) => void;
};

/** Names an address to the store, which has no use for the address itself. */
export function addressName(url: string): string {
  return createHash('sha256').update(url).digest('base64url').slice(0, 22);
}

export class BatchDeliveries {
  readonly #parts: BatchDeliveriesParts;
  /** Names this replica's claims. */
  readonly #claimId = randomUUID();
  readonly #lines = new Map<string, Promise<void>>();
  /** Ends a line's pause early. */
  readonly #wakers = new Map<string, AbortController>();
  /** Rooms whose receiver did not take its last batch: said once. */
  readonly #inTrouble = new Set<string>();
  #underWay = 0;
  #isStopping = false;
  readonly #stopped = new AbortController();

  constructor(parts: BatchDeliveriesParts) {
    this.#parts = parts;
  }

  /** Something was released in this room, or is to be sent again. */
  heard(roomId: string): void {
    this.#wakers.get(roomId)?.abort();
  }

  /** Runs until the signal aborts, and then until what is under way has ended: `stopWithinMs` at most. */
  async run(signal: AbortSignal): Promise<void> {
    const { rooms, clock } = this.#parts;
    signal.addEventListener('abort', () => {
      this.#isStopping = true;
      for (const waker of this.#wakers.values()) waker.abort();
      void clock.sleep(stopWithinMs).then(() => this.#stopped.abort());
    });
    while (!signal.aborted) {
      for (const board of rooms.boards.values()) {
        const { roomId } = board;
        if (!deliveryOf(board) || this.#lines.has(roomId)) continue;
        this.#lines.set(
          roomId,
          this.#line(board).finally(() => this.#lines.delete(roomId)),
        );
      }
      await clock.sleep(lookEveryMs, signal);
    }
    await Promise.all(this.#lines.values());
  }

  /** Delivers a room's batches for as long as it is there and has delivery. Never rejects. */
  async #line(board: RoomBoard): Promise<void> {
    const { rooms, clock, log } = this.#parts;
    const { roomId } = board;
    while (!this.#isStopping && rooms.boards.get(roomId) === board) {
      const delivery = deliveryOf(board);
      if (!delivery) break;
      // Before the work: who wakes it meanwhile is heard.
      const waker = new AbortController();
      this.#wakers.set(roomId, waker);
      const pauseMs = await this.#work(board, delivery).catch((err: unknown) => {
        log.debug({ err, roomId }, 'Batches wait: the store did not answer');
        return askEveryMs;
      });
      // Also after a call that answers without a turn of the event loop.
      await clock.sleep(Math.max(pauseMs, 1), waker.signal);
    }
    this.#wakers.delete(roomId);
    this.#inTrouble.delete(roomId);
  }

  /** Takes one batch, if there is one; how long to pause then, ms. Rejects when the store does not answer. */
  async #work(board: RoomBoard, delivery: DeliveryPolicy): Promise<number> {
    const { store, log } = this.#parts;
    const { roomId, frame } = board;
    if (this.#underWay >= receiversMax) return roomForOneMoreMs;
    this.#underWay += 1;
    try {
      const address = addressName(delivery.url);
      const { giveUpAfterMs } = delivery;
      const claim = await store.claim(roomId, { claimId: this.#claimId, address, giveUpAfterMs });
      if (claim.buried > 0) {
        log.error({ roomId, batches: claim.buried }, 'Batches were given up; they are dead letters now');
      }
      if (claim.kind === 'none') return frame?.undelivered ? askEveryMs : quietAskEveryMs;
      if (claim.kind === 'later') return Math.min(Math.max(claim.afterMs, laterMinMs), laterMaxMs);
      await this.#deliver(roomId, delivery, claim);
      return 0;
    } finally {
      this.#underWay -= 1;
    }
  }

  async #deliver(
    roomId: string,
    delivery: DeliveryPolicy,
    { batch, tries }: { batch: Batch; tries: number },
  ): Promise<void> {
    const { clock, count, log } = this.#parts;
    const { entryId, messageId } = batch;
    const held = { claimId: this.#claimId, entryId, messageId };
    const answer = this.#isStopping ? 'not-tried' : await this.#post(roomId, delivery.url, batch, held);
    if (answer === 'lost') return count('aborted');
    if (answer === 'not-tried') {
      count('aborted');
      await this.#settle(roomId, delivery, held, { kind: 'unsent' });
      return;
    }
    const { result, outcome } = outcomeOf(answer, { tries, wallMs: clock.wallMs() });
    count(result);
    const settled = await this.#settle(roomId, delivery, held, outcome);
    this.#say(roomId, outcome);
    if (settled === 'buried') {
      const { releaseNumber } = batch;
      log.error({ roomId, releaseNumber }, 'A batch was given up; it is a dead letter now');
    }
  }

  /** Posts a batch once and holds on to it meanwhile. `lost`: another replica has it; `not-tried`: the service stops. */
  async #post(
    roomId: string,
    url: string,
    batch: Batch,
    held: HeldBatch,
  ): Promise<WebhookAnswer | 'lost' | 'not-tried'> {
    const { sender, secrets, clock } = this.#parts;
    const body = releaseEvent(roomId, batch);
    const message = { messageId: batch.messageId, body, atMs: clock.wallMs() };
    const headers = {
      'content-type': releaseEventMediaType,
      ...signatureHeaders(secrets(roomId), message),
    };
    const over = new AbortController();
    const late = new AbortController();
    const lost = new AbortController();
    void clock.sleep(answerWithinMs, over.signal).then(() => {
      if (!over.signal.aborted) late.abort();
    });
    // A renewal that the store leaves unanswered must not hold up what the receiver answered.
    void this.#hold(roomId, held, { over: over.signal, lost });
    const signal = AbortSignal.any([late.signal, lost.signal, this.#stopped.signal]);
    try {
      const answer = await sender.send({ url, headers, body }, signal);
      if (answer.kind === 'answered' || answer.kind === 'refused') return answer;
      if (late.signal.aborted) return { kind: 'unanswered', code: 'timeout' };
      if (lost.signal.aborted) return 'lost';
      return this.#stopped.signal.aborted ? 'not-tried' : answer;
    } finally {
      over.abort();
    }
  }

  /** Renews the lease until the try is over; when it is another's, says so. Never rejects. */
  async #hold(
    roomId: string,
    held: HeldBatch,
    { over, lost }: { over: AbortSignal; lost: AbortController },
  ): Promise<void> {
    const { store, clock } = this.#parts;
    for (;;) {
      await clock.sleep(renewEveryMs, over);
      if (over.aborted) return;
      // Unknown: the next one tells; the receiver drops what it gets twice.
      if (await store.renew(roomId, held).catch(() => true)) continue;
      lost.abort();
      return;
    }
  }

  /** Tells the store, again while it does not answer. Null when it never did: then the lease ends by itself. */
  async #settle(
    roomId: string,
    { url, giveUpAfterMs }: DeliveryPolicy,
    held: HeldBatch,
    outcome: DeliveryOutcome,
  ): Promise<SettleAnswer | null> {
    const { store, clock } = this.#parts;
    const options = { address: addressName(url), giveUpAfterMs };
    for (let tries = 0; tries < settleTriesMax; tries += 1) {
      if (tries > 0) await clock.sleep(settleAgainMs * 2 ** tries, this.#stopped.signal);
      if (tries > 0 && this.#stopped.signal.aborted) break;
      try {
        return await store.settle(roomId, held, outcome, options);
      } catch {
        // The releaser says that the store is away.
      }
    }
    return null;
  }

  /** Once when a receiver stops taking batches, and once when it takes them again. Never the address: it may hold a key. */
  #say(roomId: string, outcome: DeliveryOutcome): void {
    const { log } = this.#parts;
    if (outcome.kind === 'delivered') {
      if (this.#inTrouble.delete(roomId)) log.info({ roomId }, 'The receiver takes batches again');
    } else if ('error' in outcome && !this.#inTrouble.has(roomId)) {
      this.#inTrouble.add(roomId);
      log.warn({ roomId, error: outcome.error }, 'The receiver did not take a batch; it is tried again');
    }
  }
}

function deliveryOf({ room }: RoomBoard): DeliveryPolicy | null {
  return room?.policy.delivery ?? null;
}
