/**
 * The port on Redis: one script call a method, each confirmed as redis-calls.ts says.
 *
 * Visitors' writes and the ticks use two connections, because a WAIT holds back what is queued behind it.
 * Not here: retrying (service/room-link.ts), and what to do about a store that knows less.
 */
import type { AuditRecord } from '../domain/audit.ts';
import type { RedisAccess } from '../domain/redis-address.ts';
import type { Room } from '../domain/room.ts';
import type { StoreState } from '../domain/store-state.ts';
import { recordArguments } from './audit-store-redis.ts';
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
import { type Argument, memoryArguments, settingArguments, sightingArguments } from './redis-arguments.ts';
import { known, runScript } from './redis-calls.ts';
import type { RedisClient } from './redis-connection.ts';
import {
  auditKeys,
  codeKey,
  indexKey,
  purgedKeys,
  redeemedKey,
  roomKeyNames,
  roomKeys,
  shortId,
} from './redis-keys.ts';
import { RedisReadiness } from './redis-readiness.ts';
import * as decode from './redis-replies.ts';
import type { ScriptName } from './redis-scripts.ts';

export type RedisQueueStoreOptions = {
  /** For what visitors, origins and operators do. */
  commands: RedisClient;
  /** For ticks and the index. */
  ticks: RedisClient;
  /** Replicas that must have each write before it counts; 0: the master's word is enough. */
  waitReplicas: number;
  /** Tests pass the store's wall clock, µs; else the server's own. */
  nowUs?: () => number;
  /** Where both are connected to, for readiness: Sentinels are asked too. */
  access?: RedisAccess;
};

type CreateAnswer = Awaited<ReturnType<QueueStore['create']>>;

const nothingKnown: RoomCursor = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };

/** The port on Redis. The caller owns nothing after `close`, which ends both connections. */
export function redisQueueStore(options: RedisQueueStoreOptions): QueueStore {
  return new RedisQueueStore(options);
}

class RedisQueueStore implements QueueStore {
  readonly #commands: RedisClient;
  readonly #ticks: RedisClient;
  readonly #waitReplicas: number;
  readonly #nowUs: (() => number) | undefined;
  readonly #readiness: RedisReadiness;

