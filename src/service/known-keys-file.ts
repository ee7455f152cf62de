/**
 * The API keys that a replica knows, as a file in its state directory: hashes, no secret. Written by rename after each
 * change, so that a replica that starts while the store is away, or was emptied, knows whom to let in.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseApiKey, parseRevocation } from '../domain/api-key.ts';
import type { Log } from '../domain/log.ts';
import type { KnownKeys } from './known-keys.ts';
import { writePrivately } from './private-file.ts';

const fileName = 'api-keys.json';

type StoredKeys = { keys: unknown[]; revocations: { keyId: unknown }[]; uses: [string, number][] };

export class KnownKeysFile {
  readonly #path: string;
  readonly #known: KnownKeys;
  readonly #log: Log;
  #written = '';
  #writing: Promise<void> = Promise.resolve();
  #problem: string | null = null;

  /** In `directory`, which is this process's own. */
  constructor(directory: string, known: KnownKeys, log: Log) {
    this.#path = join(directory, fileName);
    this.#known = known;
    this.#log = log;
  }

  /** Takes in what is there; a file that cannot be read is reported and passed over as a whole. */
  async read(): Promise<void> {
    try {
      const text = await readFile(this.#path, 'utf8');
      const { keys, revocations, uses } = JSON.parse(text) as StoredKeys;
      const whole = keys.map((key) => parseApiKey(JSON.stringify(key)));
      const revoked = revocations.map((one) => parseRevocation(String(one.keyId), JSON.stringify(one)));
      const used = new Map(uses.filter((use) => use.length === 2 && Number.isFinite(use[1])));
      if (whole.includes(null)) throw new Error('a key is not whole');
      this.#known.learn({ keys: whole.flatMap((key) => key ?? []), revocations: revoked });
      this.#known.learnUses(used);
      this.#log.info({ keys: whole.length }, 'Read the API keys that this replica knew');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // The first start here.
      // The parser's own words quote the text.
      const reason = error instanceof SyntaxError ? 'it is not JSON' : String(error);
      this.#log.error({ reason }, 'The file of API keys could not be read; starting without it');
    }
  }

  /** Writes what is known now, unless it is there already. One write after the other; never rejects. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const keys = this.#known.all();
    const stored = {
      version: 1,
      keys,
      revocations: this.#known.allRevocations(),
      uses: [...this.#known.uses],
    };
    const text = JSON.stringify(stored);
    if (text === this.#written) return;
    try {
      await writePrivately(this.#path, text);
      this.#written = text;
      this.#problem = null;
    } catch (error) {
      const reason = String(error);
      if (reason !== this.#problem) this.#log.error({ err: error }, 'The API keys could not be written');
      this.#problem = reason;
    }
  }
}
