/**
 * Finds the commands that tests and checks need beyond npm. A machine that has them is left alone; a Debian
 * machine where we are root gets the package; anywhere else the reader gets one sentence that says what to do.
 */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installTimeoutMs = 300_000;

/** The full path of an executable in one of `directories`, or null. */
export async function findCommand(
  command: string,
  directories: readonly string[] = searchPath(),
): Promise<string | null> {
  for (const directory of directories) {
    const candidate = join(directory, command);
    const executable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return candidate;
  }
  return null;
}

/** The directories of the PATH, in order, each once. */
export function searchPath(): string[] {
  const directories = (childEnvironment()['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '');
  return [...new Set(directories)];
}

/** The PATH, and where `go install` puts what it builds: k6, helm and kubectl-validate often come from there. */
export function searchPathWithGo(): string[] {
  const { GOBIN, GOPATH } = childEnvironment();
  const goPath = GOPATH ? join(GOPATH, 'bin') : join(homedir(), 'go/bin');
  return [...new Set([...searchPath(), GOBIN || goPath])];
}

/**
 * The full path of `command`: found on the PATH, else installed from `debianPackage` when root on Debian.
 *
 * @throws Error with one sentence that says what to install. Safe to call concurrently: apt waits for its lock.
 */
export async function ensureCommand(command: string, debianPackage: string): Promise<string> {
  const found = await findCommand(command);
  if (found !== null) return found;
  const advice = `${command} is needed and was not found on the PATH: install it (Debian: apt-get install ${debianPackage}).`;
  if (process.getuid?.() !== 0 || (await findCommand('apt-get')) === null) throw new Error(advice);
  process.stderr.write(`installing ${debianPackage} for ${command}\n`);
  try {
    await aptGet('update', '-qq');
    await aptGet('install', '-y', '-qq', '--no-install-recommends', debianPackage);
  } catch (cause) {
    throw new Error(`${advice} Installing it by apt-get failed.`, { cause });
  }
  const installed = await findCommand(command);
  if (installed === null) throw new Error(advice);
  return installed;
}

/** This process's environment for a child, with `extra` over it. Settings of the service are read in config.ts only. */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  // oxlint-disable-next-line node/no-process-env -- passed on to a child, where the tool finds what it needs
  return { ...process.env, ...extra };
}

async function aptGet(...words: string[]): Promise<void> {
  await run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...words], {
    timeout: installTimeoutMs,
    env: childEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }),
  });
}
