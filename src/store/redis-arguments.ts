/** Encodes what the scripts are given; what they reply is decoded in redis-replies.ts. */
import { instantOf, type Room } from '../domain/room.ts';
import type { RoomMemory, Sighting } from './queue-store.ts';
import { shortId } from './redis-keys.ts';

export type Argument = string | number;

/** State, texts and numbers of a room in the order of `setting_names` in store/lua/_room.lua. */
export function settingArguments({ state, policy, notice, reason }: Room): Argument[] {
  return [
    state,
    JSON.stringify(policy),
    JSON.stringify(notice),
    JSON.stringify(reason),
    policy.capacity,
    policy.outflowPerMinute,
    policy.batchSizeMax,
    policy.releaseEveryMs,
    policy.presentWithinMs,
    policy.abandonAfterMs,
    policy.enterWithinMs,
    policy.sessionTtlMs,
    policy.returnWithinMs,
    policy.recoverWithinMs,
    policy.ticketsMax,
    policy.places ?? -1,
    policy.placesPerVisitorMax,
    instantOf(policy.joinFrom),
    instantOf(policy.opensAt),
    instantOf(policy.closesAt),
    deliveryHold(policy),
    policy.retainDays,
  ];
}

/** 0: told to nobody; -1: never held. */
function deliveryHold({ delivery }: Room['policy']): number {
  return delivery === null ? 0 : delivery.holdAfterMs || -1;
}

/** What a caller remembers of a room, as `recover` takes it. */
export function memoryArguments(memory: RoomMemory, callerWallMs: number): Argument[] {
  const { room, ended } = memory;
  return [
    memory.startedUs,
    room.version,
    memory.lastNumber,
    memory.frontier,
    memory.placesUsed,
    memory.held,
    memory.clockMs,
    Math.max(0, Math.floor(callerWallMs - memory.rememberedAtMs)),
    memory.purgedUs,
    ...settingArguments(room),
    ...ended.flatMap(({ ticketId, outcome, placesUsed }) => [shortId(ticketId), outcome, placesUsed]),
  ];
}

/** A ticket as its token tells it. */
export function sightingArguments({ ticketId, number, order, gen, expiresAtMs }: Sighting): Argument[] {
  return [shortId(ticketId), number, order, gen, expiresAtMs];
}
