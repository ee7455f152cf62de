/** What commands do with the answers that are neither a plain yes nor a plain no, and with none at all. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { childEnvironment } from '../../src/dev/provision.ts';
import { completePolicy } from '../../src/domain/room.ts';
import { type Asked, problem, startApiStub, type StubAnswer } from '../support/api-stub.ts';
import { guichet, guichetJson } from '../support/command-line.ts';
import { closedPort } from '../support/mail-server.ts';
import { serviceForTest } from '../support/service.ts';

const root = new URL('../..', import.meta.url).pathname;
const room = {
  roomId: 'pool',
  state: 'open',
  version: 7,
  policy: completePolicy('pool', { capacity: 50 }),
  notice: null,
  reason: null,
  warnings: [],
};

/** Answers reads of the room, and everything else as told. */
const steered =
  (answer: (asked: Asked) => StubAnswer) =>
  (asked: Asked): StubAnswer =>
    asked.method === 'GET' && asked.path === '/v1/rooms/pool'
      ? { body: room, headers: { etag: '"7"' } }
      : answer(asked);

test('a change carries the version that was read', async () => {
  const { environment, asked } = await startApiStub(steered(() => ({ body: { ...room, state: 'paused' } })));
  expect(await guichet('pause pool', { environment })).toMatchObject({ code: 0 });
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /v1/rooms/pool',
    'POST /v1/rooms/pool/pause',
  ]);
  expect(asked[1]?.headers).toMatchObject({ 'if-match': '"7"', authorization: 'Bearer a-key-of-the-test' });
});

