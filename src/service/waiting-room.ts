/**
 * What visitors do: join, look, leave, enter, extend, return, go on with another device. Each takes the queue token as proof, asks the
 * store where it must, and answers in the words of ticket-view.ts. Nothing here is decided twice: states and
 * order are the store's, words the board's, proofs the tokens'.
 */
import { type ErrorCode, GuichetError } from '../domain/errors.ts';
import { isAllowedTarget, withHandOver } from '../domain/target-url.ts';
import { queueTokenRenewMs } from '../domain/ticket.ts';
import {
  type JoinAnswer,
  joinGatherMax,
  type QueueStore,
  type Reply,
  type RoomCursor,
  type TicketAnswer,
  type TicketRef,
} from '../store/queue-store.ts';
import { Gatherer } from './gatherer.ts';
import { callAsHolder, type Held, verifiedClaims } from './holder-call.ts';
import { passExpiryMs } from './pass-expiry.ts';
import type { Passes } from './passes.ts';
import type { QueueClaims } from './queue-token.ts';
import type { LocalTicket } from './local-ticket.ts';
import type { RoomBoard } from './room-board.ts';
import { ticketIdFor } from './ticket-id.ts';
import { type Resumed, type ResumeOffer, TicketMoves, type TicketMovesParts } from './ticket-moves.ts';
import type { TicketView } from './ticket-view.ts';

/** Joins that may wait for their call; more are told to come back. */
const joinsWaitingMax = 20_000;
const joinCallsMax = 8;

export type WaitingRoomParts = TicketMovesParts & { passes: Passes };

type JoinedAt = { answer: JoinAnswer; eventNumber: number };

export type TicketSeen = {
  ticketId: string;
  number: number;
  view: TicketView;
  /** A fresh token, when the one shown is in its last day (a join: always). */
  queueToken?: string;
};
export type Joined = TicketSeen & { queueToken: string; isNew: boolean };
export type Entered = { pass: string; expiresAt: string; redirectUrl: string | null };

export class WaitingRoom {
  readonly #parts: WaitingRoomParts;
  /** Told of each ticket that its visitor gives up. */
  onLeft: (roomId: string, ticket: TicketRef) => void = () => {};
  readonly #moves: TicketMoves;
  readonly #joins = new Map<string, Gatherer<string, JoinedAt>>();

  constructor(parts: WaitingRoomParts) {
    this.#parts = parts;
    this.#moves = new TicketMoves(parts);
  }

  /** Whether a queue token is good for the room. */
  accepts(roomId: string, queueToken: string): boolean {
    return this.#parts.tokens.verify(queueToken, roomId, this.#parts.clock.wallMs()) !== null;
  }

