/**
 * The signing keys as they are in their file now. The file is read again every few seconds, for its content: what
 * orchestrators put under a name by swapping links gives no event that one could trust. A changed file is taken over
 * as a whole, all rings at once, between two tokens; a file that cannot be used changes nothing and is logged once.
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { type ListedKey, listKeys } from './key-rotation.ts';
import {
  type KeyRing,
  keyUses,
  newKeysFile,
  parseKeysFile,
  parseStoredKeys,
  type SigningKeys,
} from './signing-keys.ts';

const pollEveryMs = 2_000;
/** Some 30 RSA keys; whatever is larger is another file. */
const fileBytesMax = 64 * 1_024;

export class LiveKeys implements SigningKeys {
  readonly #path: string | null;
  readonly #clock: Clock;
  readonly #log: Log;
  #keys: SigningKeys;
  #listed: readonly ListedKey[];
  /** Of the text that the keys came from: the text itself is a secret that nobody needs any more. */
  #digest: string;
  /** Why the file cannot be used now. */
  #problem: string | null = null;

  /** Throws what is wrong with the file. Without a path: keys of this run only. */
  constructor(path: string | null, { clock, log }: { clock: Clock; log: Log }) {
    const text = path === null ? newKeysFile() : readFileSync(path, 'utf8');
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
    this.#keys = parseKeysFile(text);
    this.#listed = listKeys(parseStoredKeys(text));
    this.#digest = digestOf(text);
  }

  get queue(): KeyRing {
    return this.#keys.queue;
  }
  get handOver(): KeyRing {
    return this.#keys.handOver;
  }
  get webhook(): KeyRing {
    return this.#keys.webhook;
  }
  get pass(): KeyRing {
    return this.#keys.pass;
  }
  get passRsa(): KeyRing | null {
    return this.#keys.passRsa;
  }

  /** Every key and its state, no secret. */
  get listed(): readonly ListedKey[] {
    return this.#listed;
  }

  /** Follows the file until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#path === null) return;
    while (!signal.aborted) {
      await this.#clock.sleep(pollEveryMs, signal);
      if (!signal.aborted) await this.#follow(this.#path);
    }
  }

  async #follow(path: string): Promise<void> {
    try {
      const text = await boundedText(path);
      const digest = digestOf(text);
      if (digest !== this.#digest) {
        this.#takeOver(parseKeysFile(text));
        this.#listed = listKeys(parseStoredKeys(text));
        this.#digest = digest;
      } else if (this.#problem !== null) this.#log.info({}, 'The signing keys file is as it was before');
      this.#problem = null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown reason';
      if (reason === this.#problem) return;
      this.#problem = reason;
      this.#log.error({ reason }, 'The signing keys file cannot be used; the keys stay as they are');
    }
  }

  #takeOver(keys: SigningKeys): void {
    const before = this.#keys;
    this.#keys = keys;
    const signing = Object.fromEntries(keyUses.map((use) => [use, keys[use]?.[0].kid ?? null]));
    this.#log.info({ signing }, 'The signing keys changed');
    const lost = keyUses.flatMap((use) => {
      const signed = before[use]?.[0];
      const isKept = keys[use]?.some(
        ({ kid, secret }) => kid === signed?.kid && secret.equals(signed.secret),
      );
      return signed === undefined || isKept ? [] : [{ use, kid: signed.kid }];
    });
    if (lost.length > 0)
      this.#log.warn(
        { lost },
        'Keys that signed until now are gone: what they signed is refused from now on',
      );
  }
}

function digestOf(text: string): string {
  return hash('sha256', text);
}

/** Reads no pipe, whose other end might keep us waiting, and nothing without an end. */
async function boundedText(path: string): Promise<string> {
  const found = await stat(path);
  if (!found.isFile()) throw new Error('the signing keys file is not a file');
  if (found.size > fileBytesMax)
    throw new Error(`the signing keys file is larger than ${fileBytesMax} bytes`);
  return readFile(path, 'utf8');
}
