import { describe, expect, test } from 'vitest';
import { admitted, entered, lapsed, over } from '../support/journeys.ts';
import { expectProblem } from '../support/problems.ts';
import { newRoomId, serviceForTest, useService, type Visitor } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

/** Nothing listens there: what is kept stays kept. */
const withMail = { GUICHET_SMTP_URL: 'smtp://127.0.0.1:9', GUICHET_MAIL_FROM: 'Guichet <file@example.org>' };
const wish = { address: 'amelie@example.org', underMinutes: 15 };

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 9, withMail);
  const { clock } = service;

  function put({ roomId, queueToken }: Visitor, body: unknown = wish, headers = {}): Promise<Answer> {
    const path = `/v1/rooms/${roomId}/ticket/email`;
    return service.public(path, { method: 'PUT', bearer: queueToken, body, headers });
  }
  function withdraw({ roomId, queueToken }: Visitor): Promise<Answer> {
    return service.public(`/v1/rooms/${roomId}/ticket/email`, { method: 'DELETE', bearer: queueToken });
  }
  const waiting = async (): Promise<Visitor> => service.join(await service.makeRoom());

  // Each suite asks more often than one classroom may.
  const oneMoreMinute = (): Promise<void> => clock.advance(60_000);

  test('PUT keeps the wish, again and changed; DELETE withdraws it, and again', async () => {
    await oneMoreMinute();
    const visitor = await waiting();
    for (const body of [wish, wish, { ...wish, underMinutes: 60 }, { ...wish, language: 'ar' }]) {
      const answer = await put(visitor, body);
      expect([answer.status, answer.body]).toEqual([200, { kind: 'kept' }]);
    }
    for (const _ of [1, 2]) {
      const answer = await withdraw(visitor);
      expect([answer.status, answer.body]).toEqual([200, { kind: 'withdrawn' }]);
    }
  });

  test('of a turn that has come is answered, and keeps nothing', async () => {
    await oneMoreMinute();
    for (const visitor of [await admitted(service), await entered(service), await lapsed(service)]) {
      const answer = await put(visitor);
      expect([answer.status, answer.body]).toEqual([200, { kind: 'not-waiting' }]);
      expect((await withdraw(visitor)).body).toEqual({ kind: 'withdrawn' });
    }
  });

  test('of a ticket that is over is refused', async () => {
    await oneMoreMinute();
    expectProblem(await put(await over(service)), 'ticket-over');
  });

  test('with an address that is none is refused, in words for people', async () => {
    await oneMoreMinute();
    const visitor = await waiting();
    const addresses = [
      '',
      'amelie',
      'amelie@',
      '@example.org',
      'amelie@example',
      'amelie@@example.org',
      'a@example.org,b@example.org',
      'a@example.org\r\nBcc: b@example.org',
      'a@example.org\n',
      'a b@example.org',
      '<a@example.org>',
      '"a b"@example.org',
      `${'a'.repeat(65)}@example.org`,
      `a@${'b'.repeat(250)}.org`,
    ];
    for (const address of addresses) {
      const answer = await put(visitor, { ...wish, address }, { 'accept-language': 'en' });
      expectProblem(answer, 'email-invalid');
      expect(answer.body['detail']).toBe('This address could not be read. It looks like name@example.org.');
    }
  });

  test.each([
    { ...wish, underMinutes: 10 },
    { ...wish, underMinutes: '15' },
    { address: wish.address },
    { underMinutes: 15 },
    { ...wish, address: null },
    { ...wish, language: 'xx' },
    { ...wish, more: 1 },
    [],
    null,
    '',
  ])('refuses the body %j', async (body) => {
    expectProblem(await put(await waiting(), body), 'request-invalid');
  });

  test('refuses a body over 4 KiB, and one that is no JSON', async () => {
    const visitor = await waiting();
    expectProblem(await put(visitor, { ...wish, address: 'a'.repeat(5_000) }), 'body-too-large');
    expectProblem(await put(visitor, '{', { 'content-type': 'application/json' }), 'request-malformed');
    expectProblem(await put(visitor, 'a', { 'content-type': 'text/plain' }), 'content-type-unsupported');
  });

  test('requires the token of a ticket of this room', async () => {
    await oneMoreMinute();
    const [visitor, elsewhere] = [await waiting(), await waiting()];
    const path = `/v1/rooms/${visitor.roomId}/ticket/email`;
    for (const method of ['PUT', 'DELETE']) {
      const body = method === 'PUT' ? wish : undefined;
      expectProblem(await service.public(path, { method, body }), 'token-missing');
      for (const bearer of [elsewhere.queueToken, `${visitor.queueToken}x`, 'x']) {
        expectProblem(await service.public(path, { method, body, bearer }), 'token-refused');
      }
    }
    const gone = { ...visitor, roomId: newRoomId() };
    expectProblem(await clock.during(put(gone)), 'room-unknown');
    expectProblem(await clock.during(withdraw(gone)), 'room-unknown');
  });

  test('is asked for 30 times a minute from one network, and a ticket is as good as before', async () => {
    await oneMoreMinute();
    const visitor = await waiting();
    for (let asked = 0; asked < 30; asked += 1) expect((await put(visitor)).status).toBe(200);
    expectProblem(await put(visitor), 'rate-limited');
    expect((await withdraw(visitor)).status).toBe(200);
    expect((await service.look(visitor)).body['kind']).toBe('waiting');
    await oneMoreMinute();
    expect((await put(visitor)).status).toBe(200);
  });

  test('for one address, however written, is refused to the fourth ticket of a room', async () => {
    await oneMoreMinute();
    const roomId = await service.makeRoom();
    const written = [
      'victim@example.org',
      'VICTIM@Example.org',
      'victim+a@example.org',
      'victim+b@example.org',
    ];
    const answers: Answer[] = [];
    for (const address of written) answers.push(await put(await service.join(roomId), { ...wish, address }));
    expect(answers.slice(0, 3).map(({ status }) => status)).toEqual([200, 200, 200]);
    expectProblem(answers[3] as Answer, 'emails-full');
    expect((await put(await service.join(roomId), wish)).status).toBe(200);
  });

  test('no refusal and no answer is logged with the address', async () => {
    expect(JSON.stringify(service.lines)).not.toMatch(/amelie|victim|a@example|example\.org/);
  });
});

describe('in the API description', () => {
  const routes = ['put', 'delete'].map((method) => ({ method, path: '/v1/rooms/{roomId}/ticket/email' }));
  type Paths = { [path: string]: { [method: string]: { summary?: string } } };

  test('with a mail server, the routes are told', async () => {
    const service = await serviceForTest({ environment: withMail });
    const { paths } = JSON.parse((await service.internal('/openapi-public.json')).text) as { paths: Paths };
    for (const { method, path } of routes) expect(paths[path]?.[method]?.summary).toMatch(/^[A-Z]/);
  });

  test('without one, they are not there', async () => {
    const service = await serviceForTest();
    const { paths } = JSON.parse((await service.internal('/openapi-public.json')).text) as { paths: Paths };
    for (const { path } of routes) expect(paths[path]).toBeUndefined();
    const visitor = await service.join(await service.makeRoom());
    for (const method of ['PUT', 'DELETE']) {
      const body = method === 'PUT' ? wish : undefined;
      const asked = { method, body, bearer: visitor.queueToken };
      expectProblem(await service.public(`/v1/rooms/${visitor.roomId}/ticket/email`, asked), 'route-unknown');
    }
  });
});
