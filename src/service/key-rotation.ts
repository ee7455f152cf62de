/**
 * The steps of a rotation, on a keys file as it is kept. A key's life: next (last in its ring: published, verifies,
 * signs nothing yet) → signs (first) → retired (verifies what it signed) → dropped. Every step is one for all rings,
 * and a step taken twice, or out of turn, changes nothing and says so.
 */
import { policyNumbers } from '../domain/room.ts';
import { queueTokenTtlMs } from '../domain/ticket.ts';
import {
  type KeyUse,
  keyUses,
  newStoredKey,
  type StoredKey,
  type StoredKeys,
  storedWebhookRing,
} from './signing-keys.ts';

/** A checker may keep the JWKS for so long, and a replica may hear of a new file so late. */
const lateMs = 300_000;
/** How long what a retired key signed may still be good, at most. */
const overAfterMs: { readonly [use in KeyUse]: number } = {
  queue: queueTokenTtlMs + lateMs,
  // Hand-overs live for a minute; receivers of webhooks, and rings derived from this one, get as long as visitors.
  handOver: queueTokenTtlMs + lateMs,
  webhook: queueTokenTtlMs + lateMs,
  pass: policyNumbers.sessionTtlMs.max + lateMs,
  passRsa: policyNumbers.sessionTtlMs.max + lateMs,
};

export type KeyState = 'signs' | 'next' | 'retired';
export type ListedKey = {
  use: KeyUse;
  kid: string;
  state: KeyState;
  retiredAt: string | null;
  /** From when on it may be dropped. */
  overAt: string | null;
};

/** Every key, ring by ring; no secret. */
export function listKeys(stored: StoredKeys): ListedKey[] {
  return keyUses.flatMap((use) =>
    (stored[use] ?? []).map((key, index) => {
      const { kid, retiredAt = null } = key;
      const state = index === 0 ? 'signs' : retiredAt === null ? 'next' : 'retired';
      const overAt = state === 'retired' ? new Date(overAtMs(key, use)).toISOString() : null;
      return { use, kid, state, retiredAt, overAt };
    }),
  );
}

/**
 * A next key at the end of each ring that has none; a ring that an older file lacks is made, `webhook` with the
 * secrets that were in use. `added`: what is new.
 */
export function addNextKeys(stored: StoredKeys): { stored: StoredKeys; added: ListedKey[] } {
  const result = { ...stored, webhook: stored.webhook ?? storedWebhookRing(stored.handOver ?? []) };
  for (const use of keyUses) {
    const ring = result[use] ?? [];
    if (nextKeyOf(ring) === undefined) result[use] = [...ring, newStoredKey(use)];
  }
  const before = new Set(listKeys(stored).map(({ kid }) => kid));
  return { stored: result, added: listKeys(result).filter(({ kid }) => !before.has(kid)) };
}

/** The next key of each ring moves first, and the one that signed until now is retired. `used`: what signs from now on. */
export function useNextKeys(stored: StoredKeys, nowMs: number): { stored: StoredKeys; used: ListedKey[] } {
  const result = { ...stored };
  const moved = new Set<string>();
  for (const use of keyUses) {
    const ring = result[use] ?? [];
    const next = nextKeyOf(ring);
    const [current] = ring;
    if (next === undefined || current === undefined) continue;
    const others = ring.filter((key) => key !== next && key !== current);
    result[use] = [next, { ...current, retiredAt: new Date(nowMs).toISOString() }, ...others];
    moved.add(next.kid);
  }
  return { stored: result, used: listKeys(result).filter(({ kid }) => moved.has(kid)) };
}

/** Retired keys go whose tokens are all over; with `force` all that are retired. `kept`: those that stay for now. */
export function dropRetiredKeys(
  stored: StoredKeys,
  { nowMs, force }: { nowMs: number; force: boolean },
): { stored: StoredKeys; dropped: ListedKey[]; kept: ListedKey[] } {
  const retired = listKeys(stored).filter(({ state }) => state === 'retired');
  const isOver = ({ overAt }: ListedKey): boolean => force || Date.parse(overAt ?? '') <= nowMs;
  const dropped = retired.filter(isOver);
  const gone = new Set(dropped.map(({ kid }) => kid));
  const result = { ...stored };
  for (const use of keyUses) {
    const ring = result[use];
    if (ring) result[use] = ring.filter(({ kid }) => !gone.has(kid));
  }
  return { stored: result, dropped, kept: retired.filter((key) => !isOver(key)) };
}

function nextKeyOf(ring: readonly StoredKey[]): StoredKey | undefined {
  return ring.findLast((key, index) => index > 0 && key.retiredAt === undefined);
}

function overAtMs({ retiredAt = '' }: StoredKey, use: KeyUse): number {
  return Date.parse(retiredAt) + overAfterMs[use];
}
