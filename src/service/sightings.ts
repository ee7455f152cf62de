/**
 * Presence, gathered. A sighting goes to the store with the others of its second, at most 500 a call, one
 * call after the other; what is not urgent leaves once a second. A sighting of a ticket that the store has
 * lost puts it back, so presence is also how a room heals.
 */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import { type Sighting, sightGatherMax, type TicketAnswer } from '../store/queue-store.ts';
import { Gatherer } from './gatherer.ts';
import { isMoved, type LocalTicket } from './local-ticket.ts';
import type { RoomBoard } from './room-board.ts';
import type { RoomLink } from './room-link.ts';

const waitingMax = 50_000;

type Sighted = { answer: TicketAnswer; eventNumber: number; startedUs: number };

type RoomSightings = {
  gatherer: Gatherer<Sighting, Sighted>;
  /** Seen since the last beat. */
  present: Map<string, LocalTicket>;
  /** To be sighted again after a loss, spread over a heartbeat. */
  resight: LocalTicket[];
  resightPerBeat: number;
};

export class Sightings {
  readonly #link: RoomLink;
  readonly #clock: Clock;
  readonly #rooms = new Map<RoomBoard, RoomSightings>();

  constructor(link: RoomLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  #of(board: RoomBoard): RoomSightings {
    let sightings = this.#rooms.get(board);
    if (!sightings) {
      const gatherer = new Gatherer<Sighting, Sighted>({
        batchMax: sightGatherMax,
        callsMax: 1,
        waitingMax,
        refuse: () => new GuichetError('store-unavailable', { retryAfterMs: 5_000 }),
        send: async (batch) => {
          const { roomId } = board;
          const reply = await this.#link.call(roomId, (store, cursor) => store.sight(roomId, cursor, batch));
          const { eventNumber, startedUs } = reply.head;
          return reply.answer.map((answer) => ({ answer, eventNumber, startedUs }));
        },
      });
      sightings = { gatherer, present: new Map(), resight: [], resightPerBeat: 0 };
      this.#rooms.set(board, sightings);
    }
    return sightings;
  }

  /** The holder was seen; the store hears of it within a second or so. */
  present(board: RoomBoard, ticket: LocalTicket): void {
    if (!isSighted(ticket)) return;
    ticket.sightedAtMs = this.#clock.monotonicMs();
    const { present } = this.#of(board);
    if (present.size < waitingMax) present.set(ticket.claims.ticketId, ticket);
  }

  /** The same, unless it was done within the heartbeat. */
  presentIfDue(board: RoomBoard, ticket: LocalTicket): void {
    if (this.#clock.monotonicMs() - ticket.sightedAtMs >= board.heartbeatMs * 0.9)
      this.present(board, ticket);
  }

  /** Asks the store now (with others of this moment) and takes the answer into the board. */
  async ask(board: RoomBoard, ticket: LocalTicket): Promise<TicketAnswer> {
    ticket.sightedAtMs = this.#clock.monotonicMs();
    const { answer, eventNumber, startedUs } = await this.#of(board).gatherer.ask(ticket.claims);
    // Of a run that the board has not met yet, and would take for its own: the tick that meets it sights everybody again.
    const isLaterRun = board.head !== null && startedUs > board.head.startedUs;
    if (!isLaterRun) board.applySighting(ticket, answer, eventNumber);
    return answer;
  }

  /** Every local ticket is sighted again within a heartbeat. */
  resight(board: RoomBoard): void {
    const sightings = this.#of(board);
    sightings.resight = [...board.tickets.watched.values()].filter(isSighted);
    sightings.resightPerBeat = Math.ceil((sightings.resight.length * 1_000) / board.heartbeatMs);
    // The others are sighted when they look.
    for (const ticket of board.tickets) ticket.sightedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Forgets a deleted room. */
  drop(board: RoomBoard): void {
    this.#rooms.delete(board);
  }

  /** Sends what was gathered; called once a second. Failures cost nothing: the next heartbeat tells again. */
  beat(): void {
    for (const [board, sightings] of this.#rooms) {
      const { present, resight, resightPerBeat } = sightings;
      for (const ticket of resight.splice(0, resightPerBeat)) present.set(ticket.claims.ticketId, ticket);
      sightings.present = new Map();
      for (const ticket of present.values()) {
        void this.ask(board, ticket).catch(() => {});
      }
    }
  }
}

/**
 * Not inside: there, presence is the site's to tell; after a loss a pass proves more than a queue token. And not a
 * device whose ticket moved: its presence is nobody's.
 */
function isSighted(ticket: LocalTicket): boolean {
  return ticket.known?.kind !== 'entered' && !isMoved(ticket);
}
