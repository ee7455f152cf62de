/** Something at the internal listener's address that answers as a test says: for answers that the service seldom gives. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export type Asked = { method: string; path: string; headers: IncomingMessage['headers']; body: unknown };
export type StubAnswer =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  | 'silence'
  | 'cut';

/** Its environment for a command, and all that it was asked, until the running test is over. */
export async function startApiStub(
  answer: (asked: Asked) => StubAnswer,
): Promise<{ environment: Record<string, string>; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const question: Asked = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: sent === '' ? null : (JSON.parse(sent) as unknown),
      };
      asked.push(question);
      const said = answer(question);
      if (said === 'silence') return;
      if (said === 'cut') return void request.socket.destroy();
      const { status = 200, headers = {}, body = {} } = said;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { environment: { GUICHET_API_URL: url, GUICHET_API_KEY: 'a-key-of-the-test' }, asked };
}

/** A refusal as the service words it. */
export function problem(status: number, code: string, title: string, more: object = {}): StubAnswer {
  return {
    status,
    body: { type: `urn:guichet:problem:${code}`, status, code, title, detail: title, ...more },
  };
}
