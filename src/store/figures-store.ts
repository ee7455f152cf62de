/**
 * The port to figures that are kept for people: rooms' timelines, and what the replicas say of themselves. Nothing here
 * decides who is let in. All of it may fail or be lost without harm: an interval that nobody noted is a gap.
 *
 * A rejected promise (StoreUnknownError) may have happened or not; each call is safe to repeat.
 */
import type { HeardReplica, Replica } from '../domain/replica.ts';
import { type TimelineEntry, type TimelineEveryMs, timelinePageMax } from '../domain/timeline.ts';

/** What became of noting an interval. */
export type NoteAnswer =
  | 'noted'
  /** Somebody noted this interval before. */
  | 'there'
  /** Nobody is in the room, and nothing changed since the last entry of each level. */
  | 'same'
  /** No room, or no frame of it yet. */
  | 'nothing';

export type TimelinePage = {
  everyMs: TimelineEveryMs;
  /** Entries of this wall time and later, ms. */
  fromMs: number;
  /** And up to this one; null: to the newest, also when the store's clock was set back since. */
  toMs: number | null;
  /** Go on behind this entry; null: begin at `fromMs`. */
  after: string | null;
  /** 1 to `timelinePageMax`. */
  limit: number;
};

export interface FiguresStore {
  /**
   * Notes the room's newest frame for the interval that it is by the store's clock, in each level that has none for it:
   * once, however many replicas ask. What an earlier run of the room left is removed.
   */
  note(roomId: string): Promise<NoteAnswer>;
  /** Entries in order, also of an earlier run when nothing was noted of this one. */
  timeline(roomId: string, page: TimelinePage): Promise<TimelineEntry[]>;
  /** The room was deleted. */
  forget(roomId: string): Promise<void>;

  /** Tells of a replica. Entries that were not renewed for `replicaGoneMs` go when a new replica comes. */
  beat(replica: Replica): Promise<void>;
  /** Those heard of within `replicaGoneMs`, at most `replicasMax`, sorted by id. */
  replicas(): Promise<HeardReplica[]>;
  /** The replica stops. */
  leave(replicaId: string): Promise<void>;

  close(): Promise<void>;
}

/** The limit of a page. Throws RangeError where it is none. */
export function boundedPage(limit: number): number {
  if (limit < 1 || limit > timelinePageMax) {
    throw new RangeError(`a page has 1 to ${timelinePageMax} entries, not ${limit}`);
  }
  return limit;
}
