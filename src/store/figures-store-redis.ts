/**
 * Figures kept for people, on Redis, on a connection of their own: nothing here stands in front of a visitor's call or a
 * tick.
 */
import {
  type HeardReplica,
  type Replica,
  replicaGoneMs,
  replicaRoomsMax,
  replicasMax,
} from '../domain/replica.ts';
import type { RoomState } from '../domain/room.ts';
import { type TimelineEntry, timelineKeptMs, timelineLevels } from '../domain/timeline.ts';
import { boundedPage, type FiguresStore, type NoteAnswer } from './figures-store.ts';
import { known, runScript } from './redis-calls.ts';
import type { RedisClient } from './redis-connection.ts';
import { replicasKey, roomKeys, timelineKeys } from './redis-keys.ts';
import { decodeFigures } from './redis-replies.ts';

export type RedisFiguresStoreOptions = {
  redis: RedisClient;
  /** Replicas that must have each write before it counts. */
  waitReplicas: number;
  /** Tests pass the store's wall clock, µs. */
  nowUs?: () => number;
};

const levelArguments = timelineLevels.flatMap(({ everyMs, entriesMax }) => [everyMs, entriesMax]);

/** The port on Redis. `close` ends the connection. */
export function redisFiguresStore({ redis, waitReplicas, nowUs }: RedisFiguresStoreOptions): FiguresStore {
  const now = (): number | '' => (nowUs ? nowUs() : '');
  return {
    async note(roomId) {
      // The caller knows nothing of the room: what is here is as good as any.
      const common = [now(), 0, '', 0, 0];
      const keys = [...roomKeys(roomId), ...timelineKeys(roomId)];
      const own = [timelineKeptMs, ...levelArguments];
      const answer = await runScript(redis, 'timeline_note', [...keys, ...common, ...own], waitReplicas);
      return answer as NoteAnswer;
    },
    async timeline(roomId, { everyMs, fromMs, toMs, after, limit }) {
      const level = timelineLevels.findIndex((one) => one.everyMs === everyMs);
      const stream = timelineKeys(roomId)[level] as string;
      const from = after === null ? String(Math.max(0, Math.floor(fromMs))) : `(${after}`;
      const count = boundedPage(limit);
      const to = toMs === null ? '+' : String(Math.max(0, Math.floor(toMs)));
      const entries = await known('timeline', () => redis.xrange(stream, from, to, 'COUNT', count));
      return entries.map(decodeEntry);
    },
    async forget(roomId) {
      await known('forget timeline', () => redis.unlink(...timelineKeys(roomId)));
    },

    async beat({ replicaId, ...told }: Replica) {
      const own = [now(), replicaId, JSON.stringify(told), replicaGoneMs, replicasMax];
      // Of no worth after a failover: nothing to confirm.
      await runScript(redis, 'replica_beat', [replicasKey, ...own], 0);
    },
    async replicas() {
      const [fields, time] = await known('replicas', async () => {
        return Promise.all([redis.hgetall(replicasKey), redis.time()]);
      });
      const nowMs = nowUs ? nowUs() / 1_000 : Number(time[0]) * 1_000;
      return Object.entries(fields)
        .flatMap(([replicaId, text]) => decodeReplica(replicaId, text))
        .filter(({ heardAtMs }) => Math.abs(nowMs - heardAtMs) <= replicaGoneMs)
        .toSorted((one, other) => (one.replicaId < other.replicaId ? -1 : 1))
        .slice(0, replicasMax);
    },
    async leave(replicaId) {
      await known('replica leaves', () => redis.hdel(replicasKey, replicaId));
    },

    async close() {
      redis.disconnect();
    },
  };
}

function decodeEntry([entryId, fields]: [string, string[]]): TimelineEntry {
  const value = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
  const [state, ...numbers] = value('room').split(' ');
  const [version = 0, epochNumber = 0, capacity = 0, outflowPerMinute = 0, places = -1] = numbers.map(Number);
  return {
    entryId,
    atMs: Number(value('at')),
    startedUs: Number(value('run')),
    state: state as RoomState,
    version,
    epochNumber,
    capacity,
    outflowPerMinute,
    places: places < 0 ? null : places,
    figures: decodeFigures(value('frame')),
  };
}

/** `heardAtMs text`; nothing where another version wrote what cannot be read here. */
function decodeReplica(replicaId: string, text: string): HeardReplica[] {
  const space = text.indexOf(' ');
  try {
    const told = JSON.parse(text.slice(space + 1)) as Partial<Replica>;
    const { version = '', sockets = 0, rooms = {} } = told;
    const named = Object.fromEntries(Object.entries(rooms).slice(0, replicaRoomsMax));
    return [{ replicaId, version, sockets, rooms: named, heardAtMs: Number(text.slice(0, space)) }];
  } catch {
    return [];
  }
}
