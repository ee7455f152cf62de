/**
 * Where a replica puts down the audit records that it made: a file of JSON lines that only grows, or standard output.
 * It outlives the store, whose audit is lost with its data.
 */
import { appendFile } from 'node:fs/promises';

export type AuditFile = {
  /** Resolves once the line is on the disk, or with the operating system where the output is not a file. */
  append(line: string): Promise<void>;
};

/**
 * Opened for each line, so that a file that was moved away (log rotation) is begun anew. Throws at once when the file
 * cannot be written. `path` null: standard output.
 */
export async function openAuditFile(path: string | null): Promise<AuditFile> {
  if (path === null) return { append: writeOut };
  const write = (text: string): Promise<void> => appendFile(path, text, { mode: 0o600, flush: true });
  await write('');
  let before: Promise<unknown> = Promise.resolve();
  // After a line that was cut short (disk full) the next one begins on a line of its own.
  let isCut = false;
  return {
    append(line) {
      const turn = before.then(async () => {
        try {
          await write(`${isCut ? '\n' : ''}${line}\n`);
          isCut = false;
        } catch (error) {
          isCut = true;
          throw error;
        }
      });
      before = turn.catch(() => {});
      return turn;
    },
  };
}

function writeOut(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
