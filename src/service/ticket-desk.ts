/**
 * What an agent does for people at a desk or on the phone: takes a ticket for somebody, and finds one.
 *
 * An assisted ticket is a ticket like any other: taken by the same way, with the next number and order, under the same
 * rules. Nobody holds its queue token; whoever uses its resume code holds the ticket from then on. Until then it is
 * present for `presentWithinMs`, then away: when its turn comes it is set aside at its order, and loses nothing.
 */
import type { Actor } from '../domain/actor.ts';
import type { AuditTrail } from '../domain/audit.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Room } from '../domain/room.ts';
import type { HistoryPage, TicketEvent, TicketFinder, TicketSearch } from '../store/ticket-finder.ts';
import { codeOf, pastOf, standingOf, type TicketFound } from './found-ticket.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import { codeNameOf, normalCode } from './resume-codes.ts';
import type { RoomBoard } from './room-board.ts';
import type { RoomLink } from './room-link.ts';
import type { Rooms } from './rooms.ts';
import type { ResumeOffer } from './ticket-moves.ts';
import type { TicketSeen, WaitingRoom } from './waiting-room.ts';

/** Calls that read a ticket's history: of 200 events each. */
const historyCallsMax = 10;

export type TicketDeskParts = {
  waitingRoom: WaitingRoom;
  rooms: Rooms;
  memory: ReplicaMemory;
  link: Pick<RoomLink, 'retry'>;
  finder: TicketFinder;
  audit: AuditTrail;
};

/** A ticket, with the code by which somebody comes to hold it. */
export type AssistedTicket = Pick<TicketSeen, 'ticketId' | 'number' | 'view'> & ResumeOffer & { room: Room };

/** What a ticket is looked for by. */
export type TicketQuery =
  | { by: 'code'; code: string }
  | { by: 'id'; ticketId: string }
  | { by: 'number'; number: number };

export class TicketDesk {
  readonly #parts: TicketDeskParts;

  constructor(parts: TicketDeskParts) {
    this.#parts = parts;
  }

  /**
   * Takes a ticket for somebody. With the same key again: the same ticket and code, until the code was used
   * (ticket-moved) or the ticket is over (ticket-over). Throws as a visitor's join does, and as the audit.
   */
  async assist(
    roomId: string,
    { idempotencyKey, actor }: { idempotencyKey: string | null; actor: Actor },
  ): Promise<AssistedTicket> {
    const { waitingRoom, rooms, audit } = this.#parts;
    // No key of a visitor is one of these: nobody's ticket is shown to a desk by chance.
    const key = idempotencyKey === null ? null : `assisted ${idempotencyKey}`;
    const joined = await waitingRoom.join(roomId, { idempotencyKey: key, queueToken: null });
    const { ticketId, number, view } = joined;
    const offer = await waitingRoom.resumeCode(roomId, joined.queueToken);
    const after = { ticketId, number };
    await audit.record({ roomId, actor, action: 'ticket.assist', reason: null, before: null, after });
    const { room } = await rooms.resolve(roomId);
    return { ticketId, number, view, ...offer, room: room as Room };
  }

  /**
   * How a ticket stands, and what became of it, as the store has it: a read, which nothing confirms. Nobody is sighted by
   * it. Throws room-unknown, code-unknown, store-unavailable.
   */
  async find(roomId: string, query: TicketQuery): Promise<TicketFound> {
    const { rooms, link, finder } = this.#parts;
    const board = await rooms.resolve(roomId);
    const search = searchFor(roomId, query);
    const found = await link.retry(() => finder.find(roomId, search));
    if (found === null) throw new GuichetError('room-unknown');
    if ('kind' in found) throw new GuichetError('code-unknown');
    const { ticketId } = found.ticket;
    const { events, isWhole } = await this.#history(roomId, ticketId);
    return {
      standing: standingOf(found, { events, ...this.#beside(board) }),
      code: codeOf(found),
      history: events.map((event) => pastOf(found, event)),
      historyIsWhole: isWhole,
    };
  }

  #beside(board: RoomBoard) {
    const { memory } = this.#parts;
    return {
      room: board.room as Room,
      expectedWait: (order: number) => board.outlook(order)?.expectedWaitMs ?? null,
      endOf: (ticketId: string) => memory.endOf(board.roomId, ticketId)?.outcome ?? null,
    };
  }

  async #history(
    roomId: string,
    ticketId: string | null,
  ): Promise<{ events: TicketEvent[]; isWhole: boolean }> {
    const { link, finder } = this.#parts;
    const events: TicketEvent[] = [];
    let below: number | null = null;
    if (ticketId === null) return { events, isWhole: true };
    for (let calls = 0; calls < historyCallsMax; calls += 1) {
      const from: number | null = below;
      const page: HistoryPage | null = await link.retry(() => finder.history(roomId, ticketId, from));
      events.push(...(page?.events ?? []));
      below = page?.below ?? null;
      if (below === null) break;
    }
    return { events, isWhole: below === null };
  }
}

function searchFor(roomId: string, query: TicketQuery): TicketSearch {
  if (query.by !== 'code') return query;
  const code = normalCode(query.code);
  if (code === null) throw new GuichetError('code-unknown');
  return { by: 'code', codeName: codeNameOf(roomId, code) };
}
