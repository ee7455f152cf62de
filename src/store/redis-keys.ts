/**
 * Names of the keys in Redis. All keys of a room share the hash tag `{roomId}`, so a room lives on one shard
 * and a script touches one room only. The index of rooms has a tag of its own.
 */

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
] as const;

/** The key that notes which call had a hand-over. */
export function redeemedKey(roomId: string, jti: string): string {
  return `guichet:{${roomId}}:redeemed:${jti}`;
}

/** Hash: roomId → start of its run in µs. No room id has a dot, so the tag is no room's. */
export const indexKey = 'guichet:{rooms.index}';

/** A UUID as its 16 bytes in base64url: 22 characters instead of 36, a seventh of a waiting ticket's memory. */
export function shortId(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}

/** The UUID of a short id. */
export function longId(short: string): string {
  const hex = Buffer.from(short, 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
