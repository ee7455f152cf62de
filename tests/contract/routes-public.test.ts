import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { admitted, over } from '../support/journeys.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import {
  expectStatus,
  newRoomId,
  serviceForTest,
  testPublicUrl,
  useService,
  type Visitor,
} from '../support/service.ts';
import { StoreAway } from '../support/store-away.ts';
import { decoded, segmentsOf } from '../support/token-mutations.ts';
import type { Answer } from '../support/wire-client.ts';

test('a room whose store is away tells what it was, as of then, and not how many wait', async () => {
  const clock = new ManualClock();
  const away = new StoreAway();
  const service = await serviceForTest({ clock, wrapStore: away.wrapStore });
  const roomId = await service.openRoom({ capacity: 0, places: 40 });
  await service.join(roomId);
  const read = async (): Promise<Answer['body']> => (await service.public(`/v1/rooms/${roomId}`)).body;
  await clock.until(async () => (await read())['waiting'] === 1);
  away.isAway = true;
  const before = await read();
  expect(clock.wallMs() - Date.parse(before['asOf'] as string)).toBeLessThan(2_000);
  await clock.advance(20_000);
  const now = new Date(clock.wallMs()).toISOString();
  expect(await read()).toEqual({ ...before, waiting: null, now });
  away.isAway = false;
  await clock.until(async () => (await read())['waiting'] === 1);
  expect(Date.parse((await read())['asOf'] as string)).toBeGreaterThan(clock.wallMs() - 2_000);
});

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 1);
  const { clock } = service;

  const joinTo = (roomId: string, question = {}): Promise<Answer> =>
    service.public(`/v1/rooms/${roomId}/tickets`, { method: 'POST', ...question });
  const state = async (roomId: string, verb: string, body?: unknown): Promise<void> =>
    expectStatus(await service.internal(`/v1/rooms/${roomId}/${verb}`, { method: 'POST', body }), 200);

  describe('GET /v1/rooms/{roomId}', () => {
    test('tells the public state of a room', async () => {
      const roomId = await service.makeRoom({
        timeZone: 'Europe/Paris',
        joinFrom: '2026-04-01T10:00:00+02:00',
        opensAt: '2026-06-01T10:00:00+02:00',
        places: 40,
      });
      await service.join(roomId);
      await service.internal(`/v1/rooms/${roomId}/notice`, {
        method: 'PUT',
        body: { notice: { fr: 'Bientôt', en: 'Soon' } },
      });
      const answer = await service.public(`/v1/rooms/${roomId}`);
      expectStatus(answer, 200);
      expect(answer.body).toEqual({
        roomId,
        name: roomId,
        languages: ['fr', 'en'],
        timeZone: 'Europe/Paris',
        targetUrl: null,
        enterWithinMs: 300_000,
        state: 'scheduled',
        reason: null,
        joinFrom: '2026-04-01T10:00:00+02:00',
        opensAt: '2026-06-01T10:00:00+02:00',
        closesAt: null,
        waiting: expect.any(Number) as number,
        notice: { fr: 'Bientôt', en: 'Soon' },
        placesLeft: 40,
        asOf: expect.stringMatching(/^2026-05-0\d.*Z$/) as string,
        now: expect.stringMatching(/^2026-05-0\d.*Z$/) as string,
      });
      expect(answer.headers['cache-control']).toBe('no-store');
      await clock.until(async () => (await service.public(`/v1/rooms/${roomId}`)).body['waiting'] === 1);
    });

    test('of a room that is not there is refused, once the index was read', async () => {
      expectProblem(await clock.during(service.public(`/v1/rooms/${newRoomId()}`)), 'room-unknown');
    });

    test.each(['Room', 'a--b', '-a', 'a-', 'a_b', 'a%20b', 'a.b', 'é', 'a'.repeat(65)])(
      'refuses the id %s',
      async (roomId) => {
        expectProblem(await service.public(`/v1/rooms/${encodeURI(roomId)}`), 'request-invalid');
      },
    );
  });

  describe('POST /v1/rooms/{roomId}/tickets', () => {
    test('gives a ticket and its token', async () => {
      const roomId = await service.makeRoom();
      const answer = await joinTo(roomId);
      expectStatus(answer, 201);
      expect(answer.body).toMatchObject({
        kind: 'waiting',
        number: 1,
        standing: { position: 1, reason: 'not-open-yet' },
      });
      expect(answer.headers['cache-control']).toBe('no-store');
      const { queueToken, ticketId } = answer.body as Visitor;
      expect(decoded(segmentsOf(queueToken).payload)).toMatchObject({ aud: roomId, sub: ticketId, num: 1 });
    });

    test('takes an empty object, or a JSON type with nothing in it, and no other body', async () => {
      const roomId = await service.makeRoom();
      expectStatus(await joinTo(roomId, { body: {} }), 201);
      expectStatus(await joinTo(roomId, { headers: { 'content-type': 'application/json' } }), 201);
      for (const body of [{ number: 1 }, [], 'true', '7', '"x"']) {
        expectProblem(
          await joinTo(roomId, { body, headers: { 'content-type': 'application/json' } }),
          'request-invalid',
        );
      }
    });

    test('a repeat with the same Idempotency-Key finds the same ticket', async () => {
      const roomId = await service.makeRoom();
      const headers = { 'idempotency-key': randomUUID() };
      const [first, other, again] = [
        await joinTo(roomId, { headers }),
        await joinTo(roomId),
        await joinTo(roomId, { headers }),
      ];
      expect([first, other, again].map(({ status }) => status)).toEqual([201, 201, 201]);
      expect(again.body['ticketId']).toBe(first.body['ticketId']);
      expect([first, other, again].map(({ body }) => body['number'])).toEqual([1, 2, 1]);
    });

    test('a hundred at once with one key are one ticket', async () => {
      const roomId = await service.makeRoom();
      const headers = { 'idempotency-key': randomUUID() };
      const answers = await Promise.all(Array.from({ length: 100 }, () => joinTo(roomId, { headers })));
      expect(new Set(answers.map(({ status, body }) => `${status} ${String(body['ticketId'])}`)).size).toBe(
        1,
      );
    });

    test('with the token of a live ticket answers with that ticket', async () => {
      const visitor = await service.join(await service.makeRoom());
      const answer = await joinTo(visitor.roomId, { bearer: visitor.queueToken });
      expectStatus(answer, 200);
      expect(answer.body).toMatchObject({
        ticketId: visitor.ticketId,
        number: 1,
        queueToken: visitor.queueToken,
      });
    });

    test('with a token that is over or no token at all gives a new ticket', async () => {
      const { roomId, ticketId, queueToken } = await over(service);
      for (const bearer of [queueToken, 'x.y.z']) {
        const answer = await joinTo(roomId, { bearer });
        expectStatus(answer, 201);
        expect(answer.body['ticketId']).not.toBe(ticketId);
      }
    });

    test('with the key of a ticket that is over is refused', async () => {
      const roomId = await service.makeRoom();
      const headers = { 'idempotency-key': randomUUID() };
      const { queueToken } = await service.join(roomId, { headers });
      await service.public(`/v1/rooms/${roomId}/ticket`, { method: 'DELETE', bearer: queueToken });
      expectProblem(await joinTo(roomId, { headers }), 'ticket-over');
    });

    test.each(['', 'x', '123', 'not-a-uuid-at-all'])('refuses the Idempotency-Key "%s"', async (key) => {
      expectProblem(
        await joinTo(await service.makeRoom(), { headers: { 'idempotency-key': key } }),
        'request-invalid',
      );
    });

    test.each([
      ['close', 'room-closed'],
      ['drain', 'room-closed'],
      ['bypass', 'room-bypassed'],
    ] as const)('after %s is refused with %s', async (verb, code) => {
      const roomId = await service.openRoom();
      // So that draining has someone to wait for.
      await service.join(roomId);
      await state(roomId, verb);
      expectProblem(await joinTo(roomId), code);
    });

    test('before joining begins is refused, and says when to come', async () => {
      const joinFrom = new Date(clock.wallMs() + 90_000).toISOString();
      const answer = await joinTo(await service.makeRoom({ joinFrom }));
      expectProblem(answer, 'room-not-open-yet');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(85);
      expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(100);
    });

    test('to a room that holds as many tickets as it may is refused', async () => {
      const roomId = await service.makeRoom({ ticketsMax: 100 });
      const answers = await Promise.all(Array.from({ length: 101 }, () => joinTo(roomId)));
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused).toHaveLength(1);
      expectProblem(refused[0] as Answer, 'room-full');
    });

    test('where no places are left is refused', async () => {
      expectProblem(await joinTo(await service.makeRoom({ places: 0 })), 'no-places-left');
    });

    test('to a room that is not there is refused', async () => {
      expectProblem(await clock.during(joinTo(newRoomId())), 'room-unknown');
    });

    test('into an empty room with seats to spare is an admission', async () => {
      const { roomId } = await admitted(service);
      const answer = await joinTo(roomId);
      expect(answer.body).toMatchObject({
        kind: 'admitted',
        releaseNumber: 2,
        extensionsLeft: 10,
        enterWithinMs: 300_000,
      });
    });
  });

  describe('GET /.well-known/jwks.json', () => {
    test('tells the public keys of passes, to be kept for five minutes', async () => {
      const { body, headers } = await service.public('/.well-known/jwks.json');
      expect(body).toMatchObject({ keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }] });
      expect(JSON.stringify(body)).not.toContain('"d"');
      expect(headers['cache-control']).toBe('public, max-age=300');
    });
  });

  describe('pages of other sites', () => {
    const origin = 'https://widget.example.net';
    const room = (): Promise<string> => service.makeRoom({ allowedOrigins: [origin] });

    test('may call when the room says so, and read what they need', async () => {
      const roomId = await room();
      const { status, headers } = await joinTo(roomId, { headers: { origin } });
      expect(status).toBe(201);
      expect(headers['access-control-allow-origin']).toBe(origin);
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(headers['access-control-expose-headers']).toMatch(/retry-after/);
      expect(headers.vary).toMatch(/origin/i);
    });

    test('may read why they are refused, also by a check before the route', async () => {
      const { roomId, queueToken: bearer } = await service.join(await room());
      const question = { method: 'POST', bearer, body: { extension: 0 }, headers: { origin } };
      const answer = await service.public(`/v1/rooms/${roomId}/ticket/extend`, question);
      expectProblem(answer, 'request-invalid');
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.headers.vary).toMatch(/origin/i);
    });

    test('may ask beforehand', async () => {
      const roomId = await room();
      const path = `/v1/rooms/${roomId}/ticket/enter`;
      const asked = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      };
      const { status, headers } = await service.public(path, { method: 'OPTIONS', headers: asked });
      expect(status).toBe(204);
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': 'authorization, content-type, idempotency-key',
      });
    });

    test.each([
      'https://evil.example',
      'https://widget.example.net.evil.example',
      'http://widget.example.net',
      'null',
    ])('are refused otherwise: %s', async (foreign) => {
      const roomId = await room();
      const headers = { origin: foreign };
      expectProblem(await joinTo(roomId, { headers }), 'origin-forbidden');
      expectProblem(await service.public(`/v1/rooms/${roomId}`, { headers }), 'origin-forbidden');
      const preflight = await service.public(`/v1/rooms/${roomId}/tickets`, { method: 'OPTIONS', headers });
      expectProblem(preflight, 'origin-forbidden');
      expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
    });

    test('our own page needs no permission, under either of its addresses', async () => {
      const roomId = await service.makeRoom();
      for (const own of [testPublicUrl, service.publicUrl]) {
        expectStatus(await joinTo(roomId, { headers: { origin: own } }), 201);
      }
    });
  });
});
