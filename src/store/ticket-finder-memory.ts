/** Finding a ticket, beside the memory store's rooms: the same answers as the scripts ticket_find and ticket_history. */
import { clockMs, type MemoryRoom, wallMs } from './memory-room.ts';
import { idsUpTo } from './memory-sorted-ids.ts';
import type { RoomEvent } from './room-events.ts';
import { type FoundState, historyPageMax, type TicketEvent, type TicketFinder } from './ticket-finder.ts';

/** The port in this process's memory. */
export function memoryTicketFinder({ rooms }: { rooms: ReadonlyMap<string, MemoryRoom> }): TicketFinder {
  const liveRoom = (roomId: string): MemoryRoom | null => {
    const room = rooms.get(roomId);
    return room === undefined || room.deletedUntilMs !== null ? null : room;
  };
  return {
    async find(roomId, search) {
      const room = liveRoom(roomId);
      if (room === null) return null;
      const { startedUs, purgedUs } = room;
      const told = { clockMs: clockMs(room), wallMs: wallMs(room), startedUs, purgedUs };
      if (search.by === 'id') return { ...told, code: null, ticket: stateOf(room, search.ticketId) };
      if (search.by === 'number') {
        const [ticketId = null] = [...room.tickets].find(([, { number }]) => number === search.number) ?? [];
        const ticket = ticketId === null ? ({ kind: 'unknown', ticketId } as const) : stateOf(room, ticketId);
        return { ...told, code: null, ticket };
      }
      const offer = room.offers.get(search.codeName);
      if (offer === undefined || offer.expiresAtMs <= wallMs(room)) return { kind: 'unknown-code' };
      const { usedBy, ...noted } = offer;
      return { ...told, code: { ...noted, isUsed: usedBy !== null }, ticket: stateOf(room, offer.ticketId) };
    },
    async history(roomId, ticketId, below) {
      const room = liveRoom(roomId);
      if (room === null) return null;
      const before = room.events.filter(({ eventNumber }) => below === null || eventNumber < below);
      const looked = before.slice(-historyPageMax).toReversed();
      const events = looked.flatMap((event) => eventOf(event, ticketId));
      const last = looked.at(-1);
      return { events, below: last && looked.length === historyPageMax ? last.eventNumber : null };
    },
    async close() {},
  };
}

function stateOf(room: MemoryRoom, ticketId: string): FoundState {
  const ticket = room.tickets.get(ticketId);
  if (ticket !== undefined) {
    const { state: kind, left: isLeft, ...record } = ticket;
    const ahead = idsUpTo(room.places.waiting, record.order - 1, room.places.waiting.ids.length).length;
    return { kind, ticketId, ...record, isLeft, rank: ahead + 1 };
  }
  const rememberedUntilMs = room.spent.scores.get(ticketId);
  if (rememberedUntilMs === undefined) return { kind: 'unknown', ticketId };
  return { kind: 'ended', ticketId, rememberedUntilMs, placesUsed: room.completed.get(ticketId) ?? null };
}

function eventOf(event: RoomEvent, ticketId: string): TicketEvent[] {
  if (!('ticketIds' in event) || !event.ticketIds.includes(ticketId)) return [];
  const { type, atMs } = event;
  if (type === 'admitted') return [{ type, atMs, releaseNumber: event.releaseNumber }];
  if (type === 'ended') return [{ type, atMs, outcome: event.outcome, placesUsed: event.placesUsed }];
  return type === 'moved' ? [{ type, atMs, gen: event.gen }] : [{ type, atMs }];
}
