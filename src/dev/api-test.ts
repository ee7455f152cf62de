/**
 * Attacks the API with schemathesis, from the API documents alone: `npm run test:api [-- --examples=N]`.
 *
 * The service runs as a process, once in memory and once on a Redis of its own; each listener's document is run with the
 * keys of every scope, and without one. What must hold: no 5xx, no status, content type, header or body that the document
 * does not name, nothing taken that its schemas refuse, nothing opened without its key. Afterwards the service's own log
 * tells of no failure.
 *
 * schemathesis (PyPI, pinned) lives in an environment of its own under node_modules/.cache, made on the first run.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type RedisServer, startRedisServer } from './redis-server.ts';
import { makeApiKeys, makeSigningKeys, ServiceProcess } from './service-processes.ts';

const schemathesisVersion = '4.32.5';
const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
const environment = join(cache, `schemathesis-${schemathesisVersion}`);
const command = join(environment, 'bin', 'schemathesis');
const seed = 20_261_123;

/** `positive_data_acceptance` is left out: rules between fields, and what a room allows, are in no schema. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'unsupported_method',
  'ignored_auth',
];

/** A room of its own, so that the attack reaches what is behind it; a body may be too long before it is wrong. */
const settings = (roomId: string): string => `[parameters]
"path.roomId" = "${roomId}"

[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 428, 429, 431]
`;

async function run(program: string, words: readonly string[], cwd = cache): Promise<number> {
  const child = spawn(program, words, { stdio: 'inherit', cwd });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function ensureSchemathesis(): Promise<void> {
  if (existsSync(command)) return;
  await mkdir(cache, { recursive: true });
  const made = await run('python3', ['-m', 'venv', '--clear', environment]);
  if (made !== 0) throw new Error('python3 with its venv module is needed (Debian: python3-venv)');
  const pip = join(environment, 'bin', 'pip');
  const words = ['install', '--quiet', '--disable-pip-version-check', `schemathesis==${schemathesisVersion}`];
  if ((await run(pip, words)) !== 0) {
    await rm(environment, { recursive: true, force: true });
    throw new Error(`schemathesis ${schemathesisVersion} could not be installed from PyPI`);
  }
}

type Attack = { name: string; documentUrl: string; baseUrl: string; bearer: string | null; roomId: string };

async function attack(
  { name, documentUrl, baseUrl, bearer, roomId }: Attack,
  { directory, examples }: { directory: string; examples: number },
): Promise<boolean> {
  console.log(`\n=== ${name}`);
  const file = join(directory, 'schemathesis.toml');
  await writeFile(file, settings(roomId));
  const words = ['--config-file', file, 'run', documentUrl, '--url', baseUrl, '--no-color'];
  const how = ['--checks', checks.join(','), '--phases', 'examples,coverage,fuzzing', '--seed', String(seed)];
  const limits = [
    '--max-examples',
    String(examples),
    '--request-timeout',
    '20',
    '--generation-database',
    'none',
  ];
  const quiet = ['--suppress-health-check', 'all', '--warnings', 'off'];
  const proof = bearer === null ? [] : ['--header', `Authorization: Bearer ${bearer}`];
  return (await run(command, [...words, ...how, ...limits, ...quiet, ...proof], directory)) === 0;
}

const headers = (bearer: string): Record<string, string> => ({
  authorization: `Bearer ${bearer}`,
  'content-type': 'application/json',
});

/** An open room that keeps people waiting. */
async function makeRoom(service: ServiceProcess, adminKey: string): Promise<string> {
  const roomId = 'loisirs';
  const url = `${service.internalUrl}/v1/rooms/${roomId}`;
  const policy = { capacity: 3, targetUrl: 'https://inscriptions.example.org/loisirs' };
  await fetch(url, { method: 'PUT', headers: headers(adminKey), body: JSON.stringify(policy) });
  const opened = await fetch(`${url}/open`, { method: 'POST', headers: headers(adminKey) });
  if (!opened.ok) throw new Error(`the room could not be opened: ${opened.status}`);
  return roomId;
}

/** Every scope of key on the internal listener, with and without a ticket on the public one. */
async function attackService(
  store: string,
  redis: RedisServer | null,
  { directory, examples }: { directory: string; examples: number },
): Promise<string[]> {
  const apiKeys = makeApiKeys();
  const keys = { ...apiKeys, operator: makeApiKeys().admin, viewer: makeApiKeys().admin };
  const signingKeys = join(directory, `${store}-signing-keys.json`);
  await makeSigningKeys(signingKeys);
  const service = await ServiceProcess.create({
    name: store,
    directory,
    apiKeys,
    environment: {
      GUICHET_SIGNING_KEYS_FILE: signingKeys,
      GUICHET_OPERATOR_KEY: keys.operator,
      GUICHET_VIEWER_KEY: keys.viewer,
      GUICHET_JOINS_PER_MINUTE_PER_PREFIX: '0',
      GUICHET_SMTP_URL: 'smtp://127.0.0.1:9',
      GUICHET_MAIL_FROM: 'attente@example.org',
      GUICHET_LOG_LEVEL: 'error',
      ...(redis === null ? {} : { REDIS_URL: `redis://127.0.0.1:${redis.port}` }),
    },
  });
  await service.start();
  const failed: string[] = [];
  try {
    const { internalUrl, publicUrl } = service;
    const bearers = Object.entries({ ...keys, nobody: null });
    for (const [scope, bearer] of bearers) {
      const roomId = await makeRoom(service, keys.admin);
      const name = `${store}, internal, ${scope}`;
      const attacked = {
        name,
        documentUrl: `${internalUrl}/openapi.json`,
        baseUrl: internalUrl,
        bearer,
        roomId,
      };
      if (!(await attack(attacked, { directory, examples }))) failed.push(name);
    }
    for (const who of ['holder', 'nobody'] as const) {
      const roomId = await makeRoom(service, keys.admin);
      const joined = await fetch(`${publicUrl}/v1/rooms/${roomId}/tickets`, { method: 'POST' });
      const { queueToken } = (await joined.json()) as { queueToken: string };
      const name = `${store}, public, ${who}`;
      const documentUrl = `${internalUrl}/openapi-public.json`;
      const bearer = who === 'holder' ? queueToken : null;
      const attacked = { name, documentUrl, baseUrl: publicUrl, bearer, roomId };
      if (!(await attack(attacked, { directory, examples }))) failed.push(name);
    }
    const failures = (await readFile(service.logFile, 'utf8'))
      .split('\n')
      .filter((line) => /"level":[56]0/.test(line));
    for (const line of failures.slice(0, 20)) console.log(line);
    if (failures.length > 0) failed.push(`${store}: the service logged ${failures.length} failures`);
  } finally {
    await service.stop();
  }
  return failed;
}

const { values } = parseArgs({
  options: { examples: { type: 'string', default: '25' }, store: { type: 'string', default: 'all' } },
});
const examples = Number(values.examples);
await ensureSchemathesis();
const directory = await mkdtemp(join(tmpdir(), 'guichet-api-test-'));
const failed: string[] = [];
try {
  if (values.store !== 'redis')
    failed.push(...(await attackService('memory', null, { directory, examples })));
  if (values.store !== 'memory') {
    const redis = await startRedisServer({ appendonly: 'everysec' });
    try {
      failed.push(...(await attackService('redis', redis, { directory, examples })));
    } finally {
      await redis.stop();
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
console.log(failed.length === 0 ? '\nAPI test: passed' : `\nAPI test: FAILED: ${failed.join('; ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
