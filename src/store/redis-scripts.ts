/**
 * Registers the Lua transitions with ioredis. A script is its own file with the shared parts it needs joined
 * in front, its `#!lua` line first (otherwise it does not compile).
 */
import { readFileSync } from 'node:fs';
import type { Redis, Result } from 'ioredis';
import { alarmKeys, emailKeyNames, roomKeyNames } from './redis-keys.ts';

const room = '_room';
const tickets = '_tickets';
const codes = '_codes';
const outbox = '_outbox';
const release = '_release';
const sightings = '_sightings';
const settings = '_settings';
const email = '_email';
const delivery = '_delivery';
const alarms = '_alarms';

/** Each transition of the queue, and the shared parts in front of it. */
export const scriptParts = {
  create: [room, settings],
  remove: [room, settings],
  set_room: [room, settings],
  recover: [room, tickets, settings],
  join: [room, tickets, outbox, release],
  tick: [room, tickets, outbox, release],
  sight: [room, tickets, sightings],
  enter: [room, tickets],
  extend: [room, tickets],
  return: [room, tickets],
  leave: [room, tickets],
  offer_move: [room, tickets, codes],
  move: [room, tickets, sightings, codes],
  keep_alive: [room, tickets],
  finish: [room, tickets],
  redeem: [room, tickets],
} as const;

/** The same for e-mails asked for: they read a room and leave it as it is. */
const emailScriptParts = {
  email_ask: [room, tickets, email],
  email_withdraw: [room, tickets, email],
  email_claim: [room, tickets, email],
  email_begin: [room, tickets, email],
  email_settle: [room, tickets, email],
  email_forget: [room, tickets, email],
} as const;

/** The same for batches on their way to the origin. */
const deliveryScriptParts = {
  delivery_claim: [room, outbox, delivery],
  delivery_renew: [room, outbox, delivery],
  delivery_settle: [room, outbox, delivery],
  delivery_read: [room, outbox, delivery],
  delivery_resend: [room, outbox, delivery],
} as const;

/** Of the alarms, which belong to no room. */
const alarmScriptParts = {
  alarm_report: [alarms],
  alarm_leave: [alarms],
  alarm_claim: [alarms],
  alarm_renew: [alarms],
  alarm_settle: [alarms],
} as const;

/** Every script. */
export const allScriptParts = {
  ...scriptParts,
  ...emailScriptParts,
  ...deliveryScriptParts,
  ...alarmScriptParts,
};

export type ScriptName = keyof typeof allScriptParts;
/** The command a script is registered as: `guichet_join`. */
export type ScriptCommand = `guichet_${ScriptName}`;

/** Scripts that take a key of their own after those that all of their kind take. */
const withOneKeyMore: readonly ScriptName[] = ['redeem', 'offer_move', 'move', 'email_ask'];

export function numberOfKeys(name: ScriptName): number {
  if (name in alarmScriptParts) return alarmKeys.length;
  const ofItsKind = roomKeyNames.length + (name in emailScriptParts ? emailKeyNames.length : 0);
  return ofItsKind + (withOneKeyMore.includes(name) ? 1 : 0);
}

const folder = new URL('./lua/', import.meta.url);

/** A script as Redis gets it. */
export function scriptText(name: ScriptName): string {
  const [shebang = '', ...body] = readFileSync(new URL(`${name}.lua`, folder), 'utf8').split('\n');
  const parts = allScriptParts[name].map((part) => readFileSync(new URL(`${part}.lua`, folder), 'utf8'));
  return [shebang, ...parts, body.join('\n')].join('\n');
}

/** Makes every script a command of this client; ioredis loads a script again where it is missing. */
export function registerScripts(redis: Redis): void {
  for (const name of Object.keys(allScriptParts) as ScriptName[]) {
    redis.defineCommand(`guichet_${name}`, { numberOfKeys: numberOfKeys(name), lua: scriptText(name) });
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
