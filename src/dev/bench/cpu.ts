/** Which core a process runs on, and how much of it it has used. Linux only, as the bench is. */
import { readFileSync } from 'node:fs';

/** The service has this core for itself. */
export const serviceCore = 0;
/** Redis, the load generator and the bench itself share this one. */
export const otherCore = 1;

/** `USER_HZ`, which is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** The command and its arguments so that it runs on one core. */
export function pinned(core: number, command: string, words: readonly string[]): [string, string[]] {
  return ['taskset', ['--cpu-list', String(core), command, ...words]];
}

/** CPU time that a process and its threads have used, user and system together, µs; steps of 10 ms. */
export function cpuTimeUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name is in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
}
