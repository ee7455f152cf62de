/**
 * API keys that were made while the service runs. A key is a record that never changes, and perhaps a revocation that
 * is never taken back: what two replicas know of the keys is brought together by union, and the revoked stay revoked.
 */
import { type Actor, type KeyHolder, type Scope, scopes } from './actor.ts';
import { isRoomId } from './room.ts';

/** Records kept, those of revoked keys included until their place is needed. */
export const apiKeysMax = 1_000;
/** Keys whose records are gone and that are remembered as revoked. */
export const revokedMax = 10_000;
export const keyNameLengthMax = 100;
/** Rooms that one key may name. */
export const keyRoomsMax = 100;
/** An expired key keeps its place for so long, in case a clock was wrong. */
const expiredKeptMs = 30 * 86_400_000;

/** What a key is. Of its secret only `hash` is kept: SHA-256 in hex. */
export type ApiKey = KeyHolder & {
  hash: string;
  createdAtMs: number;
  createdBy: Actor;
  /** Opens nothing from then on, by the wall clock of whoever is asked; null: never expires. */
  expiresAtMs: number | null;
};

/** `by`: the name of who revoked it. */
export type KeyRevocation = { keyId: string; atMs: number; by: string };

export const keyStates = ['active', 'expired', 'revoked'] as const;
export type KeyState = (typeof keyStates)[number];

export function isExpired({ expiresAtMs }: Pick<ApiKey, 'expiresAtMs'>, nowMs: number): boolean {
  return expiresAtMs !== null && nowMs >= expiresAtMs;
}

/** Expired for so long that its place may be another's. */
export function isLongExpired(key: ApiKey, nowMs: number): boolean {
  return isExpired(key, nowMs - expiredKeptMs);
}

/** One line of text that people can tell keys apart by. */
export function isKeyName(name: string): boolean {
  return name.length <= keyNameLengthMax && name.trim() === name && /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u.test(name);
}

/** Names a key; no secret. */
export function isKeyId(text: string): boolean {
  return /^[\da-z-]{1,64}$/.test(text);
}

/** A record as it was kept; null for what is none. */
export function parseApiKey(text: string): ApiKey | null {
  const found = parsedObject(text);
  if (!found) return null;
  const { keyId, name, scope, roomIds, hash, createdAtMs, createdBy, expiresAtMs } = found;
  const isWhole =
    typeof keyId === 'string' &&
    isKeyId(keyId) &&
    typeof name === 'string' &&
    scopes.includes(scope as Scope) &&
    (roomIds === null || isRoomList(roomIds)) &&
    typeof hash === 'string' &&
    /^[\da-f]{64}$/.test(hash) &&
    Number.isSafeInteger(createdAtMs) &&
    isActor(createdBy) &&
    (expiresAtMs === null || Number.isSafeInteger(expiresAtMs));
  if (!isWhole) return null;
  return { keyId, name, scope, roomIds, hash, createdAtMs, createdBy, expiresAtMs } as ApiKey;
}

/** A revocation as it was kept. What cannot be read still revokes: `by` is then unknown. */
export function parseRevocation(keyId: string, text: string): KeyRevocation {
  const { atMs, by } = parsedObject(text) ?? {};
  return {
    keyId,
    atMs: Number.isSafeInteger(atMs) ? (atMs as number) : 0,
    by: typeof by === 'string' ? by : '?',
  };
}

function parsedObject(text: string): { [field: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as { [field: string]: unknown }) : null;
  } catch {
    return null;
  }
}

function isRoomList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((roomId) => typeof roomId === 'string' && isRoomId(roomId))
  );
}

function isActor(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { keyId, name } = value as { [field: string]: unknown };
  return (keyId === null || typeof keyId === 'string') && typeof name === 'string';
}
