/** Gates of rooms to which nobody came for a while, and which their replicas therefore read seldom. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { expectStatus, serviceForTest, type TestService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

const targetUrl = 'https://ville.example.org/';
/** By then a room in which nothing happens is ticked every ten seconds. */
const asleepAfterMs = 5_000;

type Stage = { one: TestService; other: TestService; roomId: string };

/** A room of two replicas, of which the other sleeps. */
async function asleep(verbs: readonly string[] = []): Promise<Stage> {
  const { url: redisUrl } = await startRedis();
  const one = await serviceForTest({ redisUrl });
  const other = await serviceForTest({ redisUrl, replicaOf: one });
  const roomId = await one.openRoom({ capacity: 1, outflowPerMinute: 60_000, targetUrl });
  for (const verb of verbs)
    expectStatus(await one.internal(`/v1/rooms/${roomId}/${verb}`, { method: 'POST' }), 200);
  const { body } = await one.public(`/v1/rooms/${roomId}`);
  await vi.waitFor(
    async () =>
      expect((await other.public(`/v1/rooms/${roomId}`)).body).toMatchObject({ state: body['state'] }),
    { timeout: 10_000, interval: 100 },
  );
  await pause(asleepAfterMs);
  return { one, other, roomId };
}

/** Someone who came in and whom the site finished. */
async function finishedPass(
  { one, roomId }: Stage,
  askWith: (pass: string) => Promise<void>,
): Promise<string> {
  const visitor = await one.join(roomId);
  const entered = await vi.waitFor(async () => {
    const answer = await one.act(visitor, 'enter');
    expectStatus(answer, 200);
    return answer;
  });
  const pass = entered.body['pass'] as string;
  await askWith(pass);
  const path = `/v1/rooms/${roomId}/sessions/${visitor.ticketId}/finish`;
  const body = { outcome: 'gave-up' };
  expectStatus(await one.internal(path, { method: 'POST', body, as: 'origin' }), 200);
  return pass;
}

const ask = ({ other, roomId }: Stage, pass?: string): Promise<Answer> =>
  other.public(`/gate/${roomId}`, {
    headers: {
      'x-original-url': targetUrl,
      ...(pass === undefined ? {} : { cookie: `guichet_pass_${roomId}=${pass}` }),
    },
  });

test('a pass that ended while the room was asleep is not let in once', async () => {
  const stage = await asleep();
  const pass = await finishedPass(stage, async () => {});
  expectStatus(await ask(stage, pass), 401);
}, 30_000);

test('a pass that woke the room is refused soon after its end', async () => {
  const stage = await asleep();
  const pass = await finishedPass(stage, async (shown) => expectStatus(await ask(stage, shown), 200));
  const isRefused = async (): Promise<void> => expectStatus(await ask(stage, pass), 401);
  await vi.waitFor(isRefused, { timeout: 2_500, interval: 100 });
}, 30_000);

test('everyone who passes a bypassed room wakes it: soon after the end of the bypass nobody passes', async () => {
  const stage = await asleep(['bypass']);
  const { one, roomId } = stage;
  expectStatus(await ask(stage), 200);
  expectStatus(await one.internal(`/v1/rooms/${roomId}/open`, { method: 'POST' }), 200);
  const isRefused = async (): Promise<void> => expectStatus(await ask(stage), 401);
  await vi.waitFor(isRefused, { timeout: 2_500, interval: 100 });
}, 30_000);