  constructor({ commands, ticks, waitReplicas, nowUs, access }: RedisQueueStoreOptions) {
    this.#readiness = new RedisReadiness({
      redis: ticks,
      others: [commands],
      waitReplicas,
      ...(access ? { access } : {}),
    });
    this.#commands = commands;
    this.#ticks = ticks;
    this.#waitReplicas = waitReplicas;
    this.#nowUs = nowUs;
  }

  readIndex(): Promise<Map<string, number>> {
    return known('read index', async () => {
      const entries = Object.entries(await this.#ticks.hgetall(indexKey));
      return new Map(entries.map(([roomId, startedUs]) => [roomId, Number(startedUs)]));
    });
  }
  addToIndex(rooms: Map<string, number>): Promise<void> {
    return known('add to index', async () => {
      if (rooms.size > 0) await this.#ticks.hset(indexKey, Object.fromEntries(rooms));
    });
  }
  removeFromIndex(roomId: string): Promise<void> {
    return known('remove from index', async () => {
      await this.#ticks.hdel(indexKey, roomId);
    });
  }

  async create(room: Room, startedUs: number, record: AuditRecord | null = null): Promise<CreateAnswer> {
    const own = [startedUs, room.version, ...recordArguments(record), ...settingArguments(room)];
    const given = this.#keysAnd(room.roomId, nothingKnown, own, auditKeys(room.roomId));
    const [word] = (await this.#run(this.#commands, 'create', given)) as [CreateAnswer];
    return word;
  }
  remove(
    roomId: string,
    cursor: RoomCursor,
    record: AuditRecord | null = null,
  ): Promise<Reply<'removed' | 'audit-moved'>> {
    const decodeAnswer = decode.decodeWord<'removed' | 'audit-moved'>;
    return this.#call('remove', roomId, cursor, recordArguments(record), decodeAnswer, auditKeys(roomId));
  }
  setRoom(
    room: Room,
    cursor: RoomCursor,
    changeId: string,
    record: AuditRecord | null = null,
  ): Promise<Reply<'changed' | 'conflict' | 'audit-moved'>> {
    const own = [changeId, room.version, ...recordArguments(record), ...settingArguments(room)];
    const decodeAnswer = decode.decodeWord<'changed' | 'conflict' | 'audit-moved'>;
    return this.#call('set_room', room.roomId, cursor, own, decodeAnswer, auditKeys(room.roomId));
  }

  async join(roomId: string, cursor: RoomCursor, ticketIds: string[]): Promise<Reply<JoinAnswer[]>> {
    boundedBatch(ticketIds, joinGatherMax);
    return this.#call('join', roomId, cursor, ticketIds.map(shortId), decode.decodeJoins);
  }
  async tick(
    roomId: string,
    cursor: RoomCursor,
    { readFrom, knownVersion, callerWallMs }: TickOptions,
  ): Promise<Reply<TickAnswer>> {
    const wallMs = Math.floor(callerWallMs);
    const own = [readFrom, knownVersion, wallMs];
    const tick = (): Promise<unknown> => this.#run(this.#ticks, 'tick', this.#keysAnd(roomId, cursor, own));
    let reply = await tick();
    if (decode.isPastRetention(reply)) {
      const [, , word] = (await this.#run(
        this.#ticks,
        'purge',
        this.#keysAnd(
          roomId,
          cursor,
          [wallMs, auditKeys(roomId).length],
          purgedKeys(roomId).slice(roomKeyNames.length),
        ),
      )) as string[];
      if (word === 'purged') reply = await tick();
    }
    return decode.decodeReply(reply, (answer) => decode.decodeTick(answer, roomId));
  }
  async sight(roomId: string, cursor: RoomCursor, sightings: Sighting[]): Promise<Reply<SightAnswer[]>> {
    boundedBatch(sightings, sightGatherMax);
    return this.#call('sight', roomId, cursor, sightings.flatMap(sightingArguments), (answer) =>
      decode.decodeSightings(answer, sightings),
    );
  }

  enter(roomId: string, cursor: RoomCursor, { ticketId, gen }: TicketRef): Promise<Reply<TicketAnswer>> {
    return this.#call('enter', roomId, cursor, [shortId(ticketId), gen], decode.decodeTicket);
  }
  extend(
    roomId: string,
    cursor: RoomCursor,
    { ticketId, gen, extension }: TicketRef & { extension: number },
  ): Promise<Reply<TicketAnswer | { kind: 'refused' }>> {
    return this.#call('extend', roomId, cursor, [shortId(ticketId), gen, extension], (answer) =>
      decode.decodeTicketOr(answer, 'refused'),
    );
  }
  return(
    roomId: string,
    cursor: RoomCursor,
    { ticketId, gen }: TicketRef,
  ): Promise<Reply<TicketAnswer | { kind: 'too-late' }>> {
    return this.#call('return', roomId, cursor, [shortId(ticketId), gen], (answer) =>
      decode.decodeTicketOr(answer, 'too-late'),
    );
  }
  leave(roomId: string, cursor: RoomCursor, { ticketId, gen }: TicketRef): Promise<Reply<TicketAnswer>> {
    return this.#call('leave', roomId, cursor, [shortId(ticketId), gen], decode.decodeTicket);
  }
  offerMove(
    roomId: string,
    cursor: RoomCursor,
    { codeName, ticket }: MoveOffer,
  ): Promise<Reply<TicketAnswer | { kind: 'taken' }>> {
    const keys = [codeKey(roomId, codeName)];
    const decodeAnswer = (answer: unknown) => decode.decodeTicketOr(answer, 'taken');
    return this.#call('offer_move', roomId, cursor, sightingArguments(ticket), decodeAnswer, keys);
  }
  move(
    roomId: string,
    cursor: RoomCursor,
    { codeName, callId }: { codeName: string; callId: string },
  ): Promise<Reply<MoveAnswer>> {
    return this.#call('move', roomId, cursor, [callId], decode.decodeMove, [codeKey(roomId, codeName)]);
  }

  async keepAlive(
    roomId: string,
    cursor: RoomCursor,
    sessions: { ticketId: string; number: number }[],
    proof: 'pass' | 'origin',
  ): Promise<Reply<KeepAliveAnswer[]>> {
    boundedBatch(sessions, keepAliveGatherMax);
    const own = sessions.flatMap(({ ticketId, number }) => [shortId(ticketId), number]);
    return this.#call('keep_alive', roomId, cursor, [proof, ...own], decode.decodeKeepAlives);
  }
  finish(
    roomId: string,
    cursor: RoomCursor,
    { ticketId, outcome, placesUsed, freesSeatInMs = 0 }: FinishedSession,
  ): Promise<Reply<FinishAnswer>> {
    const own = [shortId(ticketId), outcome, placesUsed, Math.floor(freesSeatInMs)];
    return this.#call('finish', roomId, cursor, own, decode.decodeFinish);
  }
  redeem(
    roomId: string,
    cursor: RoomCursor,
    { jti, callId, ticketId, epochId }: HandOverRef,
  ): Promise<Reply<RedeemAnswer>> {
    const own = [callId, shortId(ticketId), epochId];
    return this.#call('redeem', roomId, cursor, own, decode.decodeRedeem, [redeemedKey(roomId, jti)]);
  }

  async recover(
    memory: RoomMemory,
    callerWallMs: number,
  ): Promise<{ kind: 'deleted' } | Served<RecoverAnswer>> {
    boundedBatch(memory.ended, recoverEndedMax, 0);
    const reply = await this.#call(
      'recover',
      memory.room.roomId,
      memory,
      memoryArguments(memory, callerWallMs),
      decode.decodeWord<RecoverAnswer>,
    );
    return reply as { kind: 'deleted' } | Served<RecoverAnswer>;
  }

  ready(): Promise<StoreState> {
    return this.#readiness.check();
  }
  async close(): Promise<void> {
    this.#readiness.close();
    this.#commands.disconnect();
    this.#ticks.disconnect();
  }

  async #call<Answer>(
    name: ScriptName,
    roomId: string,
    cursor: RoomCursor,
    own: Argument[],
    decodeAnswer: (answer: unknown) => Answer,
    moreKeys: string[] = [],
  ): Promise<Reply<Answer>> {
    const reply = await this.#run(this.#commands, name, this.#keysAnd(roomId, cursor, own, moreKeys));
    return decode.decodeReply(reply, decodeAnswer);
  }

  #keysAnd(roomId: string, cursor: RoomCursor, own: Argument[], moreKeys: string[] = []): Argument[] {
    const { epochNumber, epochId, eventNumber, lastOrder } = cursor;
    const now = this.#nowUs ? this.#nowUs() : '';
    return [...roomKeys(roomId), ...moreKeys, now, epochNumber, epochId, eventNumber, lastOrder, ...own];
  }

  #run(redis: RedisClient, name: ScriptName, keysAndArguments: Argument[]): Promise<unknown> {
    return runScript(redis, name, keysAndArguments, this.#waitReplicas);
  }
}
