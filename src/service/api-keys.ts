/**
 * API keys, made and revoked while the service runs. What opens a route is what this replica knows (known-keys.ts); once
 * a second it asks the store whether the keys changed, and reads them all only then. So a key that is revoked anywhere is
 * refused here within two seconds, and a key that is made is known here as soon.
 *
 * A key's secret is shown in one answer and kept nowhere. Where the asker sent an Idempotency-Key, the secret is derived
 * from it, so that a repeat after a lost answer shows the same one, for ten minutes and to the same asker.
 */
import { randomUUID } from 'node:crypto';
import type { Actor, KeyHolder, Scope } from '../domain/actor.ts';
import { type ApiKey, isExpired, type KeyRevocation } from '../domain/api-key.ts';
import type { AuditTrail } from '../domain/audit.ts';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import {
  type AddKeyAnswer,
  type ApiKeyStore,
  mergeMax,
  settingsKeyPrefix,
  usesMax,
} from '../store/api-key-store.ts';
import { derivedKeySecrets, hashOfKey, newKeySecret } from './key-secret.ts';
import { auditedView, type KeyView, viewOfKey, viewOfSettingsKey } from './key-view.ts';
import { KnownKeys, type MissingKeys } from './known-keys.ts';
import type { Live } from './live-ring.ts';
import type { KeyRing } from './signing-keys.ts';
import { uuidOf } from './ticket-id.ts';

const pollEveryMs = 1_000;
/** Until the keys were read once. */
const firstPollEveryMs = 100;
const tellUsesEveryMs = 10_000;
/** How long a repeat with the same Idempotency-Key is shown the key again. */
const shownAgainForMs = 600_000;

/** What is asked of a new key. */
export type NewKey = {
  name: string;
  scope: Scope;
  /** Null: all. */
  roomIds: readonly string[] | null;
  expiresAtMs: number | null;
};

export type ApiKeysParts = {
  store: ApiKeyStore;
  clock: Clock;
  log: Log;
  audit: AuditTrail;
  /** What derived secrets come from. */
  ring: Live<KeyRing>;
  /** Repeats a call to the store until its result is known; throws store-unavailable. */
  retry: <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;
  /** The keys that the settings name: listed, and never revoked here. */
  ofSettings: readonly KeyHolder[];
};

export class ApiKeys {
  readonly known: KnownKeys;
  /** Told after each change of what is known, and now and then. */
  onKnown: () => Promise<void> = async () => {};
  /** Told of each poll that the store answered, with the version that is known now. */
  onPolled: (version: string) => Promise<void> = async () => {};
  readonly #parts: ApiKeysParts;
  /** Of the keys that are known; null: the store has not been read yet. */
  #version: string | null = null;
  /** What the store did not take when it was last given back. */
  #notTaken = '';
  #usesToldAtMs: number;

  constructor(parts: ApiKeysParts) {
    this.#parts = parts;
    this.known = new KnownKeys(parts.clock);
    this.#usesToldAtMs = parts.clock.monotonicMs();
  }

  /**
   * Who holds the key of this hash; null: nobody. Throws store-unavailable for a key that is not known here while the
   * store has never answered: it may well be good.
   */
  find(hash: string): KeyHolder | null {
    const holder = this.known.find(hash);
    if (holder === null && this.#version === null && this.known.ofHash(hash) === null) {
      const detail = 'This server could not read the API keys yet';
      throw new GuichetError('store-unavailable', { detail, retryAfterMs: 1_000 });
    }
    return holder;
  }

