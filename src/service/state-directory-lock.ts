/**
 * The lock of a state directory: a file that names the process that uses it by its number and, where /proc tells, by
 * its birth: which boot, and when in it. A number alone may be any program's after a power cut.
 *
 * It keeps apart processes that see each other. It does not keep apart containers or machines that share a volume: none
 * sees the other's processes, so there each takes the directory over as if its process were gone.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';

/**
 * Throws while the process that the lock names is there. A lock of one that is gone, or of our own number (as in a
 * container that was restarted), is taken over; one that holds a number only counts as long as any process has it.
 */
export async function takeLock(path: string): Promise<void> {
  const [number, ...birth] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
  const holder = Number(number);
  if (holder > 0 && holder !== process.pid && (await isThere(holder, birth.join(' '))))
    throw new Error(`process ${holder} uses this state directory; give each replica its own`);
  await rm(path, { force: true });
  const text = `${process.pid} ${await birthOf(process.pid)}`;
  await writeFile(path, text.trim(), { mode: 0o600, flag: 'wx' });
}

async function isThere(pid: number, birth: string): Promise<boolean> {
  if (birth !== '') return birth === (await birthOf(pid));
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The boot and the clock tick of it at which a process began; empty: no such process, or no /proc. */
async function birthOf(pid: number): Promise<string> {
  try {
    const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may hold both; the start is the 22nd.
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${bootId.trim()} ${startTicks}`;
  } catch {
    return '';
  }
}
