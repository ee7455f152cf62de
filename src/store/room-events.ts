/** What happened in a room, as its event stream tells it to every replica. */
import type { RoomState } from '../domain/room.ts';
import type { EndOutcome } from '../domain/ticket.ts';

export type RoomEvent = { eventNumber: number; atMs: number } & (
  | { type: 'admitted'; ticketIds: string[]; releaseNumber: number; deadlineMs: number }
  | { type: 'entered'; ticketIds: string[]; expiryMs: number }
  | { type: 'lapsed'; ticketIds: string[] }
  | { type: 'ended'; ticketIds: string[]; outcome: EndOutcome; placesUsed: number }
  /** Only tokens of this generation count from now on. */
  | { type: 'moved'; ticketIds: string[]; gen: number }
  /** `change`: what the room did by itself; null: an operator's doing, or brought back after a loss. */
  | { type: 'room'; version: number; change: RoomChangeByItself | null }
  /** Data was lost and brought back, by the first caller or by one merged in later. */
  | { type: 'recovered'; epochNumber: number }
);

/** By its schedule, or because a draining room was empty. */
export type RoomChangeByItself = { from: RoomState; to: RoomState; cause: 'schedule' | 'drained' };
