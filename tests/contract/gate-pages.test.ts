import { describe, expect, test } from 'vitest';
import {
  askGate,
  askRedirect,
  enteredWithPass,
  expectInside,
  type Inside,
  passSetBy,
  proxyHeaders,
  site,
} from '../support/gate-client.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

describe.each(['memory', 'redis'] as const)(
  'on the %s store, in front of a site that tells us nothing,',
  (kind) => {
    const service = useService(kind, 13);
    const { clock } = service;

    const hasEnded = async (visitor: Inside, outcome: string): Promise<boolean> =>
      (await service.look(visitor)).body['outcome'] === outcome;
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
      expectStatus(await askGate(service, roomId, { url: `${site}/static/a/b.css?x` }), 200);
      expectStatus(await askGate(service, roomId, { url: `${site}/payment/callback`, method: 'POST' }), 200);
      for (const path of [
        '/static/../form',
        '/static/..%2fform',
        '/static/%2e%2e/form',
        '/x/static/a',
        '/static/..;/form',
      ])
        expectStatus(await askGate(service, roomId, { url: `${site}${path}` }), 401);
    });

    test('whoever arrives at such a page gets their pass there, and all others see it too', async () => {
      const visitor = await enteredWithPass(service, { ...pages, passThrough: ['/'] });
      const url = `${site}/?guichet=${visitor.handOver}`;
      const arrived = await askGate(service, visitor.roomId, { url });
      expectInside(arrived, visitor);
      const pass = passSetBy(arrived) ?? '';
      expectInside(await askGate(service, visitor.roomId, { url: `${site}/form/a`, pass }), visitor);
      for (const asked of [{ url }, { url: `${site}/?guichet=x` }, { url, method: 'POST' }]) {
        const again = await askGate(service, visitor.roomId, asked);
        expect([again.status, again.headers['x-guichet-ticket']]).toEqual([200, '']);
      }
      const led = await askRedirect(service, visitor.roomId, { url });
      expect([led.status, led.headers.location]).toEqual([302, `${site}/`]);
      expectStatus(await askRedirect(service, visitor.roomId, { url, method: 'POST' }), 200);
    });

    test('no header but that of the path names one: not the host, nor the scheme, as visitors may send them', async () => {
      const roomId = await service.openRoom(pages);
      const asked = (headers: object): Promise<Answer> =>
        askGate(service, roomId, { headers: { 'x-original-uri': '/form/a', ...headers } });
      for (const host of ['x/static/a', 'x/static/a?', 'x/static/a#', 'x/payment/callback?'])
        for (const name of ['host', 'x-forwarded-host'])
          expectStatus(await asked({ [name]: host, 'x-forwarded-proto': 'https' }), 401);
      for (const scheme of ['https://x/static/a?', 'https://x/static/a#', 'https://x/static/'])
        expectStatus(await asked({ host: 'ville.example.org', 'x-forwarded-proto': scheme }), 401);
      for (const host of ['ville.example.org', 'ville.example.org:8443', '[::1]:80'])
        expectStatus(await asked({ host, 'x-original-uri': '/static/a' }), 200);
    });

    test('the confirmation page completes a visit: a place is counted, and the seat is free once every gate knows', async () => {
      const visitor = await enteredWithPass(service, pages);
      const waiting = await service.join(visitor.roomId);
      expectInside(
        await askGate(service, visitor.roomId, { url: `${site}/confirmation`, pass: visitor.pass }),
        visitor,
      );
      const next = await askGate(service, visitor.roomId, { url: `${site}/form/a`, pass: visitor.pass });
      expectStatus(next, 401);
      await clock.advance(2_000);
      expect((await service.look(waiting)).body['kind']).toBe('waiting');
      await clock.until(async () => (await service.look(waiting)).body['kind'] === 'admitted', 5_000);
      expect((await service.public(`/v1/rooms/${visitor.roomId}`)).body['placesLeft']).toBe(9);
      expect((await service.look(visitor)).body).toMatchObject({ kind: 'ended', outcome: 'completed' });
    });

    test('the log-out gives the seat up, and no place', async () => {
      const visitor = await enteredWithPass(service, pages);
      expectInside(
        await askGate(service, visitor.roomId, { url: `${site}/log-out`, pass: visitor.pass }),
        visitor,
      );
      expectStatus(await askGate(service, visitor.roomId, { url: `${site}/`, pass: visitor.pass }), 401);
      await clock.until(() => hasEnded(visitor, 'gave-up'), 5_000);
      expect((await service.public(`/v1/rooms/${visitor.roomId}`)).body['placesLeft']).toBe(10);
    });

    test('where the proxy tells what was answered, only the answer named completes a visit', async () => {
      const visitor = await enteredWithPass(service, pages);
      const { roomId, pass } = visitor;
      const asked = { url: `${site}/register`, method: 'POST', pass };
      const tell = (status: number, key: 'origin' | 'viewer' = 'origin'): Promise<Answer> =>
        service.internal(`/v1/rooms/${roomId}/answers`, {
          method: 'POST',
          as: key,
          headers: { ...proxyHeaders(roomId, asked), 'x-answer-status': String(status) },
        });
      expectInside(await askGate(service, roomId, asked), visitor);
      expectStatus(await tell(422), 204);
      expectInside(await askGate(service, roomId, { pass }), visitor);
      expectProblem(await tell(303, 'viewer'), 'key-forbidden');
      expectProblem(await tell(1_000), 'request-invalid');
      expectInside(await askGate(service, roomId, { pass }), visitor);
      expectStatus(await tell(303), 204);
      expectStatus(await askGate(service, roomId, { pass }), 401);
      await clock.until(() => hasEnded(visitor, 'completed'), 5_000);
      // Told again after a lost reply, or of somebody unknown: nothing more is counted.
      expectStatus(await tell(303), 204);
      await clock.advance(1_000);
      expect((await service.public(`/v1/rooms/${roomId}`)).body['placesLeft']).toBe(9);
    });

    test('each coming to a part of the site is counted', async () => {
      const visitor = await enteredWithPass(service, pages);
      const { roomId, pass } = visitor;
      for (const path of ['/', '/form/a', '/form/b', '/payment/card/3', '/form/a'])
        expectInside(await askGate(service, roomId, { url: `${site}${path}`, pass }), visitor);
      const { text } = await service.internal('/metrics');
      const visits = (stage: string): number =>
        Number(
          new RegExp(`guichet_stage_visits_total\\{room="${roomId}",stage="${stage}"\\} (\\d+)`).exec(
            text,
          )?.[1] ?? 0,
        );
      expect([visits('form'), visits('payment')]).toEqual([2, 1]);
    });
  },
);
