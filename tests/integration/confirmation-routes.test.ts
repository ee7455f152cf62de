import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { documentOf, operationsOf } from '../support/api-documents.ts';
import { type Change, everyChange } from '../support/every-change.ts';
import { connectTo, replicaLag, startRedis, startReplicaOf } from '../support/redis.ts';
import { callsScript } from '../support/script-calls.ts';
import { expectStatus, serviceForTest, type TestService } from '../support/service.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const withMail = { GUICHET_SMTP_URL: 'smtp://127.0.0.1:9', GUICHET_MAIL_FROM: 'attente@example.org' };
/** What a proxy tells is heard without a promise; a preview is a page of what was sent. */
const changesNothing = ['POST /v1/rooms/{roomId}/answers', 'POST /v1/rooms/{roomId}/preview'];

function changingRoutes({ app }: TestService): string[] {
  const all = (['public', 'internal'] as const).flatMap((listener) =>
    operationsOf(documentOf(app, listener)),
  );
  const changing = all.filter(({ method }) => method !== 'GET').map(({ route }) => route);
  return changing.filter((route) => !changesNothing.includes(route)).toSorted();
}

const outcomes = (changes: readonly Change[]): Promise<[route: string, outcome: string][]> =>
  Promise.all(
    changes.map(async ({ route, ask }): Promise<[string, string]> => {
      const { status, body } = await ask();
      return [route, status < 300 ? 'taken' : `${status} ${String(body['code'])}`];
    }),
  );

test('with the replica frozen no route that changes something is answered 2xx; repeated, each is taken', async () => {
  const primary = await startRedis();
  const replica = await startReplicaOf(primary);
  const environment = { GUICHET_REDIS_WAIT_REPLICAS: '1', ...withMail };
  const service = await serviceForTest({ redisUrl: primary.url, environment });
  const changes = await everyChange(service);
  expect(changes.map(({ route }) => route).toSorted()).toEqual(changingRoutes(service));
  const admin = connectTo(primary.url);
  // Once the replica has all there is, a WAIT behind a call that writes nothing would succeed.
  await vi.waitFor(async () => expect(await replicaLag(admin)).toBe(0), { timeout: 5_000, interval: 1 });
  replica.freeze();
  expect(await outcomes(changes)).toEqual(changes.map(({ route }) => [route, '503 store-unavailable']));
  replica.thaw();
  const missing = new Set(changes);
  await vi.waitFor(
    async () => {
      for (const change of missing) {
        const [[, outcome] = []] = await outcomes([change]);
        expect(outcome, change.route).toBe('taken');
        missing.delete(change);
      }
    },
    { timeout: 20_000, interval: 500 },
  );
}, 90_000);

test('a join whose reply is lost after it was executed is the same ticket when it is repeated', async () => {
  const redis = await startRedis();
  const proxy = await startTcpProxy(redis);
  onTestFinished(() => proxy.close());
  const service = await serviceForTest({ redisUrl: proxy.url });
  const roomId = await service.openRoom();
  const headers = { 'idempotency-key': randomUUID() };
  const join = () => service.public(`/v1/rooms/${roomId}/tickets`, { method: 'POST', headers });
  const lost = proxy.dropReply(callsScript('join'));
  const [first] = await Promise.all([join(), lost]);
  // The service repeats it by itself, under the same id, while the visitor waits.
  expectStatus(first, 201);
  const second = await join();
  expect(second.body).toMatchObject({ ticketId: first.body['ticketId'], number: 1 });
  expect((await service.join(roomId)).number).toBe(2);
}, 30_000);