test('who changed the room meanwhile is named, and nothing is asked again', async () => {
  const records = [{ number: 12, actor: { keyId: 'k1', name: 'Marie' } }];
  const { environment, asked } = await startApiStub(
    steered(({ path }) => {
      if (path === '/v1/rooms/pool/audit?after=11')
        return { body: { records, next: null, head: { number: 12 } } };
      if (path.startsWith('/v1/rooms/pool/audit')) return { body: { records: [], head: { number: 12 } } };
      return problem(412, 'version-outdated', 'The room was changed since you read it');
    }),
  );
  const { code, err } = await guichet('pace pool --capacity 60', { environment });
  expect(code).toBe(1);
  expect(err).toContain('Marie changed the room meanwhile; nothing was done.');
  expect(asked.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  const inFrench = await guichetJson('open pool --lang fr', { environment });
  expect(inFrench.body).toMatchObject({
    error: { code: 'version-outdated', status: 412, title: expect.stringContaining('Marie a modifié') },
  });
});

test('a change that waits for a second person is told with its proposal, and with a code of its own', async () => {
  const proposal = { proposalId: '0b7c1f5e-0000-4000-8000-000000000001', expiresAt: '2027-05-04T18:00:00Z' };
  const { environment } = await startApiStub(steered(() => ({ status: 202, body: { proposal } })));
  const { code, out } = await guichet('bypass pool', { environment });
  expect(code).toBe(3);
  expect(out).toContain('it waits for a second person');
  expect(out).toContain(`Proposal: ${proposal.proposalId}`);
  expect(await guichetJson('bypass pool', { environment })).toEqual({
    code: 3,
    body: { kind: 'waits', proposal },
  });
});

test('a dry run is asked for as one, and tells the effect', async () => {
  const effect = {
    waiting: 4_200,
    heldBy: 'paused',
    drainMs: { low: 720_000, high: 1_080_000 },
    lastInLineAt: { earliest: '2027-05-04T18:12:00Z', latest: '2027-05-04T18:18:00Z' },
    placesPerVisitor: 0.5,
    isOverCapacity: true,
    needsSecondPerson: ['capacity'],
    warnings: [{ field: 'capacity', code: 'nobody-admitted', message: 'Nobody is admitted.' }],
  };
  const room90 = { ...room, policy: { ...room.policy, capacity: 90 } };
  const answer = { dryRun: true, room: room90, effect };
  const { environment, asked } = await startApiStub(steered(() => ({ body: answer })));
  const { code, out } = await guichet('pace pool --capacity 90 --dry-run', { environment });
  expect(code).toBe(0);
  expect(asked.at(-1)?.path).toBe('/v1/rooms/pool/admission?dryRun=true');
  expect(out).toContain('Nothing was changed. It would do this:');
  for (const words of [
    'pool: capacity: 50 → 90',
    'let in: the room is paused',
    'waiting: 4,200',
    '12–18 min',
    'for each who waits: 0.5',
    'capacity: Nobody is',
  ])
    expect(out).toContain(words);
  const { body } = await guichetJson('pace pool --capacity 90 --dry-run', { environment });
  expect(body).toEqual({ kind: 'dry-run', room: room90, effect });
  const old = await startApiStub(steered(() => ({ body: room })));
  expect(await guichetJson('open pool --dry-run', old)).toMatchObject({
    code: 1,
    body: { error: { code: 'dry-run-unknown' } },
  });
});

test.each([
  [409, 'room-changed', {}],
  [429, 'rate-limited', { 'retry-after': '7' }],
  [500, 'internal-error', {}],
  [503, 'store-unavailable', { 'retry-after': '2' }],
])('HTTP %i is told with its code, and with when to try again', async (status, code, headers) => {
  const refusal = { ...(problem(status, code, 'No') as object), headers } as StubAnswer;
  const { environment } = await startApiStub(() => refusal);
  const seconds = 'retry-after' in headers ? Number(headers['retry-after']) : null;
  const { body, code: exit } = await guichetJson('rooms', { environment });
  expect([exit, body]).toMatchObject([
    1,
    { error: { code, status, retryAfterMs: seconds === null ? null : seconds * 1_000 } },
  ]);
  const { err } = await guichet('rooms --lang fr', { environment });
  expect(err).toContain(`(${code})`);
  if (seconds !== null)
    expect(err.replaceAll(/[\u00a0\u202f]/g, ' ')).toContain(`Réessayez dans ${seconds} s`);
});

test('what is no Guichet is told to be none, and never gets the key a second time', async () => {
  const page = { headers: { 'content-type': 'text/html' }, body: '<html>' };
  const { environment } = await startApiStub(() => page);
  expect(await guichetJson('rooms', { environment })).toMatchObject({
    code: 1,
    body: { error: { code: 'not-guichet', status: 200 } },
  });
  const other = await startApiStub(() => ({ body: { rooms: [] } }));
  const location = `${other.environment['GUICHET_API_URL']}/v1/rooms`;
  const moved = await startApiStub(() => ({ status: 302, headers: { location } }));
  expect(await guichetJson('rooms', moved)).toMatchObject({ body: { error: { code: 'not-guichet' } } });
  expect(other.asked).toEqual([]);
});

test('a service that is away or cuts the line is told in a sentence', async () => {
  const url = `http://127.0.0.1:${await closedPort()}`;
  const environment = { GUICHET_API_URL: url, GUICHET_API_KEY: 'a-key' };
  const { code, err } = await guichet('rooms', { environment });
  expect(code).toBe(1);
  expect(err).toContain(`Guichet cannot be reached at ${url}`);
  const cut = await startApiStub(() => 'cut');
  expect((await guichetJson('rooms', cut)).body).toMatchObject({
    error: { code: 'service-away', status: null },
  });
});

test('a service that does not answer is given up within ten seconds', async () => {
  const { environment } = await startApiStub(() => 'silence');
  const startedMs = performance.now();
  const { code, body } = await guichetJson('open pool', { environment });
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  expect([code, body]).toMatchObject([1, { error: { code: 'service-slow' } }]);
});

test('API keys are listed, made for some rooms, shown once and revoked', async () => {
  const key = {
    keyId: 'k1',
    name: 'Marie',
    scope: 'operator',
    state: 'active',
    roomIds: ['pool'],
    expiresAt: null,
  };
  const { environment, asked } = await startApiStub(({ method }) => {
    if (method === 'GET') return { body: { keys: [{ ...key, lastUsedAt: null }] } };
    return method === 'POST' ? { status: 201, body: { ...key, key: 'gk_secret' } } : { body: key };
  });
  expect((await guichet('api-keys', { environment })).out).toMatch(/^k1 +Marie +active +operator +pool/m);
  const words = ['api-keys', 'create', 'Marie', '--scope', 'operator', '--room', 'pool', 'rink'];
  const made = await guichet([...words, '--expires', '2027-07-01T00:00-04:00'], { environment });
  expect(made.out).toMatch(/^gk_secret\n.*never shown again.*k1/);
  expect(asked.at(-1)?.body).toEqual({
    name: 'Marie',
    scope: 'operator',
    roomIds: ['pool', 'rink'],
    expiresAt: '2027-07-01T04:00:00.000Z',
  });
  expect((await guichetJson('api-keys revoke k1', { environment })).body).toEqual({
    kind: 'done',
    revoked: 'k1',
  });
  expect(asked.at(-1)).toMatchObject({ method: 'DELETE', path: '/v1/keys/k1' });
});

test('watch shows a snapshot and what is raised, and goes on while the service is away', async () => {
  const snapshot = {
    state: 'open',
    waiting: 4_200,
    present: { count: 4_100, asOf: '2027-05-04T18:00:00Z' },
    inside: 48,
    capacity: 50,
    pace: { askedPerMinute: 300, reachedPerMinute: 287.4, joinsPerMinute: 20 },
    lastInLine: { position: 4_200, reason: 'in-line', expectedWaitMs: { low: 720_000, high: 1_080_000 } },
    places: { total: 900, used: 100, left: 800 },
  };
  let looks = 0;
  const { environment } = await startApiStub(({ path }) => {
    if (path.startsWith('/v1/alarms'))
      return { body: { alarms: [{ alarm: 'batches-undelivered', roomId: 'pool' }] } };
    looks += 1;
    return looks === 2 ? problem(503, 'store-unavailable', 'Away') : { body: snapshot };
  });
  const { code, out } = await guichet('watch pool --times 3 --every 1', { environment });
  const lines = out.trimEnd().split('\n');
  expect([code, lines.length]).toEqual([0, 3]);
  expect(lines[0]).toContain(
    'pool  open  waiting 4,200  present 4,100  inside 48/50  pace 287.4/300/min  last in line 12–18 min  places left 800  alarms batches-undelivered',
  );
  expect(lines[1]).toContain('store-unavailable');
  expect(lines[2]).toContain('waiting 4,200');
});

test('watch ends at Ctrl-C, at once and without a word', async () => {
  const service = await serviceForTest();
  await service.openRoom();
  const child = spawn(process.execPath, ['src/cli/guichet.ts', 'watch', '--json', '--every', '60'], {
    cwd: root,
    env: childEnvironment({ GUICHET_API_URL: service.internalUrl, GUICHET_API_KEY: service.keys.viewer }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  expect(JSON.parse(first.toString())).toMatchObject({ state: 'open' });
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(Buffer.concat(said).toString()).toBe('');
});

test('npm run guichet steers the real service, with the key in a file', async () => {
  const service = await serviceForTest();
  const roomId = await service.makeRoom();
  const directory = await mkdtemp(join(tmpdir(), 'guichet-command-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const keyFile = join(directory, 'admin-key');
  await writeFile(keyFile, `${service.keys.admin}\n`, { mode: 0o600 });
  for (const variables of [{ GUICHET_API_KEY_FILE: keyFile }, { GUICHET_STATE_DIR: directory }]) {
    const env = childEnvironment({ ...variables, GUICHET_API_URL: service.internalUrl });
    const words = ['run', '--silent', 'guichet', '--', 'open', roomId, '--json'];
    const { stdout, stderr } = await promisify(execFile)('npm', words, { cwd: root, env });
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'done', room: { state: 'open' } });
    expect(stdout + stderr).not.toContain(service.keys.admin);
  }
});
