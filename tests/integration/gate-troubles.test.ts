import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { RedisServer } from '../../src/dev/redis-server.ts';
import type { ServiceProcess } from '../../src/dev/service-processes.ts';
import { startRedis } from '../support/redis.ts';
import { expectStatus, newRoomId } from '../support/service.ts';
import { type Deployment, deploymentForTest } from '../support/service-process.ts';
import { type Answer, ask } from '../support/wire-client.ts';

const site = 'https://ville.example.org';
const marginMs = 4_000;

type Stage = { redis: RedisServer; roomId: string; deployment: Deployment; gates: readonly ServiceProcess[] };
type Inside = { ticketId: string; queueToken: string; redirectUrl: string; pass: string };

async function staged(policy: object = {}, count = 1): Promise<Stage> {
  const redis = await startRedis({ appendonly: 'always' });
  const environment = { REDIS_URL: redis.url, GUICHET_PUBLIC_URL: 'https://tickets.example.org' };
  const deployment = await deploymentForTest({ count, environment });
  const roomId = newRoomId();
  const [first] = deployment.replicas;
  const address = `${first?.internalUrl}/v1/rooms/${roomId}`;
  const bearer = deployment.keys.admin;
  const body = {
    capacity: 50,
    outflowPerMinute: 60_000,
    recoverWithinMs: 5_000,
    targetUrl: `${site}/`,
    ...policy,
  };
  expectStatus(await ask(address, { method: 'PUT', body, bearer }), 201);
  expectStatus(await ask(`${address}/open`, { method: 'POST', bearer }), 200);
  return { redis, roomId, deployment, gates: deployment.replicas };
}

const gateOf = ({ gates }: Stage, index = 0): ServiceProcess => gates[index] as ServiceProcess;

/** Someone inside, whose browser has the pass that entering gave. */
async function comesIn(stage: Stage): Promise<Inside> {
  const base = `${gateOf(stage).publicUrl}/v1/rooms/${stage.roomId}`;
  const joined = await ask(`${base}/tickets`, { method: 'POST' });
  const { queueToken, ticketId } = joined.body as { queueToken: string; ticketId: string };
  return vi.waitFor(
    async () => {
      const entered = await ask(`${base}/ticket/enter`, { method: 'POST', bearer: queueToken });
      expectStatus(entered, 200);
      const { pass, redirectUrl } = entered.body as { pass: string; redirectUrl: string };
      return { ticketId, queueToken, redirectUrl, pass };
    },
    { timeout: 10_000, interval: 100 },
  );
}

function askGate(
  stage: Stage,
  pass: string | null,
  { url = `${site}/form`, gate = 0 } = {},
): Promise<Answer> {
  const headers = {
    'x-original-url': url,
    ...(pass === null ? {} : { cookie: `guichet_pass_${stage.roomId}=${pass}` }),
  };
  return ask(`${gateOf(stage, gate).publicUrl}/gate/${stage.roomId}`, { headers });
}

const whenItIsBack = { timeout: 15_000, interval: 200 };

/** The pass that an answer sets; throws when there is none. */
function passSetBy(answer: Answer): string {
  expectStatus(answer, 200);
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  const pass = /guichet_pass_[\w-]+=([^;]+)/.exec(cookie)?.[1];
  if (pass === undefined) throw new Error('no pass was set');
  return pass;
}

test('those inside go on while Redis is down, also when their passes run out meanwhile; nobody gets a 5xx', async () => {
  const stage = await staged({ sessionTtlMs: 10_000 });
  const visitor = await comesIn(stage);
  const other = await comesIn(stage);
  expectStatus(await askGate(stage, visitor.pass), 200);
  await stage.redis.kill();
  // 9 s is what a pass of such a session lasts.
  await pause(11_000);
  // Also someone whose pass this gate sees for the first time.
  for (const { pass, ticketId } of [visitor, other]) {
    const startedAt = performance.now();
    const answer = await askGate(stage, pass);
    expectStatus(answer, 200);
    expect(answer.headers['x-guichet-ticket']).toBe(ticketId);
    expect(performance.now() - startedAt).toBeLessThan(500);
  }
  expectStatus(await askGate(stage, null), 401);
  const arrival = await askGate(stage, null, { url: visitor.redirectUrl });
  expectStatus(arrival, 401);
  expect(arrival.headers['x-guichet-location']).toContain(`/rooms/${stage.roomId}?t=`);

  await stage.redis.start();
  const renewed = await vi.waitFor(async () => passSetBy(await askGate(stage, visitor.pass)), whenItIsBack);
  expectStatus(await askGate(stage, renewed), 200);
  const base = `${gateOf(stage).publicUrl}/v1/rooms/${stage.roomId}`;
  expect((await ask(`${base}/ticket`, { bearer: visitor.queueToken })).body['kind']).toBe('entered');
  // A hand-over from before is refused, since the store may have lost which were used; the button gives another.
  const { body } = await ask(`${base}/ticket/enter`, { method: 'POST', bearer: other.queueToken });
  expectStatus(await askGate(stage, null, { url: body['redirectUrl'] as string }), 200);
}, 60_000);

