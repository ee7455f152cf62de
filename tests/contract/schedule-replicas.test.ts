import { describe, expect, inject, test } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { serviceForTest, type TestService } from '../support/service.ts';

const minuteMs = 60_000;
/** Two ticks, and what the moved clock runs ahead of a real Redis meanwhile: a hundredfold, more on a busy machine. */
const withinMs = 60_000;
type Stage = { clock: ManualClock; right: TestService; wrong: TestService };

/** Two replicas on one store from this moment on, one of them with a wall clock that is wrong. */
async function stageAt(from: string, wallAheadMs: number, database: number): Promise<Stage> {
  const url = new URL(inject('redisUrl'));
  url.pathname = `/${database}`;
  const clock = new ManualClock(Date.parse(from));
  const right = await serviceForTest({ redisUrl: url.href, clock });
  const wrong = await serviceForTest({ redisUrl: url.href, clock, replicaOf: right, wallAheadMs });
  return { clock, right, wrong };
}

async function statesOf({ right, wrong }: Stage, roomId: string): Promise<unknown[]> {
  const answers = await Promise.all([right, wrong].map((one) => one.public(`/v1/rooms/${roomId}`)));
  return answers.map(({ body }) => body['state']);
}

async function openings({ right }: Stage, roomId: string): Promise<unknown[]> {
  const { body } = await right.internal(`/v1/rooms/${roomId}/audit`);
  return (body['records'] as { action: string }[]).filter(({ action }) => action === 'room.open');
}

function same(states: unknown[], state: string): boolean {
  return states.every((one) => one === state);
}

/** Replicas of later tests tick every room that they find. */
async function removeRoom({ clock, right }: Stage, roomId: string): Promise<void> {
  await clock.during(right.internal(`/v1/rooms/${roomId}`, { method: 'DELETE' }));
}

async function roomOf({ clock, right, wrong }: Stage, policy: PolicyInput): Promise<string> {
  const roomId = await right.makeRoom(policy);
  await clock.during(wrong.internal(`/v1/rooms/${roomId}`));
  return roomId;
}

const days = [
  ['Québec, in the first minute after the hour left out', 'America/Toronto', '2027-03-14T03:00:00-04:00'],
  ['Québec, that morning', 'America/Toronto', '2027-03-14T08:30:00-04:00'],
  ['Québec, the minute before', 'America/Toronto', '2027-03-14T01:59:00-05:00'],
  ['France, in the first minute after the hour left out', 'Europe/Paris', '2027-03-28T03:00:00+02:00'],
  ['France, that evening', 'Europe/Paris', '2027-03-28T18:00:00+02:00'],
  ['France, the minute before', 'Europe/Paris', '2027-03-28T01:59:00+01:00'],
] as const;

describe.each([minuteMs, -minuteMs])('with a replica whose clock is %d ms ahead', (wallAheadMs) => {
  test.each(days)('a room opens at its instant: %s', async (_, timeZone, opensAt) => {
    const instantMs = Date.parse(opensAt);
    // Earlier than a wrong clock would open it.
    const from = new Date(instantMs - minuteMs - 8_000).toISOString();
    const stage = await stageAt(from, wallAheadMs, 49);
    const { clock } = stage;
    const roomId = await roomOf(stage, { timeZone, opensAt, capacity: 5 });
    const visitor = await stage.wrong.join(roomId);
    await clock.advance(instantMs - clock.wallMs() - 1);
    expect(await statesOf(stage, roomId)).toEqual(['scheduled', 'scheduled']);
    expect((await stage.right.look(visitor)).body).toMatchObject({ kind: 'waiting' });
    await clock.advance(1);
    await clock.until(async () => same(await statesOf(stage, roomId), 'open'), withinMs);
    await clock.until(async () => (await stage.wrong.look(visitor)).body['kind'] === 'admitted');
    await clock.until(async () => (await openings(stage, roomId)).length > 0);
    // Both have heard of it, and each had the time to put it down.
    await clock.advance(2_000);
    expect(await openings(stage, roomId)).toHaveLength(1);
    await removeRoom(stage, roomId);
  });

  test('joining begins, and the room closes, at their instants', async () => {
    const stage = await stageAt('2027-03-14T06:57:00Z', wallAheadMs, 50);
    const { clock } = stage;
    const at = (time: string): number => Date.parse(time) - clock.wallMs();
    const roomId = await roomOf(stage, {
      timeZone: 'America/Toronto',
      joinFrom: '2027-03-14T03:00:00-04:00',
      opensAt: '2027-03-14T03:02:00-04:00',
      closesAt: '2027-03-14T03:04:00-04:00',
    });
    const join = (one: TestService) => one.public(`/v1/rooms/${roomId}/tickets`, { method: 'POST' });
    await clock.advance(at('2027-03-14T07:00:00Z') - 1);
    expectProblem(await join(stage.right), 'room-not-open-yet');
    expectProblem(await join(stage.wrong), 'room-not-open-yet');
    await clock.advance(1);
    expect((await join(stage.right)).status).toBe(201);
    expect((await join(stage.wrong)).status).toBe(201);
    await clock.advance(at('2027-03-14T07:02:00Z'));
    await clock.until(async () => same(await statesOf(stage, roomId), 'open'), withinMs);
    await clock.advance(at('2027-03-14T07:04:00Z') - 1);
    expect(await statesOf(stage, roomId)).toEqual(['open', 'open']);
    await clock.advance(1);
    await clock.until(async () => same(await statesOf(stage, roomId), 'closed'), withinMs);
    await removeRoom(stage, roomId);
  });
});

test('a change of a time is told to everyone who waits, on every replica', async () => {
  const stage = await stageAt('2027-03-14T06:00:00Z', 0, 51);
  const { clock, right, wrong } = stage;
  const roomId = await roomOf(stage, {
    timeZone: 'America/Toronto',
    opensAt: '2027-03-14T08:30:00-04:00',
  });
  const visitor = await wrong.join(roomId);
  const live = await wrong.live(roomId, { queueToken: visitor.queueToken });
  await live.next('standing');
  const [opensAt, closesAt] = ['2027-03-14T09:00:00-04:00', '2027-03-14T17:00:00-04:00'];
  await right.internal(`/v1/rooms/${roomId}`, { method: 'PATCH', body: { opensAt, closesAt } });
  const told = live.next(({ type, opensAt: time }) => type === 'room' && time === opensAt);
  await clock.advance(2_000);
  expect(await told).toMatchObject({ state: 'scheduled', opensAt, closesAt });
});
