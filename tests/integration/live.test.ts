import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import * as journeys from '../support/journeys.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serviceForTest, startService, type TestService, type Visitor } from '../support/service.ts';
import { StoreAway } from '../support/store-away.ts';
import { decoded, segmentsOf } from '../support/token-mutations.ts';
import type { LiveClient } from '../support/wire-client.ts';

const clock = new ManualClock();
let service: TestService & { clock: ManualClock };
beforeAll(async () => {
  service = Object.assign(await startService({ clock }), { clock });
});
afterAll(() => service.close());

const connect = ({ roomId, queueToken }: Visitor, answersPings = true): Promise<LiveClient> =>
  service.live(roomId, { queueToken, answersPings });
const steer = (roomId: string, verb: string): Promise<unknown> =>
  service.internal(`/v1/rooms/${roomId}/${verb}`, { method: 'POST' });
const admit = (roomId: string, policy: PolicyInput): Promise<unknown> =>
  service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: policy });
const until = (holds: () => boolean): Promise<void> => clock.until(holds);

describe('hello is answered at once with the present state', () => {
  test('of someone who waits: the room, then where they stand', async () => {
    const roomId = await service.makeRoom();
    await service.internal(`/v1/rooms/${roomId}/notice`, {
      method: 'PUT',
      body: { notice: { fr: 'Bientôt' } },
    });
    const visitor = await service.join(roomId);
    const live = await connect(visitor);
    await live.next('standing');
    expect(live.messages).toEqual([
      { type: 'room', state: 'scheduled', reason: null, opensAt: null, joinFrom: null, closesAt: null },
      { type: 'notice', notice: { fr: 'Bientôt' } },
      {
        type: 'standing',
        number: 1,
        position: 1,
        waiting: 1,
        expectedWaitMs: null,
        reason: 'not-open-yet',
        placesLeft: null,
        asOf: expect.any(String) as string,
      },
    ]);
  });

  test('of someone whose turn it is', async () => {
    const live = await connect(await journeys.admitted(service));
    expect(await live.next('admitted')).toMatchObject({
      releaseNumber: 1,
      enterWithinMs: 300_000,
      extensionsLeft: 10,
    });
  });

  test('of someone inside, of someone who missed their turn, of someone who is over', async () => {
    expect(await (await connect(await journeys.entered(service))).next('entered')).toHaveProperty(
      'expiresAt',
    );
    expect(await (await connect(await journeys.lapsed(service))).next('lapsed')).toHaveProperty(
      'returnUntil',
    );
    const over = await connect(await journeys.over(service));
    expect(await over.next('ended')).toMatchObject({ type: 'ended' });
    expect(await over.closed).toBe(4502);
  });

  test('of a ticket from an earlier run of the room', async () => {
    const visitor = await service.join(await service.makeRoom());
    await service.internal(`/v1/rooms/${visitor.roomId}`, { method: 'DELETE' });
    await clock.advance(1_000);
    await service.makeRoom({}, visitor.roomId);
    const live = await connect(visitor);
    expect(await live.next('gone')).toEqual({ type: 'gone', reason: 'earlier-run' });
    expect(await live.closed).toBe(4502);
  });
});

describe('what happens is told', () => {
  test('all the way: admitted, entered, ended, each once and in this order', async () => {
    const visitor = await service.join(await service.openRoom());
    const live = await connect(visitor);
    await until(() => live.heard('admitted').length > 0);
    await service.act(visitor, 'enter');
    await clock.advance(3_000);
    const path = `/v1/rooms/${visitor.roomId}/sessions/${visitor.ticketId}/finish`;
    await service.internal(path, { method: 'POST', body: { outcome: 'completed' } });
    await clock.during(live.closed);
    const told = live.messages
      .map(({ type }) => type)
      .filter((type) => type !== 'standing' && type !== 'room');
    expect(told).toEqual(['notice', 'admitted', 'entered', 'ended']);
    expect(live.heard('ended')).toEqual([{ type: 'ended', outcome: 'completed' }]);
  });

  test('who enters at once is not told of the admission again', async () => {
    const { roomId } = await journeys.admitted(service);
    const visitor = await service.join(roomId);
    expect(visitor.kind).toBe('admitted');
    const live = await connect(visitor);
    await live.next('admitted');
    await service.act(visitor, 'enter');
    await clock.advance(3_000);
    expect(live.messages.map(({ type }) => type)).toEqual(['room', 'notice', 'admitted', 'entered']);
  });

  test('a visitor of a room that was quiet is admitted within two ticks', async () => {
    const roomId = await service.openRoom();
    // Nobody there: ticked every ten seconds only.
    await clock.advance(34_700);
    const live = await connect(await service.join(roomId));
    await clock.advance(2_000);
    expect(live.heard('admitted')).toHaveLength(1);
  });

  test('a missed turn, and the way back', async () => {
    const visitor = await journeys.admitted(service, { enterWithinMs: 2_000 });
    const live = await connect(visitor);
    await until(() => live.heard('lapsed').length > 0);
    await admit(visitor.roomId, { capacity: 0 });
    await service.act(visitor, 'return');
    expect((await live.next('standing')).type).toBe('standing');
    await admit(visitor.roomId, { capacity: 5 });
    await until(() => live.heard('admitted').length === 2);
  });

  test('a pause and its reason, then that it is over', async () => {
    // The one seat is taken, so the others wait.
    const { roomId } = await journeys.admitted(service, { capacity: 1 });
    const live = await connect(await service.join(roomId));
    const body = { reason: { fr: 'Une fuite' } };
    await service.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST', body });
    await live.next(({ type, state }) => type === 'room' && state === 'paused');
    await until(() => live.heard('standing').at(-1)?.['reason'] === 'paused');
    await steer(roomId, 'resume');
    await until(() => live.heard('standing').at(-1)?.['reason'] === 'queued');
    expect(live.heard('room').map(({ state, reason }) => [state, reason])).toEqual([
      ['open', null],
      ['paused', { fr: 'Une fuite' }],
      ['open', null],
    ]);
  });

  test('a new opening time, and a new time from which numbers are given', async () => {
    const before = { opensAt: '2027-01-22T11:00:00+01:00', joinFrom: null };
    const roomId = await service.makeRoom({ ...before, timeZone: 'Europe/Paris' });
    const live = await connect(await service.join(roomId));
    const after = { opensAt: '2027-01-22T13:30:00+01:00', joinFrom: '2027-01-22T13:00:00+01:00' };
    for (const body of [{ opensAt: after.opensAt }, after, { capacity: 7 }]) {
      await service.internal(`/v1/rooms/${roomId}`, { method: 'PATCH', body });
      await clock.advance(2_000);
    }
    expect(live.heard('room')).toEqual(
      [before, { ...after, joinFrom: null }, after].map((opening) => ({
        type: 'room',
        state: 'scheduled',
        reason: null,
        closesAt: null,
        ...opening,
      })),
    );
  });

  test('that updates are interrupted while the store is away, and that they go on', async () => {
    const away = new StoreAway();
    const flaky = await serviceForTest({ clock, wrapStore: away.wrapStore });
    const roomId = await flaky.openRoom({ capacity: 0 });
    const { queueToken } = await flaky.join(roomId);
    const live = await flaky.live(roomId, { queueToken });
    await live.next('standing');
    const asOf = live.heard('standing').at(-1)?.['asOf'] as string;
    away.isAway = true;
    await until(() => live.heard('standing').at(-1)?.['reason'] === 'updates-interrupted');
    expect(Date.parse(live.heard('standing').at(-1)?.['asOf'] as string) - Date.parse(asOf)).toBeLessThan(
      2_000,
    );
    expect((await flaky.look({ roomId, queueToken } as Visitor)).body).toMatchObject({
      kind: 'waiting',
      standing: { position: 1, reason: 'updates-interrupted', expectedWaitMs: null },
    });
    away.isAway = false;
    await until(() => live.heard('standing').at(-1)?.['reason'] === 'holding');
  });
});

