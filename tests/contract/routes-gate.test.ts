import { describe, expect, test } from 'vitest';
import { admitted } from '../support/journeys.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, testPublicUrl, useService, type Visitor } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

const site = 'https://ville.example.org';
const targetUrl = `${site}/natation`;
const sessionTtlMs = 60_000;

describe.each(['memory', 'redis'] as const)('on the %s store, the gate', (kind) => {
  const service = useService(kind, 12);
  const { clock } = service;

  type Inside = Visitor & { handOver: string; pass: string };
  async function entered(policy: object = {}): Promise<Inside> {
    const visitor = await admitted(service, { targetUrl, sessionTtlMs, ...policy });
    const { body } = await service.act(visitor, 'enter');
    const handOver = new URL(body['redirectUrl'] as string).searchParams.get('guichet') ?? '';
    return { ...visitor, handOver, pass: body['pass'] as string };
  }

  type Asked = { url?: string; method?: string; pass?: string | undefined; headers?: Record<string, string> };
  const headersOf = (roomId: string, { url, method, pass, headers }: Asked): Record<string, string> => ({
    ...(url === undefined ? {} : { 'x-original-url': url }),
    ...(method === undefined ? {} : { 'x-original-method': method }),
    ...(pass === undefined ? {} : { cookie: `other=1; guichet_pass_${roomId}=${pass}; another=2` }),
    ...headers,
  });
  const ask = (roomId: string, asked: Asked = {}): Promise<Answer> =>
    service.public(`/gate/${roomId}`, { headers: headersOf(roomId, asked) });
  const askRedirect = (roomId: string, asked: Asked = {}): Promise<Answer> =>
    service.public(`/gate/${roomId}/redirect`, { headers: headersOf(roomId, asked) });
  const cookieOf = ({ headers }: Answer): string | null => {
    const cookies = headers['set-cookie'] ?? [];
    expect(cookies.length).toBeLessThanOrEqual(1);
    return (
      /^guichet_pass_[\w-]+=([^;]+); HttpOnly; Secure; SameSite=Lax; Path=\/$/.exec(cookies[0] ?? '')?.[1] ??
      null
    );
  };
  const roomUrl = (roomId: string, target?: string): string => {
    const url = new URL(`/rooms/${roomId}`, testPublicUrl);
    if (target !== undefined) url.searchParams.set('t', target);
    return url.href;
  };
  const expectInside = (answer: Answer, { ticketId }: Visitor): void => {
    expectStatus(answer, 200);
    expect(answer.headers['x-guichet-ticket']).toBe(ticketId);
    expect(answer.text).toBe('');
  };
  const expectRefused = (answer: Answer, location: string): void => {
    expectStatus(answer, 401);
    expect(answer.headers).toMatchObject({
      'x-guichet-location': location,
      'www-authenticate': 'Guichet',
      'cache-control': 'no-store',
    });
    expect(answer.headers['x-guichet-ticket']).toBeUndefined();
    expect(answer.text).toBe('');
  };

  describe('lets in', () => {
    test('whoever shows a pass, says whose it is and how long the session has left', async () => {
      const visitor = await entered();
      const answer = await ask(visitor.roomId, { url: `${targetUrl}/cours`, pass: visitor.pass });
      expectInside(answer, visitor);
      const left = Number(answer.headers['x-guichet-session-left']);
      expect(left).toBeGreaterThan(40);
      expect(left).toBeLessThanOrEqual(54);
      expect(cookieOf(answer)).toBeNull();
    });

    test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
      'by any method that a proxy asks with: %s',
      async (method) => {
        const visitor = await entered();
        const question = { method, headers: headersOf(visitor.roomId, { pass: visitor.pass }) };
        expectInside(
          await service.public(`/gate/${visitor.roomId}/redirect/natation?x=1`, question),
          visitor,
        );
        // Forms and all else are the site's affair: no body reaches us, whatever the headers say.
        const form = { ...question.headers, 'content-type': 'application/x-www-form-urlencoded' };
        expectInside(await service.public(`/gate/${visitor.roomId}`, { method, headers: form }), visitor);
      },
    );

    test('whoever comes with a hand-over, once, and gives them the pass to keep', async () => {
      const visitor = await entered();
      const url = `${targetUrl}?a=1&guichet=${visitor.handOver}`;
      const answer = await ask(visitor.roomId, { url });
      expectInside(answer, visitor);
      const pass = cookieOf(answer) ?? '';
      expectInside(await ask(visitor.roomId, { pass }), visitor);
      // A reload of the same address, with the cookie.
      expectInside(await ask(visitor.roomId, { url, pass }), visitor);
      // And without: told that the cookie was not kept, not sent round.
      const again = await ask(visitor.roomId, { url });
      expectRefused(again, `${roomUrl(visitor.roomId, `${targetUrl}?a=1`)}&pass=not-kept`);
    });

    test('and takes the hand-over out of the address where it may, the rest to the letter', async () => {
      const visitor = await entered();
      const url = `${targetUrl}/x%20y?b=%2Fc&guichet=${visitor.handOver}&d=e+f`;
      const answer = await askRedirect(visitor.roomId, { url });
      expectStatus(answer, 302);
      expect(answer.headers.location).toBe(`${targetUrl}/x%20y?b=%2Fc&d=e+f`);
      const pass = cookieOf(answer) ?? '';
      const again = await askRedirect(visitor.roomId, { url, pass });
      expect([again.status, again.headers.location, cookieOf(again)]).toEqual([
        302,
        `${targetUrl}/x%20y?b=%2Fc&d=e+f`,
        null,
      ]);
      const without = await askRedirect(visitor.roomId, { url });
      expect([without.status, new URL(without.headers.location ?? '').searchParams.get('pass')]).toEqual([
        302,
        'not-kept',
      ]);
    });

    test('of a hundred with one hand-over at once exactly one', async () => {
      const visitor = await entered();
      const url = `${targetUrl}?guichet=${visitor.handOver}`;
      const answers = await Promise.all(Array.from({ length: 100 }, () => ask(visitor.roomId, { url })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(99);
    });
  });

  describe('sends to the room', () => {
    test('whoever has no pass, with the address that was asked for', async () => {
      const roomId = await service.openRoom({ targetUrl });
      const url = `${targetUrl}/cours/12?groupe=a`;
      expectRefused(await ask(roomId, { url }), roomUrl(roomId, url));
      const redirected = await askRedirect(roomId, { url });
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
      expectRefused(await ask(roomId, { headers }), roomUrl(roomId, `${targetUrl}/a?b=c`));
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
        expectRefused(await ask(roomId, asked), roomUrl(roomId));
      }
    });

    test('with a pass of another room, an altered one, and one that ran out', async () => {
      const visitor = await entered();
      const other = await entered();
      for (const pass of [other.pass, visitor.pass.slice(0, -3), `${visitor.pass}x`, 'x', '']) {
        expectRefused(await ask(visitor.roomId, { pass }), roomUrl(visitor.roomId));
      }
      expectInside(await ask(visitor.roomId, { pass: visitor.pass }), visitor);
      await clock.advance(sessionTtlMs);
      expectRefused(await ask(visitor.roomId, { pass: visitor.pass }), roomUrl(visitor.roomId));
    });

    test('whoever comes with a hand-over that is altered or a minute old: the button gives another', async () => {
      const visitor = await entered({ enterWithinMs: 600_000 });
      const asked = { url: `${targetUrl}?guichet=${visitor.handOver.slice(0, -2)}` };
      expectRefused(await ask(visitor.roomId, asked), roomUrl(visitor.roomId, targetUrl));
      await clock.advance(61_000);
      const late = await ask(visitor.roomId, { url: `${targetUrl}?guichet=${visitor.handOver}` });
      expectRefused(late, roomUrl(visitor.roomId, targetUrl));
    });

    test('also for a room that nobody made; a name that no room can have is a mistake in a configuration', async () => {
      const roomId = newRoomId();
      expectRefused(await clock.during(ask(roomId, { url: targetUrl })), roomUrl(roomId));
      expectProblem(await service.public('/gate/No_Room'), 'room-unknown');
    });
  });

  describe('renews', () => {
    test('a session that is used, from half of its pass’s life on, and gives the new pass once', async () => {
      const visitor = await entered();
      await clock.advance(20_000);
      expect(cookieOf(await ask(visitor.roomId, { pass: visitor.pass }))).toBeNull();
      await clock.advance(8_000);
      const renewed = await clock.during(ask(visitor.roomId, { pass: visitor.pass }));
      expectInside(renewed, visitor);
      const pass = cookieOf(renewed) ?? '';
      expect(pass).not.toBe('');
      expect(Number(renewed.headers['x-guichet-session-left'])).toBeGreaterThan(45);
      expect(cookieOf(await ask(visitor.roomId, { pass }))).toBeNull();
      // The session lasts as long as the new pass and longer than the old one.
      await clock.advance(40_000);
      expectInside(await clock.during(ask(visitor.roomId, { pass })), visitor);
      const look = await service.look(visitor);
      expect(look.body['kind']).toBe('entered');
    });

    test('for requests that come at once with the old pass: all go on, each with a pass that is good', async () => {
      const visitor = await entered();
      await clock.advance(30_000);
      const at = Array.from({ length: 20 }, () => ask(visitor.roomId, { pass: visitor.pass }));
      const answers = await clock.during(Promise.all(at));
      const passes = new Set(answers.map(cookieOf));
      expect(passes.size).toBe(1);
      for (const answer of answers) expectInside(answer, visitor);
    });
  });

  describe('refuses', () => {
    test('whoever left, at once, though the seat is held until the pass has run out', async () => {
      const visitor = await entered({ capacity: 1 });
      expectInside(await ask(visitor.roomId, { pass: visitor.pass }), visitor);
      await service.public(`/v1/rooms/${visitor.roomId}/ticket`, {
        method: 'DELETE',
        bearer: visitor.queueToken,
      });
      const isRefused = async (): Promise<boolean> =>
        (await ask(visitor.roomId, { pass: visitor.pass })).status === 401;
      await clock.until(isRefused, 2_000);
      const next = await service.join(visitor.roomId);
      expect(next.kind).toBe('waiting');
    });

    test('whom the site finished', async () => {
      const visitor = await entered();
      expectInside(await ask(visitor.roomId, { pass: visitor.pass }), visitor);
      const path = `/v1/rooms/${visitor.roomId}/sessions/${visitor.ticketId}/finish`;
      await service.internal(path, { method: 'POST', body: { outcome: 'completed' }, as: 'origin' });
      const isRefused = async (): Promise<boolean> =>
        (await ask(visitor.roomId, { pass: visitor.pass })).status === 401;
      await clock.until(isRefused, 2_000);
    });
  });

  describe('never lets a visitor name a ticket', () => {
    test('a 200 always carries the header, empty where nobody is known', async () => {
      const roomId = await service.openRoom({ targetUrl, passThrough: ['/natation/static/**'] });
      const answer = await ask(roomId, {
        url: `${targetUrl}/static/a.css`,
        headers: { 'x-guichet-ticket': 'forged' },
      });
      expectStatus(answer, 200);
      expect(answer.headers['x-guichet-ticket']).toBe('');
    });
  });

  describe('in front of a site that tells us nothing', () => {
    const pages = {
      targetUrl: `${site}/`,
      capacity: 1,
      places: 10,
      passThrough: ['/static/**', '/payment/callback'],
      completedOn: [{ path: '/confirmation' }, { path: '/register', method: 'POST', status: '303' }],
      leftOn: [{ path: '/log-out' }],
      stages: { '/payment/**': 'payment', '/form/*': 'form' },
    };

    test('paths that need no pass are open to all, and what only looks like them is not', async () => {
      const roomId = await service.openRoom(pages);
      expectStatus(await ask(roomId, { url: `${site}/static/a/b.css?x` }), 200);
      expectStatus(await ask(roomId, { url: `${site}/payment/callback`, method: 'POST' }), 200);
      for (const path of [
        '/static/../form',
        '/static/..%2fform',
        '/static/%2e%2e/form',
        '/x/static/a',
        '/static/..;/form',
      ])
        expectStatus(await ask(roomId, { url: `${site}${path}` }), 401);
    });

    test('the confirmation page completes a visit: a place is counted, and the seat is free once every gate knows', async () => {
      const visitor = await entered(pages);
      const waiting = await service.join(visitor.roomId);
      expectInside(await ask(visitor.roomId, { url: `${site}/confirmation`, pass: visitor.pass }), visitor);
      const next = await ask(visitor.roomId, { url: `${site}/form/a`, pass: visitor.pass });
      expectStatus(next, 401);
      await clock.advance(2_000);
      expect((await service.look(waiting)).body['kind']).toBe('waiting');
      await clock.advance(3_000);
      expect((await service.look(waiting)).body['kind']).toBe('admitted');
      expect((await service.public(`/v1/rooms/${visitor.roomId}`)).body['placesLeft']).toBe(9);
      expect((await service.look(visitor)).body).toMatchObject({ kind: 'ended', outcome: 'completed' });
    });

    test('the log-out gives the seat up, and no place', async () => {
      const visitor = await entered(pages);
      expectInside(await ask(visitor.roomId, { url: `${site}/log-out`, pass: visitor.pass }), visitor);
      expectStatus(await ask(visitor.roomId, { url: `${site}/`, pass: visitor.pass }), 401);
      await clock.advance(2_000);
      expect((await service.look(visitor)).body).toMatchObject({ kind: 'ended', outcome: 'gave-up' });
      expect((await service.public(`/v1/rooms/${visitor.roomId}`)).body['placesLeft']).toBe(10);
    });

    test('where the proxy tells what was answered, only the answer named completes a visit', async () => {
      const visitor = await entered(pages);
      const { roomId, pass } = visitor;
      const asked = { url: `${site}/register`, method: 'POST', pass };
      const tell = (status: number, key: 'origin' | 'viewer' = 'origin'): Promise<Answer> =>
        service.internal(`/v1/rooms/${roomId}/answers`, {
          method: 'POST',
          as: key,
          headers: { ...headersOf(roomId, asked), 'x-answer-status': String(status) },
        });
      expectInside(await ask(roomId, asked), visitor);
      expectStatus(await tell(422), 204);
      expectInside(await ask(roomId, { pass }), visitor);
      expectProblem(await tell(303, 'viewer'), 'key-forbidden');
      expectProblem(await tell(1_000), 'request-invalid');
      expectInside(await ask(roomId, { pass }), visitor);
      expectStatus(await tell(303), 204);
      expectStatus(await ask(roomId, { pass }), 401);
      await clock.advance(1_000);
      expect((await service.look(visitor)).body).toMatchObject({ kind: 'ended', outcome: 'completed' });
      // Told again after a lost reply, or of somebody unknown: nothing more is counted.
      expectStatus(await tell(303), 204);
      await clock.advance(1_000);
      expect((await service.public(`/v1/rooms/${roomId}`)).body['placesLeft']).toBe(9);
    });

    test('each coming to a part of the site is counted', async () => {
      const visitor = await entered(pages);
      const { roomId, pass } = visitor;
      for (const path of ['/', '/form/a', '/form/b', '/payment/card/3', '/form/a'])
        expectInside(await ask(roomId, { url: `${site}${path}`, pass }), visitor);
      const { text } = await service.internal('/metrics');
      const visits = (stage: string): number =>
        Number(
          new RegExp(`guichet_stage_visits_total\\{room="${roomId}",stage="${stage}"\\} (\\d+)`).exec(
            text,
          )?.[1] ?? 0,
        );
      expect([visits('form'), visits('payment')]).toEqual([2, 1]);
    });
  });

  test('tells a page how long its visitor may stay, and renews nothing by it', async () => {
    const visitor = await entered();
    const { roomId, pass } = visitor;
    await clock.advance(40_000);
    const answer = await service.public(`/gate/${roomId}/session`, { headers: headersOf(roomId, { pass }) });
    expectStatus(answer, 200);
    expect(answer.body).toMatchObject({ number: visitor.number });
    expect(answer.body['leftMs']).toBeLessThanOrEqual(15_000);
    expect(cookieOf(answer)).toBeNull();
    expectProblem(await service.public(`/gate/${roomId}/session`), 'session-ended');
    await clock.advance(20_000);
    const late = await service.public(`/gate/${roomId}/session`, { headers: headersOf(roomId, { pass }) });
    expectProblem(late, 'session-ended');
  });

  test('in a bypassed room lets everyone in, with a pass, without, and with a hand-over', async () => {
    const visitor = await entered();
    const { roomId, pass, handOver } = visitor;
    await service.internal(`/v1/rooms/${roomId}/bypass`, { method: 'POST' });
    expectStatus(await ask(roomId, { url: targetUrl }), 200);
    expectStatus(await ask(roomId, { url: targetUrl, method: 'POST', pass }), 200);
    const answer = await askRedirect(roomId, { url: `${targetUrl}?guichet=${handOver}` });
    expect([answer.status, answer.headers.location]).toEqual([302, targetUrl]);
    await service.internal(`/v1/rooms/${roomId}/open`, { method: 'POST' });
    expectStatus(await ask(roomId, { url: targetUrl }), 401);
    expectInside(await ask(roomId, { url: targetUrl, pass }), visitor);
  });
});
