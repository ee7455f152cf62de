/**
 * Whether a room's queue stands still though nothing keeps it from moving: people wait, the room admits them, seats are
 * free, and still nobody is admitted, nor is anyone away set aside. Measured by the room clock, which stands still while
 * nobody can reach the store.
 */
import { admitsPeople, freeSeats } from '../domain/admission.ts';
import type { Frame } from '../domain/frame.ts';
import type { Room } from '../domain/room.ts';

/** Beyond what the pace and the interval of releases account for. */
const patienceMs = 20_000;

export type Verdict =
  | 'yes'
  | 'no'
  /** Watched for too short a time: what another replica says still holds. */
  | 'unknown';

export class AdmissionWatch {
  #moved = -1;
  /** Since when it stands still, room clock, ms. */
  #sinceMs = 0;
  /** Whether what came before was seen. */
  #isNew = true;
  #verdict: Verdict = 'unknown';

  get verdict(): Verdict {
    return this.#verdict;
  }

  ticked(room: Room, frame: Frame): void {
    const moved = frame.admittedTotal + frame.skippedTotal;
    const mayMove = admitsPeople(room, frame) && frame.waiting > 0 && freeSeats(room, frame) > 0;
    if (!mayMove || moved !== this.#moved) {
      // The first frame tells no movement.
      if (this.#moved >= 0 || !mayMove) this.#isNew = false;
      this.#moved = moved;
      this.#sinceMs = frame.clockMs;
    }
    const isLong = frame.clockMs - this.#sinceMs > patienceOf(room);
    this.#verdict = isLong ? 'yes' : this.#isNew ? 'unknown' : 'no';
  }
}

/** Two tickets of the slowest pace, and three releases. */
function patienceOf({ policy }: Room): number {
  return patienceMs + 2 * (60_000 / policy.outflowPerMinute) + 3 * policy.releaseEveryMs;
}