describe('presence', () => {
  test('is the answer to a ping: who is silent is passed over and keeps their place', async () => {
    const roomId = await service.openRoom({ capacity: 0, presentWithinMs: 5_000 });
    const [first, second] = [await service.join(roomId), await service.join(roomId)];
    const asleep = await connect(first, false);
    const awake = await connect(second);
    await awake.next('standing');
    await clock.during(clock.sleep(12_000));
    await admit(roomId, { capacity: 1 });
    await until(() => awake.heard('admitted').length > 0);
    expect(asleep.heard('admitted')).toEqual([]);
    // Back: at the same place, so next.
    await clock.during(asleep.close());
    const back = await connect(first);
    await admit(roomId, { capacity: 2 });
    await until(() => back.heard('admitted').length > 0);
  });

  test('is kept from the first second on by whoever answers, however short it is', async () => {
    const roomId = await service.openRoom({ capacity: 0, presentWithinMs: 5_000 });
    const visitors = await Promise.all(Array.from({ length: 10 }, () => service.join(roomId)));
    const devices = await Promise.all(visitors.map((visitor) => connect(visitor)));
    await clock.during(clock.sleep(7_000));
    await admit(roomId, { capacity: 10 });
    await clock.during(clock.sleep(2_000));
    expect(devices.map((device) => device.heard('admitted').length)).toEqual(devices.map(() => 1));
  });

  test('ends for who does not answer for 30 s: cut off, and the ticket is kept', async () => {
    const visitor = await service.join(await service.openRoom({ capacity: 0 }));
    const asleep = await connect(visitor, false);
    const openedAtMs = clock.monotonicMs();
    expect(await clock.during(asleep.closed)).toBe(1006);
    const afterMs = clock.monotonicMs() - openedAtMs;
    expect(afterMs).toBeGreaterThan(30_000);
    expect(afterMs).toBeLessThan(48_000);
    expect(await (await connect(visitor)).next('standing')).toMatchObject({ number: 1 });
  });
});

describe('one ticket', () => {
  test('is kept over a reconnect', async () => {
    const roomId = await service.openRoom({ capacity: 0 });
    const visitors = [await service.join(roomId), await service.join(roomId), await service.join(roomId)];
    const live = await connect(visitors[1] as Visitor);
    await live.next('standing');
    await live.close();
    await clock.advance(20_000);
    const again = await connect(visitors[1] as Visitor);
    expect(await again.next('standing')).toMatchObject({ number: 2, position: 2, waiting: 3 });
  });

  test('on twenty devices makes one session', async () => {
    const roomId = await service.openRoom({ capacity: 0 });
    const visitor = await service.join(roomId);
    const devices = await Promise.all(Array.from({ length: 20 }, () => connect(visitor)));
    await Promise.all(devices.map((device) => device.next('standing')));
    await admit(roomId, { capacity: 20 });
    await until(() => devices.every((device) => device.heard('admitted').length === 1));
    const entries = await Promise.all(devices.map(() => service.act(visitor, 'enter')));
    const passes = entries.map(({ body }) => decoded(segmentsOf(body['pass'] as string).payload)['jti']);
    expect(new Set(passes)).toEqual(new Set([visitor.ticketId]));
    await Promise.all(devices.map((device) => device.next('entered')));
    await clock.advance(2_000);
    expect((await service.internal('/metrics')).text).toContain(
      `guichet_inside_sessions{room="${roomId}"} 1\n`,
    );
  });
});
