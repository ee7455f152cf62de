/**
 * The service as real processes for tests: started with files and keys of their own, killed after the test, with all
 * that they wrote kept until the end of the file.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { childEnvironment } from '../../src/dev/provision.ts';
import { makeApiKeys, makeSigningKeys, ServiceProcess } from '../../src/dev/service-processes.ts';
import type { Scope } from './service.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export type Deployment = {
  replicas: readonly ServiceProcess[];
  keys: { readonly [scope in Scope]: string };
  directory: string;
  /** Where the signing keys are. */
  keysFile: string;
  /** What each replica is started with, for another one. */
  environment: Readonly<Record<string, string>>;
};

/** All that processes of finished tests wrote. */
export const outputs: string[] = [];

/** Replicas with the same keys, started; killed when the running test is over. */
export async function deploymentForTest({
  count = 1,
  environment = {},
}: {
  count?: number;
  environment?: Readonly<Record<string, string>>;
} = {}): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-processes-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const keysFile = join(directory, 'signing-keys.json');
  await makeSigningKeys(keysFile);
  const apiKeys = makeApiKeys();
  const [operator, viewer] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  const replicas: ServiceProcess[] = [];
  const shared = {
    GUICHET_SIGNING_KEYS_FILE: keysFile,
    GUICHET_OPERATOR_KEY: operator,
    GUICHET_VIEWER_KEY: viewer,
    GUICHET_JOINS_PER_MINUTE_PER_PREFIX: '0',
    // Everything that it could ever say.
    GUICHET_LOG_LEVEL: 'trace',
    ...environment,
  };
  for (let index = 1; index <= count; index += 1) {
    const replica = await ServiceProcess.create({
      name: `replica-${index}`,
      directory,
      apiKeys,
      environment: shared,
    });
    onTestFinished(async () => {
      await replica.kill();
      outputs.push(await readFile(replica.logFile, 'utf8'));
    });
    await replica.start();
    replicas.push(replica);
  }
  return { replicas, keys: { ...apiKeys, operator, viewer }, directory, keysFile, environment: shared };
}

/** Runs the service until it ends by itself; killed when the running test is over. */
export async function runToEnd(
  environment: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    env: childEnvironment({ GUICHET_PUBLIC_PORT: '0', GUICHET_INTERNAL_PORT: '0', ...environment }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const output = Buffer.concat(chunks).toString();
  outputs.push(output);
  return { code, output };
}
