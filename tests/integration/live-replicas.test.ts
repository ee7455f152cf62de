import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { indexKey } from '../../src/store/redis-keys.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { startRedis } from '../support/redis.ts';
import { expectStatus, newRoomId, serviceForTest, type TestService } from '../support/service.ts';
import type { LiveClient, LiveMessage } from '../support/wire-client.ts';

const tickMs = 1_000;
/** For the network and two shared cores. */
const marginMs = 400;

type Replicas = { redisUrl: string; one: TestService; other: TestService };

async function twoReplicas(clock?: ManualClock): Promise<Replicas> {
  const { url: redisUrl } = await startRedis();
  const onClock = clock === undefined ? {} : { clock };
  const one = await serviceForTest({ redisUrl, ...onClock });
  const other = await serviceForTest({ redisUrl, replicaOf: one, ...onClock });
  return { redisUrl, one, other };
}

/** How long it takes until each of them has heard what fits, ms from now. */
async function heardByAll(all: LiveClient[], fits: (message: LiveMessage) => boolean): Promise<number> {
  const before = performance.now();
  await Promise.all(all.map((live) => live.next(fits)));
  return performance.now() - before;
}

test('notice, pause and admission reach everyone on both replicas within two ticks', async () => {
  const { one, other } = await twoReplicas();
  const roomId = await one.openRoom({ capacity: 1 });
  // Known to the other at the next read of the index.
  expectStatus(await other.public(`/v1/rooms/${roomId}`), 200);
  // The one seat is taken, so all others wait.
  const first = await one.live(roomId, { queueToken: (await one.join(roomId)).queueToken });
  await first.next('admitted');
  const visitors = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other).join(roomId)),
  );
  const all = await Promise.all(
    // Half of them on the replica that did not give them their ticket.
    visitors.map(({ queueToken }, index) => (index % 4 < 2 ? one : other).live(roomId, { queueToken })),
  );
  await heardByAll(all, ({ reason }) => reason === 'queued');

  const notice = { fr: 'Dix minutes de retard' };
  expectStatus(await one.internal(`/v1/rooms/${roomId}/notice`, { method: 'PUT', body: { notice } }), 200);
  const noticeMs = await heardByAll(all, ({ type, notice: told }) => type === 'notice' && told !== null);
  expect(noticeMs).toBeLessThan(2 * tickMs + marginMs);

  expectStatus(await other.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST' }), 200);
  const pauseMs = await heardByAll(all, ({ type, state }) => type === 'room' && state === 'paused');
  expect(pauseMs).toBeLessThan(2 * tickMs + marginMs);

  const admission = { method: 'PATCH', body: { capacity: 21, outflowPerMinute: 6_000 } };
  expectStatus(await one.internal(`/v1/rooms/${roomId}/admission`, admission), 200);
  expectStatus(await one.internal(`/v1/rooms/${roomId}/resume`, { method: 'POST' }), 200);
  const admittedMs = await heardByAll(all, ({ type }) => type === 'admitted');
  // One tick until the release, at most.
  expect(admittedMs).toBeLessThan(3 * tickMs + marginMs);
  expect(all.every((live) => live.heard('admitted').length === 1)).toBe(true);
});

test('who reconnects elsewhere keeps the ticket, and an end told by one replica is known to the other', async () => {
  const clock = new ManualClock();
  const { one, other } = await twoReplicas(clock);
  const roomId = await one.openRoom();
  const visitor = await one.join(roomId);
  await clock.until(async () => (await other.internal('/v1/rooms')).text.includes(roomId));
  const live = await other.live(roomId, { queueToken: visitor.queueToken });
  await clock.during(live.next('admitted'));
  expect((await other.act(visitor, 'enter')).status).toBe(200);
  const path = `/v1/rooms/${roomId}/sessions/${visitor.ticketId}/finish`;
  expectStatus(
    await one.internal(path, { method: 'POST', body: { outcome: 'completed' }, as: 'origin' }),
    200,
  );
  expect(await clock.during(live.closed)).toBe(4502);
  expect(live.heard('ended')).toEqual([{ type: 'ended', outcome: 'completed' }]);
});

test('a room deleted on one replica is gone on the other, and from the index for good', async () => {
  const clock = new ManualClock();
  const { redisUrl, one, other } = await twoReplicas(clock);
  const redis = new Redis(redisUrl);
  onTestFinished(() => redis.disconnect());
  const roomId = await one.openRoom({ capacity: 0 });
  const { queueToken } = await one.join(roomId);
  await clock.until(async () => (await other.internal('/v1/rooms')).text.includes(roomId));
  const live = await other.live(roomId, { queueToken });
  await live.next('standing');

  expectStatus(await one.internal(`/v1/rooms/${roomId}`, { method: 'DELETE' }), 204);
  expect(await clock.during(live.closed)).toBe(4504);
  expectProblem(await clock.during(other.public(`/v1/rooms/${roomId}`)), 'room-unknown');
  await clock.until(async () => (await redis.hexists(indexKey, roomId)) === 0);
  for (let second = 0; second < 5; second += 1) {
    await clock.during(clock.sleep(1_000));
    expect(await redis.hexists(indexKey, roomId)).toBe(0);
  }
});

test('a room deleted and made anew between two ticks of a replica is the new one there, too', async () => {
  const clock = new ManualClock();
  const { one, other } = await twoReplicas(clock);
  const roomId = newRoomId();
  await one.openRoom({ capacity: 0 }, roomId);
  // The old run has seen many changes: its version is higher than the new one's.
  for (let changes = 0; changes < 5; changes += 1)
    await one.internal(`/v1/rooms/${roomId}/notice`, { method: 'PUT', body: { notice: `n° ${changes}` } });
  const old = await one.join(roomId);
  await clock.until(async () => (await other.internal('/v1/rooms')).text.includes(roomId));
  const live = await other.live(roomId, { queueToken: old.queueToken });
  await live.next('standing');

  expectStatus(await one.internal(`/v1/rooms/${roomId}`, { method: 'DELETE' }), 204);
  await one.makeRoom({ capacity: 7 }, roomId);
  const policyThere = async (): Promise<unknown> => (await other.internal(`/v1/rooms/${roomId}`)).body;
  await clock.until(async () => JSON.stringify(await policyThere()).includes('"capacity":7'));
  expect(await policyThere()).toMatchObject({ state: 'scheduled', version: 1 });
  expect(await clock.during(live.closed)).toBe(4502);
  expect(live.heard('gone')).toEqual([{ type: 'gone', reason: 'earlier-run' }]);
  expect((await other.look(old)).body).toMatchObject({ kind: 'gone', reason: 'earlier-run' });

  const fresh = await other.join(roomId);
  const again = await other.live(roomId, { queueToken: fresh.queueToken });
  expectStatus(await one.internal(`/v1/rooms/${roomId}/open`, { method: 'POST' }), 200);
  await clock.during(again.next('admitted'));
});
