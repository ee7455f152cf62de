import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import type { QueueStore } from '../../src/store/queue-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { startRedis } from '../support/redis.ts';
import {
  expectStatus,
  serviceForTest,
  type TestService,
  type TestServiceOptions,
  type Visitor,
} from '../support/service.ts';
import type { LiveClient } from '../support/wire-client.ts';

const tickMs = 1_000;
const moved = { type: 'gone', reason: 'moved' };

const connect = (service: TestService, { roomId, queueToken }: Visitor): Promise<LiveClient> =>
  service.live(roomId, { queueToken });
const admit = (service: TestService, roomId: string, policy: PolicyInput): Promise<unknown> =>
  service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: policy });

/** The ticket on the next device, by a code asked for on one replica and shown on another. */
async function onNextDevice(from: TestService, to: TestService, visitor: Visitor): Promise<Visitor> {
  const { roomId, queueToken } = visitor;
  const asked = await from.public(`/v1/rooms/${roomId}/ticket/code`, { method: 'POST', bearer: queueToken });
  expectStatus(asked, 200);
  const { code } = asked.body;
  const answer = await to.public(`/v1/rooms/${roomId}/tickets/resume`, { method: 'POST', body: { code } });
  expectStatus(answer, 200);
  return { roomId, ...(answer.body as Omit<Visitor, 'roomId'>) };
}

async function onClock(
  options: TestServiceOptions = {},
): Promise<{ clock: ManualClock; service: TestService }> {
  const clock = new ManualClock();
  return { clock, service: await serviceForTest({ clock, ...options }) };
}

async function twoReplicas(): Promise<{
  clock: ManualClock;
  redisUrl: string;
  one: TestService;
  other: TestService;
  roomId: string;
}> {
  const { url: redisUrl } = await startRedis();
  const { clock, service: one } = await onClock({ redisUrl });
  const other = await serviceForTest({ redisUrl, replicaOf: one, clock });
  const roomId = await one.openRoom({ capacity: 0 });
  await clock.until(async () => (await other.internal('/v1/rooms')).text.includes(roomId));
  return { clock, redisUrl, one, other, roomId };
}

test('on one replica the first device hears of the move at once; the second keeps its connection', async () => {
  const { clock, service } = await onClock();
  const roomId = await service.openRoom({ capacity: 0 });
  const first = await service.join(roomId);
  const devices = [await connect(service, first), await connect(service, first)];
  await Promise.all(devices.map((device) => device.next('standing')));
  const second = await onNextDevice(service, service, first);
  for (const device of devices) {
    expect(await device.closed).toBe(4502);
    expect(device.heard('gone')).toEqual([moved]);
  }
  const live = await connect(service, second);
  expect(await live.next('standing')).toMatchObject({ number: 1, position: 1 });
  // The first one comes back all the same, by a page that was left open.
  const again = await connect(service, first);
  expect(await again.closed).toBe(4502);
  expect(again.heard('gone')).toEqual([moved]);
  await admit(service, roomId, { capacity: 5 });
  await clock.until(() => live.heard('admitted').length > 0);
  expect((await service.look(first)).body).toMatchObject({ kind: 'gone', reason: 'moved' });
  expectStatus(await service.act(second, 'enter'), 200);
  await live.next('entered');
  expect([live.closeCode, live.heard('gone')]).toEqual([null, []]);
});

