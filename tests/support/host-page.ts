/** A town's own page, on a server and a site of its own, with whatever a test puts into it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export type HostPage = {
  /** Its origin; another site than the service's. */
  origin: string;
  url: string;
  /** What its server was asked for, in order. */
  requests: { method: string; url: string; body: string }[];
};

/** The strictest policy under which the widget is promised to work. */
export function strictPolicy(guichet: string): string {
  return `default-src 'none'; script-src ${guichet}; connect-src ${guichet} ${guichet.replace('http', 'ws')}`;
}

/**
 * Serves a page at `/`, until the running test is over, under that policy (and its own images, for the icon). Every other
 * path answers with the same page, so that a form or a link leads somewhere.
 */
export async function hostPage(
  content: string | ((request: IncomingMessage) => string),
  { policy = '', lang = 'fr' }: { policy?: string; lang?: string } = {},
): Promise<HostPage> {
  const requests: HostPage['requests'] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/favicon.ico') return void response.writeHead(204).end();
    const body = await text(request);
    requests.push({ method: request.method ?? '', url: request.url ?? '', body });
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      ...(policy === '' ? {} : { 'content-security-policy': policy }),
    });
    const inside = typeof content === 'string' ? content : content(request);
    response.end(`<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Ville</title>
<meta name="viewport" content="width=device-width"></head><body>${inside}</body></html>`);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return { origin, url: `${origin}/`, requests };
}
