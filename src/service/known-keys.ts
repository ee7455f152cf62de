/**
 * The API keys as this replica knows them, in memory: each request is judged by this alone, so a store that is away
 * locks nobody out. It grows by union with what the store says; what the store lacks is given back to it. A revocation
 * is never forgotten, wherever it was learnt.
 */
import type { KeyHolder } from '../domain/actor.ts';
import {
  type ApiKey,
  isExpired,
  isLongExpired,
  type KeyRevocation,
  type KeyState,
} from '../domain/api-key.ts';
import type { Clock } from '../domain/clock.ts';
import type { KeptKeys, LastUses } from '../store/api-key-store.ts';

type KnownKey = { key: ApiKey; holder: KeyHolder };

/** What the store lacks of what is known here. */
export type MissingKeys = { keys: ApiKey[]; revocations: KeyRevocation[] };

export class KnownKeys {
  readonly #clock: Clock;
  readonly #keys = new Map<string, KnownKey>();
  readonly #byHash = new Map<string, KnownKey>();
  readonly #revocations = new Map<string, KeyRevocation>();
  readonly #uses = new Map<string, number>();
  /** Used since they were last told. */
  #usedSince = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Who holds the key of this hash; null: nobody, it is revoked or it has expired. Notes its use. */
  find(hash: string): KeyHolder | null {
    const known = this.#byHash.get(hash);
    if (known === undefined || this.stateOf(known.key) !== 'active') return null;
    this.noteUse(known.key.keyId);
    return known.holder;
  }

  /** By this replica's wall clock, now. */
  stateOf(key: Pick<ApiKey, 'keyId' | 'expiresAtMs'>): KeyState {
    if (this.#revocations.has(key.keyId)) return 'revoked';
    return isExpired(key, this.#clock.wallMs()) ? 'expired' : 'active';
  }

  /** The key was used now; a clock that stepped back takes nothing back. */
  noteUse(keyId: string): void {
    this.#uses.set(keyId, Math.max(this.#uses.get(keyId) ?? 0, this.#clock.wallMs()));
    this.#usedSince.add(keyId);
  }

  key(keyId: string): ApiKey | null {
    return this.#keys.get(keyId)?.key ?? null;
  }

  ofHash(hash: string): ApiKey | null {
    return this.#byHash.get(hash)?.key ?? null;
  }

  revocation(keyId: string): KeyRevocation | null {
    return this.#revocations.get(keyId) ?? null;
  }

  /** Whether somebody can still make and revoke keys. */
  get hasAdmin(): boolean {
    return this.all().some(
      (key) => key.scope === 'admin' && key.roomIds === null && this.stateOf(key) === 'active',
    );
  }

  get isEmpty(): boolean {
    return this.#keys.size + this.#revocations.size === 0;
  }

  /** Oldest first. */
  all(): ApiKey[] {
    return [...this.#keys.values()]
      .map(({ key }) => key)
      .toSorted((one, other) => one.createdAtMs - other.createdAtMs || (one.keyId < other.keyId ? -1 : 1));
  }

  allRevocations(): KeyRevocation[] {
    return [...this.#revocations.values()];
  }

  /** When each was last used, as far as is known here. */
  get uses(): LastUses {
    return this.#uses;
  }

  add(key: ApiKey): void {
    const { keyId, name, scope, roomIds } = key;
    const before = this.#keys.get(keyId);
    if (before) this.#byHash.delete(before.key.hash);
    const known = { key, holder: { keyId, name, scope, roomIds } };
    this.#keys.set(keyId, known);
    this.#byHash.set(key.hash, known);
  }

  /** From now on refused here; again: the first one stays. */
  revoke(revocation: KeyRevocation): void {
    if (!this.#revocations.has(revocation.keyId)) this.#revocations.set(revocation.keyId, revocation);
  }

  /** Takes in what the store has, and answers with what it lacks. */
  learn({ keys, revocations }: Omit<KeptKeys, 'version'>): MissingKeys {
    const inStore = new Set(keys.map(({ keyId }) => keyId));
    // Who revoked it and when, the store says: two replicas may have been asked at once.
    for (const revocation of revocations) this.#revocations.set(revocation.keyId, revocation);
    for (const key of keys) this.add(key);
    const revokedInStore = new Set(revocations.map(({ keyId }) => keyId));
    const missing: MissingKeys = { keys: [], revocations: [] };
    for (const { key } of this.#keys.values()) {
      if (inStore.has(key.keyId)) continue;
      // Its place was needed.
      if (revokedInStore.has(key.keyId)) this.#drop(key);
      else missing.keys.push(key);
    }
    for (const revocation of this.#revocations.values())
      if (!revokedInStore.has(revocation.keyId)) missing.revocations.push(revocation);
    return missing;
  }

  /** Takes in when keys were used elsewhere; the later counts. */
  learnUses(uses: LastUses): void {
    for (const [keyId, atMs] of uses) this.#uses.set(keyId, Math.max(this.#uses.get(keyId) ?? 0, atMs));
  }

  /** Uses since this was last asked. */
  takeUses(): Map<string, number> {
    const taken = new Map([...this.#usedSince].map((keyId) => [keyId, this.#uses.get(keyId) ?? 0]));
    this.#usedSince = new Set();
    return taken;
  }

  /** These could not be told: they are part of the next. */
  giveBackUses(uses: LastUses): void {
    for (const keyId of uses.keys()) this.#usedSince.add(keyId);
  }

  /** A key that opens nothing any more, in whose place another may be kept; null: none. */
  replaceable(): KeyRevocation | null {
    const all = this.all();
    const revoked = all
      .flatMap(({ keyId }) => this.#revocations.get(keyId) ?? [])
      .toSorted((one, other) => one.atMs - other.atMs);
    const now = this.#clock.wallMs();
    const expired = all.find((key) => isLongExpired(key, now));
    return revoked[0] ?? (expired ? { keyId: expired.keyId, atMs: now, by: 'expired long ago' } : null);
  }

  #drop({ keyId, hash }: ApiKey): void {
    this.#keys.delete(keyId);
    this.#byHash.delete(hash);
    this.#uses.delete(keyId);
    this.#usedSince.delete(keyId);
  }
}
