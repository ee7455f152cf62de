/** A store that breaks a promise behind the service's back is noticed by every replica. */
import { expect, test, vi } from 'vitest';
import { alarmsOf, AlarmStage } from '../support/alarm-stage.ts';
import { expectStatus, type TestService } from '../support/service.ts';

vi.setConfig({ testTimeout: 60_000 });

const policy = { capacity: 3, outflowPerMinute: 60, batchSizeMax: 10, presentWithinMs: 3_600_000, places: 2 };
/** Where settings stand in the text that the store keeps of them. */
const places = 11;

/** A room with some who wait, two of whom were admitted or could be. */
async function openRoom(stage: AlarmStage, service: TestService, changes: object): Promise<string> {
  const roomId = await service.openRoom({ ...policy, ...changes });
  for (let count = 0; count < 40; count += 1) await service.join(roomId);
  await stage.pass(6_000);
  return roomId;
}

/** Changes what the store goes by, but not what it tells of it. */
async function plant(stage: AlarmStage, roomId: string, settings: { [at: number]: number }): Promise<void> {
  const key = `guichet:{${roomId}}:room`;
  const numbers = ((await stage.client.hget(key, 'settings')) ?? '').split(' ');
  for (const [at, value] of Object.entries(settings)) numbers[Number(at)] = String(value);
  await stage.client.hset(key, 'settings', numbers.join(' '));
}

const brokenOf = async (service: TestService): Promise<string[]> => {
  const { text } = await service.internal('/metrics');
  return [...text.matchAll(/^guichet_promise_broken_total\{promise="(\w+)"\}/gm)].map(
    ([, name = '']) => name,
  );
};

test.each([
  {
    promise: 'capacity',
    changes: { places: null },
    settings: { 0: 30 },
  },
  {
    promise: 'pace',
    changes: { capacity: 1_000, places: null, outflowPerMinute: 1 },
    settings: { 1: 6_000, 2: 500 },
  },
])('$promise: both replicas say so, and one alarm is raised', async ({ promise, changes, settings }) => {
  const stage = await AlarmStage.open();
  const replicas = [await stage.replica(), await stage.replica()];
  const [one] = replicas as [TestService, TestService];
  const roomId = await openRoom(stage, one, changes);
  for (const replica of replicas) expect(await brokenOf(replica)).toEqual([]);
  await plant(stage, roomId, settings);
  await stage.until(async () => (await alarmsOf(one)).length > 0);
  for (const replica of replicas) expect(await brokenOf(replica)).toEqual([promise]);
  expect(await alarmsOf(one)).toMatchObject([{ alarm: 'promise-broken', roomId, facts: { promise } }]);
  const lines = one.lines.filter(({ msg }) => msg === 'A promise of the queue was broken');
  expect(lines[0]).toMatchObject({ roomId, promise, level: 50 });
});

test('closed: a paused room that admits somebody is noticed', async () => {
  const stage = await AlarmStage.open();
  const one = await stage.replica();
  const roomId = await openRoom(stage, one, { places: null });
  expectStatus(await one.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST' }), 200);
  await stage.pass(3_000);
  await stage.client.hset(`guichet:{${roomId}}:room`, 'state', 'open');
  await plant(stage, roomId, { 0: 30 });
  await stage.until(async () => (await brokenOf(one)).includes('closed'));
});

test('places: more given away than there are is noticed', async () => {
  const stage = await AlarmStage.open();
  const one = await stage.replica();
  const roomId = await one.openRoom({ ...policy, places: 1 });
  await stage.pass(4_000);
  await plant(stage, roomId, { [places]: 5 });
  for (let count = 0; count < 2; count += 1) {
    const visitor = await one.join(roomId);
    await stage.until(async () => (await one.look(visitor)).body['kind'] === 'admitted');
    expectStatus(await one.act(visitor, 'enter'), 200);
    const path = `/v1/rooms/${roomId}/sessions/${visitor.ticketId}/finish`;
    const body = { outcome: 'completed', placesUsed: 1 };
    expectStatus(await one.internal(path, { method: 'POST', body }), 200);
    await stage.pass(3_000);
  }
  await stage.until(async () => (await brokenOf(one)).includes('places'));
});
