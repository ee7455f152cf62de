import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { deskOf } from '../support/desk.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, testPublicUrl, useService } from '../support/service.ts';

const instant = expect.stringMatching(/^2026-\d\d-\d\dT[\d:.]+Z$/) as string;

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 36);
  const { clock } = service;

  const { assist, assisted, standing, resumed } = deskOf(service);

  describe('POST /v1/rooms/{roomId}/tickets', () => {
    test('takes the next ticket of all, and tells its code but not its token', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      const before = await service.join(roomId);
      const answer = await assist(roomId, { body: { language: 'fr' } });
      expectStatus(answer, 201);
      const { code, ...body } = answer.body;
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
      expect(body).toEqual({
        ticketId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        number: 2,
        kind: 'waiting',
        standing: expect.objectContaining({ position: 2 }) as object,
        pollAfterMs: expect.any(Number) as number,
        resumeUrl: `${testPublicUrl}/rooms/${roomId}/resume?code=${String(code).replace('-', '')}`,
        codeExpiresAt: instant,
      });
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'accept' });
      expect([before.number, (await service.join(roomId)).number]).toEqual([1, 3]);
    });

    test('whoever uses the code holds the ticket: number, order and turn are those of any other', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      const { code, ticketId } = await assisted(roomId);
      const next = await service.join(roomId);
      const holder = await resumed(roomId, code);
      expect(holder).toMatchObject({ ticketId, number: 1, kind: 'waiting' });
      await service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: { capacity: 1 } });
      await clock.until(async () => (await service.look(holder)).body['kind'] === 'admitted');
      expect((await service.look(next)).body['kind']).toBe('waiting');
      expectStatus(await service.act(holder, 'enter'), 200);
    });

    test('one whose code nobody uses is set aside at its turn, and comes first once it is used', async () => {
      const roomId = await service.openRoom({ capacity: 0, presentWithinMs: 5_000 });
      const { code, ticketId } = await assisted(roomId);
      const query = `ticketId=${String(ticketId)}`;
      await clock.until(async () => {
        const { presentUntil, awaySince } = (await standing(roomId, query)) as {
          [time: string]: string | null;
        };
        return presentUntil === null && awaySince !== null;
      });
      await service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: { capacity: 1 } });
      await clock.until(async () => {
        const { kind: state } = (await standing(roomId, query)) as { kind: string };
        return state === 'parked';
      });
      await service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: { capacity: 0 } });
      const later = await service.join(roomId);
      const holder = await resumed(roomId, code);
      await service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: { capacity: 1 } });
      await clock.until(async () => (await service.look(holder)).body['kind'] === 'admitted');
      expect((await service.look(later)).body['kind']).toBe('waiting');
    });

    test('repeated with its key, after a reply that was lost: the same ticket, code and kind of answer', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      const headers = { 'idempotency-key': randomUUID() };
      const first = await assist(roomId, { headers });
      const again = await assist(roomId, { headers });
      expectStatus(again, 201);
      const { ticketId, number, code, resumeUrl, kind: state } = first.body;
      expect(again.body).toMatchObject({ ticketId, number, code, resumeUrl, kind: state });
      expect(await assisted(roomId)).toMatchObject({ number: 2 });
      await resumed(roomId, code);
      expectProblem(await assist(roomId, { headers }), 'ticket-moved');
    });

    test('a visitor’s key is not an agent’s: no visitor’s ticket is shown to a desk', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      const headers = { 'idempotency-key': randomUUID() };
      const visitor = await service.join(roomId, { headers });
      expect(await assisted(roomId, { headers })).not.toMatchObject({ ticketId: visitor.ticketId });
    });

    test('in a room with room to spare the turn comes at once', async () => {
      const roomId = await service.openRoom();
      await clock.advance(3_500);
      expect(await assisted(roomId)).toMatchObject({
        kind: 'admitted',
        expiresAt: instant,
        codeExpiresAt: instant,
      });
    });

    test('is refused where visitors are', async () => {
      const closed = await service.openRoom();
      expectStatus(await service.internal(`/v1/rooms/${closed}/close`, { method: 'POST' }), 200);
      expectProblem(await assist(closed), 'room-closed');
      expectProblem(await assist(await service.openRoom({ places: 0 })), 'no-places-left');
      const later = await service.makeRoom({ joinFrom: '2027-01-01T00:00:00Z' });
      expectProblem(await assist(later), 'room-not-open-yet');
      expectProblem(await clock.during(assist(newRoomId())), 'room-unknown');
    });

    test('with a body or a key that is wrong is refused', async () => {
      const roomId = await service.openRoom();
      const bodies = [{ language: 7 }, { language: 'x' }, { language: '<b>' }, { other: 1 }, []];
      for (const body of bodies) expectProblem(await assist(roomId, { body }), 'request-invalid');
      const headers = { 'idempotency-key': 'seven' };
      expectProblem(await assist(roomId, { headers }), 'request-invalid');
    });

    test('asked for as a page, it is a slip with the same number and code, which nothing runs in', async () => {
      const roomId = await service.openRoom({ capacity: 0, name: { fr: 'Piscines', en: 'Pools' } });
      const key = { 'idempotency-key': randomUUID() };
      const headers = { ...key, accept: 'text/html' };
      const answer = await assist(roomId, { headers, body: { language: 'en' } });
      expectStatus(answer, 201);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[\w+/=]+'/,
      );
      expect(answer.text).not.toMatch(/<script|<link|https?:\/\/(?!tickets\.example\.org|www\.w3\.org)/);
      const { code = '', number } = await assisted(roomId, { headers: key });
      const [first = '', second = ''] = String(code).split('-');
      expect(answer.text).toContain(`<span>${first}</span><wbr><span>-${second}</span>`);
      expect(answer.text).toContain(`<title>Number ${String(number)} – Pools</title>`);
    });
  });
});
