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
 * The full path of `command`: found on the PATH, else installed from `debianPackage` when root on Debian, with no service
 * of it started.
 *
 * @throws Error with one sentence that says what to install. Safe to call concurrently.
 */
export async function ensureCommand(command: string, debianPackage: string): Promise<string> {
  const found = await findCommand(command);
  if (found !== null) return found;
  const advice = `${command} is needed and was not found on the PATH: install it (Debian: apt-get install ${debianPackage}).`;
  if (process.getuid?.() !== 0 || (await findCommand('apt-get')) === null) throw new Error(advice);
  process.stderr.write(`installing ${debianPackage} for ${command}\n`);
  try {
    await install(debianPackage);
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

/**
 * Debian starts what it installs, unless a policy says no: a web server for a test would take the machine's port 80. One
 * installation at a time, since the one that made the policy takes it away.
 */
const installQuietly = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod 755 "$policy"
fi
apt-get -o DPkg::Lock::Timeout=120 update -qq
apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "$1"
`;

async function install(debianPackage: string): Promise<void> {
  const script = ['sh', '-c', installQuietly, 'install', debianPackage];
  await run('flock', ['--no-fork', '/run/lock/guichet-provision', ...script], {
    timeout: installTimeoutMs,
    env: childEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }),
  });
}
