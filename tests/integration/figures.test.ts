import { performance } from 'node:perf_hooks';
import { afterEach, expect, test } from 'vitest';
import { timelineKeys } from '../../src/store/redis-keys.ts';
import { type EmailStage, letPass, untilHolds } from '../support/email-stage.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { connectTo, startRedis } from '../support/redis.ts';
import { serviceForTest, type TestService } from '../support/service.ts';

type Entry = { at: string; waiting: number; epochNumber: number; totals: { joins: number } };
type Snapshot = {
  waiting: number;
  totals: { joins: number };
  store: { ready: boolean; why: string | null; unknownCallsLastMinute: number; tickAgeMs: number };
  replicas: { list: { replicaId: string; sockets: number; socketsInRoom: number }[] };
};

async function opened(): Promise<EmailStage> {
  const redis = await startRedis({ appendonly: 'always' });
  return { clock: new ManualClock(), redis, client: connectTo(redis.url) };
}
const replica = ({ clock, redis }: EmailStage, of?: TestService): Promise<TestService> =>
  serviceForTest({ clock, redisUrl: redis.url, ...(of ? { replicaOf: of } : {}) });

/** A room in which one waits, so that there is something to note. */
async function waitingRoom(stage: EmailStage, service: TestService): Promise<string> {
  const roomId = await service.openRoom({ capacity: 0 });
  await service.join(roomId);
  await letPass(stage, 2_000);
  return roomId;
}
async function timelineOf(stage: EmailStage, service: TestService, roomId: string): Promise<Entry[]> {
  const answer = await stage.clock.during(service.internal(`/v1/rooms/${roomId}/timeline?every=5`));
  return answer.body['entries'] as Entry[];
}
async function snapshotOf(stage: EmailStage, service: TestService, roomId: string): Promise<Snapshot> {
  const answer = await stage.clock.during(service.internal(`/v1/rooms/${roomId}/snapshot`));
  return answer.body as unknown as Snapshot;
}
const atOf = (entries: readonly Entry[]): number[] => entries.map(({ at }) => Date.parse(at));
function gapsOf(entries: readonly Entry[]): number[] {
  const starts = atOf(entries);
  return starts.slice(1).map((at, index) => at - (starts[index] as number));
}

test('two replicas note each interval once, tell the same, and know of each other', async () => {
  const stage = await opened();
  const one = await replica(stage);
  const other = await replica(stage, one);
  const roomId = await waitingRoom(stage, one);
  const { queueToken } = await other.join(roomId);
  const client = await other.live(roomId, { queueToken });
  await client.next(() => true);
  await letPass(stage, 62_000);
  const entries = await timelineOf(stage, one, roomId);
  expect(entries.length).toBeGreaterThanOrEqual(12);
  expect(gapsOf(entries).filter((gap) => gap < 5_000)).toEqual([]);
  expect(gapsOf(entries).filter((gap) => gap === 5_000).length).toBeGreaterThanOrEqual(10);
  expect(await timelineOf(stage, other, roomId)).toEqual(entries);
  const { list } = (await snapshotOf(stage, one, roomId)).replicas;
  expect(list.map(({ sockets, socketsInRoom }) => `${sockets} ${socketsInRoom}`).toSorted()).toEqual([
    '0 0',
    '1 1',
  ]);
  await other.close();
  await letPass(stage, 3_000);
  expect((await snapshotOf(stage, one, roomId)).replicas.list).toHaveLength(1);
});

test('a replica that is started again goes on where the timeline was', async () => {
  const stage = await opened();
  const before = await replica(stage);
  const roomId = await waitingRoom(stage, before);
  await letPass(stage, 12_000);
  const entries = await timelineOf(stage, before, roomId);
  await before.close();
  await letPass(stage, 20_000);
  const after = await replica(stage, before);
  await untilHolds(stage, async () => (await timelineOf(stage, after, roomId)).length > entries.length + 1);
  const later = await timelineOf(stage, after, roomId);
  expect(later.slice(0, entries.length)).toEqual(entries);
  expect(Math.max(...gapsOf(later))).toBeGreaterThan(15_000);
  expect(later.at(-1)).toMatchObject({ waiting: 1, totals: { joins: 1 } });
});

