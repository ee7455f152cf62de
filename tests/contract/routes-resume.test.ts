import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { admitted, entered, lapsed, over } from '../support/journeys.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, testPublicUrl, useService, type Visitor } from '../support/service.ts';
import { decoded, segmentsOf } from '../support/token-mutations.ts';
import type { Answer } from '../support/wire-client.ts';

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 5);
  const { clock } = service;

  const codeFor = ({ roomId, queueToken }: Visitor): Promise<Answer> =>
    service.public(`/v1/rooms/${roomId}/ticket/code`, { method: 'POST', bearer: queueToken });
  /** Each test from a network of its own: the limit is for all of them. */
  let network = 0;
  const anotherNetwork = (): string => `127.0.${(network += 1)}.1`;
  let localAddress = anotherNetwork();
  const resume = (roomId: string, code: unknown, key?: string): Promise<Answer> =>
    service.public(`/v1/rooms/${roomId}/tickets/resume`, {
      method: 'POST',
      body: { code },
      localAddress,
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
  async function codeOf(visitor: Visitor): Promise<string> {
    const answer = await codeFor(visitor);
    expectStatus(answer, 200);
    return answer.body['code'] as string;
  }
  async function onNextDevice(visitor: Visitor): Promise<Visitor> {
    const answer = await resume(visitor.roomId, await codeOf(visitor));
    expectStatus(answer, 200);
    return { roomId: visitor.roomId, ...(answer.body as Omit<Visitor, 'roomId'>) };
  }

  describe('POST /v1/rooms/{roomId}/ticket/code', () => {
    test('gives a code to read and an address to open, until the token ends; again: the same', async () => {
      const visitor = await service.join(await service.makeRoom());
      const answer = await codeFor(visitor);
      expectStatus(answer, 200);
      const code = answer.body['code'] as string;
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
      const resumeUrl = `${testPublicUrl}/rooms/${visitor.roomId}/resume?code=${code.replace('-', '')}`;
      expect(answer.body).toEqual({ code, resumeUrl, expiresAt: expect.any(String) as string });
      const leftMs = Date.parse(answer.body['expiresAt'] as string) - clock.wallMs();
      expect(leftMs / 3_600_000).toBeCloseTo(72, 1);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect((await codeFor(visitor)).body).toEqual(answer.body);
    });

    test('is for whoever holds a live ticket', async () => {
      const visitor = await over(service);
      const path = `/v1/rooms/${visitor.roomId}/ticket/code`;
      expectProblem(await codeFor(visitor), 'ticket-over');
      expectProblem(await service.public(path, { method: 'POST' }), 'token-missing');
      expectProblem(await service.public(path, { method: 'POST', bearer: 'x' }), 'token-refused');
      const nowhere = service.public(`/v1/rooms/${newRoomId()}/ticket/code`, {
        method: 'POST',
        bearer: visitor.queueToken,
      });
      expectProblem(await clock.during(nowhere), 'room-unknown');
    });
  });

  describe('POST /v1/rooms/{roomId}/tickets/resume', () => {
    test('gives the ticket to the second device, as it is: the same number, a token of its own', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      await service.join(roomId);
      const visitor = await service.join(roomId);
      const answer = await resume(roomId, await codeOf(visitor));
      expectStatus(answer, 200);
      expect(answer.body).toMatchObject({
        kind: 'waiting',
        ticketId: visitor.ticketId,
        number: 2,
        standing: { reason: expect.any(String) as string },
        queueToken: expect.any(String) as string,
      });
      expect(answer.headers['cache-control']).toBe('no-store');
      const second = answer.body as Visitor;
      expect(second.queueToken).not.toBe(visitor.queueToken);
      expect((await service.look({ ...second, roomId })).body).toMatchObject({ kind: 'waiting', number: 2 });
    });

    test('from then on the first device is told so, whatever it asks; nothing happens to the ticket', async () => {
      const first = await admitted(service);
      const key = randomUUID();
      const second = await onNextDevice(first);
      expect((await service.look(first)).body).toMatchObject({ kind: 'gone', reason: 'moved' });
      expectProblem(await service.act(first, 'enter'), 'ticket-moved');
      expectProblem(await service.act(first, 'extend', { extension: 1 }), 'ticket-moved');
      expectProblem(await service.act(first, 'return'), 'ticket-moved');
      expectProblem(await codeFor(first), 'ticket-moved');
      const path = `/v1/rooms/${first.roomId}/ticket`;
      expectProblem(
        await service.public(path, { method: 'DELETE', bearer: first.queueToken }),
        'ticket-moved',
      );
      // Who joins there again takes a ticket of their own.
      const other = await service.join(first.roomId, {
        bearer: first.queueToken,
        headers: { 'idempotency-key': key },
      });
      expect(other.number).toBe(2);
      expect((await service.look(second)).body).toMatchObject({ kind: 'admitted', number: 1 });
      expectStatus(await service.act(second, 'enter'), 200);
    });

    test('a join repeated on the first device does not bring the ticket back', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      const headers = { 'idempotency-key': randomUUID() };
      const first = await service.join(roomId, { headers });
      expect((await service.join(roomId, { headers })).ticketId).toBe(first.ticketId);
      const second = await onNextDevice(first);
      const again = await service.public(`/v1/rooms/${roomId}/tickets`, { method: 'POST', headers });
      expectProblem(again, 'ticket-moved');
      expect((await service.look(second)).body).toMatchObject({ kind: 'waiting', number: 1 });
    });

    test('the code works once; a repeat of the same call gives the same ticket', async () => {
      const visitor = await service.join(await service.openRoom({ capacity: 0 }));
      const code = await codeOf(visitor);
      const key = randomUUID();
      const answer = await resume(visitor.roomId, code, key);
      expectStatus(answer, 200);
      const again = await resume(visitor.roomId, code, key.toUpperCase());
      expectStatus(again, 200);
      expect(again.body['ticketId']).toBe(visitor.ticketId);
      expectProblem(await resume(visitor.roomId, code, randomUUID()), 'code-used');
      expectProblem(await resume(visitor.roomId, code), 'code-used');
      for (const { body } of [answer, again]) {
        const { queueToken } = body as Visitor;
        expect((await service.look({ ...visitor, queueToken })).body).toMatchObject({ kind: 'waiting' });
      }
    });

    test.each([
      ['as it is shown', (code: string) => code],
      ['in small letters and with blanks', (code: string) => ` ${code.toLowerCase().replace('-', ' ')} `],
      ['with letters for digits', (code: string) => code.replaceAll('0', 'o').replaceAll('1', 'L')],
    ])('takes a code %s', async (_, typed) => {
      localAddress = anotherNetwork();
      const visitor = await service.join(await service.openRoom({ capacity: 0 }));
      const answer = await resume(visitor.roomId, typed(await codeOf(visitor)));
      expect(answer.body).toMatchObject({ ticketId: visitor.ticketId });
    });

    test('goes on from device to device, and back', async () => {
      const first = await service.join(await service.openRoom({ capacity: 0 }));
      const second = await onNextDevice(first);
      const third = await onNextDevice(second);
      for (const before of [first, second]) {
        expect((await service.look(before)).body).toMatchObject({ kind: 'gone', reason: 'moved' });
      }
      expect((await service.look(third)).body).toMatchObject({ kind: 'waiting', number: 1 });
    });

    test('keeps a session and a missed turn as they are', async () => {
      const inside = await entered(service);
      const second = await onNextDevice(inside);
      expect(second.kind).toBe('entered');
      expectStatus(await service.act(second, 'enter'), 200);
      const missed = await onNextDevice(await lapsed(service));
      expect(missed.kind).toBe('lapsed');
      expect((await service.act(missed, 'return')).status).toBe(200);
    });

    test('twenty devices with one code at once: one of them has the ticket', async () => {
      localAddress = anotherNetwork();
      const visitor = await service.join(await service.openRoom({ capacity: 0 }));
      const code = await codeOf(visitor);
      const answers = await Promise.all(Array.from({ length: 20 }, () => resume(visitor.roomId, code)));
      const taken = answers.filter(({ status }) => status === 200);
      expect(taken).toHaveLength(1);
      for (const answer of answers) if (answer !== taken[0]) expectProblem(answer, 'code-used');
    });

    test('twenty devices with one token are one session', async () => {
      const second = await onNextDevice(await admitted(service));
      const entries = await Promise.all(Array.from({ length: 20 }, () => service.act(second, 'enter')));
      const sessions = entries.map(({ body }) => decoded(segmentsOf(body['pass'] as string).payload)['jti']);
      expect(new Set(sessions)).toEqual(new Set([second.ticketId]));
      const inside = (): Promise<string> =>
        service.internal('/metrics').then(({ text }) => {
          return (
            new RegExp(`guichet_inside_sessions\\{room="${second.roomId}"\\} (\\d+)`).exec(text)?.[1] ?? ''
          );
        });
      await clock.until(async () => (await inside()) !== '0');
      expect(await inside()).toBe('1');
    });

    describe('refuses, and nothing is lost:', () => {
      async function untouched(visitor: Visitor, refuse: () => Promise<void>): Promise<void> {
        localAddress = anotherNetwork();
        await refuse();
        expect((await service.look(visitor)).body).toMatchObject({ kind: 'waiting', number: 1 });
        expect((await onNextDevice(visitor)).ticketId).toBe(visitor.ticketId);
      }

      test('a code that nobody was given', async () => {
        const visitor = await service.join(await service.openRoom({ capacity: 0 }));
        const code = await codeOf(visitor);
        const forged = `${code.slice(0, -1)}${code.endsWith('7') ? '8' : '7'}`;
        await untouched(visitor, async () => {
          expectProblem(await resume(visitor.roomId, forged), 'code-unknown');
        });
      });

      test('the code of another room', async () => {
        const visitor = await service.join(await service.openRoom({ capacity: 0 }));
        const elsewhere = await service.openRoom();
        const code = await codeOf(visitor);
        await untouched(visitor, async () => {
          expectProblem(await resume(elsewhere, code), 'code-unknown');
        });
      });

      test('what cannot be a code', async () => {
        const visitor = await service.join(await service.openRoom({ capacity: 0 }));
        const code = await codeOf(visitor);
        await untouched(visitor, async () => {
          for (const typed of ['', 'x', code.slice(1), `${code}2`, '\0', '{}', visitor.ticketId]) {
            expectProblem(await resume(visitor.roomId, typed), 'code-unknown');
          }
          for (const typed of [undefined, null, 7, [code], { code }, code.padEnd(41)]) {
            expectProblem(await resume(visitor.roomId, typed), 'request-invalid');
          }
          expectProblem(await resume(visitor.roomId, code, 'no-uuid'), 'request-invalid');
        });
      });

      test('the code of a ticket that is over', async () => {
        const visitor = await service.join(await service.openRoom());
        const code = await codeOf(visitor);
        const path = `/v1/rooms/${visitor.roomId}/ticket`;
        expectStatus(await service.public(path, { method: 'DELETE', bearer: visitor.queueToken }), 204);
        expectProblem(await resume(visitor.roomId, code), 'ticket-over');
      });

      test('a room that is not there', async () => {
        expectProblem(await clock.during(resume(newRoomId(), 'K7QXM2PD93')), 'room-unknown');
      });

      test('a page of another site, and one that the room allows may go on', async () => {
        const origin = 'https://ville.example.org';
        const roomId = await service.openRoom({ capacity: 0, allowedOrigins: [origin] });
        const code = await codeOf(await service.join(roomId));
        const from = (site: string): Promise<Answer> =>
          service.public(`/v1/rooms/${roomId}/tickets/resume`, {
            method: 'POST',
            body: { code },
            localAddress,
            headers: { origin: site, 'idempotency-key': randomUUID() },
          });
        expectProblem(await from('https://evil.example'), 'origin-forbidden');
        const allowed = await from(origin);
        expectStatus(allowed, 200);
        expect(allowed.headers['access-control-allow-origin']).toBe(origin);
      });
    });

    test('sixty tries a minute from one network, good or not; other networks and joins go on', async () => {
      const visitor = await service.join(await service.openRoom({ capacity: 0 }));
      const { roomId } = visitor;
      const code = await codeOf(visitor);
      localAddress = anotherNetwork();
      const first = await resume(roomId, 'not a code');
      expect(first.headers['ratelimit-policy']).toBe('"resume";q=60;w=60');
      expect(first.headers['ratelimit']).toBe('"resume";r=59;t=1');
      for (let tries = 1; tries < 60; tries += 1) {
        expectProblem(await resume(roomId, `K7QXM2PD${10 + tries}`), 'code-unknown');
      }
      expectProblem(await resume(roomId, code), 'rate-limited');
      expect((await service.join(roomId)).number).toBe(2);
      localAddress = anotherNetwork();
      expectStatus(await resume(roomId, code), 200);
    });
  });
});
