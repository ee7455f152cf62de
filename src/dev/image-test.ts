/**
 * Builds the image and tries it as an operator would: `npm run test:image`. Needs a Docker engine.
 *
 * Asserts that the container gets healthy and ready, is not root, carries neither development code nor its
 * dependencies, and ends by itself on SIGTERM.
 */
import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findCommand, searchPath } from './provision.ts';

const root = new URL('../..', import.meta.url).pathname;
const image = 'guichet:test';
const engineAnswersWithinMs = 5_000;
const buildsWithinMs = 600_000;
const readyWithinMs = 30_000;
const stopsWithinSeconds = 30;
const healthPollMs = 250;
const outputBytesMax = 16 * 1024 * 1024;

async function docker(words: string[], withinMs = 60_000): Promise<string> {
  const options = { timeout: withinMs, cwd: root, maxBuffer: outputBytesMax };
  return (await promisify(execFile)('docker', words, options)).stdout.trim();
}

/** Why no image can be built here; null when one can. */
async function whyNoEngine(): Promise<string | null> {
  if ((await findCommand('docker')) === null) return `docker was not found in ${searchPath().join(', ')}`;
  return docker(['info', '--format', '{{.ServerVersion}}'], engineAnswersWithinMs).then(
    () => null,
    () => 'docker is installed, but its engine does not answer ("docker info")',
  );
}

async function build(): Promise<void> {
  console.log('building the image');
  // The build takes npm packages from wherever this machine gets them, proxies on its loopback included.
  await docker(['build', '--network', 'host', '--tag', image, '.'], buildsWithinMs);
  const bytes = Number(await docker(['image', 'inspect', '--format', '{{.Size}}', image]));
  console.log(`built, ${Math.round(bytes / 1e6)} MB`);
}

/** The address at which the machine reaches a port of the container. */
async function published(name: string, port: number): Promise<string> {
  const [address = ''] = (await docker(['port', name, `${port}/tcp`])).split('\n');
  return `http://${address}`;
}

async function becomesReady(name: string): Promise<void> {
  const url = `${await published(name, 9090)}/readyz`;
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => null,
    );
    if (status === 200) return;
    if (performance.now() > deadline)
      throw new Error(`/readyz answered ${status ?? 'nothing'} for ${readyWithinMs} ms`);
    await sleep(healthPollMs);
  }
}

async function becomesHealthy(name: string): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const health = await docker(['inspect', '--format', '{{.State.Health.Status}}', name]);
    if (health === 'healthy') return;
    if (performance.now() > deadline) throw new Error(`the container's health is "${health}"`);
    await sleep(healthPollMs);
  }
}

async function tryContainer(name: string): Promise<void> {
  // As strict as the chart: no writable file system, no capability.
  const hardening = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
  const ports = ['--publish', '127.0.0.1::8080', '--publish', '127.0.0.1::9090'];
  const quickDrain = ['--env', 'GUICHET_DRAIN_MS=500'];
  await docker(['run', '--detach', '--name', name, ...hardening, ...ports, ...quickDrain, image]);
  await becomesReady(name);
  console.log('/readyz answers 200');

  const unknownRoom = await fetch(`${await published(name, 8080)}/v1/rooms/no-such-room`);
  assert.equal(unknownRoom.status, 404, 'the public listener answers');
  assert.notEqual(await docker(['exec', name, 'id', '-u']), '0', 'the service does not run as root');
  const inside = (await docker(['exec', name, 'ls', '.', 'src', 'node_modules'])).split('\n');
  for (const unwanted of ['tests', 'dev', 'vitest', 'typescript', 'node']) {
    assert.ok(!inside.includes(unwanted), `${unwanted} is not in the image`);
  }
  await becomesHealthy(name);
  console.log('healthy, not root, nothing of development inside');

  await docker(['stop', '--time', String(stopsWithinSeconds), name]);
  const exitCode = await docker(['inspect', '--format', '{{.State.ExitCode}}', name]);
  assert.equal(exitCode, '0', 'SIGTERM ends it by itself');
  console.log('stopped by SIGTERM with exit status 0');
}

const problem = await whyNoEngine();
if (problem === null) {
  await build();
  const name = `guichet-test-${randomUUID().slice(0, 8)}`;
  try {
    await tryContainer(name);
  } catch (error) {
    console.error(await docker(['logs', '--tail', '30', name]).catch(() => ''));
    throw error;
  } finally {
    await docker(['rm', '--force', '--volumes', name]).catch(() => undefined);
  }
  console.log('the image works');
} else {
  console.error(`The image cannot be tested: ${problem}.`);
  process.exitCode = 1;
}