test('without Redis the snapshot answers from memory and says so; back again, the timeline has a gap', async () => {
  const stage = await opened();
  const service = await replica(stage);
  const roomId = await waitingRoom(stage, service);
  await letPass(stage, 12_000);
  const entries = await timelineOf(stage, service, roomId);
  await stage.redis.kill();
  await letPass(stage, 8_000);
  const { waiting, totals, store, replicas } = await snapshotOf(stage, service, roomId);
  expect({ waiting, joins: totals.joins, replicas: replicas.list.length }).toEqual({
    waiting: 1,
    joins: 1,
    replicas: 1,
  });
  expect(store).toMatchObject({ ready: false, why: expect.stringMatching(/not answer/) });
  expect(store.tickAgeMs).toBeGreaterThan(6_000);
  expect(store.unknownCallsLastMinute).toBeGreaterThan(3);
  const refused = await stage.clock.during(service.internal(`/v1/rooms/${roomId}/timeline`));
  expectProblem(refused, 'store-unavailable');
  await letPass(stage, 20_000);
  await stage.redis.start();
  await untilHolds(stage, async () => (await snapshotOf(stage, service, roomId)).store.ready);
  // Each of its connections finds Redis again by itself: refused until then, the timeline has no entries.
  await untilHolds(stage, async () => {
    const found = (await timelineOf(stage, service, roomId)) as Entry[] | undefined;
    return found !== undefined && found.length > entries.length + 2;
  });
  const later = await timelineOf(stage, service, roomId);
  expect(later.slice(0, entries.length)).toEqual(entries);
  expect(Math.max(...gapsOf(later))).toBeGreaterThan(15_000);
  expect(later.at(-1)).toMatchObject({ waiting: 1, totals: { joins: 1 } });
});

test('a clock that is set back or forward stops neither snapshot nor timeline', async () => {
  const stage = await opened();
  const service = await replica(stage);
  const roomId = await waitingRoom(stage, service);
  await letPass(stage, 7_000);
  for (const stepMs of [-3_600_000, 7_200_000]) {
    stage.clock.stepWall(stepMs);
    await letPass(stage, 12_000);
    const entries = await timelineOf(stage, service, roomId);
    expect(entries.length).toBeGreaterThan(1);
    const newest = atOf(entries).at(-1) ?? 0;
    expect(Math.abs(newest - stage.clock.wallMs())).toBeLessThan(11_000);
    const { waiting, store } = await snapshotOf(stage, service, roomId);
    expect({ waiting, ready: store.ready }).toEqual({ waiting: 1, ready: true });
  }
});

let thaw = (): void => {};
afterEach(() => thaw());

test('while Redis hangs, the snapshot answers within a second', async () => {
  const redis = await startRedis();
  const service = await serviceForTest({ redisUrl: redis.url });
  const roomId = await service.openRoom({ capacity: 0 });
  await service.join(roomId);
  redis.freeze();
  thaw = () => redis.thaw();
  const tookMs: number[] = [];
  const isReady = async (): Promise<boolean> => {
    const before = performance.now();
    const { status, body } = await service.internal(`/v1/rooms/${roomId}/snapshot`);
    tookMs.push(performance.now() - before);
    const { totals, store } = body as unknown as Snapshot;
    expect.soft(status).toBe(200);
    expect.soft(totals.joins).toBeLessThanOrEqual(1);
    return store.ready;
  };
  while (tookMs.length < 5) await isReady();
  await expect.poll(isReady, { timeout: 10_000, interval: 100 }).toBe(false);
  expect(Math.max(...tookMs)).toBeLessThan(1_000);
  redis.thaw();
});

test('the keys of a timeline go with their room, on whichever replica it is deleted', async () => {
  const stage = await opened();
  const one = await replica(stage);
  const other = await replica(stage, one);
  const roomId = await waitingRoom(stage, one);
  await letPass(stage, 6_000);
  const keys = timelineKeys(roomId);
  expect(await stage.client.exists(...keys)).toBe(3);
  await stage.clock.during(other.internal(`/v1/rooms/${roomId}`, { method: 'DELETE' }));
  await letPass(stage, 15_000);
  expect(await stage.client.exists(...keys)).toBe(0);
  expect(await stage.client.pttl('guichet:{replicas.index}')).toBeGreaterThan(0);
});
