/**
 * HTTP as one visitor's browser does it: a connection of their own for every request, no redirect followed unseen, and
 * a cookie jar that lasts as long as they do.
 */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

export type HttpRequest = {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  body?: string;
};

export type HttpReply = { status: number; headers: IncomingHttpHeaders; text: string };

const timeoutMs = 8_000;
const replyBytesMax = 262_144;

/** Sends it on a new connection; rejects when no whole reply came, so that nothing is known of the outcome. */
export function send({ method, url, headers = {}, body }: HttpRequest): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method, agent: false, headers, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > replyBytesMax) request.destroy(new Error('reply too large'));
          chunks.push(chunk);
        });
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (response.complete)
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
          else reject(new Error('reply cut short'));
        });
      },
    );
    request.once('error', reject);
    request.end(body);
  });
}

/** The JSON object of a reply; empty for anything else. */
export function jsonOf(reply: HttpReply): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(reply.text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `Retry-After` in ms (seconds only); null without one. */
export function retryAfterMs(reply: HttpReply): number | null {
  const seconds = Number(reply.headers['retry-after']);
  return Number.isFinite(seconds) && reply.headers['retry-after'] !== undefined ? seconds * 1_000 : null;
}

/** Cookies of one site. Attributes are not acted on: the site sets session cookies for all its paths. */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  keep(reply: HttpReply): void {
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [name = '', ...value] = (line.split(';')[0] ?? '').split('=');
      this.#cookies.set(name.trim(), value.join('='));
    }
  }

  /** The Cookie header, if there is anything to send. */
  header(): Record<string, string> {
    if (this.#cookies.size === 0) return {};
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  }
}
