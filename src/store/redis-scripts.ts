/**
 * Registers the Lua transitions with ioredis. A script is its own file with the shared parts it needs joined
 * in front, its `#!lua` line first (otherwise it does not compile).
 */
import { readFileSync } from 'node:fs';
import type { Redis, Result } from 'ioredis';
import { instantOf, type Room } from '../domain/room.ts';
import { roomKeyNames } from './redis-keys.ts';

const room = '_room';
const tickets = '_tickets';
const release = '_release';
const sightings = '_sightings';
const settings = '_settings';

/** Each transition, and the shared parts in front of it. */
export const scriptParts = {
  create: [room, settings],
  remove: [room, settings],
  set_room: [room, settings],
  recover: [room, tickets, settings],
  join: [room, tickets, release],
  tick: [room, tickets, release],
  sight: [room, tickets, sightings],
  enter: [room, tickets],
  extend: [room, tickets],
  return: [room, tickets],
  leave: [room, tickets],
  keep_alive: [room, tickets],
  finish: [room, tickets],
  redeem: [room, tickets],
} as const;

export type ScriptName = keyof typeof scriptParts;
/** The command a script is registered as: `guichet_join`. */
export type ScriptCommand = `guichet_${ScriptName}`;

const folder = new URL('./lua/', import.meta.url);

/** A script as Redis gets it. */
export function scriptText(name: ScriptName): string {
  const [shebang = '', ...body] = readFileSync(new URL(`${name}.lua`, folder), 'utf8').split('\n');
  const parts = scriptParts[name].map((part) => readFileSync(new URL(`${part}.lua`, folder), 'utf8'));
  return [shebang, ...parts, body.join('\n')].join('\n');
}

/** Makes every transition a command of this client; ioredis loads a script again where it is missing. */
export function registerScripts(redis: Redis): void {
  for (const name of Object.keys(scriptParts) as ScriptName[]) {
    const numberOfKeys = roomKeyNames.length + (name === 'redeem' ? 1 : 0);
    redis.defineCommand(`guichet_${name}`, { numberOfKeys, lua: scriptText(name) });
  }
}

/** The keys, then the arguments; what comes back is decoded in redis-replies.ts. */
type ScriptCall<Context extends { type: 'default' | 'pipeline' }> = (
  ...keysAndArguments: (string | number)[]
) => Result<unknown, Context>;
type ScriptCalls<Context extends { type: 'default' | 'pipeline' }> = {
  [command in ScriptCommand]: ScriptCall<Context>;
};

declare module 'ioredis' {
  // biome-ignore lint: an interface is what merges with the library's own
  interface RedisCommander<Context> extends ScriptCalls<Context> {}
}

/** State, texts and numbers of a room in the order of `setting_names` in store/lua/_room.lua. */
export function settingArguments({ state, policy, notice, reason }: Room): (string | number)[] {
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
  ];
}
