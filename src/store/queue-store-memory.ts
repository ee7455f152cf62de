/**
 * The port in one process: the embedded default, for trying out, small sites and rehearsals. The same
 * transitions as the Lua scripts, in the files memory-*.ts beside this one; one contract suite and one model
 * run on both.
 *
 * Each method runs to its end in one turn of the event loop, which is what makes it atomic. A reply cannot get
 * lost here, and everything is lost with the process, except what the replica's own memory file brings back.
 */
import { randomUUID } from 'node:crypto';
import { recover } from './memory-recovery.ts';
import {
  advance,
  emptyRoom,
  emit,
  headOf,
  knowsLessThan,
  type MemoryRoom,
  mergesCaller,
  newEpochId,
  noTickets,
  spentTtlMs,
  takeSettings,
  wallMs,
} from './memory-room.ts';
import { finish, keepAlive, redeem } from './memory-sessions.ts';
import { sortedIds } from './memory-sorted-ids.ts';
import { tick } from './memory-tick.ts';
import { enter, extend, join, leave, returnTicket, sight } from './memory-visits.ts';
import {
  boundedBatch,
  joinGatherMax,
  keepAliveGatherMax,
  type QueueStore,
  type Reply,
  type RoomCursor,
  recoverEndedMax,
  sightGatherMax,
} from './queue-store.ts';

export type MemoryQueueStoreOptions = {
  /** The store's wall clock, µs. */
  nowUs?: () => number;
  /** Stands for the process; when it changes, the epoch moves on, as at a restart of Redis. */
  runId?: () => string;
  /** Where the rooms are kept: tests look inside, and take away or put back what is there. */
  rooms?: Map<string, MemoryRoom>;
};

/** The port in this process's memory. */
export function memoryQueueStore(options: MemoryQueueStoreOptions = {}): QueueStore {
  const thisProcess = randomUUID();
  const { nowUs = () => Date.now() * 1_000, runId = () => thisProcess, rooms = new Map() } = options;
  const index = new Map<string, number>();

  /** The room, without a tombstone whose time is over. */
  function find(roomId: string): MemoryRoom | undefined {
    const state = rooms.get(roomId);
    if (state === undefined || state.deletedUntilMs === null || nowUs() < state.deletedUntilMs * 1_000)
      return state;
    rooms.delete(roomId);
    return undefined;
  }

  /** One transition between what all have in common. */
  function serve<Answer>(
    roomId: string,
    cursor: RoomCursor,
    transition: (state: MemoryRoom, isOtherEpoch: boolean) => Answer,
  ): Reply<Answer> {
    const state = find(roomId);
    if (state === undefined) return { kind: 'no-room' };
    if (state.deletedUntilMs !== null) return { kind: 'deleted' };
    if (knowsLessThan(state, cursor) || mergesCaller(state, cursor)) return { kind: 'behind' };
    advance(state, { nowUs: nowUs(), runId: runId(), lastOrder: cursor.lastOrder });
    const isOtherEpoch = cursor.epochNumber > 0 && cursor.epochId !== state.epochId;
    const answer = transition(state, isOtherEpoch);
    keepMillionths(state);
    return { kind: 'served', head: headOf(state), answer };
  }

  return {
    readIndex: async () => new Map(index),
    addToIndex: async (added) => {
      for (const [roomId, startedUs] of added) index.set(roomId, startedUs);
    },
    removeFromIndex: async (roomId) => void index.delete(roomId),

    create: async (room, startedUs) => {
      const existing = find(room.roomId);
      if (existing !== undefined) {
        if (existing.deletedUntilMs === null) return 'exists';
        if (startedUs <= existing.startedUs) return 'deleted';
      }
      const state = emptyRoom(room, startedUs, nowUs());
      // No ticket of this run is older than the run, whatever the clocks of its maker and of the store say.
      state.lastOrder = startedUs;
      state.epochNumber = 1;
      state.epochId = newEpochId();
      advance(state, { nowUs: nowUs(), runId: runId(), lastOrder: 0 });
      rooms.set(room.roomId, state);
      return 'created';
    },
    remove: async (roomId, cursor) =>
      serve(roomId, cursor, (state) => {
        Object.assign(state, noTickets(), { spent: sortedIds(), completed: new Map() });
        state.deletedUntilMs = wallMs(state) + spentTtlMs;
        return 'removed' as const;
      }),
    setRoom: async (room, cursor, changeId) =>
      serve(room.roomId, cursor, (state) => {
        if (state.changeId === changeId) return 'changed';
        if (room.version !== state.room.version + 1) return 'conflict';
        takeSettings(state, room);
        state.changeId = changeId;
        emit(state, { type: 'room', version: room.version });
        return 'changed';
      }),

    join: async (roomId, cursor, ticketIds) => {
      boundedBatch(ticketIds, joinGatherMax);
      return serve(roomId, cursor, (state) => join(state, ticketIds));
    },
    tick: async (roomId, cursor, request) =>
      serve(roomId, cursor, (state, isOtherEpoch) => tick(state, { ...request, isOtherEpoch })),
    sight: async (roomId, cursor, sightings) => {
      boundedBatch(sightings, sightGatherMax);
      return serve(roomId, cursor, (state) => sightings.map((sighting) => sight(state, sighting)));
    },

    enter: async (roomId, cursor, ticket) => serve(roomId, cursor, (state) => enter(state, ticket)),
    extend: async (roomId, cursor, ticket) => serve(roomId, cursor, (state) => extend(state, ticket)),
    return: async (roomId, cursor, ticket) => serve(roomId, cursor, (state) => returnTicket(state, ticket)),
    leave: async (roomId, cursor, ticket) => serve(roomId, cursor, (state) => leave(state, ticket)),

    keepAlive: async (roomId, cursor, sessions, proof) => {
      boundedBatch(sessions, keepAliveGatherMax);
      return serve(roomId, cursor, (state) => sessions.map((session) => keepAlive(state, session, proof)));
    },
    finish: async (roomId, cursor, session) => serve(roomId, cursor, (state) => finish(state, session)),
    redeem: async (roomId, cursor, handOver) => serve(roomId, cursor, (state) => redeem(state, handOver)),

    recover: async (memory, callerWallMs) => {
      boundedBatch(memory.ended, recoverEndedMax, 0);
      const { roomId } = memory.room;
      const existing = find(roomId);
      const isTombstone = existing !== undefined && existing.deletedUntilMs !== null;
      if (isTombstone && memory.startedUs <= existing.startedUs) return { kind: 'deleted' };
      const now = { nowUs: nowUs(), runId: runId(), callerWallMs };
      const { state, answer } = recover(existing, memory, now);
      rooms.set(roomId, state);
      keepMillionths(state);
      return { kind: 'served', head: headOf(state), answer };
    },

    ready: async () => ({ ready: true }),
    close: async () => {},
  };
}

/** As many decimals of the bucket as Redis keeps, so that both stores admit the same. */
function keepMillionths(state: MemoryRoom): void {
  state.bucket = Math.round(state.bucket * 1_000_000) / 1_000_000;
}
