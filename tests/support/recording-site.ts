/** A site behind a proxy: answers in ways that a test can tell apart, and keeps what it was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One request as it reached the site; `values` lists every header of a name, whatever its case. */
export type SiteRequest = { method: string; url: string; values: (name: string) => string[] };

/** Paths that do not answer 200. */
const statuses: Readonly<Record<string, number>> = { '/unauthorized': 401, '/failing': 500 };

/** A form that wants a name: its answer says whether it was accepted, and nothing else does. */
function statusOfForm(body: string): number {
  return new URLSearchParams(body).get('name') ? 303 : 422;
}

export class RecordingSite {
  readonly requests: SiteRequest[] = [];
  /** What every page shows; absent: a line that names the request. */
  html: string | null = null;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<RecordingSite> {
    const site = new RecordingSite();
    await new Promise<void>((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The newest request. */
  get newest(): SiteRequest {
    const newest = this.requests.at(-1);
    if (!newest) throw new Error('nothing reached the site');
    return newest;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', rawHeaders } = request;
    const values = (name: string): string[] =>
      rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
    this.requests.push({ method, url, values });
    const body = await text(request);
    const [path = ''] = url.split('?');
    response.writeHead(path === '/register' ? statusOfForm(body) : (statuses[path] ?? 200), {
      'content-type': this.html === null ? 'text/plain' : 'text/html; charset=utf-8',
      'set-cookie': ['basket=3; Path=/', 'language=fr; Path=/'],
      // A proxy that keeps connections open would keep ours open after the test.
      connection: 'close',
    });
    response.end(this.html ?? `the site: ${method} ${url}`);
  }
}
