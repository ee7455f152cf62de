/** keys new FILE: signing keys for the service. */
import { writeFileSync } from 'node:fs';
import { newKeysFile } from '../service/signing-keys.ts';

/** Writes new keys; never over a file that is there, since every ticket and pass hangs on it. */
export function newKeys(path: string): void {
  try {
    writeFileSync(path, newKeysFile(), { mode: 0o600, flag: 'wx' });
    console.log(`Wrote new signing keys to ${path} (mode 0600). Give every replica the same file.`);
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    console.error(exists ? `${path} is there already; it was left alone.` : String(error));
    process.exitCode = 1;
  }
}
