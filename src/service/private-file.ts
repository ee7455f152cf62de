/** Files of a state directory: read by their owner only, and whole at any moment, also after a power cut. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Replaces a file; makes the directory where it is missing. On the disk before it is renamed, or a power cut could
 * leave an empty file in place of the old one.
 */
export async function writePrivately(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  // One that was left there keeps its mode.
  await rm(`${path}.new`, { force: true });
  await writeFile(`${path}.new`, text, { mode: 0o600, flag: 'wx', flush: true });
  await rename(`${path}.new`, path);
}
