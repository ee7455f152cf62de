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
 * Makes those that do not exist. Goes on for as long as the store is away, or until `signal`; one that cannot be made for
 * another reason is logged, and the others are made all the same.
 */
export async function makeRoomsOfFile(
  rooms: ReadonlyMap<string, PolicyInput>,
  { control, clock, log }: RoomsOfFileParts,
  signal: AbortSignal,
): Promise<void> {
  for (const [roomId, input] of rooms) {
    const make = async (): Promise<'done' | 'away'> => {
      try {
        await control.ensure(roomId, input);
      } catch (err) {
        if (err instanceof GuichetError && err.code === 'store-unavailable') return 'away';
        log.error({ roomId, err }, 'A room of the rooms file was not made');
      }
      return 'done';
    };
    while (!signal.aborted && (await make()) === 'away') await clock.sleep(againAfterMs, signal);
  }
}
