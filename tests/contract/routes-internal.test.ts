import { describe, expect, test } from 'vitest';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 3);
  const { clock } = service;

  const put = (roomId: string, body: unknown): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}`, { method: 'PUT', body });
  const patch = (roomId: string, body: unknown): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}`, { method: 'PATCH', body });
  const steer = (roomId: string, verb: string, body?: unknown): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}/${verb}`, { method: 'POST', body, as: 'operator' });

  describe('PUT /v1/rooms/{roomId}', () => {
    test('makes a room: scheduled, with every default', async () => {
      const roomId = newRoomId();
      const answer = await put(roomId, {});
      expectStatus(answer, 201);
      expect(answer.body).toMatchObject({
        roomId,
        state: 'scheduled',
        version: 1,
        notice: null,
        reason: null,
      });
      expect(answer.body['policy']).toMatchObject({
        name: roomId,
        capacity: 100,
        batchSizeMax: 20,
        mode: 'arrival',
      });
      expect((await service.public(`/v1/rooms/${roomId}`)).body).toMatchObject({ state: 'scheduled' });
    });

    test('again replaces the policy, and leaves the state alone', async () => {
      const roomId = await service.openRoom({ capacity: 7, places: 3 });
      const answer = await put(roomId, { outflowPerMinute: 60 });
      expectStatus(answer, 200);
      expect(answer.body).toMatchObject({ state: 'open', version: 3 });
      expect(answer.body['policy']).toMatchObject({ capacity: 100, places: null, outflowPerMinute: 60 });
    });

    test('after the room was deleted makes it anew', async () => {
      const roomId = await service.makeRoom({ capacity: 3 });
      const visitor = await service.join(roomId);
      await service.internal(`/v1/rooms/${roomId}`, { method: 'DELETE' });
      await clock.advance(1_000);
      expectStatus(await put(roomId, { capacity: 4 }), 201);
      expect((await service.look(visitor)).body).toMatchObject({ kind: 'gone', reason: 'earlier-run' });
      expect(await service.join(roomId)).toMatchObject({ number: 1 });
    });

    test('refuses an id that is none', async () => {
      expectProblem(await put('No-Room', {}), 'request-invalid');
    });

    test('twenty at once make it once', async () => {
      const roomId = newRoomId();
      const answers = await Promise.all(Array.from({ length: 20 }, () => put(roomId, {})));
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 201)).toHaveLength(1);
      expect(statuses.filter((status) => status !== 201 && status !== 200 && status !== 409)).toEqual([]);
    });
  });

  describe('GET /v1/rooms and /v1/rooms/{roomId}', () => {
    test('tell each room with its policy, by id', async () => {
      const [one, other] = [await service.makeRoom({ capacity: 5 }), await service.makeRoom()].toSorted();
      const answer = await service.internal('/v1/rooms', { as: 'viewer' });
      expectStatus(answer, 200);
      const ids = (answer.body['rooms'] as { roomId: string }[]).map(({ roomId }) => roomId);
      expect(ids).toEqual(ids.toSorted());
      expect(ids).toEqual(expect.arrayContaining([one, other]));
      const read = await service.internal(`/v1/rooms/${one}`, { as: 'viewer' });
      expect(answer.body['rooms']).toContainEqual(read.body);
    });

    test('of a room that is not there is refused', async () => {
      expectProblem(await clock.during(service.internal(`/v1/rooms/${newRoomId()}`)), 'room-unknown');
    });
  });

  describe('PATCH /v1/rooms/{roomId}', () => {
    test('changes what is named, and null takes a default', async () => {
      const roomId = await service.makeRoom({ name: { fr: 'Natation' }, places: 40, capacity: 5 });
      const { body } = await patch(roomId, { capacity: 6, name: null, places: null });
      expect(body).toMatchObject({ version: 2, policy: { capacity: 6, name: roomId, places: null } });
    });

    test('a batch that no longer keeps the pace follows it, unless it was named', async () => {
      const roomId = await service.makeRoom({ outflowPerMinute: 600 });
      const batchAfter = async (body: object): Promise<unknown> =>
        ((await patch(roomId, body)).body['policy'] as { batchSizeMax: number }).batchSizeMax;
      expect(await batchAfter({ outflowPerMinute: 6_000 })).toBe(200);
      // Slower: the batch is large enough and stays.
      expect(await batchAfter({ outflowPerMinute: 600 })).toBe(200);
      expect(await batchAfter({ outflowPerMinute: 6_000, batchSizeMax: 150 })).toBe(150);
      expect(await batchAfter({ releaseEveryMs: 2_000 })).toBe(400);
    });

    test('a batch that an operator chose is not changed by something else', async () => {
      const roomId = await service.makeRoom({ outflowPerMinute: 600, batchSizeMax: 12 });
      expect((await patch(roomId, { capacity: 9 })).body).toMatchObject({
        policy: { capacity: 9, batchSizeMax: 12 },
      });
    });

    test('what cannot work together is refused, and nothing changes', async () => {
      const roomId = await service.makeRoom();
      expectProblem(await patch(roomId, { batchSizeMax: 9 }), 'request-invalid');
      expectProblem(await patch(roomId, { presentWithinMs: 3_600_000 }), 'request-invalid');
      expectProblem(
        await patch(roomId, { opensAt: '2026-06-01T10:00:00Z', joinFrom: '2026-06-02T10:00:00Z' }),
        'request-invalid',
      );
      expect((await service.internal(`/v1/rooms/${roomId}`)).body).toMatchObject({ version: 1 });
    });

    test('of a room that is not there is refused', async () => {
      expectProblem(await clock.during(patch(newRoomId(), {})), 'room-unknown');
    });

    test('twenty at once are all made, or say that someone else changed the room', async () => {
      const roomId = await service.makeRoom();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => patch(roomId, { capacity: index })),
      );
      const made = answers.filter(({ status }) => status === 200);
      for (const refused of answers.filter(({ status }) => status !== 200))
        expectProblem(refused, 'room-changed');
      expect(made.length).toBeGreaterThan(0);
      expect((await service.internal(`/v1/rooms/${roomId}`)).body).toMatchObject({
        version: 1 + made.length,
      });
    });
  });

  describe('DELETE /v1/rooms/{roomId}', () => {
    const remove = (roomId: string): Promise<Answer> =>
      service.internal(`/v1/rooms/${roomId}`, { method: 'DELETE' });

    test('takes the room away: on both listeners, for its visitors and their live connections', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      const visitor = await service.join(roomId);
      const live = await service.live(roomId, { queueToken: visitor.queueToken });
      await live.next('standing');
      const removed = await remove(roomId);
      expect([removed.status, removed.text]).toEqual([204, '']);
      expect(await live.closed).toBe(4504);
      expectProblem(await clock.during(service.look(visitor)), 'room-unknown');
      expectProblem(await clock.during(service.internal(`/v1/rooms/${roomId}`)), 'room-unknown');
      expectProblem(await clock.during(remove(roomId)), 'room-unknown');
      expect((await service.internal('/v1/rooms')).text).not.toContain(roomId);
    });

    test('takes its figures away, too', async () => {
      const roomId = await service.openRoom();
      await service.join(roomId);
      const figures = async (): Promise<string[]> => {
        const lines = (await service.internal('/metrics')).text.split('\n');
        return lines
          .filter((line) => line.includes(`room="${roomId}"`))
          .map((line) => line.split('{')[0] ?? '');
      };
      expect(await figures()).toContain('guichet_capacity_sessions');
      await remove(roomId);
      // A counter goes on; what the room holds does not.
      expect(await figures()).toEqual(['guichet_joins_total']);
    });
  });

  describe('POST /v1/rooms/{roomId}/{verb}', () => {
    test.each([
      ['open', 'open'],
      ['pause', 'paused'],
      ['resume', 'open'],
      ['drain', 'draining'],
      ['close', 'closed'],
      ['bypass', 'bypass'],
    ])('%s: the room becomes %s, for a reason that visitors see', async (verb, state) => {
      const roomId = await service.makeRoom();
      // So that a drained room does not close at once.
      await service.join(roomId);
      const reason = { fr: 'Une fuite', en: 'A leak' };
      const answer = await steer(roomId, verb, { reason });
      expectStatus(answer, 200);
      expect(answer.body).toMatchObject({ roomId, state, reason, version: 2 });
      expect((await service.public(`/v1/rooms/${roomId}`)).body).toMatchObject({ state, reason });
    });

    test('a state that the room already has is 200, and the reason is the newest', async () => {
      const roomId = await service.openRoom();
      expect((await steer(roomId, 'open', { reason: 'as planned' })).body).toMatchObject({
        state: 'open',
        reason: 'as planned',
      });
      expect((await steer(roomId, 'open')).body).toMatchObject({ state: 'open', reason: null });
      expectStatus(await steer(roomId, 'resume', {}), 200);
    });

    test.each([
      ['an unknown field', { why: 'x' }],
      ['a reason that is no text', { reason: 7 }],
      ['a reason in no language', { reason: { klingonese: 'x' } }],
      ['a reason without end', { reason: 'x'.repeat(2_001) }],
    ])('refuses %s', async (_, body) => {
      for (const verb of ['open', 'pause', 'resume', 'drain', 'close', 'bypass'])
        expectProblem(await steer(await service.makeRoom(), verb, body), 'request-invalid');
    });

    test('of a room that is not there is refused, and so is a verb that is none', async () => {
      expectProblem(await clock.during(steer(newRoomId(), 'open')), 'room-unknown');
      expectProblem(await steer(await service.makeRoom(), 'explode'), 'route-unknown');
    });

    test('a drained room closes when nobody waits any more', async () => {
      const roomId = await service.openRoom();
      const { queueToken } = await service.join(roomId);
      expect((await steer(roomId, 'drain')).body).toMatchObject({ state: 'draining' });
      await service.public(`/v1/rooms/${roomId}/ticket`, { method: 'DELETE', bearer: queueToken });
      await clock.until(async () => (await service.public(`/v1/rooms/${roomId}`)).body['state'] === 'closed');
    });
  });

  describe('PATCH /v1/rooms/{roomId}/admission', () => {
    const admission = (roomId: string, body: unknown): Promise<Answer> =>
      service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body, as: 'operator' });

    test('changes capacity and pace at once', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      const visitor = await service.join(roomId);
      const { body } = await admission(roomId, { capacity: 1, outflowPerMinute: 60, batchSizeMax: 5 });
      expect(body).toMatchObject({ policy: { capacity: 1, outflowPerMinute: 60, batchSizeMax: 5 } });
      await clock.until(async () => (await service.look(visitor)).body['kind'] === 'admitted');
    });

    test.each([
      ['another field', { places: 4 }],
      ['a capacity below its bound', { capacity: -1 }],
      ['a pace below its bound', { outflowPerMinute: 0 }],
      ['a batch below its bound', { batchSizeMax: 0 }],
      ['a batch that misses the pace', { batchSizeMax: 9 }],
      ['a list', []],
    ])('refuses %s', async (_, body) => {
      expectProblem(await admission(await service.makeRoom(), body), 'request-invalid');
    });

    test('of a room that is not there is refused', async () => {
      expectProblem(await clock.during(admission(newRoomId(), { capacity: 1 })), 'room-unknown');
    });
  });

  describe('PUT and DELETE /v1/rooms/{roomId}/notice', () => {
    const notice = (roomId: string, body?: unknown): Promise<Answer> =>
      service.internal(`/v1/rooms/${roomId}/notice`, {
        method: body === undefined ? 'DELETE' : 'PUT',
        body,
        as: 'operator',
      });

    test('tell everyone something, and take it away', async () => {
      const roomId = await service.makeRoom();
      const visitor = await service.join(roomId);
      const live = await service.live(roomId, { queueToken: visitor.queueToken });
      const text = { fr: 'Retard de 10 minutes', en: '10 minutes late' };
      expect((await notice(roomId, { notice: text })).body).toMatchObject({ notice: text, version: 2 });
      expect(await live.next(({ type, notice: told }) => type === 'notice' && told !== null)).toEqual({
        type: 'notice',
        notice: text,
      });
      const heard = live.messages.length;
      expect((await notice(roomId)).body).toMatchObject({ notice: null, version: 3 });
      expect(await live.next('notice', heard)).toEqual({ type: 'notice', notice: null });
      expectStatus(await notice(roomId), 200);
    });

    test.each([
      ['nothing', {}],
      ['no text', { notice: null }],
      ['a number', { notice: 7 }],
      ['an unknown field', { notice: 'x', until: 'y' }],
      ['a text without end', { notice: { fr: 'x'.repeat(2_001) } }],
    ])('refuse %s', async (_, body) => {
      expectProblem(await notice(await service.makeRoom(), body), 'request-invalid');
    });

    test('of a room that is not there are refused', async () => {
      expectProblem(await clock.during(notice(newRoomId(), { notice: 'x' })), 'room-unknown');
      expectProblem(await clock.during(notice(newRoomId())), 'room-unknown');
    });
  });
});
