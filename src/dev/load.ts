/**
 * Runs a k6 scenario against a service of its own: `npm run load -- rush --visitors 500 --redis`.
 *
 * Starts what is needed — the service on the memory store, or on a redis-server with `--redis` — makes and opens a
 * room, runs k6, stops everything. Exits with k6's status: 99 when a threshold broke.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findCommand, searchPathWithGo } from './provision.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';
import { type ApiKeys, makeApiKeys, makeSigningKeys, ServiceProcess } from './service-processes.ts';

const root = new URL('../..', import.meta.url).pathname;
const scenarios = ['smoke', 'rush', 'widget'];
const roomId = 'load';
/** Of the page through which the crowd of `widget` comes. */
const pageOrigin = 'https://www.example.org';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    visitors: { type: 'string', default: '200' },
    'arrival-seconds': { type: 'string', default: '5' },
    'stay-seconds': { type: 'string', default: '2' },
    capacity: { type: 'string', default: '50' },
    redis: { type: 'boolean', default: false },
  },
});

/** The room that the crowd meets: small enough that most have to wait, at a pace that ends soon. */
async function openRoom(service: ServiceProcess, apiKeys: ApiKeys): Promise<void> {
  const call = async (method: string, path: string, body: object): Promise<void> => {
    const response = await fetch(`${service.internalUrl}/v1/rooms/${roomId}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKeys.admin}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok)
      throw new Error(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
  };
  const policy = {
    capacity: Number(values.capacity),
    outflowPerMinute: 6_000,
    allowedOrigins: [pageOrigin],
  };
  await call('PUT', '', policy);
  await call('POST', '/open', {});
}

async function startService(
  directory: string,
  apiKeys: ApiKeys,
  redis: RedisServer | null,
): Promise<ServiceProcess> {
  const signingKeysFile = join(directory, 'signing-keys.json');
  if (redis !== null) await makeSigningKeys(signingKeysFile);
  const service = await ServiceProcess.create({
    name: 'load',
    directory,
    apiKeys,
    environment: {
      // The whole crowd comes from one address.
      GUICHET_JOINS_PER_MINUTE_PER_PREFIX: '0',
      GUICHET_DRAIN_MS: '0',
      ...(redis === null ? {} : { REDIS_URL: redis.url, GUICHET_SIGNING_KEYS_FILE: signingKeysFile }),
    },
  });
  await service.start();
  return service;
}

function runK6(k6: string, scenario: string, service: ServiceProcess, apiKeys: ApiKeys): Promise<number> {
  const environment: Readonly<Record<string, string>> = {
    GUICHET_URL: service.publicUrl,
    GUICHET_ROOM: roomId,
    GUICHET_INTERNAL_URL: service.internalUrl,
    GUICHET_ORIGIN_KEY: apiKeys.origin,
    GUICHET_VISITORS: values.visitors,
    GUICHET_ARRIVAL_SECONDS: values['arrival-seconds'],
    GUICHET_STAY_SECONDS: values['stay-seconds'],
    ...(scenario === 'widget' ? { GUICHET_ORIGIN: pageOrigin } : {}),
  };
  const words = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const child = spawn(k6, ['run', '--no-usage-report', ...words, `load-tests/${scenario}.ts`], {
    cwd: root,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function load(k6: string, scenario: string): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-load-'));
  const apiKeys = makeApiKeys();
  const redis = values.redis ? await startRedisServer() : null;
  let service: ServiceProcess | null = null;
  try {
    service = await startService(directory, apiKeys, redis);
    await openRoom(service, apiKeys);
    return await runK6(k6, scenario, service, apiKeys);
  } finally {
    await service?.stop();
    await redis?.stop();
    await rm(directory, { recursive: true });
  }
}

const [scenario = ''] = positionals;
const k6 = await findCommand('k6', searchPathWithGo());
if (!scenarios.includes(scenario)) {
  console.error(`Usage: npm run load -- <${scenarios.join('|')}> [--visitors 200] [--capacity 50] [--redis]`);
  process.exitCode = 2;
} else if (k6 === null) {
  console.error(
    `k6 is needed and was not found in ${searchPathWithGo().join(', ')} (go install go.k6.io/k6@latest).`,
  );
  process.exitCode = 1;
} else {
  process.exitCode = await load(k6, scenario);
}