test('on another replica the first device hears of the move within two ticks', async () => {
  const { clock, one, other, roomId } = await twoReplicas();
  const first = await one.join(roomId);
  const live = await connect(one, first);
  await live.next('standing');
  const looking = await one.join(roomId);
  expectStatus(await one.look(looking), 200);

  const [second, secondLooking] = [
    await onNextDevice(one, other, first),
    await onNextDevice(other, other, looking),
  ];
  const liveThere = await connect(other, second);
  await liveThere.next('standing');
  await clock.advance(2 * tickMs);
  expect(await live.closed).toBe(4502);
  expect(live.heard('gone')).toEqual([moved]);
  expect((await one.look(looking)).body).toMatchObject({ kind: 'gone', reason: 'moved' });
  for (const service of [one, other]) {
    expect((await service.look(secondLooking)).body).toMatchObject({ kind: 'waiting', number: 2 });
    expect((await service.look(second)).body).toMatchObject({ kind: 'waiting', number: 1 });
    expectProblem(await service.act(first, 'enter'), 'ticket-moved');
    const again = await connect(service, first);
    expect(await again.closed).toBe(4502);
  }
  await admit(one, roomId, { capacity: 5 });
  await clock.until(() => liveThere.heard('admitted').length > 0);
  expect(liveThere.closeCode).toBeNull();
});

test('what a device with an older token asks is told to the connections that it still has', async () => {
  const { one, other, roomId } = await twoReplicas();
  const first = await one.join(roomId);
  const live = await connect(one, first);
  await live.next('standing');
  await onNextDevice(other, other, first);
  // Before any tick.
  expectProblem(await one.act(first, 'return'), 'ticket-moved');
  expect(await live.closed).toBe(4502);
});

test('after all data was lost the device with the newest token has the ticket, whoever is seen first', async () => {
  const { clock, redisUrl, one, other, roomId } = await twoReplicas();
  const [first, behind] = [await one.join(roomId), await one.join(roomId)];
  const second = await onNextDevice(one, one, first);
  const redis = new Redis(redisUrl);
  onTestFinished(() => redis.disconnect());
  await redis.flushall();
  // A replica that knows nothing of the move sees the first device, and the store takes its word.
  await clock.until(async () => (await other.look(first)).body['kind'] === 'waiting');
  await clock.advance(3 * tickMs);
  // The one that knows of it does not.
  expectProblem(await one.act(first, 'return'), 'ticket-moved');
  expect((await one.look(first)).body).toMatchObject({ kind: 'gone', reason: 'moved' });
  await connect(other, second);
  await clock.until(async () => (await other.look(first)).body['kind'] === 'gone');
  await connect(one, behind);
  await clock.until(async () => {
    const { standing } = (await other.look(second)).body as { standing?: { waiting: number } };
    return standing?.waiting === 2;
  });
  expect((await other.look(second)).body).toMatchObject({ number: 1, standing: { position: 1 } });
});

test('looks of both devices cost the store nothing', async () => {
  const asked: string[] = [];
  const { service } = await onClock({
    wrapStore: (store) =>
      new Proxy(store, {
        get(target, name: keyof QueueStore) {
          asked.push(name);
          return target[name].bind(target);
        },
      }),
  });
  const roomId = await service.openRoom({ capacity: 0 });
  const first = await service.join(roomId);
  const second = await onNextDevice(service, service, first);
  asked.length = 0;
  for (let looks = 0; looks < 10; looks += 1) {
    expect((await service.look(first)).body).toMatchObject({ kind: 'gone', reason: 'moved' });
    expect((await service.look(second)).body).toMatchObject({ kind: 'waiting' });
  }
  expect(asked).toEqual([]);
});

test('where a code is another ticket’s, the next one is tried', async () => {
  let taken = 1;
  const { service } = await onClock({
    wrapStore: (store) =>
      new Proxy(store, {
        get(target, name: keyof QueueStore) {
          if (name !== 'offerMove') return target[name].bind(target);
          return async (...given: Parameters<QueueStore['offerMove']>) => {
            const reply = await target.offerMove(...given);
            taken -= 1;
            return taken >= 0 ? { ...reply, answer: { kind: 'taken' } } : reply;
          };
        },
      }),
  });
  const first = await service.join(await service.openRoom({ capacity: 0 }));
  expect((await onNextDevice(service, service, first)).ticketId).toBe(first.ticketId);
  taken = 3;
  const second = await service.join(first.roomId);
  const path = `/v1/rooms/${second.roomId}/ticket/code`;
  expectProblem(await service.public(path, { method: 'POST', bearer: second.queueToken }), 'internal-error');
});
