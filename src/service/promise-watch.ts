/**
 * Watches the promises that a replica can judge by itself, from the frames and events of its ticks: that nobody is
 * admitted above capacity (capacity), faster than the room's pace allows in any window (pace), after their ticket ended
 * (once), or by a room that admits nobody (closed), and that no place beyond `places` is given out (places).
 *
 * Two frames are compared only when both were made after the newest change of the room that is known here: what lies
 * between them was judged by one policy. Of two such frames it is exact, but for those who come back: after a loss of
 * data people whose passes prove it are inside again, above capacity too. So capacity and places are not judged until
 * every session from before the loss is over.
 */
import type { Frame } from '../domain/frame.ts';
import type { Room } from '../domain/room.ts';
import type { RoomHead, TickAnswer } from '../store/queue-store.ts';
import type { ReplicaMemory } from './replica-memory.ts';
import type { RoomBoard } from './room-board.ts';

export type WatchedPromise = 'capacity' | 'pace' | 'once' | 'places' | 'closed';

export type PromiseBroken = {
  roomId: string;
  promise: WatchedPromise;
  /** Room clock, ms. */
  atMs: number;
  /** The figures that show it. */
  shown: { [name: string]: number };
};

/** Rounding of the bucket, in tickets. */
const paceSlack = 1;

type Watched = {
  startedUs: number;
  epochId: string;
  version: number;
  /** A frame made until then may be of another policy; room clock, ms. */
  changedAtMs: number;
  /** Until then people may be inside who were lost; room clock, ms. */
  comebacksUntilMs: number;
  before: Frame | null;
  /** The least that `admitted so far - what the pace gave so far` was; the bucket holds what is above it. */
  paceLow: number;
};

export class PromiseWatch {
  readonly #memory: ReplicaMemory;
  readonly #broken: (broken: PromiseBroken) => void;
  readonly #rooms = new Map<string, Watched>();

  /** `broken` is told of each tick that shows one. */
  constructor(memory: ReplicaMemory, broken: (broken: PromiseBroken) => void) {
    this.#memory = memory;
    this.#broken = broken;
  }

  /** Takes in a tick's answer, before the board does. */
  ticked({ roomId, room: known }: RoomBoard, head: RoomHead, answer: TickAnswer): void {
    const room = answer.room ?? known;
    if (!room) return;
    this.#judgeOnce(roomId, answer);
    const watched = this.#watchedOf(roomId, head, room);
    const { frame } = answer;
    if (frame.clockMs <= watched.changedAtMs) return;
    const { before } = watched;
    if (before && frame.clockMs > before.clockMs) this.#judge(room, watched, { before, frame });
    if (!before) watched.paceLow = frame.admittedTotal - given(room, frame);
    watched.before = frame;
  }

  forget(roomId: string): void {
    this.#rooms.delete(roomId);
  }

  #watchedOf(roomId: string, head: RoomHead, { policy }: Room): Watched {
    const { startedUs, epochId, epochNumber, version, clockMs } = head;
    let watched = this.#rooms.get(roomId);
    const isKnown = watched?.startedUs === startedUs && watched.epochId === epochId;
    if (!watched || !isKnown) {
      const wasLost = epochNumber > 1;
      const comebacksUntilMs = wasLost ? clockMs + policy.sessionTtlMs + policy.enterWithinMs : 0;
      watched = {
        startedUs,
        epochId,
        version,
        changedAtMs: clockMs,
        comebacksUntilMs,
        before: null,
        paceLow: 0,
      };
      this.#rooms.set(roomId, watched);
    } else if (watched.version !== version) {
      Object.assign(watched, { version, changedAtMs: clockMs, before: null });
    }
    return watched;
  }

  #judge(room: Room, watched: Watched, { before, frame }: { before: Frame; frame: Frame }): void {
    const { roomId, state, policy } = room;
    const { capacity, places, batchSizeMax } = policy;
    const tell = (promise: WatchedPromise, shown: PromiseBroken['shown']): void =>
      this.#broken({ roomId, promise, atMs: frame.clockMs, shown });
    const admitted = frame.admittedTotal - before.admittedTotal;
    const areAllKnown = frame.clockMs > watched.comebacksUntilMs;
    const held = frame.admitted + frame.inside + frame.assumed;
    if (admitted > 0 && state !== 'open' && state !== 'draining') tell('closed', { admitted });
    if (admitted > 0 && held > capacity && areAllKnown) tell('capacity', { admitted, held, capacity });
    const newPlaces = frame.placesUsed - before.placesUsed;
    if (places !== null && newPlaces > 0 && frame.placesUsed > places && areAllKnown) {
      tell('places', { placesUsed: frame.placesUsed, places });
    }
    const level = frame.admittedTotal - given(room, frame);
    const above = level - watched.paceLow;
    if (above > batchSizeMax + paceSlack) {
      tell('pace', { admitted: Math.ceil(above), batchSizeMax });
      // Told once for each burst.
      watched.paceLow = level;
    }
    watched.paceLow = Math.min(watched.paceLow, level);
  }

  #judgeOnce(roomId: string, { events }: TickAnswer): void {
    const ended = this.#memory.rooms.get(roomId)?.ended;
    if (!ended || ended.size === 0) return;
    for (const event of events) {
      if (event.type !== 'admitted') continue;
      const again = event.ticketIds.filter(
        (id) => (ended.get(id)?.atMs ?? Number.POSITIVE_INFINITY) < event.atMs,
      );
      if (again.length > 0)
        this.#broken({ roomId, promise: 'once', atMs: event.atMs, shown: { tickets: again.length } });
    }
  }
}

/** What the pace gave by the room clock so far, tickets. */
function given({ policy }: Room, { clockMs }: Frame): number {
  return (clockMs * policy.outflowPerMinute) / 60_000;
}
