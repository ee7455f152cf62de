/** Redis with no memory left, or no room on its disk: nobody is told of a turn that is not kept, and it passes by itself. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { RedisServer } from '../../src/dev/redis-server.ts';
import { askGate, type Inside, targetUrl } from '../support/gate-client.ts';
import { expectProblem } from '../support/problems.ts';
import { connectTo, startRedis } from '../support/redis.ts';
import { expectStatus, serviceForTest, type TestService, type Visitor } from '../support/service.ts';
import type { Answer, Question } from '../support/wire-client.ts';

const run = promisify(execFile);
const soon = { timeout: 15_000, interval: 200 };

type Stage = {
  service: TestService;
  roomId: string;
  inside: Inside[];
  admitted: Visitor[];
  waiting: Visitor[];
};

/** Six people inside or admitted, which is as many as there may be, and two who wait. */
async function staged(redis: RedisServer): Promise<Stage> {
  const service = await serviceForTest({ redisUrl: redis.url });
  const roomId = await service.openRoom({ capacity: 6, outflowPerMinute: 60_000, targetUrl });
  const visitors: Visitor[] = [];
  for (let count = 0; count < 8; count += 1) visitors.push(await service.join(roomId));
  const first = visitors.slice(0, 6);
  await vi.waitFor(async () => {
    for (const visitor of first) expect((await service.look(visitor)).body['kind']).toBe('admitted');
  }, soon);
  const inside: Inside[] = [];
  for (const visitor of first.slice(0, 3)) {
    const { body } = await service.act(visitor, 'enter');
    const handOver = new URL(body['redirectUrl'] as string).searchParams.get('guichet') ?? '';
    inside.push({ ...visitor, handOver, pass: body['pass'] as string });
  }
  return { service, roomId, inside, admitted: first.slice(3), waiting: visitors.slice(6) };
}

/** One who presses the button again and again is one. */
function someoneNew({ service, roomId }: Stage): () => Promise<Answer> {
  const question: Question = { method: 'POST', headers: { 'idempotency-key': randomUUID() } };
  return () => service.public(`/v1/rooms/${roomId}/tickets`, question);
}

const bySite = ({ service, roomId }: Stage, { ticketId }: Visitor, verb: string, body = {}) =>
  service.internal(`/v1/rooms/${roomId}/sessions/${ticketId}/${verb}`, {
    method: 'POST',
    as: 'origin',
    body,
  });

async function expectRefused(stage: Stage, join: () => Promise<Answer>): Promise<void> {
  const answer = await join();
  expectProblem(answer, 'store-unavailable');
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  // Those inside go on, and whoever waits keeps the place.
  for (const { pass } of stage.inside)
    expectStatus(await askGate(stage.service, stage.roomId, { url: targetUrl, pass }), 200);
  for (const visitor of stage.waiting)
    expect((await stage.service.look(visitor)).body).toMatchObject({ number: visitor.number });
}

/** The same ticket, next in order, however often it was asked for in vain. */
async function expectTaken(stage: Stage, join: () => Promise<Answer>, number = 9): Promise<void> {
  const taken = await vi.waitFor(async () => {
    const answer = await join();
    expectStatus(answer, 201);
    return answer.body;
  }, soon);
  expect(taken['number']).toBe(number);
  expect((await join()).body).toMatchObject({ ticketId: taken['ticketId'], number });
  expect((await stage.service.join(stage.roomId)).number).toBe(number + 1);
}

