import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { linesOf } from '../support/log-lines.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import {
  newRoomId,
  serviceForTest,
  startService,
  type LogLine,
  type TestService,
  type Visitor,
} from '../support/service.ts';
import { ask, LiveClient } from '../support/wire-client.ts';

const liveRoute = '/v1/rooms/:roomId/live';
const clock = new ManualClock();
let service: TestService;
let visitor: Visitor;
beforeAll(async () => {
  service = await startService({ clock });
  visitor = await service.join(await service.openRoom({ capacity: 0 }));
});
afterAll(() => service.close());

describe('a live connection is closed with a code of its own and one line in the log:', () => {
  /** Says something on a new connection; answers with the close code and the lines. */
  async function said(
    say: (client: LiveClient) => void,
    { roomId = visitor.roomId, hello = false } = {},
  ): Promise<{ code: number; lines: LogLine[]; client: LiveClient }> {
    const client = await LiveClient.open(service.publicUrl, roomId, {
      queueToken: hello ? visitor.queueToken : null,
    });
    if (hello) await client.next('standing');
    const lines = await linesOf(service, async () => {
      say(client);
      await clock.during(client.closed);
    });
    return { code: client.closeCode ?? 0, lines, client };
  }
  const hello = (queueToken: unknown): string => JSON.stringify({ type: 'hello', queueToken });

  test.each<[string, number, (client: LiveClient) => void]>([
    ['no hello within 5 s', 4000, () => {}],
    ['an unknown message', 4500, (client) => client.say({ type: 'subscribe' })],
    ['what is not JSON', 4500, (client) => client.say('hello')],
    ['null', 4500, (client) => client.say('null')],
    ['a hello without a token', 4500, (client) => client.say({ type: 'hello' })],
    ['a hello whose token is no text', 4500, (client) => client.say(hello(7))],
    ['a binary frame', 4500, (client) => client.say(Buffer.from(hello(visitor.queueToken)))],
    ['a frame over 1 KiB', 1009, (client) => client.say('x'.repeat(1_025))],
    [
      'text that is not UTF-8',
      1007,
      (client) => client.socket.send(Buffer.from([0xc3, 0x28]), { binary: false }),
    ],
    ['a token that is refused', 4501, (client) => client.hello(`${visitor.queueToken}x`)],
  ])('%s', async (_, wanted, say) => {
    const { code, lines } = await said(say);
    expect(code).toBe(wanted);
    expect(lines).toMatchObject([
      { listener: 'public', route: 'live', roomId: visitor.roomId, closeCode: wanted },
    ]);
  });

  test('no hello: not before 5 s', async () => {
    const client = await LiveClient.open(service.publicUrl, visitor.roomId, { queueToken: null });
    await clock.advance(4_000);
    expect(client.closeCode).toBeNull();
    client.hello(visitor.queueToken);
    await client.next('standing');
    await clock.advance(4_000);
    expect(client.closeCode).toBeNull();
    await client.close();
  });

  test('a second hello', async () => {
    const { code, lines } = await said((client) => client.hello(visitor.queueToken), { hello: true });
    expect(code).toBe(4500);
    expect(lines).toMatchObject([{ closeCode: 4500 }]);
  });

  test('a room that is not there', async () => {
    const { code, lines } = await said((client) => client.hello(visitor.queueToken), { roomId: newRoomId() });
    expect(code).toBe(4504);
    expect(lines).toMatchObject([{ closeCode: 4504 }]);
  });

  test('a ticket that is over, after saying how', async () => {
    const { roomId, queueToken } = await service.join(visitor.roomId);
    await service.public(`/v1/rooms/${roomId}/ticket`, { method: 'DELETE', bearer: queueToken });
    const { code, client } = await said((over) => over.hello(queueToken));
    expect([code, client.messages.at(-1)?.type]).toEqual([4502, 'ended']);
  });

  test.each(['https://evil.example', 'null', 'https://tickets.example.org.evil.example'])(
    'the page of %s',
    async (origin) => {
      const lines = await linesOf(service, () =>
        expect(
          LiveClient.open(service.publicUrl, visitor.roomId, { queueToken: null, origin }),
        ).rejects.toThrow('refused with 403'),
      );
      expect(lines).toMatchObject([{ route: liveRoute, status: 403, code: 'origin-forbidden' }]);
    },
  );

  test('but not our own page, and not an app that names none', async () => {
    for (const origin of ['https://tickets.example.org', service.publicUrl, undefined]) {
      const options = { queueToken: visitor.queueToken, ...(origin === undefined ? {} : { origin }) };
      const client = await LiveClient.open(service.publicUrl, visitor.roomId, options);
      expect(await client.next('standing')).toMatchObject({ reason: expect.any(String) as string });
      await client.close();
    }
  });

  test('asked over plain HTTP', async () => {
    const lines = await linesOf(service, async () => {
      const answer = await ask(`${service.publicUrl}/v1/rooms/${visitor.roomId}/live`);
      expectProblem(answer, 'request-malformed');
      expect(answer.headers.upgrade).toBe('websocket');
    });
    expect(lines).toHaveLength(1);
  });
});

