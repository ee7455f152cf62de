import { spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ReplicaMemory } from '../../src/service/replica-memory.ts';
import { type MemoryFile, openMemoryFile } from '../../src/service/replica-memory-file.ts';
import { headWith, roomWith } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { deploymentForTest } from '../support/service-process.ts';

const clock = new ManualClock();

async function stateDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-state-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

function opened(directory: string, memory = new ReplicaMemory(clock)): Promise<MemoryFile> {
  return openMemoryFile(memory, { directory, clock, log: pino({ level: 'silent' }) });
}

/** The number of a process that is not ours. */
function anotherProcess(): number {
  const sleeper = spawn('sleep', ['60']);
  onTestFinished(() => void sleeper.kill());
  return sleeper.pid ?? 0;
}

/** The number of a live process that uses a directory, the directory, and its lock. */
async function used(): Promise<{ pid: number; directory: string; lock: string; text: string }> {
  const deployment = await deploymentForTest();
  const directory = join(deployment.directory, 'replica-1-state');
  const lock = join(directory, 'lock');
  const pid = deployment.replicas[0]?.pid ?? 0;
  return { pid, directory, lock, text: await readFile(lock, 'utf8') };
}

describe('the lock of a state directory', () => {
  test('holds while its process lives, and counts no more under another boot', async () => {
    const { pid, directory, lock, text } = await used();
    await expect(opened(directory)).rejects.toThrow(`process ${pid} uses this state directory`);
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    await writeFile(lock, text.replace(bootId, '00000000-0000-4000-8000-000000000000'));
    await opened(directory);
    expect(await readFile(lock, 'utf8')).toMatch(new RegExp(`^${process.pid} ${bootId} \\d+$`));
  });

  test('does not count when its number is another program’s by now', async () => {
    const directory = await stateDirectory();
    const lock = join(directory, 'lock');
    await opened(directory);
    const left = await readFile(lock, 'utf8');
    await writeFile(lock, left.replace(String(process.pid), String(anotherProcess())));
    await opened(directory);
    expect(await readFile(lock, 'utf8')).toBe(left);
  });

  test('that an earlier version left counts as long as any process has its number', async () => {
    const directory = await stateDirectory();
    const lock = join(directory, 'lock');
    const pid = anotherProcess();
    await writeFile(lock, String(pid));
    await expect(opened(directory)).rejects.toThrow(`process ${pid} uses this state directory`);
    // One more than the highest that Linux gives.
    await writeFile(lock, '4194305');
    await opened(directory);
    expect(await readFile(lock, 'utf8')).toContain(String(process.pid));
  });

  test.each(['', ' ', 'nobody', '0'])('is taken over where it names nobody: “%s”', async (text) => {
    const directory = await stateDirectory();
    await writeFile(join(directory, 'lock'), text);
    await opened(directory);
    expect(await readFile(join(directory, 'lock'), 'utf8')).toContain(String(process.pid));
  });
});

test('what a replica remembers is on the disk before it takes the place of what was there', async () => {
  const directory = await stateDirectory();
  const path = join(directory, 'rooms.json');
  await writeFile(path, '{"version":1,"rooms":[]}');
  const handle = await open(path);
  const seen: { old: string; flushed: string }[] = [];
  const fileHandle = Object.getPrototypeOf(handle) as typeof handle;
  await handle.close();
  const flush = vi.spyOn(fileHandle, 'sync').mockImplementation(async () => {
    seen.push({ old: await readFile(path, 'utf8'), flushed: await readFile(`${path}.new`, 'utf8') });
  });
  onTestFinished(() => flush.mockRestore());
  const memory = new ReplicaMemory(clock);
  const file = await opened(directory, memory);
  memory.learn('pool', headWith());
  memory.learnRoom(roomWith());
  await file.run(AbortSignal.abort());
  expect(seen).toEqual([{ old: '{"version":1,"rooms":[]}', flushed: await readFile(path, 'utf8') }]);
  expect(await readFile(path, 'utf8')).toContain('"pool"');
});
