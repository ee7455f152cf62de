import { describe, expect, test } from 'vitest';
import { expectProblem } from '../support/problems.ts';
import {
  askGate,
  askRedirect,
  enteredWithPass,
  expectInside,
  expectRefused,
  type Inside,
  passSetBy,
  proxyHeaders,
  roomUrl,
  sessionTtlMs,
  site,
  targetUrl,
} from '../support/gate-client.ts';
import { expectStatus, newRoomId, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

describe.each(['memory', 'redis'] as const)('on the %s store, the gate', (kind) => {
  const service = useService(kind, 12);
  const { clock } = service;

  const sessionOf = ({ roomId, pass }: Inside): Promise<Answer> =>
    service.public(`/gate/${roomId}/session`, { headers: proxyHeaders(roomId, { pass }) });
  /** Lets time go by until the visitor's pass is over; on Redis the room clock stands still now and then meanwhile. */
  const runsOut = (visitor: Inside): Promise<void> =>
    clock.until(async () => (await sessionOf(visitor)).status === 409, 10 * sessionTtlMs);

  /** A tick came in just now: the clock moves faster than Redis answers. */
  const isHeard = ({ roomId }: Inside): Promise<void> =>
    clock.until(async () => (await service.public(`/v1/rooms/${roomId}`)).body['waiting'] !== null, 5_000);

  describe('lets in', () => {
    test('whoever shows a pass, says whose it is and how long the session has left', async () => {
      const visitor = await enteredWithPass(service);
      const answer = await askGate(service, visitor.roomId, {
        url: `${targetUrl}/cours`,
        pass: visitor.pass,
      });
      expectInside(answer, visitor);
      const left = Number(answer.headers['x-guichet-session-left']);
      expect(left).toBeGreaterThan(40);
      expect(left).toBeLessThanOrEqual(54);
      expect(passSetBy(answer)).toBeNull();
    });

    test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
      'by any method that a proxy asks with: %s',
      async (method) => {
        const visitor = await enteredWithPass(service);
        const question = { method, headers: proxyHeaders(visitor.roomId, { pass: visitor.pass }) };
        expectInside(
          await service.public(`/gate/${visitor.roomId}/redirect/natation?x=1`, question),
          visitor,
        );
        // Forms and all else are the site's affair: no body reaches us, whatever the headers say.
        const form = { ...question.headers, 'content-type': 'application/x-www-form-urlencoded' };
        expectInside(await service.public(`/gate/${visitor.roomId}`, { method, headers: form }), visitor);
      },
    );
  });

  describe('sends to the room', () => {
    test('whoever has no pass, with the address that was asked for', async () => {
      const roomId = await service.openRoom({ targetUrl });
      const url = `${targetUrl}/cours/12?groupe=a`;
      expectRefused(await askGate(service, roomId, { url }), roomUrl(roomId, url));
      const redirected = await askRedirect(service, roomId, { url });
      expect([redirected.status, redirected.headers.location]).toEqual([302, roomUrl(roomId, url)]);
      expect(redirected.headers['cache-control']).toBe('no-store');
    });

    test.each([
      [
        'nginx',
        { 'x-original-uri': '/natation/a?b=c', 'x-forwarded-proto': 'https', host: 'ville.example.org' },
      ],
      [
        'Caddy and Traefik',
        {
          'x-forwarded-method': 'GET',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'ville.example.org',
          'x-forwarded-uri': '/natation/a?b=c',
        },
      ],
      ['ingress-nginx', { 'x-original-url': `${site}/natation/a?b=c`, 'x-forwarded-proto': '' }],
    ])('knows the address as %s tells it', async (_, headers) => {
      const roomId = await service.openRoom({ targetUrl });
      expectRefused(await askGate(service, roomId, { headers }), roomUrl(roomId, `${targetUrl}/a?b=c`));
    });

    test('knows the address as Envoy tells it, behind its own', async () => {
      const roomId = await service.openRoom({ targetUrl });
      const headers = { host: 'ville.example.org', 'x-forwarded-proto': 'https' };
      const answer = await service.public(`/gate/${roomId}/redirect/natation/a?b=c`, { headers });
      expect([answer.status, answer.headers.location]).toEqual([302, roomUrl(roomId, `${targetUrl}/a?b=c`)]);
    });

    test('not with an address that only a form asks for, nor one that the room does not lead to', async () => {
      const roomId = await service.openRoom({ targetUrl });
      for (const asked of [
        { url: `${targetUrl}/a`, method: 'POST' },
        { url: `${targetUrl}/a`, method: 'PUT' },
        { url: 'https://evil.example/natation' },
        { url: `${site}/other` },
        { url: 'javascript:alert(1)' },
        {},
      ]) {
        expectRefused(await askGate(service, roomId, asked), roomUrl(roomId));
      }
    });

    test('with a pass of another room, an altered one, and one that ran out', async () => {
      const visitor = await enteredWithPass(service);
      const other = await enteredWithPass(service);
      for (const pass of [other.pass, visitor.pass.slice(0, -3), `${visitor.pass}x`, 'x', '']) {
        expectRefused(await askGate(service, visitor.roomId, { pass }), roomUrl(visitor.roomId));
      }
      expectInside(await askGate(service, visitor.roomId, { pass: visitor.pass }), visitor);
      await runsOut(visitor);
      expectRefused(await askGate(service, visitor.roomId, { pass: visitor.pass }), roomUrl(visitor.roomId));
    });

    test('also for a room that nobody made; a name that no room can have is a mistake in a configuration', async () => {
      const roomId = newRoomId();
      expectRefused(await clock.during(askGate(service, roomId, { url: targetUrl })), roomUrl(roomId));
      expectProblem(await service.public('/gate/No_Room'), 'room-unknown');
    });
  });

  describe('renews', () => {
    test('a session that is used, from half of its pass’s life on, and gives the new pass once', async () => {
      const visitor = await enteredWithPass(service);
      const { roomId } = visitor;
      await clock.advance(20_000);
      expect(passSetBy(await askGate(service, roomId, { pass: visitor.pass }))).toBeNull();
      await clock.advance(8_000);
      await isHeard(visitor);
      const renewed = await askGate(service, roomId, { pass: visitor.pass });
      expectInside(renewed, visitor);
      const pass = passSetBy(renewed) ?? '';
      expect(pass).not.toBe('');
      expect(Number(renewed.headers['x-guichet-session-left'])).toBeGreaterThan(45);
      expect(passSetBy(await askGate(service, roomId, { pass }))).toBeNull();
      // The session lasts as long as the new pass, and longer than the old one.
      await clock.advance(40_000);
      expectInside(await askGate(service, roomId, { pass }), visitor);
      expect((await service.look(visitor)).body['kind']).toBe('entered');
    });

    test('for requests that come at once with the old pass: all go on, each with a pass that is good', async () => {
      const visitor = await enteredWithPass(service);
      await clock.advance(30_000);
      await isHeard(visitor);
      const at = Array.from({ length: 20 }, () => askGate(service, visitor.roomId, { pass: visitor.pass }));
      const answers = await Promise.all(at);
      const passes = new Set(answers.map(passSetBy));
      expect(passes.size).toBe(1);
      for (const answer of answers) expectInside(answer, visitor);
    });
  });

  describe('refuses', () => {
    test('whoever left, at once, though the seat is held until the pass has run out', async () => {
      const visitor = await enteredWithPass(service, { capacity: 1 });
      expectInside(await askGate(service, visitor.roomId, { pass: visitor.pass }), visitor);
      await service.public(`/v1/rooms/${visitor.roomId}/ticket`, {
        method: 'DELETE',
        bearer: visitor.queueToken,
      });
      const isRefused = async (): Promise<boolean> =>
        (await askGate(service, visitor.roomId, { pass: visitor.pass })).status === 401;
      await clock.until(isRefused, 2_000);
      const next = await service.join(visitor.roomId);
      expect(next.kind).toBe('waiting');
    });

    test('whom the site finished', async () => {
      const visitor = await enteredWithPass(service);
      expectInside(await askGate(service, visitor.roomId, { pass: visitor.pass }), visitor);
      const path = `/v1/rooms/${visitor.roomId}/sessions/${visitor.ticketId}/finish`;
      await service.internal(path, { method: 'POST', body: { outcome: 'completed' }, as: 'origin' });
      const isRefused = async (): Promise<boolean> =>
        (await askGate(service, visitor.roomId, { pass: visitor.pass })).status === 401;
      await clock.until(isRefused, 2_000);
    });
  });

  describe('never lets a visitor name a ticket', () => {
    test('a 200 always carries the header, empty where nobody is known', async () => {
      const roomId = await service.openRoom({ targetUrl, passThrough: ['/natation/static/**'] });
      const answer = await askGate(service, roomId, {
        url: `${targetUrl}/static/a.css`,
        headers: { 'x-guichet-ticket': 'forged' },
      });
      expectStatus(answer, 200);
      expect(answer.headers['x-guichet-ticket']).toBe('');
    });
  });

  test('tells a page how long its visitor may stay, and renews nothing by it', async () => {
    const visitor = await enteredWithPass(service);
    await clock.advance(40_000);
    const answer = await sessionOf(visitor);
    expectStatus(answer, 200);
    expect(answer.body).toMatchObject({ number: visitor.number });
    expect(answer.body['leftMs']).toBeLessThanOrEqual(15_000);
    expect(passSetBy(answer)).toBeNull();
    expectProblem(await service.public(`/gate/${visitor.roomId}/session`), 'session-ended');
    await runsOut(visitor);
  });

  test('in a bypassed room lets everyone in, with a pass, without, and with a hand-over', async () => {
    const visitor = await enteredWithPass(service);
    const { roomId, pass, handOver } = visitor;
    await service.internal(`/v1/rooms/${roomId}/bypass`, { method: 'POST' });
    expectStatus(await askGate(service, roomId, { url: targetUrl }), 200);
    expectStatus(await askGate(service, roomId, { url: targetUrl, method: 'POST', pass }), 200);
    const answer = await askRedirect(service, roomId, { url: `${targetUrl}?guichet=${handOver}` });
    expect([answer.status, answer.headers.location]).toEqual([302, targetUrl]);
    const form = { url: `${targetUrl}?guichet=${handOver}`, method: 'POST' };
    expectStatus(await askRedirect(service, roomId, form), 200);
    await service.internal(`/v1/rooms/${roomId}/open`, { method: 'POST' });
    expectStatus(await askGate(service, roomId, { url: targetUrl }), 401);
    expectInside(await askGate(service, roomId, { url: targetUrl, pass }), visitor);
  });

  test('leads to an address that no header can carry as it is written', async () => {
    const roomId = await service.openRoom({ targetUrl: `${site}/水泳` });
    const encoded = `${site}/${encodeURIComponent('水泳')}`;
    await service.internal(`/v1/rooms/${roomId}/bypass`, { method: 'POST' });
    const answer = await askRedirect(service, roomId, { url: `${site}/?guichet=x` });
    expect([answer.status, answer.headers.location]).toEqual([302, encoded]);
    await clock.advance(3_000);
    for (const [query, location] of [
      ['', encoded],
      [`?t=${encoded}/%C3%A9`, `${encoded}/%C3%A9`],
    ]) {
      const page = await service.public(`/rooms/${roomId}${query}`, { headers: { accept: 'text/html' } });
      expect([page.status, page.headers.location]).toEqual([302, location]);
    }
  });
});
