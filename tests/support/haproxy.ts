/** A real HAProxy for tests, on a configuration of theirs; it dies with the running test. */
import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { ensureCommand } from '../../src/dev/provision.ts';
import { ask } from './wire-client.ts';

const checkTimeoutMs = 20_000;
const readyTimeoutMs = 10_000;
const readyPollMs = 20;

/** Has HAProxy read the configuration without a word about it, and runs it until the test is over. */
export async function startHaproxy({
  configuration,
  path,
  url,
}: {
  configuration: string;
  path: string;
  url: string;
}): Promise<void> {
  const command = await ensureCommand('haproxy', 'haproxy');
  await writeFile(path, configuration);
  const { stdout, stderr } = await promisify(execFile)(command, ['-c', '-f', path], {
    timeout: checkTimeoutMs,
  });
  const said = `${stdout}${stderr}`.replace('Configuration file is valid', '').trim();
  if (said !== '') throw new Error(`HAProxy says of the configuration: ${said}`);
  const child = spawn(command, ['-db', '-f', path], { stdio: ['ignore', 'ignore', 'pipe'] });
  const output: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const untilMs = Date.now() + readyTimeoutMs;
  while (child.exitCode === null && Date.now() < untilMs) {
    if (await ask(url).catch(() => null)) return;
    await pause(readyPollMs);
  }
  throw new Error(`HAProxy did not start: ${Buffer.concat(output).toString()}`);
}
