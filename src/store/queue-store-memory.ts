/**
 * The port in one process: the embedded default, for trying out, small sites and rehearsals. The same
 * transitions as the Lua scripts, in the files memory-*.ts beside this one; one contract suite and one model
 * run on both.
 *
 * Each method runs to its end in one turn of the event loop, which is what makes it atomic. A reply cannot get
 * lost here, and everything is lost with the process, except what the replica's own memory file brings back.
 */
import { randomUUID } from 'node:crypto';
import { move, offerMove } from './memory-moves.ts';
import { recover } from './memory-recovery.ts';
import { knowsLessThan, mergesCaller, newEpochId } from './memory-epochs.ts';
import {
  advance,
  emptyRoom,
  emit,
  headOf,
  type MemoryRoom,
  noTickets,
  spentTtlMs,
  takeSettings,
  wallMs,
} from './memory-room.ts';
import { purge } from './memory-retention.ts';
import { finish, keepAlive, redeem } from './memory-sessions.ts';
import { sortedIds } from './memory-sorted-ids.ts';
import { tick } from './memory-tick.ts';
import { enter, extend, join, leave, returnTicket, sight } from './memory-visits.ts';
import type { AuditRecord } from '../domain/audit.ts';
import type { Room } from '../domain/room.ts';
import { appendNext, hasMoved, keepAudit, type MemoryAudits } from './audit-store-memory.ts';
import {
  boundedBatch,
  type FinishAnswer,
  type FinishedSession,
  type HandOverRef,
  type JoinAnswer,
  joinGatherMax,
  type KeepAliveAnswer,
  keepAliveGatherMax,
  type MoveAnswer,
  type MoveOffer,
  type QueueStore,
  type RecoverAnswer,
  type RedeemAnswer,
  type Reply,
  type RoomCursor,
  type RoomMemory,
  recoverEndedMax,
  type Served,
  type SightAnswer,
  type Sighting,
  sightGatherMax,
  type TickAnswer,
  type TicketAnswer,
  type TicketRef,
  type TickOptions,
} from './queue-store.ts';

export type MemoryQueueStoreOptions = {
  /** The store's wall clock, µs. */
  nowUs?: () => number;
  /** Stands for the process; when it changes, the epoch moves on, as at a restart of Redis. */
  runId?: () => string;
  /** Where the rooms are kept: tests look inside, and take away or put back what is there. */
  rooms?: Map<string, MemoryRoom>;
  /** And their audits. */
  audits?: MemoryAudits;
};

/** The port in this process's memory. */
export function memoryQueueStore(options: MemoryQueueStoreOptions = {}): QueueStore {
  return new MemoryQueueStore(options);
}

class MemoryQueueStore implements QueueStore {
  readonly #nowUs: () => number;
  readonly #runId: () => string;
  readonly #rooms: Map<string, MemoryRoom>;
  readonly #audits: MemoryAudits;
  readonly #index = new Map<string, number>();

  constructor({ nowUs, runId, rooms, audits }: MemoryQueueStoreOptions) {
    this.#audits = audits ?? new Map();
    const thisProcess = randomUUID();
    this.#nowUs = nowUs ?? (() => Date.now() * 1_000);
    this.#runId = runId ?? (() => thisProcess);
    this.#rooms = rooms ?? new Map<string, MemoryRoom>();
  }

