/**
 * Global setup of the contract suite: one Redis for all its files. Stores and services under test get `redisUrl`, as the
 * user that docs/redis.md tells operators to make; what a test does from outside is done by `adminRedisUrl`.
 *
 * Taken from the first that is there: `TEST_REDIS_URL`; the executable `TEST_REDIS_SERVER`; a Docker engine, through
 * Testcontainers; redis-server on the PATH, or installed where that is allowed. Files share it and run side by side, so a
 * test uses a room id of its own and never flushes. Tests that stop, freeze or replicate Redis start their own (redis.ts).
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { GenericContainer } from 'testcontainers';
import type { TestProject } from 'vitest/node';
import { aclRules } from '../../src/dev/redis-acl.ts';
import { startRedisServer } from '../../src/dev/redis-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A Redis that the contract suite shares, as a user who may do what the service needs, and nothing else. */
    redisUrl: string;
    /** The same, as one who may do anything. */
    adminRedisUrl: string;
  }
}

type SharedRedis = { url: string; from: string; stop: () => Promise<unknown> };

const image = 'redis:8';
/** A suite on a clock of its own has a database of its own. */
const databases = '64';
const dockerAnswersWithinMs = 5_000;
const pullWithinMs = 120_000;
const containerStartsWithinMs = 60_000;
const run = promisify(execFile);

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis =
    fromEnvironment() ?? (await fromNamedServer()) ?? (await fromDocker()) ?? (await fromProcess());
  process.stdout.write(`contract suite on Redis from ${redis.from}\n`);
  const admin = new Redis(redis.url, { maxRetriesPerRequest: 3 });
  // What cannot be done is told by the call.
  admin.on('error', () => undefined);
  const user = `guichet-test-${randomUUID()}`;
  const password = randomUUID();
  await admin.acl('SETUSER', user, 'on', `>${password}`, ...aclRules());
  project.provide('adminRedisUrl', redis.url);
  project.provide('redisUrl', Object.assign(new URL(redis.url), { username: user, password }).href);
  return async () => {
    await admin.acl('DELUSER', user);
    admin.disconnect();
    await redis.stop();
  };
}

function fromEnvironment(): SharedRedis | null {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined || url === '') return null;
  return { url, from: 'TEST_REDIS_URL', stop: () => Promise.resolve() };
}

async function fromNamedServer(): Promise<SharedRedis | null> {
  const path = process.env['TEST_REDIS_SERVER'];
  return path === undefined || path === '' ? null : { ...(await fromProcess()), from: path };
}

async function fromDocker(): Promise<SharedRedis | null> {
  if (!(await succeeds('docker', ['info'], dockerAnswersWithinMs))) return null;
  const there = await succeeds('docker', ['image', 'inspect', image], dockerAnswersWithinMs);
  if (!there && !(await succeeds('docker', ['pull', '--quiet', image], pullWithinMs))) return null;
  try {
    const container = await new GenericContainer(image)
      .withCommand(['redis-server', '--databases', databases, '--save', '', '--protected-mode', 'no'])
      .withExposedPorts(6379)
      .withStartupTimeout(containerStartsWithinMs)
      .start();
    return {
      url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`,
      from: `Docker (${image})`,
      stop: () => container.stop(),
    };
  } catch (error) {
    process.stdout.write(
      `Docker is there but cannot run ${image}: ${error instanceof Error ? error.message : ''}\n`,
    );
    return null;
  }
}

async function fromProcess(): Promise<SharedRedis> {
  try {
    const server = await startRedisServer({ settings: { databases } });
    return { url: server.url, from: 'redis-server', stop: () => server.stop() };
  } catch (cause) {
    throw new Error(
      'The contract suite needs a Redis: set TEST_REDIS_URL, or start a Docker engine, or install redis-server.',
      { cause },
    );
  }
}

/** Whether a command ends well within the time; one that hangs (an engine that does not answer) is killed. */
async function succeeds(command: string, words: string[], withinMs: number): Promise<boolean> {
  return run(command, words, { timeout: withinMs, killSignal: 'SIGKILL' }).then(
    () => true,
    () => false,
  );
}
