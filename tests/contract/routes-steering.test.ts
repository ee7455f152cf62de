import { describe, expect, inject, test } from 'vitest';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, type Scope, serviceForTest, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

describe.each(['memory', 'redis'] as const)('changes of a room on the %s store', (kind) => {
  const service = useService(kind, 44);
  const { clock } = service;

  type Asked = { method?: string; body?: unknown; ifMatch?: string; as?: Scope };
  const change = (path: string, { method = 'POST', body, ifMatch, as = 'admin' }: Asked = {}) =>
    service.internal(`/v1/rooms/${path}`, {
      method,
      body,
      as,
      ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
    });
  const read = (roomId: string): Promise<Answer> => service.internal(`/v1/rooms/${roomId}`, { as: 'viewer' });

  describe('If-Match', () => {
    test('two operators who saw the same version: one changes it, the other is told and loses nothing', async () => {
      const roomId = await service.openRoom({ capacity: 5 });
      const seen = (await read(roomId)).headers['etag'];
      expect(seen).toBe('"2"');
      const answers = await Promise.all([
        change(`${roomId}/admission`, { method: 'PATCH', body: { capacity: 6 }, ifMatch: '"2"' }),
        change(`${roomId}/pause`, { ifMatch: '"2"' }),
      ]);
      expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 412]);
      const [refused] = answers.filter(({ status }) => status === 412);
      expectProblem(refused as Answer, 'version-outdated');
      const { body } = await read(roomId);
      const isPaused = answers[1]?.status === 200;
      expect(body).toMatchObject({
        version: 3,
        state: isPaused ? 'paused' : 'open',
        policy: { capacity: isPaused ? 5 : 6 },
      });
    });

    test.each([
      ['PUT', '', {}],
      ['PATCH', '', { capacity: 9 }],
      ['DELETE', '', undefined],
      ['PATCH', '/admission', { capacity: 9 }],
      ['PUT', '/notice', { notice: 'x' }],
      ['POST', '/pause', { reason: 'x' }],
    ])('%s {roomId}%s for an older version changes nothing', async (method, path, body) => {
      const roomId = await service.openRoom({ capacity: 5 });
      expectProblem(await change(`${roomId}${path}`, { method, body, ifMatch: '"1"' }), 'version-outdated');
      expect((await read(roomId)).body).toMatchObject({ version: 2, state: 'open', policy: { capacity: 5 } });
      expect((await change(`${roomId}${path}`, { method, body, ifMatch: '"2"' })).status).toBeLessThan(300);
    });

    test('the answer carries the version that it made, and when the store took it', async () => {
      const roomId = await service.openRoom();
      const answer = await change(`${roomId}/pause`, { ifMatch: '*' });
      expect(answer.headers['etag']).toBe('"3"');
      expect(answer.body['takenAt']).toBe(new Date(clock.wallMs()).toISOString());
    });

    test.each(['3', 'W/"3"', '"x"', '"1", "2"', ''])('%s is no version', async (ifMatch) => {
      const roomId = await service.makeRoom();
      expectProblem(await change(`${roomId}/pause`, { ifMatch }), 'request-invalid');
    });

    test.each([
      ['PUT', '', {}],
      ['PATCH', '', {}],
      ['DELETE', '', undefined],
      ['PATCH', '/admission', {}],
      ['PUT', '/notice', { notice: 'x' }],
      ['DELETE', '/notice', undefined],
    ])('%s {roomId}%s refuses what is no version, and changes nothing', async (method, path, body) => {
      const roomId = await service.makeRoom();
      expectProblem(await change(`${roomId}${path}`, { method, body, ifMatch: 'W/"1"' }), 'request-invalid');
      expect((await read(roomId)).body).toMatchObject({ version: 1 });
    });

    test('a repeat after a lost answer is no conflict: what was asked for is so', async () => {
      const roomId = await service.openRoom();
      const asked = { body: { reason: 'Une fuite' }, ifMatch: '"2"' };
      const first = await change(`${roomId}/pause`, asked);
      const again = await change(`${roomId}/pause`, asked);
      expectStatus(again, 200);
      expect(again.body).toMatchObject({ state: 'paused', version: 3 });
      expect(again.headers['etag']).toBe(first.headers['etag']);
    });

    test('a room that is not there is not made for whoever saw a version of it', async () => {
      const roomId = newRoomId();
      const answer = change(roomId, { method: 'PUT', body: {}, ifMatch: '"1"' });
      expectProblem(await clock.during(answer), 'room-unknown');
    });
  });

  describe('dryRun', () => {
    const predict = (path: string, method: string, body?: unknown): Promise<Answer> =>
      change(`${path}?dryRun=true`, { method, body });

    test('tells what a pace would do to those who wait, and changes nothing', async () => {
      const roomId = await service.openRoom({ capacity: 0, places: 30, outflowPerMinute: 60 });
      for (let joined = 0; joined < 10; joined += 1) await service.join(roomId);
      const ask = () => predict(`${roomId}/admission`, 'PATCH', { capacity: 500 });
      const effect = async () => (await ask()).body['effect'] as { waiting: number; heldBy: string | null };
      // Redis is slow, and this clock is fast.
      await clock.until(async () => (await effect()).waiting === 10 && (await effect()).heldBy === null);
      const answer = await ask();
      expectStatus(answer, 200);
      expect(answer.body).toMatchObject({
        dryRun: true,
        room: { version: 3, policy: { capacity: 500 } },
        effect: {
          waiting: 10,
          heldBy: null,
          placesPerVisitor: 3,
          isOverCapacity: false,
          needsSecondPerson: [],
        },
      });
      const { drainMs } = answer.body['effect'] as { drainMs: { low: number; high: number } };
      // Ten people at sixty a minute.
      expect(drainMs.low).toBeGreaterThan(5_000);
      expect(drainMs.high).toBeLessThan(20_000);
      expect((await read(roomId)).body).toMatchObject({ version: 2, policy: { capacity: 0 } });
    });

    test('says why nobody would get in, and what is unwise', async () => {
      const roomId = await service.openRoom();
      const paused = await predict(`${roomId}/pause`, 'POST');
      expect(paused.body).toMatchObject({ effect: { heldBy: 'paused', drainMs: null, lastInLineAt: null } });
      const { effect } = (await predict(roomId, 'PATCH', { enterWithinMs: 5_000 })).body as {
        effect: { warnings: { code: string }[] };
      };
      expect(effect.warnings.map(({ code }) => code)).toContain('short-turn');
    });

    test('of a capacity below those inside says that nobody is sent away', async () => {
      const roomId = await service.openRoom({ capacity: 3 });
      await clock.advance(4_000);
      for (let joined = 0; joined < 3; joined += 1) await service.join(roomId);
      const isOver = async (capacity: number): Promise<boolean> => {
        const { body } = await predict(`${roomId}/admission`, 'PATCH', { capacity });
        return (body['effect'] as { isOverCapacity: boolean }).isOverCapacity;
      };
      await clock.until(() => isOver(1));
      expect(await isOver(4)).toBe(false);
    });

    test('of a room that is not there makes none', async () => {
      const roomId = newRoomId();
      const answer = await clock.during(predict(roomId, 'PUT', { capacity: 4 }));
      expect(answer.body).toMatchObject({
        dryRun: true,
        room: { roomId, version: 1 },
        effect: { waiting: 0 },
      });
      expectProblem(await clock.during(read(roomId)), 'room-unknown');
    });

    test.each(['yes', '1', ''])('?dryRun=%s is refused, and nothing changes', async (value) => {
      const roomId = await service.openRoom();
      expectProblem(await change(`${roomId}/close?dryRun=${value}`), 'request-invalid');
      expect((await read(roomId)).body).toMatchObject({ state: 'open' });
    });
  });

  describe('a viewer', () => {
    test('can change nothing', async () => {
      const roomId = await service.openRoom();
      const asks: [string, string, unknown][] = [
        ['PUT', '', {}],
        ['PATCH', '', {}],
        ['DELETE', '', undefined],
        ['PATCH', '/admission', { capacity: 1 }],
        ['PUT', '/notice', { notice: 'x' }],
        ['DELETE', '/notice', undefined],
        ...['open', 'pause', 'resume', 'drain', 'close', 'bypass'].map((verb): [string, string, unknown] => [
          'POST',
          `/${verb}`,
          undefined,
        ]),
      ];
      for (const [method, path, body] of asks) {
        expectProblem(await change(`${roomId}${path}`, { method, body, as: 'viewer' }), 'key-forbidden');
      }
      expect((await read(roomId)).body).toMatchObject({ version: 2, state: 'open' });
    });
  });
});

test('a change takes effect on every replica within two ticks', async () => {
  const url = new URL(inject('redisUrl'));
  url.pathname = '/45';
  const one = await serviceForTest({ redisUrl: url.href });
  const other = await serviceForTest({ redisUrl: url.href, replicaOf: one });
  const roomId = await one.openRoom({ capacity: 0 });
  const visitor = await other.join(roomId);
  const live = await other.live(roomId, { queueToken: visitor.queueToken });
  await live.next('standing');
  const askedAt = performance.now();
  await one.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST', body: { reason: 'Une fuite' } });
  expect(await live.next(({ type, state }) => type === 'room' && state === 'paused')).toMatchObject({
    reason: 'Une fuite',
  });
  expect(performance.now() - askedAt).toBeLessThan(2_500);
  expect((await other.internal(`/v1/rooms/${roomId}`)).body).toMatchObject({ state: 'paused' });
});
