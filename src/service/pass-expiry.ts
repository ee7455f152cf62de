/** When the pass for a session ends. */
import { passMarginMs } from '../domain/ticket.ts';
import type { RoomHead } from '../store/queue-store.ts';
import type { RoomBoard } from './room-board.ts';

export type SessionTimes = {
  /** The wall clock as it was before the call to the store. */
  wallBeforeMs: number;
  /** The session's end on the room clock. */
  expiryMs: number;
  head: RoomHead;
  board: RoomBoard;
};

/** Before the session, on the wall clock as it was before the call: so that no pass outlives its seat. */
export function passExpiryMs({ wallBeforeMs, expiryMs, head, board }: SessionTimes): number {
  const margin = passMarginMs(board.room?.policy.sessionTtlMs ?? 0);
  return wallBeforeMs + (expiryMs - head.clockMs) - margin;
}
