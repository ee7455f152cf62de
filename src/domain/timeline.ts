/**
 * A room's history: an entry for each interval, in three levels that keep coarser intervals for longer. Counts are totals
 * since the room began, so that an entry less loses no count, only when exactly it came about. The same levels are what
 * store/lua/timeline_note.lua is given.
 */
import type { FrameFigures } from './frame.ts';
import type { RoomState } from './room.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** How long an interval is, and how many entries of such are kept; finest first. */
export const timelineLevels = [
  { everyMs: 5_000, entriesMax: (120 * minuteMs) / 5_000 },
  { everyMs: minuteMs, entriesMax: (2 * dayMs) / minuteMs },
  { everyMs: 10 * minuteMs, entriesMax: (365 * dayMs) / (10 * minuteMs) },
] as const;

export type TimelineEveryMs = (typeof timelineLevels)[number]['everyMs'];

/** Older entries go, whatever is left of the room. */
export const timelineKeptMs = 365 * dayMs;

/** Entries in one answer. */
export const timelinePageMax = 1_000;

/** A room at the start of an interval, or as soon after as a replica noted it. */
export type TimelineEntry = {
  /** `ms-part`: sorts entries, also those noted after the store's clock was set back. */
  entryId: string;
  /** Start of the interval, wall ms of the store. */
  atMs: number;
  /** Start of the room's run, µs. */
  startedUs: number;
  state: RoomState;
  version: number;
  /** Moves on when data was lost, or the store became another process: totals may be lower from there on. */
  epochNumber: number;
  capacity: number;
  outflowPerMinute: number;
  places: number | null;
  figures: FrameFigures;
};

/** The finest level that still keeps what is this old; the coarsest for all that is older. */
export function levelFor(ageMs: number): TimelineEveryMs {
  const level = timelineLevels.find(({ everyMs, entriesMax }) => ageMs <= everyMs * entriesMax);
  return (level ?? timelineLevels[2]).everyMs;
}

/** Whether somebody is in the room in any way: while nobody is, an unchanged room is not noted again. */
export function isPeopled(figures: FrameFigures): boolean {
  const { waiting, parked, lapsed, admitted, inside, assumed } = figures;
  return waiting + parked + lapsed + admitted + inside + assumed > 0;
}
