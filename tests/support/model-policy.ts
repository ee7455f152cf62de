import { completePolicy, type RoomPolicy } from '../../src/domain/room.ts';

/** Short times, so that a run of sixty commands sees every one of them pass. */
export const shortPolicy: RoomPolicy = {
  ...completePolicy('model', { capacity: 3, outflowPerMinute: 120, batchSizeMax: 3 }),
  presentWithinMs: 8_000,
  abandonAfterMs: 15_000,
  enterWithinMs: 6_000,
  sessionTtlMs: 30_000,
  returnWithinMs: 25_000,
  recoverWithinMs: 6_000,
  ticketsMax: 25,
};