  /** Follows the store until the signal aborts; then tells last uses. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      const startedAtMs = clock.monotonicMs();
      await this.beat();
      const everyMs = this.#version === null ? firstPollEveryMs : pollEveryMs;
      await clock.sleep(everyMs - (clock.monotonicMs() - startedAtMs), signal);
    }
    await this.#tellUses();
    await this.onKnown();
  }

  /** One poll. Never rejects: a store that is away changes nothing of what is known. */
  async beat(): Promise<void> {
    try {
      await this.#poll();
      await this.onPolled(this.#version ?? '');
    } catch (error) {
      this.#parts.log.debug({ err: error }, 'The API keys could not be read');
    }
    if (this.#parts.clock.monotonicMs() - this.#usesToldAtMs < tellUsesEveryMs) return;
    this.#usesToldAtMs = this.#parts.clock.monotonicMs();
    await this.#tellUses();
    await this.onKnown();
  }

  /** All keys, those of the settings first. While the store is away: what is known here. */
  async list(): Promise<KeyView[]> {
    const { store, ofSettings, log } = this.#parts;
    await store.lastUses().then(
      (uses) => this.known.learnUses(uses),
      (error: unknown) => log.debug({ err: error }, 'When keys were last used could not be read'),
    );
    return [
      ...ofSettings.map((holder) => viewOfSettingsKey(holder, this.known)),
      ...this.known.all().map((key) => this.viewOf(key)),
    ];
  }

  /**
   * Makes a key and answers with its secret, which is shown by no other call. With the same `idempotencyKey`, by the same
   * holder, for the same: the same again, for ten minutes. Throws request-invalid for an expiry that has passed,
   * keys-full, key-made-before, store-unavailable.
   */
  async make(
    asked: NewKey,
    { holder, idempotencyKey }: { holder: KeyHolder; idempotencyKey: string | null },
  ): Promise<{ secret: string; key: KeyView }> {
    const { clock, ring, audit } = this.#parts;
    const nowMs = clock.wallMs();
    const { name, scope, roomIds, expiresAtMs } = asked;
    const asker = `${holder.keyId}\0${idempotencyKey?.toLowerCase()}`;
    const secrets: readonly [string, ...string[]] =
      idempotencyKey === null
        ? [newKeySecret(scope)]
        : derivedKeySecrets(ring(), scope, JSON.stringify([asker, name, scope, roomIds, expiresAtMs]));
    const wanted: ApiKey = {
      keyId: idempotencyKey === null ? randomUUID() : uuidOf(`api key\0${asker}`),
      name,
      scope,
      roomIds,
      expiresAtMs,
      hash: hashOfKey(secrets[0]),
      createdAtMs: nowMs,
      createdBy: { keyId: holder.keyId, name: holder.name },
    };
    if (isExpired(wanted, nowMs))
      throw new GuichetError('request-invalid', { detail: 'expiresAt: must be in the future' });
    const key = await this.#add(wanted);
    const secret = secrets.find((one) => hashOfKey(one) === key.hash);
    const isOver = nowMs - key.createdAtMs > shownAgainForMs || this.known.revocation(key.keyId) !== null;
    if (secret === undefined || isOver) throw new GuichetError('key-made-before');
    const view = this.viewOf(key);
    const entry = {
      roomId: null,
      actor: actorOf(holder),
      reason: null,
      before: null,
      after: auditedView(view),
    };
    await audit.record({ ...entry, action: 'key.create' });
    return { secret, key: view };
  }

  /**
   * Revokes a key: refused here from now on, and on every replica within two seconds of the answer. Again: the same
   * answer. Throws key-unknown, key-of-settings, and store-unavailable when the others may not have heard: then the key
   * is refused here all the same, and there as soon as the store answers.
   */
  async revoke(keyId: string, holder: KeyHolder): Promise<KeyView> {
    const { clock, store, retry, audit } = this.#parts;
    if (keyId.startsWith(settingsKeyPrefix)) {
      const isSet = this.#parts.ofSettings.some((one) => one.keyId === keyId);
      throw new GuichetError(isSet ? 'key-of-settings' : 'key-unknown');
    }
    // Another replica may have made it just now.
    if (this.known.key(keyId) === null) await retry(() => this.#poll());
    const key = this.known.key(keyId);
    if (key === null) throw new GuichetError('key-unknown');
    const before = { state: this.known.stateOf(key) };
    this.known.revoke({ keyId, atMs: clock.wallMs(), by: holder.name });
    const revocation = this.known.revocation(keyId) as KeyRevocation;
    await retry(() => store.merge({ keys: [key], revocations: [revocation] }));
    await this.onKnown();
    const entry = { roomId: null, actor: actorOf(holder), reason: null };
    const after = { keyId, name: key.name, scope: key.scope, state: 'revoked' };
    await audit.record({ ...entry, action: 'key.revoke', before, after });
    return this.viewOf(key);
  }

  viewOf(key: ApiKey): KeyView {
    return viewOfKey(key, this.known);
  }

  /** The key as the store has it now. */
  async #add(wanted: ApiKey): Promise<ApiKey> {
    const { store, retry } = this.#parts;
    const ask = (): Promise<AddKeyAnswer> => {
      const letGo = this.known.replaceable();
      return retry(() => store.add(wanted, { ifVersion: null, letGo }));
    };
    let answer = await ask();
    if (answer.kind === 'full') {
      // The one whose place it might have may have given it up already.
      await retry(() => this.#poll());
      answer = await ask();
    }
    if (answer.kind === 'full' || answer.kind === 'changed') throw new GuichetError('keys-full');
    if (answer.kind === 'over') throw new GuichetError('key-made-before');
    const key = answer.kind === 'there' ? answer.key : wanted;
    this.known.add(key);
    await this.onKnown();
    return key;
  }

  async #poll(): Promise<void> {
    const { store } = this.#parts;
    const present = await store.version();
    // An empty store may have had keys since, and have lost them again.
    if (present === this.#version && (present !== '' || this.known.isEmpty)) return;
    const { version, ...kept } = await store.read();
    const missing = this.known.learn(kept);
    await this.#giveBack(missing, version);
    this.#version = version;
    await this.onKnown();
  }

  /** What the store lacks, each key together with its revocation: no revoked key is there without it for a moment. */
  async #giveBack({ keys, revocations }: MissingKeys, version: string): Promise<void> {
    const ids = [...keys, ...revocations].map(({ keyId }) => keyId).join(' ');
    // A store that is full does not take them: asked each time, it would change for everybody each time.
    const isNotTaken = ids === this.#notTaken && version !== '';
    this.#notTaken = ids;
    if (ids === '' || isNotTaken) return;
    const { store, log } = this.#parts;
    const ofKeys = new Set(keys.map(({ keyId }) => keyId));
    const alone = revocations.filter(({ keyId }) => !ofKeys.has(keyId));
    for (let from = 0; from < keys.length; from += mergeMax) {
      const part = keys.slice(from, from + mergeMax);
      const theirs = part.flatMap(({ keyId }) => this.known.revocation(keyId) ?? []);
      await store.merge({ keys: part, revocations: theirs });
    }
    for (let from = 0; from < alone.length; from += mergeMax)
      await store.merge({ keys: [], revocations: alone.slice(from, from + mergeMax) });
    const given = { keys: keys.length, revocations: revocations.length };
    log.warn(given, 'The store knew less of the API keys than this replica, which gave back what it knows');
  }

  async #tellUses(): Promise<void> {
    const uses = this.known.takeUses();
    const entries = [...uses];
    try {
      for (let from = 0; from < entries.length; from += usesMax)
        await this.#parts.store.noteUses(new Map(entries.slice(from, from + usesMax)));
    } catch (error) {
      this.known.giveBackUses(uses);
      this.#parts.log.debug({ err: error }, 'When keys were last used could not be told');
    }
  }
}

function actorOf({ keyId, name }: KeyHolder): Actor {
  return { keyId, name };
}
