/**
 * A site behind its gates, as a proxy would have it: each request is asked of one of the gates first, and reaches the
 * site when that answers 200. The site knows nothing of Guichet but the ticket that the gate names, and counts by its own
 * requests and its own clock: someone is inside from the first request that reached it to the last.
 */
import { Agent, type IncomingMessage, request } from 'node:http';

export type SiteAnswer = { status: number; pass: string | null; location: string | null };

export class GatedSite {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 200 });
  readonly #stays = new Map<string, { firstMs: number; lastMs: number }>();
  readonly #roomId: string;

  constructor(roomId: string) {
    this.#roomId = roomId;
  }

  /** One request of a visitor; `gate`: the origin of the gate that is asked. Status 0: the gate does not answer. */
  async ask(
    gate: string,
    { url, method = 'GET', pass }: { url: string; method?: string; pass: string | null },
  ): Promise<SiteAnswer> {
    const cookie = `guichet_pass_${this.#roomId}`;
    const answer = await this.#get(`${gate}/gate/${this.#roomId}`, {
      'x-original-url': url,
      'x-original-method': method,
      ...(pass === null ? {} : { cookie: `${cookie}=${pass}` }),
    });
    if (answer === null) return { status: 0, pass, location: null };
    const { statusCode = 0, headers } = answer;
    const ticketId = headers['x-guichet-ticket'];
    if (statusCode === 200 && typeof ticketId === 'string') this.#heard(ticketId);
    const set = new RegExp(`^${cookie}=([^;]+)`).exec(headers['set-cookie']?.[0] ?? '')?.[1];
    const location = headers['x-guichet-location'];
    return {
      status: statusCode,
      pass: set ?? pass,
      location: typeof location === 'string' ? location : null,
    };
  }

  #heard(ticketId: string): void {
    const now = performance.now();
    const stay = this.#stays.get(ticketId);
    if (stay) stay.lastMs = now;
    else this.#stays.set(ticketId, { firstMs: now, lastMs: now });
  }

  /** People who were inside at some time. */
  get people(): number {
    return this.#stays.size;
  }

  /** The most people inside at one time. */
  get peakInside(): number {
    const changes = [...this.#stays.values()].flatMap(({ firstMs, lastMs }) => [
      { atMs: firstMs, by: 1 },
      { atMs: lastMs, by: -1 },
    ]);
    changes.sort((one, other) => one.atMs - other.atMs || one.by - other.by);
    let inside = 0;
    let peak = 0;
    for (const { by } of changes) {
      inside += by;
      peak = Math.max(peak, inside);
    }
    return peak;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Null when there is no answer. */
  #get(url: string, headers: Record<string, string>): Promise<IncomingMessage | null> {
    return new Promise((resolve) => {
      const outgoing = request(url, { agent: this.#agent, headers, timeout: 5_000 });
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', () => resolve(null));
      outgoing.on('response', (response) => {
        response.resume();
        response.on('end', () => resolve(response));
        response.on('error', () => resolve(null));
      });
      outgoing.end();
    });
  }
}
