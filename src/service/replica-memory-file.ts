/**
 * The replica's memory on disk: one small file in a directory that only one process uses. Written every few
 * seconds by rename, so that a reader finds the old file or the new one, never half of one. It is flushed each time:
 * about a millisecond on an SSD.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { wholePolicy } from '../domain/room.ts';
import { queueTokenTtlMs } from '../domain/ticket.ts';
import { writePrivately } from './private-file.ts';
import type { RememberedRoom, ReplicaMemory } from './replica-memory.ts';
import { takeLock } from './state-directory-lock.ts';

const writeEveryMs = 3_000;
const fileName = 'rooms.json';
const lockName = 'lock';

type StoredRoom = Omit<RememberedRoom, 'ended'> & { ended: [string, RememberedRoomEnd][] };
type RememberedRoomEnd = RememberedRoom['ended'] extends Map<string, infer End> ? End : never;

export type MemoryFile = {
  /** Writes the file every few seconds until the signal aborts, then once more. */
  run(signal: AbortSignal): Promise<void>;
  /** Gives the directory up. */
  release(): Promise<void>;
};

/**
 * Locks `directory`, reads what is there into `memory`, and answers with the writer. A room not heard of for
 * as long as a queue token lives is left out. Throws when another live process holds the directory; a file
 * that cannot be read is reported and passed over.
 */
export async function openMemoryFile(
  memory: ReplicaMemory,
  { directory, clock, log }: { directory: string; clock: Clock; log: Log },
): Promise<MemoryFile> {
  await mkdir(directory, { recursive: true });
  const lock = join(directory, lockName);
  await takeLock(lock);
  await read(memory, { path: join(directory, fileName), clock, log });
  let written = '';

  async function write(): Promise<void> {
    const rooms = [...memory.rooms.values()].map((room) => ({ ...room, ended: [...room.ended] }));
    const text = JSON.stringify({ version: 1, rooms });
    if (text === written) return;
    try {
      await writePrivately(join(directory, fileName), text);
      written = text;
    } catch (error) {
      log.error({ err: error }, 'The replica’s memory could not be written');
    }
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(writeEveryMs, signal);
        await write();
      }
      // Also when the signal came in the middle of a write.
      await write();
    },
    release: () => rm(lock, { force: true }),
  };
}

async function read(
  memory: ReplicaMemory,
  { path, clock, log }: { path: string; clock: Clock; log: Log },
): Promise<void> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return; // The first start here.
  }
  try {
    const { rooms } = JSON.parse(text) as { rooms: StoredRoom[] };
    for (const { room, ended, ...known } of rooms) {
      if (!room || clock.wallMs() - known.rememberedAtMs > queueTokenTtlMs) continue;
      const whole = { ...room, policy: wholePolicy(room.policy) };
      // A file of an earlier version does not know of emptied rooms.
      const head = { ...known.head, purgedUs: known.head.purgedUs ?? 0 };
      memory.rooms.set(room.roomId, { ...known, head, room: whole, ended: new Map(ended) });
    }
    log.info({ rooms: memory.rooms.size }, 'Read what this replica remembered');
  } catch (error) {
    log.error({ err: error }, 'The replica’s memory could not be read; starting without it');
  }
}
