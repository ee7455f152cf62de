/** How a key is told to those who look after keys, and to the audit: never its secret, never its hash. */
import type { Actor, KeyHolder, Scope } from '../domain/actor.ts';
import type { ApiKey, KeyState } from '../domain/api-key.ts';
import type { KnownKeys } from './known-keys.ts';

/** A key as it is told. */
export type KeyView = {
  keyId: string;
  name: string;
  scope: Scope;
  roomIds: readonly string[] | null;
  state: KeyState;
  /** Null: of the settings. */
  createdAtMs: number | null;
  createdBy: Actor | null;
  expiresAtMs: number | null;
  revokedAtMs: number | null;
  revokedBy: string | null;
  /** As far as is known; a replica tells of its own every ten seconds. */
  lastUsedAtMs: number | null;
};

/** A key that was made, as it stands now by this replica's wall clock. */
export function viewOfKey({ hash: _hash, ...shown }: ApiKey, known: KnownKeys): KeyView {
  const { keyId, expiresAtMs } = shown;
  const revocation = known.revocation(keyId);
  return {
    ...shown,
    state: known.stateOf({ keyId, expiresAtMs }),
    revokedAtMs: revocation?.atMs ?? null,
    revokedBy: revocation?.by ?? null,
    lastUsedAtMs: known.uses.get(keyId) ?? null,
  };
}

/** A key that the settings name: active as long as they do. */
export function viewOfSettingsKey(holder: KeyHolder, known: KnownKeys): KeyView {
  const never = { createdAtMs: null, createdBy: null, expiresAtMs: null, revokedAtMs: null, revokedBy: null };
  return { ...holder, state: 'active', ...never, lastUsedAtMs: known.uses.get(holder.keyId) ?? null };
}

/** What the audit says of a new key. */
export function auditedView({ keyId, name, scope, roomIds, expiresAtMs }: KeyView): object {
  const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
  return { keyId, name, scope, roomIds, expiresAt };
}