  async readIndex(): Promise<Map<string, number>> {
    return new Map(this.#index);
  }
  async addToIndex(added: Map<string, number>): Promise<void> {
    for (const [roomId, startedUs] of added) this.#index.set(roomId, startedUs);
  }
  async removeFromIndex(roomId: string): Promise<void> {
    this.#index.delete(roomId);
  }

  async create(
    room: Room,
    startedUs: number,
    record: AuditRecord | null = null,
  ): Promise<'created' | 'exists' | 'deleted' | 'audit-moved'> {
    const existing = this.#find(room.roomId);
    if (existing !== undefined) {
      if (existing.deletedUntilMs === null) return 'exists';
      if (startedUs <= existing.startedUs) return 'deleted';
    }
    if (hasMoved(this.#audits, record)) return 'audit-moved';
    const state = emptyRoom(room, startedUs, this.#nowUs());
    // No ticket of this run is older than the run, whatever the clocks of its maker and of the store say.
    state.lastOrder = startedUs;
    if (existing !== undefined) state.offers = existing.offers;
    state.epochNumber = 1;
    state.epochId = newEpochId(state.wallUs);
    advance(state, { nowUs: this.#nowUs(), runId: this.#runId(), lastOrder: 0 });
    this.#rooms.set(room.roomId, state);
    if (record) appendNext(this.#audits, record);
    keepAudit(this.#audits, room.roomId, null);
    return 'created';
  }
  async remove(
    roomId: string,
    cursor: RoomCursor,
    record: AuditRecord | null = null,
  ): Promise<Reply<'removed' | 'audit-moved'>> {
    return this.#serve(roomId, cursor, (state) => {
      if (hasMoved(this.#audits, record)) return 'audit-moved';
      Object.assign(state, noTickets(), {
        spent: sortedIds(),
        completed: new Map(),
        deadLetters: [],
      });
      state.deletedUntilMs = wallMs(state) + spentTtlMs;
      if (record) appendNext(this.#audits, record);
      keepAudit(this.#audits, roomId, wallMs(state));
      return 'removed';
    });
  }
  async setRoom(
    room: Room,
    cursor: RoomCursor,
    changeId: string,
    record: AuditRecord | null = null,
  ): Promise<Reply<'changed' | 'conflict' | 'audit-moved'>> {
    return this.#serve(room.roomId, cursor, (state) => {
      if (state.changeId === changeId) return 'changed';
      if (room.version !== state.room.version + 1) return 'conflict';
      if (hasMoved(this.#audits, record)) return 'audit-moved';
      takeSettings(state, room);
      state.changeId = changeId;
      emit(state, { type: 'room', version: room.version, change: null });
      if (record) appendNext(this.#audits, record);
      return 'changed';
    });
  }

  async join(roomId: string, cursor: RoomCursor, ticketIds: string[]): Promise<Reply<JoinAnswer[]>> {
    boundedBatch(ticketIds, joinGatherMax);
    return this.#serve(roomId, cursor, (state) => join(state, ticketIds));
  }
  async tick(roomId: string, cursor: RoomCursor, request: TickOptions): Promise<Reply<TickAnswer>> {
    return this.#serve(roomId, cursor, (state, isOtherEpoch) => {
      const answer = tick(state, { ...request, isOtherEpoch });
      const isFirst = state.purgedUs < state.closedAtMs * 1_000;
      if (!purge(state, request.callerWallMs)) return answer;
      if (isFirst) this.#audits.delete(roomId);
      return tick(state, { ...request, isOtherEpoch });
    });
  }
  async sight(roomId: string, cursor: RoomCursor, sightings: Sighting[]): Promise<Reply<SightAnswer[]>> {
    boundedBatch(sightings, sightGatherMax);
    return this.#serve(roomId, cursor, (state) => sightings.map((sighting) => sight(state, sighting)));
  }

  async enter(roomId: string, cursor: RoomCursor, ticket: TicketRef): Promise<Reply<TicketAnswer>> {
    return this.#serve(roomId, cursor, (state) => enter(state, ticket));
  }
  async extend(
    roomId: string,
    cursor: RoomCursor,
    ticket: TicketRef & { extension: number },
  ): Promise<Reply<TicketAnswer | { kind: 'refused' }>> {
    return this.#serve(roomId, cursor, (state) => extend(state, ticket));
  }
  async return(
    roomId: string,
    cursor: RoomCursor,
    ticket: TicketRef,
  ): Promise<Reply<TicketAnswer | { kind: 'too-late' }>> {
    return this.#serve(roomId, cursor, (state) => returnTicket(state, ticket));
  }
  async leave(roomId: string, cursor: RoomCursor, ticket: TicketRef): Promise<Reply<TicketAnswer>> {
    return this.#serve(roomId, cursor, (state) => leave(state, ticket));
  }
  async offerMove(
    roomId: string,
    cursor: RoomCursor,
    offer: MoveOffer,
  ): Promise<Reply<TicketAnswer | { kind: 'taken' }>> {
    return this.#serve(roomId, cursor, (state) => offerMove(state, offer));
  }
  async move(
    roomId: string,
    cursor: RoomCursor,
    request: { codeName: string; callId: string },
  ): Promise<Reply<MoveAnswer>> {
    return this.#serve(roomId, cursor, (state) => move(state, request));
  }

  async keepAlive(
    roomId: string,
    cursor: RoomCursor,
    sessions: { ticketId: string; number: number }[],
    proof: 'pass' | 'origin',
  ): Promise<Reply<KeepAliveAnswer[]>> {
    boundedBatch(sessions, keepAliveGatherMax);
    return this.#serve(roomId, cursor, (state) =>
      sessions.map((session) => keepAlive(state, session, proof)),
    );
  }
  async finish(roomId: string, cursor: RoomCursor, session: FinishedSession): Promise<Reply<FinishAnswer>> {
    return this.#serve(roomId, cursor, (state) => finish(state, session));
  }
  async redeem(roomId: string, cursor: RoomCursor, handOver: HandOverRef): Promise<Reply<RedeemAnswer>> {
    return this.#serve(roomId, cursor, (state) => redeem(state, handOver));
  }

  async recover(
    memory: RoomMemory,
    callerWallMs: number,
  ): Promise<{ kind: 'deleted' } | Served<RecoverAnswer>> {
    boundedBatch(memory.ended, recoverEndedMax, 0);
    const { roomId } = memory.room;
    const existing = this.#find(roomId);
    const isTombstone = existing !== undefined && existing.deletedUntilMs !== null;
    if (isTombstone && memory.startedUs <= existing.startedUs) return { kind: 'deleted' };
    const now = { nowUs: this.#nowUs(), runId: this.#runId(), callerWallMs };
    const { state, answer } = recover(existing, memory, now);
    this.#rooms.set(roomId, state);
    keepMillionths(state);
    return { kind: 'served', head: headOf(state), answer };
  }

  async ready(): Promise<{ ready: true }> {
    return { ready: true };
  }
  async close(): Promise<void> {}

  /** The room, without a tombstone whose time is over. */
  #find(roomId: string): MemoryRoom | undefined {
    const state = this.#rooms.get(roomId);
    if (!state || state.deletedUntilMs === null || this.#nowUs() < state.deletedUntilMs * 1_000) return state;
    this.#rooms.delete(roomId);
    return undefined;
  }

  /** One transition between what all have in common. */
  #serve<Answer>(
    roomId: string,
    cursor: RoomCursor,
    transition: (state: MemoryRoom, isOtherEpoch: boolean) => Answer,
  ): Reply<Answer> {
    const state = this.#find(roomId);
    if (state === undefined) return { kind: 'no-room' };
    if (state.deletedUntilMs !== null) return { kind: 'deleted' };
    if (knowsLessThan(state, cursor) || mergesCaller(state, cursor)) return { kind: 'behind' };
    advance(state, { nowUs: this.#nowUs(), runId: this.#runId(), lastOrder: cursor.lastOrder });
    const isOtherEpoch = cursor.epochNumber > 0 && cursor.epochId !== state.epochId;
    const answer = transition(state, isOtherEpoch);
    keepMillionths(state);
    return { kind: 'served', head: headOf(state), answer };
  }
}

/** As many decimals of the bucket as Redis keeps, so that both stores admit the same. */
function keepMillionths(state: MemoryRoom): void {
  state.bucket = Math.round(state.bucket * 1_000_000) / 1_000_000;
}
