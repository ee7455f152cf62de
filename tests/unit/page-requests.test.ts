/** What the page's script makes of answers, the service's and those of whatever stands on the way. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { askRoom, look } from '../../src/web/client/requests.ts';

afterEach(() => {
  vi.useRealTimers();
});

async function serverThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/rooms/pool/ticket`;
}

const answering = (status: number, body: string, headers = {}): Promise<string> =>
  serverThat(
    (_request, response) => void response.writeHead(status, { connection: 'close', ...headers }).end(body),
  );

test.each([
  [200, '{"kind":"waiting"}', { outcome: 'answer', answer: { kind: 'waiting' } }],
  [401, '{"code":"token-refused"}', { outcome: 'refused' }],
  [404, '{"code":"room-unknown"}', { outcome: 'no-room' }],
  [401, '<h1>Sign in to the library network</h1>', { outcome: 'unavailable', retryAfterMs: 0 }],
  [404, 'default backend', { outcome: 'unavailable', retryAfterMs: 0 }],
  [200, '<h1>Welcome to our network</h1>', { outcome: 'unavailable', retryAfterMs: 0 }],
])('%d with %j is read as %j', async (status, body, expected) => {
  expect(await look(await answering(status, body), 'the.token')).toEqual(expected);
});

test('how long to stay away is the service’s word', async () => {
  const address = await answering(503, '{"code":"store-unavailable"}', { 'retry-after': '7' });
  expect(await look(address, 'the.token')).toEqual({ outcome: 'unavailable', retryAfterMs: 7_000 });
});

test('what accepts a request and never answers is unreachable in the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const asked = Promise.withResolvers<void>();
  const address = await serverThat(() => asked.resolve());
  const looked = look(address, 'the.token');
  await asked.promise;
  vi.advanceTimersByTime(15_000);
  expect(await looked).toEqual({ outcome: 'unreachable' });
});

test('a room that does not answer, or is not one, is null', async () => {
  expect(await askRoom(await answering(503, '{}'))).toBeNull();
  expect(await askRoom(await answering(200, 'not JSON'))).toBeNull();
  expect(await askRoom('http://127.0.0.1:9/v1/rooms/pool')).toBeNull();
  expect(await askRoom(await answering(200, '{"state":"open"}'))).toEqual({ state: 'open' });
});
