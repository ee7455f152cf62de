/**
 * The port to the API keys that all replicas share. They belong to no room. Records never change and revocations are
 * never taken back, so that giving back what a replica remembers is a union that no order of calls can spoil.
 *
 * What always holds, for every method: it is atomic; it rejects with StoreUnknownError when the result is not known, and
 * may then be repeated. Every change gives the keys another version, also when it is a repeat.
 */
import type { ApiKey, KeyRevocation } from '../domain/api-key.ts';

/** Records, and as many revocations, that one merge takes. */
export const mergeMax = 200;
/** Last uses that one call takes. */
export const usesMax = 500;

export type KeptKeys = {
  /** Never the same for other keys; '' while there are none. */
  version: string;
  keys: ApiKey[];
  revocations: KeyRevocation[];
};

/** At most `mergeMax` of each. */
export type KeysMerged = { keys: readonly ApiKey[]; revocations: readonly KeyRevocation[] };

/** keyId → wall ms. */
export type LastUses = ReadonlyMap<string, number>;

export type AddKeyOptions = {
  /** Only while the keys have this version; null: whatever they are. */
  ifVersion: string | null;
  /** A key that opens nothing any more, whose record may go when there is no place: it stays revoked. */
  letGo: KeyRevocation | null;
};

export type AddKeyAnswer =
  | { kind: 'added' }
  /** A key of this id is there: this one. */
  | { kind: 'there'; key: ApiKey }
  /** A key of this id was there and is over. */
  | { kind: 'over' }
  /** The version is another one. */
  | { kind: 'changed' }
  /** As many keys are kept as may be. */
  | { kind: 'full' };

export interface ApiKeyStore {
  /** Whether other processes use the same keys. */
  readonly isShared: boolean;
  /** Asked once a second by each replica. */
  version(): Promise<string>;
  /** All of them; a record that cannot be read is left out. */
  read(): Promise<KeptKeys>;
  add(key: ApiKey, options: AddKeyOptions): Promise<AddKeyAnswer>;
  /**
   * Takes in what is not there yet. A record whose key is kept as revoked already is left out, and so is one for which
   * there is no place; a revocation never is.
   */
  merge(merged: KeysMerged): Promise<void>;
  /** The later of what is kept and what is told, for keys that are kept and those of the settings. At most `usesMax`. */
  noteUses(uses: LastUses): Promise<void>;
  lastUses(): Promise<Map<string, number>>;
  close(): Promise<void>;
}

/** Keys of the settings have ids of this kind, and no records. */
export const settingsKeyPrefix = 'settings-';

/** Throws RangeError where a call asks for more than one may. */
export function boundedMerge(merged: KeysMerged): KeysMerged {
  if (Math.max(merged.keys.length, merged.revocations.length) > mergeMax)
    throw new RangeError(`a merge takes at most ${mergeMax} keys`);
  return merged;
}

/** Throws RangeError where a call tells more than one may. */
export function boundedUses(uses: LastUses): LastUses {
  if (uses.size > usesMax) throw new RangeError(`a call tells at most ${usesMax} uses`);
  return uses;
}
