/**
 * Names of the keys in Redis. All keys of a room share the hash tag `{roomId}`, so a room lives on one shard
 * and a script touches one room only. The index of rooms has a tag of its own.
 */
import { emailMinutes } from '../domain/email.ts';

/** A room's keys in the order every script takes them (store/lua/_room.lua names them). */
export function roomKeys(roomId: string): string[] {
  return roomKeyNames.map((name) => `guichet:{${roomId}}:${name}`);
}

export const roomKeyNames = [
  'room',
  'tickets',
  'completed',
  'queue',
  'parked',
  'lapsed',
  'admitted',
  'sessions',
  'spent',
  'events',
  'frame',
  'outbox',
  'dead-letters',
] as const;

/** What is kept of e-mails asked for, behind a room's keys, in the order of store/lua/_email.lua. */
export function emailKeys(roomId: string): string[] {
  return [...roomKeys(roomId), ...emailKeyNames.map((name) => `guichet:{${roomId}}:emails:${name}`)];
}

export const emailKeyNames = [
  'records',
  'ends',
  'claimed',
  'again',
  ...emailMinutes.map((minutes) => `under-${minutes}`),
  'sweep-from',
];

/** Stream and head of an audit: a room's, or (null) the service's. No room id has a dot, so the tag is no room's. */
export function auditKeys(roomId: string | null): string[] {
  const tag = roomId ?? 'service.audit';
  return [`guichet:{${tag}}:audit`, `guichet:{${tag}}:audit-head`];
}

/** Hash: the room's changes that wait for a second person. */
export function proposalsKey(roomId: string): string {
  return `guichet:{${roomId}}:proposals`;
}

/** The levels of a room's timeline, finest first: streams, in the order of `timelineLevels`. */
export function timelineKeys(roomId: string): string[] {
  return timelineKeyNames.map((name) => `guichet:{${roomId}}:timeline:${name}`);
}

export const timelineKeyNames = ['5s', '1m', '10m'] as const;

/**
 * The room's own hash, which stays, and every key that goes when its retention is over, for store/lua/purge.lua. A
 * feature that keeps something of people names its keys here; those that end by themselves are not in it. The audit's
 * come last: what operators do with the room afterwards is put down anew.
 */
export function purgedKeys(roomId: string): string[] {
  return [...emailKeys(roomId), ...timelineKeys(roomId), ...auditKeys(roomId)];
}

/** The key that notes which call had a hand-over. */
export function redeemedKey(roomId: string, jti: string): string {
  return `guichet:{${roomId}}:redeemed:${jti}`;
}

/** The key that notes which ticket a resume code moves; `codeName` is no secret. */
export function codeKey(roomId: string, codeName: string): string {
  return `guichet:{${roomId}}:resume:${codeName}`;
}

/** The key that notes which tickets named an e-mail address; `addressName` is no address. */
export function namedByKey(roomId: string, addressName: string): string {
  return `guichet:{${roomId}}:email-named-by:${addressName}`;
}

/** The key that holds a ticket's request for an e-mail, among others. */
export function emailRecordsKey(roomId: string): string {
  return `guichet:{${roomId}}:emails:records`;
}

/** Hash: roomId → start of its run in µs. No room id has a dot, so the tag is no room's. */
export const indexKey = 'guichet:{rooms.index}';

/** What is kept of API keys, in the order of store/lua/_api_keys.lua. They are no room's, either. */
export const apiKeysKeys: readonly string[] = [
  'guichet:{api.keys}',
  'guichet:{api.keys}:revoked',
  'guichet:{api.keys}:used',
  'guichet:{api.keys}:version',
];
/** Hash: replica → when it was last heard of, and what it said of itself. */
export const replicasKey = 'guichet:{replicas.index}';

/** What is kept of alarms, in the order of store/lua/_alarms.lua. The tag is no room's either. */
export const alarmKeys = ['state', 'replicas', 'votes', 'raised', 'cleared', 'outbox', 'channels'].map(
  (name) => `guichet:{alarms.index}:${name}`,
);

/** A UUID as its 16 bytes in base64url: 22 characters instead of 36, a seventh of a waiting ticket's memory. */
export function shortId(uuid: string): string {
  // By hand, 0.2 µs; through a Buffer of hex, 1 µs. Three digits of hex are two of base64url.
  let to = 0;
  for (let at = 0; at < 30; at += 3) {
    to = writeTwo((hexAt(uuid, at) << 8) | (hexAt(uuid, at + 1) << 4) | hexAt(uuid, at + 2), to);
  }
  writeTwo((hexAt(uuid, 30) << 8) | (hexAt(uuid, 31) << 4), to);
  return shortBytes.toString('latin1');
}

const shortBytes = Buffer.alloc(22);
/** Where a UUID's 32 digits stand. */
const hexPlaces = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx'
  .split('')
  .flatMap((sign, at) => (sign === '-' ? [] : [at]));
const hexValues = new Uint8Array(128);
for (const [value, digit] of '0123456789abcdef'.split('').entries()) {
  hexValues[digit.charCodeAt(0)] = value;
  hexValues[digit.toUpperCase().charCodeAt(0)] = value;
}
const base64url = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 'latin1');

function hexAt(uuid: string, at: number): number {
  return hexValues[uuid.charCodeAt(hexPlaces[at] as number)] as number;
}

function writeTwo(bits: number, to: number): number {
  shortBytes[to] = base64url[bits >> 6] as number;
  shortBytes[to + 1] = base64url[bits & 63] as number;
  return to + 2;
}

/** The UUID of a short id. */
export function longId(short: string): string {
  const hex = Buffer.from(short, 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
