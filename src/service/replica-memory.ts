/**
 * What this replica remembers of each room: what its newest confirmed replies said. It is passed with each
 * call, so that a store that knows less is noticed, and given back to it by `recover`.
 *
 * Newest means: a later epoch, or in one epoch a later room clock. Replies of two connections cross, so an
 * older one never takes anything back.
 */
import type { Clock } from '../domain/clock.ts';
import type { Room } from '../domain/room.ts';
import type { RememberedEnd, RoomCursor, RoomHead, RoomMemory } from '../store/queue-store.ts';
import type { RoomEvent } from '../store/room-events.ts';

export type RememberedRoom = {
  head: RoomHead;
  room: Room | null;
  rememberedAtMs: number;
  /** Ended within the last session length, oldest first. */
  ended: Map<string, RememberedEnd & { atMs: number }>;
};

const nothingKnown: RoomCursor = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };

export class ReplicaMemory {
  readonly rooms = new Map<string, RememberedRoom>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What to pass with a call; nothing known: zeros. */
  cursor(roomId: string): RoomCursor {
    return this.rooms.get(roomId)?.head ?? nothingKnown;
  }

  /** Takes in a confirmed reply's head; an older one changes nothing. */
  learn(roomId: string, head: RoomHead): void {
    const known = this.rooms.get(roomId);
    if (!known || head.startedUs > known.head.startedUs) {
      // Nothing of an earlier run is worth keeping: numbers, versions and ends begin anew.
      this.rooms.set(roomId, { head, room: null, rememberedAtMs: this.#clock.wallMs(), ended: new Map() });
      return;
    }
    if (head.startedUs < known.head.startedUs) return; // Of an earlier run of the room.
    const sameEpoch = head.epochId === known.head.epochId;
    if (!sameEpoch && head.epochNumber <= known.head.epochNumber) return;
    if (sameEpoch && (head.clockMs < known.head.clockMs || head.eventNumber < known.head.eventNumber)) return;
    if (head.purgedUs > known.head.purgedUs) known.ended.clear();
    known.head = { ...head, lastOrder: Math.max(head.lastOrder, known.head.lastOrder) };
    known.rememberedAtMs = this.#clock.wallMs();
  }

  /** Takes in a room's description; an older version changes nothing. */
  learnRoom(room: Room): void {
    const known = this.rooms.get(room.roomId);
    if (known && (known.room === null || known.room.version < room.version)) known.room = room;
  }

  /** Takes in events, and drops ends older than a session. */
  learnEvents(roomId: string, events: RoomEvent[]): void {
    const known = this.rooms.get(roomId);
    if (!known) return;
    for (const event of events) {
      if (event.type !== 'ended') continue;
      for (const ticketId of event.ticketIds) {
        const before = known.ended.get(ticketId);
        // Counted once, said once: what expires after its visitor left was over already.
        if (before && event.outcome !== 'completed') continue;
        const { outcome, placesUsed, atMs } = event;
        known.ended.set(ticketId, { ticketId, outcome, placesUsed, atMs });
      }
    }
    const keepMs = known.room?.policy.sessionTtlMs ?? Number.POSITIVE_INFINITY;
    for (const [ticketId, { atMs }] of known.ended) {
      if (known.head.clockMs - atMs <= keepMs) break;
      known.ended.delete(ticketId);
    }
  }

  /** How a ticket ended, when this replica remembers. */
  endOf(roomId: string, ticketId: string): RememberedEnd | undefined {
    return this.rooms.get(roomId)?.ended.get(ticketId);
  }

  /** The store recovered to, or already had, a later state: what it says now counts, whatever it is. */
  adopt(roomId: string, head: RoomHead): void {
    const known = this.rooms.get(roomId);
    if (known) {
      if (head.purgedUs > known.head.purgedUs) known.ended.clear();
      known.head = head;
    } else this.learn(roomId, head);
  }

  /** The room was deleted, or a newer run of it began. */
  forget(roomId: string): void {
    this.rooms.delete(roomId);
  }

  /** What to give back to a store that lost the room; null without a description of it. */
  memoryOf(roomId: string): RoomMemory | null {
    const known = this.rooms.get(roomId);
    if (!known?.room) return null;
    const ended = [...known.ended.values()].map(({ ticketId, outcome, placesUsed }) => ({
      ticketId,
      outcome,
      placesUsed,
    }));
    return { ...known.head, room: known.room, rememberedAtMs: known.rememberedAtMs, ended };
  }
}
