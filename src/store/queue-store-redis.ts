/**
 * The port on Redis: one script call a method. With `waitReplicas` every call is a pipeline [script, WAIT] on
 * one connection, and counts only when the script's own reply is good and WAIT names enough replicas:
 * Redis answers before its replicas have a write, and a failover then forgets it.
 *
 * Visitors' writes and the ticks use two connections, because a WAIT holds back what is queued behind it.
 * Not here: retrying (service/room-link.ts), and what to do about a store that knows less.
 */
import type { Redis } from 'ioredis';
import type { Room } from '../domain/room.ts';
import {
  boundedBatch,
  joinGatherMax,
  keepAliveGatherMax,
  type QueueStore,
  type Reply,
  type RoomCursor,
  recoverEndedMax,
  type Served,
  type Sighting,
  StoreUnknownError,
  sightGatherMax,
} from './queue-store.ts';
import { indexKey, redeemedKey, roomKeys, shortId } from './redis-keys.ts';
import * as decode from './redis-replies.ts';
import { type ScriptName, settingArguments } from './redis-scripts.ts';

/** How long a WAIT may take; below the connection's command timeout. */
const waitTimeoutMs = 1_000;

export type RedisQueueStoreOptions = {
  /** For what visitors, origins and operators do. */
  commands: Redis;
  /** For ticks and the index. */
  ticks: Redis;
  /** Replicas that must have each write before it counts; 0: the master's word is enough. */
  waitReplicas: number;
  /** Tests pass the store's wall clock, µs; else the server's own. */
  nowUs?: () => number;
};

type Argument = string | number;

const nothingKnown: RoomCursor = { epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 };

