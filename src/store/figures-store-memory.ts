/** Figures kept for people, in this process: the same answers as lua/timeline_note.lua and lua/replica_beat.lua. */
import { type HeardReplica, replicaGoneMs } from '../domain/replica.ts';
import {
  isPeopled,
  timelineKeptMs,
  timelineLevels,
  type TimelineEntry,
  type TimelineEveryMs,
} from '../domain/timeline.ts';
import { boundedPage, type FiguresStore, type NoteAnswer } from './figures-store.ts';
import type { MemoryRoom } from './memory-room.ts';

export type MemoryFiguresStoreOptions = {
  /** The rooms of the memory store. */
  rooms: ReadonlyMap<string, MemoryRoom>;
  /** The store's wall clock, µs. */
  nowUs?: () => number;
};

/** A room's entries by the length of their intervals. */
type Timeline = Map<TimelineEveryMs, TimelineEntry[]>;

/** Past its retention only the counts are kept. */
function isPurged({ room, purgedUs, closedAtMs }: MemoryRoom): boolean {
  return room.state === 'closed' && purgedUs > 0 && purgedUs >= closedAtMs * 1_000;
}

/** The port in this process's memory. */
export function memoryFiguresStore({
  rooms,
  nowUs = () => Date.now() * 1_000,
}: MemoryFiguresStoreOptions): FiguresStore {
  const timelines = new Map<string, Timeline>();
  const replicas = new Map<string, HeardReplica>();
  const nowMs = (): number => Math.floor(nowUs() / 1_000);
  return {
    async note(roomId) {
      const state = rooms.get(roomId);
      if (state?.deletedUntilMs !== null || state.frame === null) return 'nothing';
      if (isPurged(state)) {
        timelines.delete(roomId);
        return 'nothing';
      }
      const { checkpoints: _checkpoints, ...figures } = state.frame;
      const { capacity, outflowPerMinute, places } = state.room.policy;
      const { startedUs, epochNumber, room } = state;
      const told = { startedUs, state: room.state, version: room.version, epochNumber };
      const present = { ...told, capacity, outflowPerMinute, places, figures };
      const timeline = timelineOf(timelines, roomId, startedUs);
      let answer: NoteAnswer = 'same';
      for (const { everyMs, entriesMax } of timelineLevels) {
        const noted = note(timeline.get(everyMs) ?? [], present, { everyMs, entriesMax, nowMs: nowMs() });
        if (everyMs === timelineLevels[0].everyMs && noted === 'there') return noted;
        if (noted === 'noted') answer = noted;
      }
      return answer;
    },
    async timeline(roomId, { everyMs, fromMs, toMs, after, limit }) {
      const state = rooms.get(roomId);
      if (state && isPurged(state)) timelines.delete(roomId);
      const entries = timelines.get(roomId)?.get(everyMs) ?? [];
      return entries
        .filter(({ entryId }) => {
          const [ms] = partsOf(entryId);
          const isLater = after === null ? ms >= fromMs : compare(entryId, after) > 0;
          return isLater && (toMs === null || ms <= toMs);
        })
        .slice(0, boundedPage(limit));
    },
    async forget(roomId) {
      timelines.delete(roomId);
    },

    async beat(replica) {
      replicas.set(replica.replicaId, { ...replica, heardAtMs: nowMs() });
    },
    async replicas() {
      return [...replicas.values()].filter(({ heardAtMs }) => Math.abs(nowMs() - heardAtMs) <= replicaGoneMs);
    },
    async leave(replicaId) {
      replicas.delete(replicaId);
    },

    async close() {},
  };
}

/** The room's timeline, without what an earlier run left. */
function timelineOf(timelines: Map<string, Timeline>, roomId: string, startedUs: number): Timeline {
  const known = timelines.get(roomId);
  const newest = known?.get(timelineLevels[0].everyMs)?.at(-1);
  if (known && newest?.startedUs === startedUs) return known;
  const made: Timeline = new Map(timelineLevels.map(({ everyMs }) => [everyMs, []]));
  timelines.set(roomId, made);
  return made;
}

type Level = { everyMs: number; entriesMax: number; nowMs: number };

function note(
  entries: TimelineEntry[],
  present: Omit<TimelineEntry, 'entryId' | 'atMs'>,
  { everyMs, entriesMax, nowMs }: Level,
): 'noted' | 'there' | 'same' {
  const atMs = nowMs - (nowMs % everyMs);
  const newest = entries.at(-1);
  let entryId = `${atMs}-0`;
  if (newest) {
    if (newest.atMs === atMs) return 'there';
    if (!isPeopled(present.figures) && comparable(newest) === comparable(present)) return 'same';
    const [ms, part] = partsOf(newest.entryId);
    if (ms >= atMs) entryId = `${ms}-${part + 1}`;
  }
  entries.push({ entryId, atMs, ...structuredClone(present) });
  const isCoarsest = everyMs === timelineLevels.at(-1)?.everyMs;
  const keptFromMs = isCoarsest ? nowMs - timelineKeptMs : 0;
  const firstKept = entries.findIndex(({ entryId: id }) => partsOf(id)[0] >= keptFromMs);
  entries.splice(0, Math.max(firstKept, entries.length - entriesMax));
  return 'noted';
}

/** What does not go on by itself. */
function comparable(entry: Omit<TimelineEntry, 'entryId' | 'atMs'>): string {
  const { state, version, epochNumber, capacity, outflowPerMinute, places, figures } = entry;
  const { clockMs: _clock, nowUs: _now, presentAtMs: _present, ...counts } = figures;
  return JSON.stringify([state, version, epochNumber, capacity, outflowPerMinute, places, counts]);
}

function partsOf(entryId: string): [ms: number, part: number] {
  const [ms = 0, part = 0] = entryId.split('-').map(Number);
  return [ms, part];
}

function compare(one: string, other: string): number {
  const [[ms, part], [otherMs, otherPart]] = [partsOf(one), partsOf(other)];
  return ms - otherMs || part - otherPart;
}
