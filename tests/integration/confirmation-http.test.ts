import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { expectProblem } from '../support/problems.ts';
import { startRedis, startReplicaOf } from '../support/redis.ts';
import { expectStatus, serviceForTest } from '../support/service.ts';

test('with the replica frozen nobody is answered 2xx to a join or an enter; then the repeat is the same ticket', async () => {
  const primary = await startRedis();
  const replica = await startReplicaOf(primary);
  const environment = { GUICHET_REDIS_WAIT_REPLICAS: '1' };
  const service = await serviceForTest({ redisUrl: primary.url, environment });
  const roomId = await service.openRoom({ capacity: 2 });
  const first = await service.join(roomId);
  await vi.waitFor(
    async () => expect((await service.look(first)).body).toMatchObject({ kind: 'admitted' }),
    8_000,
  );
  const question = { method: 'POST', headers: { 'idempotency-key': randomUUID() } };
  const join = () => service.public(`/v1/rooms/${roomId}/tickets`, question);

  replica.freeze();
  const [joined, entered] = await Promise.all([join(), service.act(first, 'enter')]);
  expectProblem(joined, 'store-unavailable');
  expectProblem(entered, 'store-unavailable');
  expect(joined.headers['retry-after']).toMatch(/^\d+$/);

  replica.thaw();
  const again = await vi.waitFor(
    async () => {
      const answer = await join();
      expectStatus(answer, 201);
      return answer;
    },
    { timeout: 15_000, interval: 200 },
  );
  expect(again.body).toMatchObject({ number: 2 });
  expect((await join()).body).toMatchObject({ ticketId: again.body['ticketId'], number: 2 });
  expectStatus(await service.act(first, 'enter'), 200);
}, 60_000);
