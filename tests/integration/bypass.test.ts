/** The way out in a rush: a bypassed room lets everyone pass, loses nobody's turn, and goes on in order. */
import { expect, test, vi } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, serviceForTest, type TestService, type Visitor } from '../support/service.ts';
import type { LiveClient } from '../support/wire-client.ts';

const waiting = 60;
const targetUrl = 'https://ville.example.org/';
const soon = { timeout: 8_000, interval: 100 };

const steer = async (service: TestService, roomId: string, verb: string): Promise<void> =>
  expectStatus(await service.internal(`/v1/rooms/${roomId}/${verb}`, { method: 'POST' }), 200);

test('bypass in a rush, then back to open: everyone passes meanwhile, and turns come in the order that they had', async () => {
  const { url: redisUrl } = await startRedis();
  const one = await serviceForTest({ redisUrl });
  const other = await serviceForTest({ redisUrl, replicaOf: one });
  const replicas = [one, other] as const;
  const roomId = await one.openRoom({
    capacity: 1,
    outflowPerMinute: 60_000,
    targetUrl,
    enterWithinMs: 60_000,
  });
  expectStatus(await other.public(`/v1/rooms/${roomId}`), 200);
  const first = await one.join(roomId);
  await vi.waitFor(async () => expect((await one.look(first)).body['kind']).toBe('admitted'), soon);

  const crowd: { visitor: Visitor; live: LiveClient }[] = [];
  for (let index = 0; index < waiting; index += 1) {
    const at = replicas[index % 2] as TestService;
    const visitor = await at.join(roomId);
    crowd.push({ visitor, live: await at.live(roomId, { queueToken: visitor.queueToken }) });
  }
  await Promise.all(crowd.map(({ live }) => live.next(({ reason }) => reason === 'queued')));

  await steer(one, roomId, 'bypass');
  const toldAt = performance.now();
  await Promise.all(
    crowd.map(({ live }) => live.next(({ type, state }) => type === 'room' && state === 'bypass')),
  );
  expect(performance.now() - toldAt).toBeLessThan(2_500);
  for (const replica of replicas) {
    // By both gates, with and without anything to show; nobody joins.
    expectStatus(await replica.public(`/gate/${roomId}`, { headers: { 'x-original-url': targetUrl } }), 200);
    expectStatus(await replica.public(`/gate/${roomId}`, { headers: { 'x-original-method': 'POST' } }), 200);
    expectProblem(await replica.public(`/v1/rooms/${roomId}/tickets`, { method: 'POST' }), 'room-bypassed');
    const page = (): ReturnType<TestService['public']> =>
      replica.public(`/rooms/${roomId}`, { headers: { accept: 'text/html' } });
    await vi.waitFor(
      async () => expect([(await page()).status, (await page()).headers.location]).toEqual([302, targetUrl]),
      soon,
    );
  }
  // Nobody is admitted meanwhile, though a seat comes free.
  await one.public(`/v1/rooms/${roomId}/ticket`, { method: 'DELETE', bearer: first.queueToken });
  await vi.waitFor(async () => expect((await one.look(first)).body['kind']).toBe('ended'), soon);
  for (const { visitor } of crowd) expect((await other.look(visitor)).body['kind']).toBe('waiting');

  await steer(other, roomId, 'open');
  await vi.waitFor(async () => {
    for (const replica of replicas) expectStatus(await replica.public(`/gate/${roomId}`), 401);
  }, soon);
  // One seat: the turns come one by one, and each is given up at once.
  const turns: number[] = [];
  while (turns.length < 8) {
    const states = await Promise.all(
      crowd.map(async ({ visitor }) => (await one.look(visitor)).body['kind']),
    );
    expect(states.filter((kind) => kind === 'admitted').length).toBeLessThanOrEqual(1);
    const turn = crowd[states.indexOf('admitted')]?.visitor;
    if (turn && !turns.includes(turn.number)) {
      turns.push(turn.number);
      await one.public(`/v1/rooms/${roomId}/ticket`, { method: 'DELETE', bearer: turn.queueToken });
    }
  }
  expect(turns).toEqual(crowd.slice(0, turns.length).map(({ visitor }) => visitor.number));
  // Later ones are all there, in the places that follow.
  const rest = await Promise.all(crowd.slice(turns.length + 1).map(({ visitor }) => one.look(visitor)));
  expect(rest.every(({ body }) => body['kind'] === 'waiting')).toBe(true);
  const late = await one.join(roomId);
  expect(late.number).toBeGreaterThan(crowd.at(-1)?.visitor.number ?? 0);
}, 60_000);

test('whoever the site sends back to a bypassed room sees its page, and is not sent round and round', async () => {
  const service = await serviceForTest();
  const roomId = await service.openRoom({ targetUrl });
  await steer(service, roomId, 'bypass');
  const page = (cookie = ''): ReturnType<TestService['public']> =>
    service.public(`/rooms/${roomId}`, { headers: { accept: 'text/html', cookie } });
  const sentOn = await vi.waitFor(async () => {
    const answer = await page();
    expect([answer.status, answer.headers.location]).toEqual([302, targetUrl]);
    return answer;
  }, soon);
  const [setCookie = ''] = sentOn.headers['set-cookie'] ?? [];
  expect(setCookie).toMatch(/; Max-Age=30; Path=\/rooms\/[\w-]+; HttpOnly; Secure; SameSite=Lax$/);
  const back = await page(setCookie.split(';')[0]);
  expectStatus(back, 200);
  expect(back.text).toContain(`href="${targetUrl}"`);
});
