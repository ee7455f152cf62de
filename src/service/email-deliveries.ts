/**
 * Sends what is due. Every replica asks for each room every few seconds; the store leases each e-mail to one of them.
 * There is no leader and nothing to hand over: what a dead replica had claimed is claimed again when its lease ends.
 *
 * What always holds: an e-mail whose content may have reached the server is never sent again, because the store hears
 * of it before the first byte leaves (`begin`). So what is lost with a replica, or with the server's answer, counts as
 * sent. A server that is slow or away holds at most `sendersMax` connections, and nothing else of the service waits.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { Room } from '../domain/room.ts';
import type { WaitRange } from '../domain/wait-estimate.ts';
import {
  type ClaimedEmail,
  type EmailClaim,
  type EmailOutcome,
  type EmailStore,
  emailLeaseMs,
} from '../store/email-store.ts';
import { dueOrders } from './email-due.ts';
import type { EmailEnvelope, EmailEnvelopes } from './email-envelopes.ts';
import type { EmailSender, SendResult } from './email-sender.ts';
import { MailServerWatch } from './mail-server-watch.ts';
import type { RoomBoard } from './room-board.ts';
import type { Rooms } from './rooms.ts';

/** How often a room is asked, with requests kept and without. Jittered. */
const passEveryMs = 5_000;
const quietPassEveryMs = 20_000;
const lookEveryMs = 1_000;
/** Connections to the mail server: e-mails under way at once. */
export const sendersMax = 3;
const batchMax = 12;
/** Batches of one room before the next room's turn. */
const batchesMax = 20;
/** One e-mail takes at most this, from its turn on a connection; what is not begun in time is given back. */
const sendWithinMs = 40_000;
const mayBeginWithinMs = emailLeaseMs - 2 * sendWithinMs;
const retryAfterMs = 60_000;
/** What is under way when the service stops may end until then. */
const stopWithinMs = 3_000;
const settleTriesMax = 5;
const settleAgainMs = 500;

/** What became of an e-mail; in metrics. */
export type EmailResult = SendResult['kind'] | 'given-up' | 'unreadable' | 'unwritten';

/** What the words of the e-mail are made from. */
export type Letter = { room: Room; language: string; number: number; expectedWaitMs: WaitRange };

export type EmailDeliveriesParts = {
  store: EmailStore;
  envelopes: EmailEnvelopes;
  sender: EmailSender;
  rooms: Rooms;
  clock: Clock;
  log: Log;
  /** May throw; that e-mail is then given up. */
  compose: (letter: Letter) => { subject: string; text: string };
  count: (result: EmailResult) => void;
};

type Batch = { board: RoomBoard; claimId: string; beginUntilMs: number; tally: Map<string, number> };

export class EmailDeliveries {
  readonly #parts: EmailDeliveriesParts;
  readonly #server: MailServerWatch;
  readonly #nextPassAtMs = new Map<string, number>();
  #isStopping = false;
  readonly #stopped = new AbortController();

  constructor(parts: EmailDeliveriesParts) {
    this.#parts = parts;
    this.#server = new MailServerWatch(parts.clock);
  }

  /** Someone asked for an e-mail in this room. */
  heard(roomId: string): void {
    const soonMs = this.#parts.clock.monotonicMs() + passEveryMs;
    this.#nextPassAtMs.set(roomId, Math.min(soonMs, this.#nextPassAtMs.get(roomId) ?? soonMs));
  }

  /** Runs until the signal aborts, and then until what is under way has ended: `stopWithinMs` at most. */
  async run(signal: AbortSignal): Promise<void> {
    const { rooms, clock } = this.#parts;
    signal.addEventListener('abort', () => {
      this.#isStopping = true;
      void clock.sleep(stopWithinMs).then(() => this.#stopped.abort());
    });
    while (!signal.aborted) {
      for (const board of rooms.boards.values()) {
        if (this.#isStopping) break;
        if (this.#isTimeFor(board)) await this.#pass(board);
      }
      for (const roomId of this.#nextPassAtMs.keys()) {
        if (!rooms.boards.has(roomId)) this.#nextPassAtMs.delete(roomId);
      }
      await clock.sleep(lookEveryMs, signal);
    }
  }

  #isTimeFor({ roomId, isFresh }: RoomBoard): boolean {
    const now = this.#parts.clock.monotonicMs();
    const at = this.#nextPassAtMs.get(roomId);
    // Spread from the start: replicas that start together do not ask together.
    if (at === undefined) this.#nextPassAtMs.set(roomId, now + passEveryMs * Math.random());
    return at !== undefined && now >= at && isFresh;
  }

  /** Sends what is due in a room. Never rejects. */
  async #pass(board: RoomBoard): Promise<void> {
    const { clock, log } = this.#parts;
    const { roomId } = board;
    const tally = new Map<string, number>();
    let everyMs = passEveryMs;
    try {
      for (let batches = 0; batches < batchesMax && !this.#isStopping; batches += 1) {
        const claim = await this.#batch(board, tally);
        everyMs = claim.kept > 0 ? passEveryMs : quietPassEveryMs;
        if (!claim.more) break;
      }
    } catch (err) {
      log.warn({ err, roomId }, 'E-mails wait: the store did not answer');
    }
    if (tally.size > 0) log.info({ roomId, ...Object.fromEntries(tally) }, 'E-mails went out');
    this.#nextPassAtMs.set(roomId, clock.monotonicMs() + everyMs * (0.8 + Math.random() * 0.4));
  }

  /** Claims some e-mails and sends them, `sendersMax` at once. */
  async #batch(board: RoomBoard, tally: Map<string, number>): Promise<EmailClaim> {
    const { store, clock } = this.#parts;
    const claimId = randomUUID();
    // Before the call, so that the lease ends here no later than in the store.
    const beginUntilMs = clock.monotonicMs() + mayBeginWithinMs;
    const limit = this.#server.allowed(batchMax);
    const claim = await store.claim(board.roomId, { claimId, due: dueOrders(board), limit });
    const waiting = [...claim.emails];
    const batch = { board, claimId, beginUntilMs, tally };
    const sendInTurn = async (): Promise<void> => {
      for (let email = waiting.shift(); email; email = waiting.shift()) await this.#deliver(batch, email);
    };
    await Promise.all(Array.from({ length: sendersMax }, sendInTurn));
    return claim;
  }

