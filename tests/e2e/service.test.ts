import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { startRedis } from '../support/redis.ts';
import { expectStatus, newRoomId } from '../support/service.ts';
import { type Deployment, deploymentForTest, outputs, runToEnd } from '../support/service-process.ts';
import { type Answer, ask, LiveClient, type Question } from '../support/wire-client.ts';

/** Every token and key that was issued in this file. */
const secrets = new Set<string>();

type Ticket = { roomId: string; ticketId: string; number: number; queueToken: string };

async function deployed(options: Parameters<typeof deploymentForTest>[0] = {}): Promise<Deployment> {
  const deployment = await deploymentForTest(options);
  for (const key of Object.values(deployment.keys)) secrets.add(key);
  const signing = JSON.parse(await readFile(deployment.keysFile, 'utf8')) as Record<
    string,
    { secret: string }[]
  >;
  for (const { secret } of Object.values(signing).flat())
    for (const line of secret.trim().split('\n')) secrets.add(line);
  return deployment;
}

/** A deployment's first replica, unless another is named. */
const at = ({ replicas }: Deployment, index = 0): { publicUrl: string; internalUrl: string } => {
  const replica = replicas[index];
  if (replica === undefined) throw new Error(`there is no replica ${index}`);
  return replica;
};

async function openRoom(deployment: Deployment, policy: PolicyInput): Promise<string> {
  const roomId = newRoomId();
  const address = `${at(deployment).internalUrl}/v1/rooms/${roomId}`;
  expectStatus(await ask(address, { method: 'PUT', body: policy, bearer: deployment.keys.admin }), 201);
  expectStatus(await ask(`${address}/open`, { method: 'POST', bearer: deployment.keys.operator }), 200);
  return roomId;
}

async function takeTicket(publicUrl: string, roomId: string, question: Question = {}): Promise<Ticket> {
  const answer = await ask(`${publicUrl}/v1/rooms/${roomId}/tickets`, { method: 'POST', ...question });
  expectStatus(answer, 201);
  const ticket = { roomId, ...answer.body } as Ticket;
  secrets.add(ticket.queueToken);
  return ticket;
}

const look = (publicUrl: string, { roomId, queueToken }: Ticket): Promise<Answer> =>
  ask(`${publicUrl}/v1/rooms/${roomId}/ticket`, { bearer: queueToken });

async function live(publicUrl: string, { roomId, queueToken }: Ticket): Promise<LiveClient> {
  const client = await LiveClient.open(publicUrl, roomId, { queueToken });
  onTestFinished(() => client.close());
  return client;
}

const soon = { timeout: 15_000, interval: 50 };

test('a visitor joins, waits, is admitted, enters, is redeemed by the origin and finished', async () => {
  const deployment = await deployed();
  const { publicUrl, internalUrl } = at(deployment);
  const roomId = await openRoom(deployment, { capacity: 1, targetUrl: 'https://ville.example.org/natation' });
  const key = randomUUID();
  secrets.add(key);
  const first = await takeTicket(publicUrl, roomId, { headers: { 'idempotency-key': key } });
  const second = await takeTicket(publicUrl, roomId);
  const [one, other] = [await live(publicUrl, first), await live(publicUrl, second)];
  expect(await other.next('standing')).toMatchObject({ number: 2 });

  await one.next('admitted');
  const entered = await ask(`${publicUrl}/v1/rooms/${roomId}/ticket/enter`, {
    method: 'POST',
    bearer: first.queueToken,
  });
  expectStatus(entered, 200);
  const handOver = new URL(entered.body['redirectUrl'] as string).searchParams.get('guichet') ?? '';
  await one.next('entered');

  const origin = `${internalUrl}/v1/rooms/${roomId}`;
  const bearer = deployment.keys.origin;
  const redeemKey = randomUUID();
  const headers = { 'idempotency-key': redeemKey };
  const redeemed = await ask(`${origin}/passes/redeem`, {
    method: 'POST',
    body: { handOver },
    bearer,
    headers,
  });
  expectStatus(redeemed, 200);
  const pass = redeemed.body['pass'] as string;
  for (const secret of [handOver, redeemKey, pass, entered.body['pass'] as string]) secrets.add(secret);
  // As any server checks it, with nothing but the address of the keys.
  const jwks = createRemoteJWKSet(new URL(`${publicUrl}/.well-known/jwks.json`));
  const { payload } = await jwtVerify(pass, jwks, { issuer: publicUrl, audience: roomId });
  expect(payload).toMatchObject({ sub: first.ticketId, number: 1 });

  expect(other.heard('admitted')).toEqual([]);
  const finish = { method: 'POST', body: { outcome: 'completed' }, bearer };
  expectStatus(await ask(`${origin}/sessions/${first.ticketId}/finish`, finish), 200);
  expect(await one.closed).toBe(4502);
  await other.next('admitted');
});

