/**
 * The demo town: a page on a server and a site of its own, into which Guichet's widget is put as any town would do it. It
 * knows nothing of Guichet but its public address and the room's name. Its policy allows no more than the widget needs, so
 * that a widget that needed more would show it here.
 *
 * Beside it the demo site (demo-origin.ts) does what the town's registration server has to: it checks the passes.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { townLanguage, townPage, townStyle } from './demo-town-page.ts';

export type DemoTownOptions = {
  /** 0 takes a free port. */
  port?: number;
  roomId: string;
  /** Guichet's public base URL. */
  guichetUrl: string;
  /** The address behind the queue. */
  siteUrl: string;
};

export type DemoTown = {
  /** By name: Guichet and the demo site are at an address, and so are another site to a browser. */
  url: string;
  /** Drops connections. Safe to call twice. */
  close(): Promise<void>;
};

const host = 'localhost';

/** Starts the town's server on this machine; resolves when it answers. */
export async function startDemoTown(options: DemoTownOptions): Promise<DemoTown> {
  const headers = headersFor(options.guichetUrl);
  const server = createServer((request, response) => answer(request, response, options, headers));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port ?? 0 }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  { method, url: address, headers: asked }: IncomingMessage,
  response: ServerResponse,
  options: DemoTownOptions,
  headers: Record<string, string>,
): void {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { ...headers, allow: 'GET, HEAD' }).end();
    return;
  }
  // What is no address at all is no page of ours either.
  const url = URL.parse(address ?? '', 'http://town');
  if (url?.pathname !== '/') {
    // Browsers ask for an icon, and complain where they are told that there is none.
    response.writeHead(url?.pathname === '/favicon.ico' ? 204 : 404, headers).end();
    return;
  }
  const language = townLanguage(url.searchParams.get('lang'), asked['accept-language']);
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-language': language,
    vary: 'accept-language',
  });
  response.end(method === 'HEAD' ? undefined : townPage({ ...options, language }));
}

/** The strictest policy: scripts and calls of Guichet, the page's own style sheet, the icon that browsers look for. */
function headersFor(guichetUrl: string): Record<string, string> {
  const styleHash = createHash('sha256').update(townStyle).digest('base64');
  const policy = [
    "default-src 'none'",
    `script-src ${guichetUrl}`,
    `connect-src ${guichetUrl} ${guichetUrl.replace(/^http/, 'ws')}`,
    `style-src 'sha256-${styleHash}'`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'cache-control': 'no-store',
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}