  async #deliver(batch: Batch, email: ClaimedEmail): Promise<void> {
    const { envelopes, clock, count } = this.#parts;
    const { board, claimId, beginUntilMs, tally } = batch;
    const { roomId } = board;
    const { ticketId, sealed, tries } = email;
    const held = { claimId, ticketId };
    const isTrial = this.#server.isInDoubt;
    if (this.#isStopping || this.#server.isResting || clock.monotonicMs() > beginUntilMs) {
      await this.#settle(roomId, held, { kind: 'unsent', againInMs: 0 });
      return;
    }
    const envelope = envelopes.open(sealed, { roomId, ticketId });
    const { kind, code }: { kind: EmailResult; code: string | null } = envelope
      ? await this.#send(batch, email, envelope)
      : { kind: 'unreadable', code: null };
    this.#watch(kind, code);
    const settled = await this.#settle(roomId, held, this.#outcomeOf(kind, { isTrial, tries }));
    const result = settled === 'given-up' ? 'given-up' : kind;
    count(result);
    const word = code === null ? result : `${result} ${code}`;
    tally.set(word, (tally.get(word) ?? 0) + 1);
  }

  /** Whether the server serves us, by what became of one e-mail. */
  #watch(kind: EmailResult, code: string | null): void {
    const { log } = this.#parts;
    if (kind === 'unreachable' || kind === 'unknown') {
      if (this.#isStopping) return;
      if (this.#server.failed()) log.warn({ code }, 'The mail server does not serve us; e-mails wait for it');
    } else if (isAnswer(kind) && this.#server.answered()) {
      log.info({}, 'The mail server serves us again');
    }
  }

  async #send(
    { board, claimId }: Batch,
    { ticketId, order }: ClaimedEmail,
    { address, language, number }: EmailEnvelope,
  ): Promise<{ kind: EmailResult; code: string | null }> {
    const { store, sender, clock } = this.#parts;
    const { roomId, room } = board;
    const outlook = board.outlook(order);
    // Since the claim the room was paused, or the store went away.
    if (!outlook || !room) return { kind: 'withheld', code: null };
    const letter = { room, language, number, expectedWaitMs: outlook.expectedWaitMs };
    const words = this.#words(letter);
    if (!words) return { kind: 'unwritten', code: null };
    const message = { to: address, language, id: messageId(roomId, ticketId), ...words };
    const over = new AbortController();
    const late = new AbortController();
    void clock.sleep(sendWithinMs, over.signal).then(() => late.abort());
    try {
      return await sender.send(message, {
        signal: AbortSignal.any([late.signal, this.#stopped.signal]),
        begin: () => store.begin(roomId, { claimId, ticketId }),
      });
    } finally {
      over.abort();
    }
  }

  /** Null: they could not be made, and would not be the next time. What makes them never sees the address. */
  #words(letter: Letter): { subject: string; text: string } | null {
    const { compose, log } = this.#parts;
    try {
      return compose(letter);
    } catch (err) {
      log.error({ err, roomId: letter.room.roomId }, 'An e-mail could not be written, and is given up');
      return null;
    }
  }

  #outcomeOf(kind: EmailResult, { isTrial, tries }: { isTrial: boolean; tries: number }): EmailOutcome {
    switch (kind) {
      case 'sent':
      case 'unknown':
        return { kind: 'sent' };
      case 'refused':
      case 'unreadable':
      case 'unwritten':
      case 'given-up':
        return { kind: 'refused' };
      case 'withheld':
        return { kind: 'unsent', againInMs: retryAfterMs };
      case 'unreachable':
        if (this.#isStopping) return { kind: 'unsent', againInMs: 0 };
        if (isTrial) return { kind: 'unsent', againInMs: retryAfterMs };
        return { kind: 'later', againInMs: retryAfterMs * 2 ** (tries - 1) };
      case 'later':
        return { kind: 'later', againInMs: retryAfterMs * 2 ** (tries - 1) };
    }
  }

  /** Tells the store, again while it does not answer. Null when it never did: then the lease ends by itself. */
  async #settle(
    roomId: string,
    held: { claimId: string; ticketId: string },
    outcome: EmailOutcome,
  ): Promise<'settled' | 'given-up' | 'gone' | null> {
    const { store, clock } = this.#parts;
    for (let tries = 0; tries < settleTriesMax; tries += 1) {
      if (tries > 0) await clock.sleep(settleAgainMs * 2 ** tries, this.#stopped.signal);
      if (tries > 0 && this.#stopped.signal.aborted) break;
      try {
        return await store.settle(roomId, held, outcome);
      } catch {
        // Said once, when the pass that comes next is not answered either.
      }
    }
    return null;
  }
}

/** Whether the mail server was asked and said something of the e-mail. */
function isAnswer(kind: EmailResult): boolean {
  return kind === 'sent' || kind === 'refused' || kind === 'later';
}

/** The same for each try of a ticket's e-mail, and no secret. */
function messageId(roomId: string, ticketId: string): string {
  return createHash('sha256').update(`guichet e-mail ${roomId} ${ticketId}`).digest('base64url').slice(0, 32);
}
