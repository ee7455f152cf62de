/**
 * A keys file on disk. It is replaced by rename, so that a reader finds the old file or the new one, never half of
 * one. The new text stands in FILE.new, which is made before FILE is read and only where there is none: of two
 * commands at once the second one is refused, and no key is lost.
 */
import {
  closeSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {
  keysFileText,
  parseKeysFile,
  parseStoredKeys,
  type SigningKeys,
  type StoredKeys,
} from '../service/signing-keys.ts';

const ownerOnly = 0o600;

/** The keys, and how they are kept. Throws what is wrong with the file, also with a key in it. */
export function readKeysFile(path: string): { stored: StoredKeys; keys: SigningKeys } {
  const text = readFileSync(path, 'utf8');
  return { keys: parseKeysFile(text), stored: parseStoredKeys(text) };
}

/** Replaces what is in the file by what `change` makes of it; null: nothing is written. Mode 0600, the same owner. */
export function changeKeysFile(path: string, change: (stored: StoredKeys) => StoredKeys | null): void {
  // A link stays one, and what it leads to is replaced.
  const target = realpathSync(path);
  const draft = `${target}.new`;
  const descriptor = openDraft(draft);
  // Once it is renamed, FILE.new may be the next command's.
  let isOurs = true;
  try {
    const stored = change(readKeysFile(target).stored);
    if (stored === null) return;
    const text = keysFileText(stored);
    parseKeysFile(text);
    const { uid, gid } = statSync(target);
    if (process.getuid?.() === 0) fchownSync(descriptor, uid, gid);
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
    renameSync(draft, target);
    isOurs = false;
  } finally {
    closeSync(descriptor);
    if (isOurs) rmSync(draft);
  }
}

/** A new file; never over one that is there, since every ticket and pass hangs on it. */
export function createKeysFile(path: string, text: string): void {
  const descriptor = openSync(path, 'wx', ownerOnly);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openDraft(draft: string): number {
  try {
    return openSync(draft, 'wx', ownerOnly);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(
      `${draft} is there: another "keys" command is at work. If none is, one was interrupted: remove ${draft}.`,
      { cause: error },
    );
  }
}
