/**
 * The first admin key: made where no admin key opens anything, neither one of the settings nor one that was made, so that
 * a service that was just set up can be used, and one whose last admin key was revoked or has expired, too, by whoever may
 * start it and read its files.
 *
 * The secret is written to a file before the store knows its hash: a crash between the two leaves a file, whose key the
 * next start takes. The store takes the key only if nothing changed since it was found without one, so of two replicas
 * that start at once only one makes a key.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiKey } from '../domain/api-key.ts';
import type { AuditTrail } from '../domain/audit.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { ApiKeyStore } from '../store/api-key-store.ts';
import { hashOfKey, isKeySecret, newKeySecret } from './key-secret.ts';
import type { KnownKeys } from './known-keys.ts';
import { writePrivately } from './private-file.ts';

const fileName = 'admin-key';
/** Other replicas may be about to give their keys back to a store that was emptied: two polls of theirs. */
const othersSettleMs = 2_500;
const nobody = { keyId: null, name: 'first start' };

export type FirstAdminKeyParts = {
  store: ApiKeyStore;
  known: KnownKeys;
  clock: Clock;
  log: Log;
  audit: AuditTrail;
  /** Where the file goes; null: nowhere. */
  directory: string | null;
  /** Shows a text to whoever started the service; null: nobody looks, and what is written is kept. */
  tell: ((text: string) => void) | null;
  /** Called once it is known whether a key was made. */
  onMade: () => Promise<void>;
};

type WantedKey = { key: ApiKey; secret: string; isNew: boolean };

export class FirstAdminKey {
  readonly #parts: FirstAdminKeyParts;
  readonly #path: string | null;
  #isSettled = false;
  #firstPolledAtMs: number | null = null;
  /** What the store is given, perhaps more than once, and whether the secret is this process's own. */
  #wanted: WantedKey | null = null;

  constructor(parts: FirstAdminKeyParts) {
    this.#parts = parts;
    this.#path = parts.directory === null ? null : join(parts.directory, fileName);
  }

  /** To be called after each poll, with the version of the keys that are known. Never rejects: the next call goes on. */
  async polled(version: string): Promise<void> {
    if (this.#isSettled) return;
    try {
      this.#isSettled = await this.#settle(version);
    } catch (error) {
      this.#parts.log.error({ err: error }, 'The first admin key could not be made; trying again');
    }
  }

  async #settle(version: string): Promise<boolean> {
    const { store, known, clock, log, tell } = this.#parts;
    this.#firstPolledAtMs ??= clock.monotonicMs();
    // The store may have taken it though its answer was lost.
    let isMade = this.#wanted !== null && known.ofHash(this.#wanted.key.hash) !== null;
    if (!isMade) {
      if (known.hasAdmin) return this.#leaveToOthers();
      if (store.isShared && clock.monotonicMs() - this.#firstPolledAtMs < othersSettleMs) return false;
      if (this.#path === null && tell === null) {
        const sentence =
          'Nobody can make or change a room: set GUICHET_ADMIN_KEY, or GUICHET_STATE_DIR to have a key made there';
        log.warn({}, sentence);
        return true;
      }
      this.#wanted ??= await this.#prepare();
      isMade = await this.#give(this.#wanted.key, version);
    }
    if (isMade && this.#wanted) await this.#tell(this.#wanted);
    return isMade;
  }

  /** A key whose secret is in the file. */
  async #prepare(): Promise<WantedKey> {
    const ofFile = await this.#secretOfFile();
    const secret = ofFile ?? newKeySecret('admin');
    if (this.#path !== null) await writePrivately(this.#path, `${secret}\n`);
    const key: ApiKey = {
      keyId: randomUUID(),
      name: 'first admin key',
      scope: 'admin',
      roomIds: null,
      hash: hashOfKey(secret),
      createdAtMs: this.#parts.clock.wallMs(),
      createdBy: nobody,
      expiresAtMs: null,
    };
    return { key, secret, isNew: ofFile === null };
  }

  /** False: something changed meanwhile. */
  async #give(key: ApiKey, version: string): Promise<boolean> {
    const { store, known } = this.#parts;
    const { kind } = await store.add(key, { ifVersion: version, letGo: known.replaceable() });
    if (kind === 'full') throw new Error('as many API keys are kept as may be');
    if (kind !== 'added' && kind !== 'there') return false;
    known.add(key);
    return true;
  }

  /** Of an earlier start that did not come to its end, or of one whose store was emptied since. */
  async #secretOfFile(): Promise<string | null> {
    const text = (await this.#textOfFile()).trim();
    // One that is known opens nothing any more: else nobody would need another.
    return isKeySecret(text) && this.#parts.known.ofHash(hashOfKey(text)) === null ? text : null;
  }

  async #textOfFile(): Promise<string> {
    if (this.#path === null) return '';
    return readFile(this.#path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    });
  }

  /** There is an admin key. What this process wrote meanwhile opens nothing. */
  async #leaveToOthers(): Promise<true> {
    if (this.#path !== null && this.#wanted?.isNew) await rm(this.#path, { force: true });
    return true;
  }

  async #tell({ key, secret }: WantedKey): Promise<void> {
    const { audit, log, tell, onMade } = this.#parts;
    const { keyId, name, scope } = key;
    const after = { keyId, name, scope, roomIds: null, expiresAt: null };
    await audit.record({
      roomId: null,
      actor: nobody,
      action: 'key.create',
      reason: null,
      before: null,
      after,
    });
    await onMade();
    const place = this.#path === null ? 'It is shown here only.' : `It is in ${this.#path} (mode 0600).`;
    tell?.(`\n  The first admin key of this service: ${secret}\n  ${place}\n`);
    log.info({ keyId, file: this.#path }, 'Made the first admin key');
  }
}
