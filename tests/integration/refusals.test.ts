import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { newRoomId, startService, type TestService, type Visitor } from '../support/service.ts';
import { linesOf } from '../support/log-lines.ts';
import { type Answer, askRaw, type Question } from '../support/wire-client.ts';

const clock = new ManualClock();
let service: TestService;
let visitor: Visitor;
beforeAll(async () => {
  service = await startService({ clock });
  visitor = await service.join(await service.openRoom({ capacity: 0 }));
});
afterAll(() => service.close());

type Refusal = { what: string; code: ErrorCode; path?: string; route?: string; asked: () => Question };
const json = { 'content-type': 'application/json' };
const tickets = '/v1/rooms/:roomId/tickets';
const ticket = '/v1/rooms/:roomId/ticket';

const refusals: Refusal[] = [
  {
    what: 'malformed JSON',
    code: 'request-malformed',
    asked: () => ({ method: 'POST', body: '{"a":', headers: json }),
  },
  {
    what: 'a prototype in JSON',
    code: 'request-malformed',
    asked: () => ({ method: 'POST', body: '{"__proto__":{}}', headers: json }),
  },
  {
    what: 'a body over 4 KiB',
    code: 'body-too-large',
    asked: () => ({ method: 'POST', body: { a: 'x'.repeat(4_096) } }),
  },
  {
    what: 'a body over 4 KiB that does not say how long it is',
    code: 'body-too-large',
    asked: () => ({
      method: 'POST',
      body: `"${'x'.repeat(4_096)}"`,
      headers: { ...json, 'transfer-encoding': 'chunked' },
    }),
  },
  ...['text/plain', 'application/json2', 'nonsense'].map(
    (type): Refusal => ({
      what: `a body of the type ${type}`,
      code: 'content-type-unsupported',
      asked: () => ({ method: 'POST', body: '{}', headers: { 'content-type': type } }),
    }),
  ),
  {
    what: 'a body of no type',
    code: 'content-type-unsupported',
    asked: () => ({ method: 'POST', body: '{}' }),
  },
  { what: 'a wrong method', code: 'method-not-allowed', asked: () => ({ method: 'PUT' }) },
  {
    what: 'a wrong method with a bad body',
    code: 'method-not-allowed',
    asked: () => ({ method: 'PATCH', body: '{' }),
  },
  {
    what: 'a foreign Origin',
    code: 'origin-forbidden',
    asked: () => ({ method: 'POST', headers: { origin: 'https://evil.example' } }),
  },
  {
    what: 'a null Origin',
    code: 'origin-forbidden',
    asked: () => ({ method: 'POST', headers: { origin: 'null' } }),
  },
  {
    what: 'an id that is none',
    code: 'request-invalid',
    path: '/v1/rooms/No_Room/tickets',
    asked: () => ({ method: 'POST' }),
  },
  { what: 'no address', code: 'route-unknown', path: '/v1/nothing', route: 'unknown', asked: () => ({}) },
  {
    what: 'no address below a room',
    code: 'route-unknown',
    path: '/v1/rooms/pool/nothing',
    route: 'unknown',
    asked: () => ({}),
  },
  { what: 'a missing token', code: 'token-missing', path: ticket, route: ticket, asked: () => ({}) },
  {
    what: 'an altered token',
    code: 'token-refused',
    path: ticket,
    route: ticket,
    asked: () => ({ bearer: `${visitor.queueToken}x` }),
  },
];

