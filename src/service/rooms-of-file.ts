/** The rooms of the rooms file are made at the start, or as soon after it as the store takes them. */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import type { PolicyInput } from '../domain/room.ts';
import type { RoomControl } from './room-control.ts';

/** Between two tries; each of them waits for the store itself. */
const againAfterMs = 500;

export type RoomsOfFileParts = { control: Pick<RoomControl, 'ensure'>; clock: Clock; log: Log };

/**
 * Makes those that do not exist. Goes on for as long as the store is away for some, or until `signal`: in a Cluster it may
 * be away for those of one primary. One that cannot be made for another reason is logged. None keeps the others waiting
 * for longer than a try.
 */
export async function makeRoomsOfFile(
  rooms: ReadonlyMap<string, PolicyInput>,
  { control, clock, log }: RoomsOfFileParts,
  signal: AbortSignal,
): Promise<void> {
  const left = new Map(rooms);
  while (left.size > 0) {
    for (const [roomId, input] of left) {
      if (signal.aborted) return;
      try {
        await control.ensure(roomId, input);
        left.delete(roomId);
      } catch (err) {
        if (err instanceof GuichetError && err.code === 'store-unavailable') continue;
        log.error({ roomId, err }, 'A room of the rooms file was not made');
        left.delete(roomId);
      }
    }
    if (left.size > 0) await clock.sleep(againAfterMs, signal);
  }
}
