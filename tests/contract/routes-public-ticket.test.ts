import { describe, expect, test } from 'vitest';
import { admitted, entered, lapsed, over } from '../support/journeys.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, testPublicUrl, useService, type Visitor } from '../support/service.ts';
import { decoded, segmentsOf } from '../support/token-mutations.ts';
import type { Answer } from '../support/wire-client.ts';

const hourMs = 3_600_000;

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 2);
  const { clock } = service;

  describe('GET /v1/rooms/{roomId}/ticket', () => {
    test('tells someone who waits where they stand, and when to look again', async () => {
      const { roomId } = await admitted(service, { capacity: 1, places: 40 });
      const [first, second] = [await service.join(roomId), await service.join(roomId)];
      await clock.until(async () =>
        JSON.stringify((await service.look(second)).body).includes('"position":2'),
      );
      const answer = await service.look(second);
      expectStatus(answer, 200);
      expect(answer.body).toEqual({
        kind: 'waiting',
        ticketId: second.ticketId,
        number: 3,
        standing: {
          position: 2,
          waiting: 2,
          expectedWaitMs: { low: expect.any(Number) as number, high: expect.any(Number) as number },
          reason: 'queued',
          placesLeft: 40,
          asOf: expect.stringMatching(/^2026-/) as string,
        },
        pollAfterMs: 2_000,
      });
      expect(answer.headers['retry-after']).toBe('2');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect((await service.look(first)).body).toMatchObject({ standing: { position: 1 } });
    });

    test('tells of each state that follows', async () => {
      const visitor = await admitted(service, { sessionTtlMs: 60_000 });
      const turn = await service.look(visitor);
      expect(turn.body).toMatchObject({
        kind: 'admitted',
        releaseNumber: 1,
        enterWithinMs: 300_000,
        extensionsLeft: 10,
      });
      expect(Date.parse(turn.body['expiresAt'] as string)).toBeGreaterThan(clock.wallMs());
      await service.act(visitor, 'enter');
      expect((await service.look(visitor)).body).toMatchObject({
        kind: 'entered',
        ticketId: visitor.ticketId,
      });
      await service.internal(`/v1/rooms/${visitor.roomId}/sessions/${visitor.ticketId}/finish`, {
        method: 'POST',
        body: { outcome: 'completed' },
      });
      await clock.until(async () => (await service.look(visitor)).body['outcome'] === 'completed');
      expect((await service.look(visitor)).body).toMatchObject({ kind: 'ended', outcome: 'completed' });
    });

    test('tells of a missed turn and until when to come back', async () => {
      const visitor = await lapsed(service, { returnWithinMs: hourMs });
      const { body } = await service.look(visitor);
      expect(body).toMatchObject({ kind: 'lapsed' });
      expect(Date.parse(body['returnUntil'] as string) - clock.wallMs()).toBeGreaterThan(hourMs - 20_000);
    });

    test('renews a token in its last day, and only then', async () => {
      const visitor = await service.join(await service.makeRoom());
      expect((await service.look(visitor)).body['queueToken']).toBeUndefined();
      // The room clock stands still meanwhile; the token's end is a time of the wall.
      clock.stepWall(49 * hourMs);
      const { queueToken } = (await service.look(visitor)).body as Visitor;
      expect(queueToken).not.toBe(visitor.queueToken);
      clock.stepWall(24 * hourMs);
      expectProblem(await service.look(visitor), 'token-refused');
      expect((await service.look({ ...visitor, queueToken })).body).toMatchObject({
        ticketId: visitor.ticketId,
        number: 1,
      });
    });

    test('of a ticket from an earlier run of the room is gone, at once', async () => {
      const visitor = await service.join(await service.makeRoom());
      expectStatus(await service.internal(`/v1/rooms/${visitor.roomId}`, { method: 'DELETE' }), 204);
      await clock.advance(2_000);
      await service.makeRoom({}, visitor.roomId);
      expect((await service.look(visitor)).body).toMatchObject({ kind: 'gone', reason: 'earlier-run' });
    });
  });

  describe('DELETE /v1/rooms/{roomId}/ticket', () => {
    test('gives the ticket up; again: the same', async () => {
      const visitor = await over(service);
      const again = await service.public(`/v1/rooms/${visitor.roomId}/ticket`, {
        method: 'DELETE',
        bearer: visitor.queueToken,
      });
      expect([again.status, again.text]).toEqual([204, '']);
      await clock.until(async () => (await service.look(visitor)).body['outcome'] === 'left');
      expect((await service.look(visitor)).body).toMatchObject({ kind: 'ended', outcome: 'left' });
    });
  });

  describe('POST /v1/rooms/{roomId}/ticket/enter', () => {
    const targetUrl = 'https://ville.example.org/natation';

    test('turns an admitted ticket into a session: a pass, and the way to the site', async () => {
      const visitor = await admitted(service, { targetUrl, sessionTtlMs: 60_000 });
      const answer = await service.act(visitor, 'enter');
      expectStatus(answer, 200);
      const { pass, expiresAt, redirectUrl } = answer.body as {
        pass: string;
        expiresAt: string;
        redirectUrl: string;
      };
      expect(answer.headers['cache-control']).toBe('no-store');
      const claims = decoded(segmentsOf(pass).payload);
      expect(claims).toMatchObject({
        iss: testPublicUrl,
        aud: visitor.roomId,
        sub: visitor.ticketId,
        number: 1,
      });
      // A tenth of the session before its end.
      expect(Date.parse(expiresAt) - clock.wallMs()).toBe(54_000);
      expect(claims['exp']).toBe(Math.floor(Date.parse(expiresAt) / 1_000));
      const url = new URL(redirectUrl);
      expect(`${url.origin}${url.pathname}`).toBe(targetUrl);
      expect(decoded(segmentsOf(url.searchParams.get('guichet') ?? '').header)).toMatchObject({
        typ: 'guichet-hand-over',
      });
    });

    test('again is the same session, with a hand-over of its own', async () => {
      const visitor = await admitted(service, { targetUrl });
      const [first, again] = [await service.act(visitor, 'enter'), await service.act(visitor, 'enter', {})];
      const jti = ({ body }: Answer): unknown => decoded(segmentsOf(body['pass'] as string).payload)['jti'];
      expect(jti(again)).toBe(jti(first));
      expect(again.body['redirectUrl']).not.toBe(first.body['redirectUrl']);
    });

    test('without a target the caller knows where to go', async () => {
      expect((await service.act(await admitted(service), 'enter')).body['redirectUrl']).toBeNull();
    });

    test('leads to a target that is on the room’s list, and to no other', async () => {
      const visitor = await admitted(service, { targetUrl, allowedTargets: ['https://pay.example.org/'] });
      const allowed = await service.act(visitor, 'enter', { target: 'https://pay.example.org/x?y=1' });
      expect(allowed.body['redirectUrl']).toMatch(/^https:\/\/pay\.example\.org\/x\?y=1&guichet=/);
      for (const target of ['https://evil.example/', 'javascript:alert(1)', '', 'x'.repeat(2_001)]) {
        expectProblem(await service.act(visitor, 'enter', { target }), 'request-invalid');
      }
    });

    test('is refused to those who wait, missed their turn, or are over', async () => {
      const waiting = await service.join(await service.makeRoom());
      expectProblem(await service.act(waiting, 'enter'), 'not-admitted');
      expectProblem(await service.act(await lapsed(service), 'enter'), 'not-admitted');
      expectProblem(await service.act(await over(service), 'enter'), 'ticket-over');
    });
  });

  describe('POST /v1/rooms/{roomId}/ticket/extend', () => {
    test('gives more time, ten times; the same number again gives the same answer', async () => {
      const visitor = await admitted(service, { enterWithinMs: 60_000 });
      const before = Date.parse((await service.look(visitor)).body['expiresAt'] as string);
      for (let extension = 1; extension <= 10; extension += 1) {
        for (const _ of [1, 2]) {
          const { body } = await service.act(visitor, 'extend', { extension });
          expect(body).toMatchObject({ kind: 'admitted', extensionsLeft: 10 - extension });
          expect(Date.parse(body['expiresAt'] as string)).toBe(before + extension * 60_000);
        }
      }
    });

    test('out of turn is refused', async () => {
      const visitor = await admitted(service);
      expectProblem(await service.act(visitor, 'extend', { extension: 2 }), 'extension-refused');
    });

    test.each([0, 11, -1, 1.5, '1', null, undefined])('refuses %s', async (extension) => {
      const visitor = await service.join(await service.makeRoom());
      expectProblem(await service.act(visitor, 'extend', { extension }), 'request-invalid');
    });

    test('is refused to those whose turn it is not', async () => {
      const waiting = await service.join(await service.makeRoom());
      expectProblem(await service.act(waiting, 'extend', { extension: 1 }), 'not-admitted');
      expectProblem(await service.act(await entered(service), 'extend', { extension: 1 }), 'not-admitted');
      expectProblem(await service.act(await over(service), 'extend', { extension: 1 }), 'ticket-over');
    });
  });

  describe('POST /v1/rooms/{roomId}/ticket/return', () => {
    test('brings a lapsed ticket back to its place', async () => {
      const visitor = await lapsed(service);
      const { roomId } = visitor;
      await service.internal(`/v1/rooms/${roomId}/admission`, { method: 'PATCH', body: { capacity: 0 } });
      const later = await service.join(roomId);
      expect((await service.act(visitor, 'return')).body).toMatchObject({ kind: 'waiting', number: 1 });
      await clock.until(async () => (await service.look(later)).body['kind'] === 'waiting');
      await clock.advance(2_000);
      expect((await service.look(visitor)).body).toMatchObject({ standing: { position: 1 } });
    });

    test('again, or of one that waits, changes nothing', async () => {
      const visitor = await service.join(await service.makeRoom());
      expect((await service.act(visitor, 'return')).body).toMatchObject({ kind: 'waiting', number: 1 });
    });

    test('too late, or of one that is over, is refused', async () => {
      const visitor = await lapsed(service, { returnWithinMs: 0 });
      await clock.advance(2_000);
      expectProblem(await service.act(visitor, 'return'), 'return-too-late');
      expectProblem(await service.act(await over(service), 'return'), 'ticket-over');
    });
  });

  describe('the token', () => {
    const asking = (roomId: string, bearer?: string): Promise<Answer>[] => {
      const path = `/v1/rooms/${roomId}/ticket`;
      return [
        service.public(path, { bearer }),
        service.public(path, { method: 'DELETE', bearer }),
        service.public(`${path}/enter`, { method: 'POST', bearer }),
        service.public(`${path}/extend`, { method: 'POST', bearer, body: { extension: 1 } }),
        service.public(`${path}/return`, { method: 'POST', bearer }),
      ];
    };

    test('is required wherever a ticket is meant', async () => {
      const roomId = await service.makeRoom();
      for (const asked of asking(roomId)) expectProblem(await asked, 'token-missing');
      for (const asked of asking(roomId, 'two words')) expectProblem(await asked, 'token-missing');
    });

    test('altered, over or of another room is refused, and so is a pass', async () => {
      const visitor = await entered(service);
      const { queueToken } = visitor;
      const { body } = await service.act(visitor, 'enter');
      const elsewhere = await service.join(await service.makeRoom());
      const refused = [
        `${queueToken.slice(0, -2)}AA`,
        elsewhere.queueToken,
        body['pass'] as string,
        'x',
        'a.b.c',
      ];
      for (const bearer of refused) {
        for (const asked of asking(visitor.roomId, bearer)) expectProblem(await asked, 'token-refused');
      }
      expect((await service.look(visitor)).body['kind']).toBe('entered');
    });

    test('for a room that is not there is refused as such', async () => {
      const { queueToken } = await service.join(await service.makeRoom());
      for (const asked of asking(newRoomId(), queueToken))
        expectProblem(await clock.during(asked), 'room-unknown');
    });
  });
});