describe('a request is refused with a code of its own and one line in the log:', () => {
  test.each(refusals)('$what', async ({ code, path = tickets, route = tickets, asked }) => {
    let answer: Answer | undefined;
    const lines = await linesOf(service, async () => {
      answer = await service.public(path.replace(':roomId', visitor.roomId), asked());
    });
    expectProblem(answer as Answer, code);
    const { method = 'GET' } = asked();
    expect(lines).toMatchObject([{ listener: 'public', method, route, code, msg: 'A request was refused' }]);
    if (code === 'method-not-allowed') expect(answer?.headers.allow).toBe('POST');
  });

  test('an unknown room', async () => {
    const lines = await linesOf(service, async () => {
      const answer = service.public(`/v1/rooms/${newRoomId()}/tickets`, { method: 'POST' });
      expectProblem(await clock.during(answer), 'room-unknown');
    });
    expect(lines).toMatchObject([{ code: 'room-unknown', status: 404 }]);
  });

  test('a foreign token: of another room, of another service', async () => {
    const elsewhere = await service.join(await service.makeRoom());
    const other = await startService();
    const foreign = await other.join(await other.makeRoom());
    await other.close();
    for (const { queueToken } of [elsewhere, foreign]) {
      const lines = await linesOf(service, async () =>
        expectProblem(await service.look({ ...visitor, queueToken }), 'token-refused'),
      );
      expect(lines).toMatchObject([{ code: 'token-refused', status: 401 }]);
    }
  });

  test('an expired token', async () => {
    const old = await service.join(visitor.roomId);
    clock.stepWall(72 * 3_600_000 - 1_000);
    expect((await service.look(old)).status).toBe(200);
    clock.stepWall(1_000);
    const lines = await linesOf(service, async () => expectProblem(await service.look(old), 'token-refused'));
    expect(lines).toMatchObject([{ code: 'token-refused' }]);
    visitor = await service.join(visitor.roomId);
  });

  test('headers over 16 KiB', async () => {
    const lines = await linesOf(service, async () => {
      const headers = { 'x-long': 'x'.repeat(17 * 1_024) };
      expectProblem(await service.public(`/v1/rooms/${visitor.roomId}`, { headers }), 'header-too-large');
    });
    expect(lines).toMatchObject([{ listener: 'public', status: 431, code: 'header-too-large' }]);
  });

  test('an address that is not one', async () => {
    const lines = await linesOf(service, async () =>
      expectProblem(await service.public('/v1/rooms/%ff'), 'request-malformed'),
    );
    expect(lines).toMatchObject([{ listener: 'public', status: 400, code: 'request-malformed' }]);
  });

  test('what is not HTTP', async () => {
    const lines = await linesOf(service, async () => {
      const text = await askRaw(service.publicUrl, 'HELO example.org\r\n\r\n');
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).toContain('"code":"request-malformed"');
    });
    expect(lines).toMatchObject([{ listener: 'public', status: 400, code: 'request-malformed' }]);
  });

  test('on the internal listener: no key, a key too small, a body over 64 KiB', async () => {
    const path = `/v1/rooms/${visitor.roomId}`;
    const body = { notice: 'x'.repeat(65 * 1_024) };
    const asked: [ErrorCode, () => Promise<Answer>][] = [
      ['key-missing', () => service.internal(path, { bearer: undefined })],
      ['key-forbidden', () => service.internal(path, { method: 'DELETE', as: 'viewer' })],
      ['body-too-large', () => service.internal(`${path}/notice`, { method: 'PUT', body })],
    ];
    for (const [code, asking] of asked) {
      const lines = await linesOf(service, async () => expectProblem(await asking(), code));
      expect(lines).toMatchObject([{ listener: 'internal', code }]);
    }
  });

  test('what was refused is never in the log', async () => {
    const text = JSON.stringify(service.lines);
    for (const secret of [visitor.queueToken, service.keys.admin, 'x'.repeat(100)])
      expect(text).not.toContain(secret);
  });
});

test('a flood of unknown rooms: a thousand wait for the next read of the index, the others are told at once to come back', async () => {
  const answers: Answer[] = [];
  const asked = Array.from({ length: 1_100 }, async () => {
    answers.push(await service.public(`/v1/rooms/${newRoomId()}`));
  });
  await vi.waitFor(() => expect(answers).toHaveLength(100), { timeout: 10_000 });
  for (const answer of answers) {
    expectProblem(answer, 'store-unavailable');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  }
  await clock.during(Promise.all(asked));
  for (const answer of answers.slice(100)) expectProblem(answer, 'room-unknown');
});