test('with no memory left joins are refused, and everybody else goes on; then the join is taken', async () => {
  const redis = await startRedis({ settings: { 'maxmemory-policy': 'noeviction' } });
  const stage = await staged(redis);
  const { service, roomId, inside, admitted, waiting } = stage;
  const [first, second, third] = inside as [Inside, Inside, Inside];
  const admin = connectTo(redis.url);
  await admin.config('SET', 'maxmemory', '1mb');
  const join = someoneNew(stage);
  await expectRefused(stage, join);

  for (const visitor of admitted) expectStatus(await service.act(visitor, 'enter'), 200);
  for (const visitor of inside) expectStatus(await bySite(stage, visitor, 'keep-alive'), 200);
  const redeemed = { method: 'POST', as: 'origin', body: { handOver: first.handOver } } as const;
  expectStatus(await service.internal(`/v1/rooms/${roomId}/passes/redeem`, redeemed), 200);
  expectStatus(await bySite(stage, second, 'finish', { outcome: 'completed' }), 200);
  const leave = { method: 'DELETE', bearer: third.queueToken };
  expectStatus(await service.public(`/v1/rooms/${roomId}/ticket`, leave), 204);
  // A seat that is free is given to the next one.
  const [next] = waiting as [Visitor];
  await vi.waitFor(async () => expect((await service.look(next)).body['kind']).toBe('admitted'), soon);
  expectStatus(await service.act(next, 'enter'), 200);
  for (const verb of ['pause', 'resume'])
    expectStatus(await service.internal(`/v1/rooms/${roomId}/${verb}`, { method: 'POST' }), 200);
  expectProblem(await join(), 'store-unavailable');

  await admin.config('SET', 'maxmemory', '0');
  await expectTaken(stage, join);
}, 60_000);

/** A volume of 8 MiB; gone after the test. Null where this process may not mount one. */
async function smallVolume(): Promise<string | null> {
  if (process.getuid?.() !== 0) return null;
  const directory = await mkdtemp(join(tmpdir(), 'guichet-volume-'));
  const isMounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory]).then(
    () => true,
    () => false,
  );
  onTestFinished(async () => {
    if (isMounted) await run('umount', ['--lazy', directory]);
    await rm(directory, { recursive: true, force: true });
  });
  return isMounted ? directory : null;
}

/** Takes all that is left of a volume, and gives it back. */
async function filled(directory: string): Promise<{ giveBack: () => Promise<void> }> {
  const path = join(directory, 'other-data');
  const { bavail, bsize } = await statfs(directory);
  await writeFile(path, Buffer.alloc(bavail * bsize));
  return { giveBack: () => truncate(path, 0) };
}

const needsRoot = 'a volume that is full needs root, and mount';

test('with its disk full Redis takes nothing, and nobody is told otherwise; with room again it goes on by itself', async ({
  skip,
}) => {
  const directory = await smallVolume();
  if (directory === null) return skip(needsRoot);
  const redis = await startRedis({ appendonly: 'everysec', settings: { dir: directory } });
  const stage = await staged(redis);
  const { service, admitted } = stage;
  const admin = connectTo(redis.url);
  const { giveBack } = await filled(directory);
  // The page of the file that is begun takes some writes yet.
  await vi.waitFor(async () => {
    expect(await admin.info('persistence')).toContain('aof_last_write_status:err');
  }, soon);
  const join = someoneNew(stage);
  await expectRefused(stage, join);
  for (const visitor of admitted) expectProblem(await service.act(visitor, 'enter'), 'store-unavailable');

  await giveBack();
  await expectTaken(stage, join);
  for (const visitor of admitted) expectStatus(await service.act(visitor, 'enter'), 200);
}, 60_000);

test('one that syncs each write ends when its disk is full; started again with room it has all that was confirmed', async ({
  skip,
}) => {
  const directory = await smallVolume();
  if (directory === null) return skip(needsRoot);
  const redis = await startRedis({ appendonly: 'always', settings: { dir: directory } });
  const stage = await staged(redis);
  const { service, admitted } = stage;
  const { giveBack } = await filled(directory);
  await vi.waitFor(() => expect(redis.pid).toBeNull(), soon);
  const join = someoneNew(stage);
  await expectRefused(stage, join);

  await giveBack();
  await redis.start();
  // Another process gives numbers a thousand later, whatever the one before it gave last.
  await expectTaken(stage, join, 1_009);
  for (const visitor of admitted) expectStatus(await service.act(visitor, 'enter'), 200);
}, 90_000);
