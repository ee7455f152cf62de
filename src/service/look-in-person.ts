/**
 * A look by someone who may not be there for the next one: a page without a script. Someone who was away and is at the
 * head is counted as present at once and answered when the turn comes, or after a short while: so one click is enough.
 */
import type { Clock } from '../domain/clock.ts';
import type { LocalTicket, Watcher } from './local-ticket.ts';
import type { RoomBoard } from './room-board.ts';
import type { Rooms } from './rooms.ts';
import type { Sightings } from './sightings.ts';
import type { TicketView } from './ticket-view.ts';
import type { TicketSeen, WaitingRoom } from './waiting-room.ts';

/** Two ticks and a little: nobody waits longer for an answer. */
const answerWithinMs = 2_000;

export type LookInPerson = (roomId: string, queueToken: string) => Promise<TicketSeen>;

/** Throws as `WaitingRoom.look` does. */
export function lookInPerson({
  waitingRoom,
  rooms,
  sightings,
  clock,
}: {
  waitingRoom: WaitingRoom;
  rooms: Rooms;
  sightings: Sightings;
  clock: Clock;
}): LookInPerson {
  return async (roomId, queueToken) => {
    const board = await rooms.resolve(roomId);
    const ticket = board.ticket(waitingRoom.claims(roomId, queueToken));
    const wasAway = isAway(board, ticket, clock.monotonicMs());
    const seen = await waitingRoom.look(roomId, queueToken);
    if (!wasAway || !mayBeNext(board, seen.view)) return seen;
    const told = new AbortController();
    const watcher: Watcher = { ticketChanged: () => told.abort(), roomChanged: () => {} };
    board.tickets.watch(ticket, watcher);
    try {
      await sightings.ask(board, ticket);
      await clock.sleep(answerWithinMs, told.signal);
      return await waitingRoom.look(roomId, queueToken);
    } catch {
      // The store is away: what is known is better than an error.
      return seen;
    } finally {
      board.tickets.unwatch(ticket, watcher);
    }
  };
}

/** As far as this replica knows. */
function isAway({ room }: RoomBoard, { sightedAtMs }: LocalTicket, nowMs: number): boolean {
  return nowMs - sightedAtMs >= (room?.policy.presentWithinMs ?? 0);
}

/** Whether the next tick may let the ticket in. */
function mayBeNext({ room, head }: RoomBoard, view: TicketView): boolean {
  if (view.kind !== 'waiting' || room === null || head === null) return false;
  const { position, reason } = view.standing;
  const moves = reason === 'queued' || reason === 'returned' || reason === 'beyond-places';
  const free = Math.min(room.policy.capacity - head.held, room.policy.batchSizeMax);
  return moves && position !== null && position <= free;
}