describe('a handshake that is none is answered by hand, with one line in the log, and closed:', () => {
  const livePath = (roomId: string): string => `/v1/rooms/${roomId}/live`;
  const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';

  test.each<[string, number, ErrorCode, string, { path?: string; headers?: string[] }]>([
    ['to another address', 404, 'route-unknown', 'unknown', { path: '/v1/rooms' }],
    ['to an id that is none', 400, 'request-invalid', liveRoute, { path: livePath('No_Room') }],
    ['without a key', 400, 'request-malformed', liveRoute, { headers: [] }],
    [
      'with a key that is none',
      400,
      'request-malformed',
      liveRoute,
      { headers: ['Sec-WebSocket-Key: short'] },
    ],
  ])('%s', async (_, status, code, route, { path = livePath(visitor.roomId), headers = [key] }) => {
    const connections = await openConnections();
    const client = createConnection({ ...publicAddress(), allowHalfOpen: true });
    onTestFinished(() => void client.destroy());
    const lines = await linesOf(service, async () => {
      client.write(
        [`GET ${path} HTTP/1.1`, 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket']
          .concat(['Sec-WebSocket-Version: 13', ...headers, '', ''])
          .join('\r\n'),
      );
      const answer = await text(client);
      expect(answer).toContain(`HTTP/1.1 ${status} `);
      expect(answer).toContain(`"code":"${code}"`);
    });
    expect(lines).toMatchObject([{ listener: 'public', route, status, code }]);
    // The client never closes its half.
    await vi.waitFor(async () => expect(await openConnections()).toBe(connections));
  });

  test('but what asks for HTTP/2 is answered over HTTP/1.1', async () => {
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
    const answer = await service.public(`/v1/rooms/${visitor.roomId}`, { headers });
    expect([answer.status, answer.body['state']]).toEqual([200, 'open']);
  });

  const publicAddress = (): { host: string; port: number } => {
    const { hostname: host, port } = new URL(service.publicUrl);
    return { host, port: Number(port) };
  };
  const openConnections = (): Promise<number> =>
    promisify(service.app.publicServer.server.getConnections.bind(service.app.publicServer.server))();
});

test('more connections than the server may hold are refused, and the next one when there is room again', async () => {
  const small = await serviceForTest({ clock, environment: { GUICHET_SOCKETS_MAX: '1' } });
  const { roomId, queueToken } = await small.join(await small.makeRoom());
  const first = await small.live(roomId, { queueToken });
  await first.next('standing');
  const lines = await linesOf(small, () =>
    expect(LiveClient.open(small.publicUrl, roomId, { queueToken })).rejects.toThrow('refused with 503'),
  );
  expect(lines).toMatchObject([{ status: 503, code: 'service-full' }]);
  await first.close();
  await clock.until(async () => (await small.internal('/metrics')).text.includes('guichet_sockets 0'));
  expect(await (await small.live(roomId, { queueToken })).next('standing')).toMatchObject({ number: 1 });
});