test('it does not start on Redis without signing keys, and says everything that is wrong at once', async () => {
  const password = 'hunter2-and-more';
  secrets.add(password);
  const { code, output } = await runToEnd({
    REDIS_URL: `redis://:${password}@127.0.0.1:1/`,
    GUICHET_ADMIN_KEY: 'short',
  });
  expect(code).toBe(1);
  expect(output).toContain('GUICHET_SIGNING_KEYS_FILE is required with REDIS_URL');
  expect(output).toContain('GUICHET_ADMIN_KEY must have at least 16 characters');
});

test('it does not start on a state directory that another process uses, and does on one that a dead one left', async () => {
  const deployment = await deployed();
  const [replica] = deployment.replicas;
  const stateDirectory = join(deployment.directory, 'replica-1-state');
  const { code, output } = await runToEnd({ GUICHET_STATE_DIR: stateDirectory });
  expect(code).toBe(1);
  expect(output).toContain(`process ${replica?.pid} uses this state directory`);
  await replica?.kill();
  await replica?.start();
  expect((await ask(`${replica?.internalUrl}/readyz`)).status).toBe(200);
});

test('after a crash and the loss of all data the tickets come back in their order', async () => {
  const server = await startRedis();
  const deployment = await deployed({ environment: { REDIS_URL: server.url } });
  const [replica] = deployment.replicas;
  const { publicUrl, internalUrl } = at(deployment);
  const roomId = await openRoom(deployment, { capacity: 0, presentWithinMs: 30_000, recoverWithinMs: 5_000 });
  const tickets: Ticket[] = [];
  for (let number = 1; number <= 6; number += 1) tickets.push(await takeTicket(publicUrl, roomId));
  // What it remembers is written every few seconds.
  const stateFile = join(deployment.directory, 'replica-1-state', 'rooms.json');
  await vi.waitFor(async () => expect(await readFile(stateFile, 'utf8')).toContain('"lastNumber":6'), soon);

  await replica?.kill();
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  await redis.flushall();
  await replica?.start();

  // They come back one by one, the last ones first.
  for (const ticket of tickets.toReversed()) {
    await vi.waitFor(async () => expect((await look(publicUrl, ticket)).body['kind']).toBe('waiting'), soon);
  }
  const positions = async (): Promise<unknown[]> => {
    const looks = await Promise.all(tickets.map((ticket) => look(publicUrl, ticket)));
    return looks.map(({ body }) => (body['standing'] as { position: number } | undefined)?.position);
  };
  await vi.waitFor(async () => expect(await positions()).toEqual([1, 2, 3, 4, 5, 6]), soon);
  const newcomer = await takeTicket(publicUrl, roomId);
  expect(newcomer.number).toBeGreaterThan(6);

  const admission = { method: 'PATCH', body: { capacity: 2 }, bearer: deployment.keys.operator };
  expectStatus(await ask(`${internalUrl}/v1/rooms/${roomId}/admission`, admission), 200);
  const kinds = async (): Promise<unknown[]> => {
    const looks = await Promise.all([...tickets, newcomer].map((ticket) => look(publicUrl, ticket)));
    return looks.map(({ body }) => body['kind']);
  };
  const waiting = Array.from({ length: 5 }, () => 'waiting');
  await vi.waitFor(async () => expect(await kinds()).toEqual(['admitted', 'admitted', ...waiting]), soon);
});

test('nothing that the processes wrote holds a token or a key', () => {
  const output = outputs.join('\n');
  expect(output).toContain('Listening');
  expect(output.length).toBeGreaterThan(1_000);
  expect(secrets.size).toBeGreaterThan(25);
  expect([...secrets].filter((secret) => secret.length > 8 && output.includes(secret))).toEqual([]);
});