/** The port on Redis. The caller owns nothing after `close`, which ends both connections. */
export function redisQueueStore(options: RedisQueueStoreOptions): QueueStore {
  const { commands, ticks, waitReplicas, nowUs } = options;

  /** Runs one script, confirmed; rejects with StoreUnknownError when the result is not known. */
  async function run(redis: Redis, name: ScriptName, keysAndArguments: Argument[]): Promise<unknown> {
    try {
      if (waitReplicas === 0) return await redis[`guichet_${name}`](...keysAndArguments);
      const results = await redis
        .pipeline()
        [`guichet_${name}`](...keysAndArguments)
        .wait(waitReplicas, waitTimeoutMs)
        .exec();
      const [script, wait] = results ?? [];
      if (!script || script[0]) throw script?.[0] ?? new Error('no reply');
      if (!wait || wait[0]) throw wait?.[0] ?? new Error('no confirmation');
      if (Number(wait[1]) < waitReplicas) {
        throw new Error(`confirmed by ${String(wait[1])} of ${waitReplicas} replicas`);
      }
      return script[1];
    } catch (error) {
      throw new StoreUnknownError(
        `${name}: ${error instanceof Error ? error.message : String(error)}`,
        error,
      );
    }
  }

  function keysAnd(roomId: string, cursor: RoomCursor, own: Argument[], moreKeys: string[] = []): Argument[] {
    const { epochNumber, epochId, eventNumber, lastOrder } = cursor;
    return [
      ...roomKeys(roomId),
      ...moreKeys,
      nowUs ? nowUs() : '',
      epochNumber,
      epochId,
      eventNumber,
      lastOrder,
      ...own,
    ];
  }

  async function call<Answer>(
    name: ScriptName,
    roomId: string,
    cursor: RoomCursor,
    own: Argument[],
    decodeAnswer: (answer: unknown) => Answer,
  ): Promise<Reply<Answer>> {
    return decode.decodeReply(await run(commands, name, keysAnd(roomId, cursor, own)), decodeAnswer);
  }

  async function index<Value>(action: string, ask: () => Promise<Value>): Promise<Value> {
    try {
      return await ask();
    } catch (error) {
      throw new StoreUnknownError(`${action}: ${(error as Error).message}`, error);
    }
  }

  return {
    readIndex: () =>
      index('read index', async () => {
        const entries = Object.entries(await ticks.hgetall(indexKey));
        return new Map(entries.map(([roomId, startedUs]) => [roomId, Number(startedUs)]));
      }),
    addToIndex: (rooms) =>
      index('add to index', async () => {
        if (rooms.size > 0) await ticks.hset(indexKey, Object.fromEntries(rooms));
      }),
    removeFromIndex: (roomId) =>
      index('remove from index', async () => {
        await ticks.hdel(indexKey, roomId);
      }),

    async create(room: Room, startedUs: number) {
      const own = [startedUs, room.version, ...settingArguments(room)];
      const [word] = (await run(commands, 'create', keysAnd(room.roomId, nothingKnown, own))) as string[];
      return word as 'created' | 'exists' | 'deleted';
    },
    remove: (roomId, cursor) => call('remove', roomId, cursor, [], decode.decodeWord<'removed'>),
    setRoom: (room, cursor, changeId) =>
      call(
        'set_room',
        room.roomId,
        cursor,
        [changeId, room.version, ...settingArguments(room)],
        decode.decodeWord<'changed' | 'conflict'>,
      ),

    async join(roomId, cursor, ticketIds) {
      boundedBatch(ticketIds, joinGatherMax);
      return call('join', roomId, cursor, ticketIds.map(shortId), decode.decodeJoins);
    },
    async tick(roomId, cursor, { readFrom, knownVersion, callerWallMs }) {
      const keysAndArguments = keysAnd(roomId, cursor, [readFrom, knownVersion, Math.floor(callerWallMs)]);
      const reply = await run(ticks, 'tick', keysAndArguments);
      return decode.decodeReply(reply, (answer) => decode.decodeTick(answer, roomId));
    },
    async sight(roomId, cursor, sightings) {
      boundedBatch(sightings, sightGatherMax);
      return call('sight', roomId, cursor, sightings.flatMap(sightingArguments), decode.decodeTickets);
    },

    enter: (roomId, cursor, { ticketId, gen }) =>
      call('enter', roomId, cursor, [shortId(ticketId), gen], decode.decodeTicket),
    extend: (roomId, cursor, { ticketId, gen, extension }) =>
      call('extend', roomId, cursor, [shortId(ticketId), gen, extension], (answer) =>
        decode.decodeTicketOr(answer, 'refused'),
      ),
    return: (roomId, cursor, { ticketId, gen }) =>
      call('return', roomId, cursor, [shortId(ticketId), gen], (answer) =>
        decode.decodeTicketOr(answer, 'too-late'),
      ),
    leave: (roomId, cursor, { ticketId, gen }) =>
      call('leave', roomId, cursor, [shortId(ticketId), gen], decode.decodeTicket),

    async keepAlive(roomId, cursor, sessions, proof) {
      boundedBatch(sessions, keepAliveGatherMax);
      const own = sessions.flatMap(({ ticketId, number }) => [shortId(ticketId), number]);
      return call('keep_alive', roomId, cursor, [proof, ...own], decode.decodeKeepAlives);
    },
    finish: (roomId, cursor, { ticketId, outcome, placesUsed }) =>
      call('finish', roomId, cursor, [shortId(ticketId), outcome, placesUsed], decode.decodeFinish),
    async redeem(roomId, cursor, { jti, callId, ticketId, epochId }) {
      const own = [callId, shortId(ticketId), epochId];
      const keysAndArguments = keysAnd(roomId, cursor, own, [redeemedKey(roomId, jti)]);
      return decode.decodeReply(await run(commands, 'redeem', keysAndArguments), decode.decodeRedeem);
    },

    async recover(memory, callerWallMs) {
      boundedBatch(memory.ended, recoverEndedMax, 0);
      const { room, ended } = memory;
      const own = [
        memory.startedUs,
        room.version,
        memory.lastNumber,
        memory.frontier,
        memory.placesUsed,
        memory.held,
        memory.clockMs,
        Math.max(0, Math.floor(callerWallMs - memory.rememberedAtMs)),
        ...settingArguments(room),
        ...ended.flatMap(({ ticketId, outcome, placesUsed }) => [shortId(ticketId), outcome, placesUsed]),
      ];
      const reply = decode.decodeReply(
        await run(commands, 'recover', keysAnd(room.roomId, memory, own)),
        decode.decodeWord<'recovered' | 'known' | 'forgotten'>,
      );
      return reply as { kind: 'deleted' } | Served<'recovered' | 'known' | 'forgotten'>;
    },

    async ready() {
      try {
        return profileOf(await ticks.info());
      } catch (error) {
        return { ready: false, why: `Redis does not answer: ${(error as Error).message}` };
      }
    },
    async close() {
      commands.disconnect();
      ticks.disconnect();
    },
  };
}

function sightingArguments({ ticketId, number, order, gen, expiresAtMs }: Sighting): Argument[] {
  return [shortId(ticketId), number, order, gen, expiresAtMs];
}

/** Whether this Redis can keep the promises, from what INFO shows. */
function profileOf(info: string): { ready: true } | { ready: false; why: string } {
  const value = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (value('loading') === '1') return { ready: false, why: 'Redis is loading its data' };
  if (value('role') !== 'master') return { ready: false, why: 'this Redis is a replica' };
  if (value('maxmemory') !== '0' && value('maxmemory_policy') !== 'noeviction') {
    return { ready: false, why: 'maxmemory-policy must be noeviction, or Redis throws tickets away' };
  }
  return { ready: true };
}