test('after all data is lost, those inside are inside again by their next request, and those who left are not', async () => {
  const stage = await staged();
  const [visitor, left] = [await comesIn(stage), await comesIn(stage)];
  const base = `${gateOf(stage).publicUrl}/v1/rooms/${stage.roomId}`;
  expectStatus(await ask(`${base}/ticket`, { method: 'DELETE', bearer: left.queueToken }), 204);
  await vi.waitFor(async () => expectStatus(await askGate(stage, left.pass), 401), { timeout: marginMs });
  const redis = new Redis(stage.redis.url);
  onTestFinished(() => redis.disconnect());
  await redis.flushall();
  const inside = async (): Promise<number> => {
    const { text } = await ask(`${gateOf(stage).internalUrl}/metrics`);
    return Number(
      new RegExp(`guichet_inside_sessions\\{room="${stage.roomId}"\\} (\\d+)`).exec(text)?.[1] ?? -1,
    );
  };
  await vi.waitFor(async () => expect(await inside()).toBe(0), { timeout: 10_000, interval: 200 });
  expectStatus(await askGate(stage, visitor.pass), 200);
  expectStatus(await askGate(stage, left.pass), 401);
  await vi.waitFor(async () => expect(await inside()).toBe(1), { timeout: marginMs, interval: 200 });
}, 60_000);

test('a gate that was restarted refuses who had left and whom the site had finished before', async () => {
  const stage = await staged();
  const [visitor, left, finished] = [await comesIn(stage), await comesIn(stage), await comesIn(stage)];
  const base = `${gateOf(stage).publicUrl}/v1/rooms/${stage.roomId}`;
  expectStatus(await ask(`${base}/ticket`, { method: 'DELETE', bearer: left.queueToken }), 204);
  const path = `/v1/rooms/${stage.roomId}/sessions/${finished.ticketId}/finish`;
  const finish = { method: 'POST', body: { outcome: 'completed' }, bearer: stage.deployment.keys.origin };
  expectStatus(await ask(`${gateOf(stage).internalUrl}${path}`, finish), 200);
  await gateOf(stage).kill();
  await gateOf(stage).start();
  // From the first request on: it waits until what happened before is read.
  expectStatus(await askGate(stage, left.pass), 401);
  expectStatus(await askGate(stage, finished.pass), 401);
  expectStatus(await askGate(stage, visitor.pass), 200);
}, 60_000);

test('a gate that is started while Redis is down knows by its memory who is inside', async () => {
  const stage = await staged({}, 2);
  const [visitor, left] = [await comesIn(stage), await comesIn(stage)];
  const base = `${gateOf(stage).publicUrl}/v1/rooms/${stage.roomId}`;
  expectStatus(await ask(`${base}/ticket`, { method: 'DELETE', bearer: left.queueToken }), 204);
  const memory = join(stage.deployment.directory, 'replica-2-state', 'rooms.json');
  const remembers = async (): Promise<void> =>
    expect(await readFile(memory, 'utf8')).toContain(left.ticketId);
  await vi.waitFor(remembers, { timeout: 15_000, interval: 300 });
  await stage.redis.kill();
  await gateOf(stage, 1).kill();
  void gateOf(stage, 1)
    .start()
    .catch(() => {});
  await vi.waitFor(async () => expectStatus(await askGate(stage, visitor.pass, { gate: 1 }), 200), {
    timeout: 20_000,
    interval: 300,
  });
  expectStatus(await askGate(stage, left.pass, { gate: 1 }), 401);
  expectStatus(await askGate(stage, null, { gate: 1 }), 401);
  await stage.redis.start();
}, 60_000);