  /** Verifies a queue token; throws `token-refused`. */
  claims(roomId: string, queueToken: string): QueueClaims {
    return verifiedClaims(this.#parts, roomId, queueToken);
  }

  /**
   * Takes a ticket. With the token of a live ticket: that ticket (`isNew` false). With an idempotency key
   * whose ticket exists: that ticket. Throws room-closed, room-not-open-yet, room-bypassed, room-full,
   * no-places-left, ticket-over, ticket-moved.
   */
  async join(
    roomId: string,
    { idempotencyKey, queueToken }: { idempotencyKey: string | null; queueToken: string | null },
  ): Promise<Joined> {
    const { rooms, tokens, clock, wake } = this.#parts;
    const board = rooms.known(roomId) ?? (await rooms.resolve(roomId));
    if (queueToken !== null && this.accepts(roomId, queueToken)) {
      const seen = await this.look(roomId, queueToken);
      if (seen.view.kind !== 'ended' && seen.view.kind !== 'gone')
        return { queueToken, ...seen, isNew: false };
    }
    const ticketId = ticketIdFor(roomId, idempotencyKey);
    const { answer, eventNumber } = await this.#joinsOf(roomId).ask(ticketId);
    // Not before: the tick that follows has to find the ticket.
    wake(roomId);
    if (!('number' in answer)) throw joinRefusal(answer.kind, board);
    const { number, order, gen } = answer;
    const issued = tokens.issue({ roomId, ticketId, number, order, gen }, clock.wallMs());
    // Made by this call, so nobody here knows it yet.
    const isNew = answer.position !== null;
    const ticket = isNew ? board.newTicket(issued.claims) : board.ticket(issued.claims);
    board.applySighting(ticket, answer, eventNumber);
    if (answer.releaseNumber !== null) ticket.releaseNumber = answer.releaseNumber;
    if (!isNew) this.#parts.sightings.presentIfDue(board, ticket);
    else {
      // The store has just marked it present.
      ticket.sightedAtMs = clock.monotonicMs();
      ticket.shownPosition = answer.position;
    }
    return { ticketId, number, view: board.view(ticket), queueToken: issued.queueToken, isNew: true };
  }

  #joinsOf(roomId: string): Gatherer<string, JoinedAt> {
    let gatherer = this.#joins.get(roomId);
    if (!gatherer) {
      gatherer = new Gatherer<string, JoinedAt>({
        batchMax: joinGatherMax,
        callsMax: joinCallsMax,
        waitingMax: joinsWaitingMax,
        refuse: () => new GuichetError('store-unavailable', { retryAfterMs: 5_000 }),
        send: async (ticketIds) => {
          const reply = await this.#parts.link.call(roomId, (store, cursor) =>
            store.join(roomId, cursor, ticketIds),
          );
          const { eventNumber } = reply.head;
          return reply.answer.map((answer) => ({ answer, eventNumber }));
        },
      });
      this.#joins.set(roomId, gatherer);
    }
    return gatherer;
  }

  /** Reads one's standing; marks present. Costs the store nothing for those beyond the frontier. */
  async look(roomId: string, queueToken: string): Promise<TicketSeen> {
    const { rooms } = this.#parts;
    const board = rooms.known(roomId) ?? (await rooms.resolve(roomId));
    const ticket = board.ticket(this.claims(roomId, queueToken));
    await this.refresh(board, ticket);
    return this.#seen(board, ticket);
  }

  /** Asks the store about the ticket where the board cannot know; otherwise marks it present in passing. */
  async refresh(board: RoomBoard, ticket: LocalTicket): Promise<void> {
    const { sightings, wake } = this.#parts;
    wake(board.roomId);
    if (!board.needsAsking(ticket)) return sightings.presentIfDue(board, ticket);
    if (board.isFresh) {
      await sightings.ask(board, ticket);
      return;
    }
    // The store is away: the last thing known is better than an error, and is marked as old.
    if (ticket.known === null) throw new GuichetError('store-unavailable', { retryAfterMs: 3_000 });
  }

  #seen(board: RoomBoard, ticket: LocalTicket): TicketSeen {
    const { tokens, clock } = this.#parts;
    const { roomId, ticketId, number, order, gen, expiresAtMs } = ticket.claims;
    const seen = { ticketId, number, view: board.view(ticket) };
    const now = clock.wallMs();
    const isLive = seen.view.kind !== 'ended' && seen.view.kind !== 'gone';
    if (!isLive || expiresAtMs - now > queueTokenRenewMs) return seen;
    const { queueToken } = tokens.issue({ roomId, ticketId, number, order, gen }, now);
    return { ...seen, queueToken };
  }

  /** Gives the ticket up; again: the same. Throws ticket-moved. */
  async leave(roomId: string, queueToken: string): Promise<void> {
    const { board, ticket, reply } = await this.#asHolder(roomId, queueToken, (store, cursor, claims) =>
      store.leave(roomId, cursor, claims),
    );
    board.applySighting(ticket, { kind: 'ended' }, reply.head.eventNumber);
    this.onLeft(roomId, ticket.claims);
  }

  /**
   * Turns an admitted ticket into a session; again: the same session. `target` must be on the room's list.
   * Throws not-admitted, ticket-over, ticket-moved, request-invalid.
   */
  async enter(roomId: string, queueToken: string, target: string | null = null): Promise<Entered> {
    const { passes, clock } = this.#parts;
    const resolved = await this.#parts.rooms.resolve(roomId);
    const policy = resolved.room?.policy;
    if (target !== null && !(policy && isAllowedTarget(policy, target))) {
      throw new GuichetError('request-invalid', {
        detail: 'target is not an address that this room leads to',
      });
    }
    let wallBeforeMs = clock.wallMs();
    const { board, ticket, reply } = await this.#asHolder(roomId, queueToken, (store, cursor, claims) => {
      wallBeforeMs = clock.wallMs();
      return store.enter(roomId, cursor, claims);
    });
    const { answer, head } = reply;
    if (answer.kind !== 'entered') throw notAdmitted(answer.kind);
    board.applySighting(ticket, answer, reply.head.eventNumber);
    const { ticketId, number } = ticket.claims;
    const expiresAtMs = passExpiryMs({ wallBeforeMs, expiryMs: answer.atMs, head, board });
    const algorithm = board.room?.policy.passAlgorithm ?? 'ES256';
    const pass = passes.signPass(
      { roomId, ticketId, number },
      { algorithm, nowMs: wallBeforeMs, expiresAtMs },
    );
    const url = target ?? policy?.targetUrl ?? null;
    const redirectUrl =
      url === null
        ? null
        : withHandOver(url, passes.signHandOver({ roomId, ticketId, epochId: head.epochId }, clock.wallMs()));
    return { pass, expiresAt: new Date(expiresAtMs).toISOString(), redirectUrl };
  }

  /** The k-th extension of the time to enter (1–10). Throws extension-refused, and as `enter`. */
  async extend(roomId: string, queueToken: string, extension: number): Promise<TicketSeen> {
    const { board, ticket, reply } = await this.#asHolder(
      roomId,
      queueToken,
      (store, cursor, { ticketId, gen }) => store.extend(roomId, cursor, { ticketId, gen, extension }),
    );
    const { answer } = reply;
    if (answer.kind === 'refused') throw new GuichetError('extension-refused');
    if (answer.kind !== 'admitted') throw notAdmitted(answer.kind);
    board.applySighting(ticket, answer, reply.head.eventNumber);
    return this.#seen(board, ticket);
  }

  /** A lapsed ticket comes back to its order. Throws return-too-late, ticket-over, ticket-moved. */
  async return(roomId: string, queueToken: string): Promise<TicketSeen> {
    const { board, ticket, reply } = await this.#asHolder(roomId, queueToken, (store, cursor, claims) =>
      store.return(roomId, cursor, claims),
    );
    const { answer } = reply;
    if (answer.kind === 'too-late') throw new GuichetError('return-too-late');
    if (answer.kind === 'ended' || answer.kind === 'gone') throw new GuichetError('ticket-over');
    board.applySighting(ticket, answer, reply.head.eventNumber);
    return this.#seen(board, ticket);
  }

  /** The code by which another device takes the ticket over. Throws ticket-over, ticket-moved. */
  resumeCode(roomId: string, queueToken: string): Promise<ResumeOffer> {
    return this.#moves.offer(roomId, queueToken);
  }

  /**
   * Takes a ticket over by its code, as somebody typed it; with the same `callId` again: the same ticket. Throws
   * code-unknown, code-used, ticket-over, ticket-moved.
   */
  resume(roomId: string, request: { code: string; callId: string | null }): Promise<Resumed> {
    return this.#moves.take(roomId, request);
  }

  #asHolder<Kind extends { kind: string }>(
    roomId: string,
    queueToken: string,
    ask: (store: QueueStore, cursor: RoomCursor, claims: QueueClaims) => Promise<Reply<Kind>>,
  ): Promise<Held<Exclude<Kind, { kind: 'moved' }>>> {
    return callAsHolder(this.#parts, { roomId, queueToken }, ask);
  }
}

function notAdmitted(kind: TicketAnswer['kind'] | 'refused'): GuichetError {
  if (kind === 'ended' || kind === 'gone') return new GuichetError('ticket-over');
  return new GuichetError('not-admitted');
}

function joinRefusal(kind: Exclude<JoinAnswer, { number: number }>['kind'], board: RoomBoard): GuichetError {
  const codes: { [word in typeof kind]: ErrorCode } = {
    gone: 'ticket-over',
    moved: 'ticket-moved',
    full: 'room-full',
    closed: 'room-closed',
    'not-open-yet': 'room-not-open-yet',
    bypass: 'room-bypassed',
    'no-places-left': 'no-places-left',
  };
  const joinFrom = board.room?.policy.joinFrom;
  const untilMs =
    kind === 'not-open-yet' && joinFrom ? Date.parse(joinFrom) - board.wallMsOf(board.head?.clockMs ?? 0) : 0;
  return new GuichetError(codes[kind], untilMs > 0 ? { retryAfterMs: untilMs + Math.random() * 5_000 } : {});
}
