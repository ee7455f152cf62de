/**
 * The demo site: a town's registration form that behaves like a really overloaded site, with Guichet in front of it or,
 * for comparison, without. It stands for the servers of others, so it uses Guichet only as they would: the hand-over in
 * the address, the published keys, the origin's API. Its figures come from its own requests and its own clock.
 *
 * A request: who is asking (demo-origin-gate.ts) → the site's work (demo-origin-load.ts) → a page (demo-origin-pages.ts).
 * Deliberately not done: nothing that is filled in is kept; nothing here is shipped.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../domain/clock.ts';
import { systemClock } from '../domain/clock.ts';
import {
  type Admission,
  GuichetGate,
  OpenGate,
  type OriginGate,
  type Redemption,
} from './demo-origin-gate.ts';
import { type LedgerEntry, type LedgerFigures, OriginLedger } from './demo-origin-ledger.ts';
import { OriginLoad, type OriginLoadFigures } from './demo-origin-load.ts';
import { formFields, type OriginPage, originPage, pageLanguage } from './demo-origin-pages.ts';

export type DemoOriginOptions = {
  /** Where it listens; absent: on 127.0.0.1. */
  host?: string;
  /** 0 takes a free port. */
  port?: number;
  roomId: string;
  /** `none`: anyone gets in without a pass. */
  gate: 'guichet' | 'none';
  /** Public base URLs of the replicas; people are sent to wait at the first. */
  guichetPublicUrls: readonly string[];
  /** Internal base URLs of the replicas; the next is tried when one does not answer. */
  guichetInternalUrls: readonly string[];
  originKey: string;
  /** As in the room's policy: a person not heard from for so long is no longer inside. */
  sessionTtlMs: number;
  /** People inside that the site was built for; workers and the limit on requests in flight follow from it. */
  capacity: number;
  clock?: Clock;
};

export type DemoOriginFigures = OriginLoadFigures &
  LedgerFigures & {
    /** HTTP requests being answered, redirects included. */
    requestsInFlight: number;
    peakRequestsInFlight: number;
  };

/** All that the site recorded, for a verdict. */
export type DemoOriginRecord = {
  figures: DemoOriginFigures;
  entries: readonly LedgerEntry[];
  redemptions: readonly Redemption[];
};

export type DemoOrigin = {
  url: string;
  figures(): DemoOriginFigures;
  record(): DemoOriginRecord;
  /** Drops connections and what is still being told to Guichet. Safe to call twice. */
  close(): Promise<void>;
};

const loopback = '127.0.0.1';
const bodyBytesMax = 4_096;
const headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
  // The hand-over is in the address for the length of one redirect.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const statusOf: Partial<Record<OriginPage['page'], number>> = { overloaded: 503, unknown: 404 };

/** Starts the site; resolves when it answers. */
export async function startDemoOrigin(options: DemoOriginOptions): Promise<DemoOrigin> {
  const { clock = systemClock, host = loopback } = options;
  const ledger = new OriginLedger(() => clock.wallMs(), options.sessionTtlMs);
  const gate =
    options.gate === 'none'
      ? new OpenGate(ledger)
      : new GuichetGate(clock, ledger, {
          ...options,
          publicUrls: options.guichetPublicUrls,
          internalUrls: options.guichetInternalUrls,
        });
  const site = new DemoSite(gate, ledger, new OriginLoad(clock, loadFor(options.capacity)));
  const server = createServer((request, response) => void site.answer(request, response));
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port ?? 0, backlog: 4_096 }, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://${host}:${port}`,
    figures: () => site.figures(),
    record: () => ({ figures: site.figures(), entries: ledger.entries(), redemptions: gate.redemptions() }),
    close: async () => {
      gate.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A site of this size: at its capacity of people, who mostly read and type, about a tenth of the limit is in flight. */
function loadFor(capacity: number): ConstructorParameters<typeof OriginLoad>[1] {
  return {
    workers: Math.max(2, Math.ceil(capacity * 0.16)),
    limit: Math.max(6, Math.ceil(capacity * 0.6)),
    workMs: 50,
    errorAfterMs: 2_000,
    recoverMs: 30_000,
  };
}

class DemoSite {
  readonly #gate: OriginGate;
  readonly #ledger: OriginLedger;
  readonly #load: OriginLoad;
  #requestsInFlight = 0;
  #peakRequestsInFlight = 0;

  constructor(gate: OriginGate, ledger: OriginLedger, load: OriginLoad) {
    this.#gate = gate;
    this.#ledger = ledger;
    this.#load = load;
  }

  figures(): DemoOriginFigures {
    return {
      ...this.#load.figures(),
      ...this.#ledger.figures(),
      requestsInFlight: this.#requestsInFlight,
      peakRequestsInFlight: this.#peakRequestsInFlight,
    };
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://site');
    if (url.pathname === '/figures') {
      response.writeHead(200, { ...headers, 'content-type': 'application/json' });
      response.end(JSON.stringify(this.figures()));
      return;
    }
    this.#requestsInFlight += 1;
    this.#peakRequestsInFlight = Math.max(this.#peakRequestsInFlight, this.#requestsInFlight);
    response.once('close', () => {
      this.#requestsInFlight -= 1;
    });
    try {
      await this.#serve(request, response, url);
    } catch (error) {
      console.error('demo origin:', error);
      if (!response.headersSent) response.writeHead(500, headers);
      response.end();
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const method = request.method ?? 'GET';
    const language = pageLanguage(url.searchParams.get('lang'), request.headers['accept-language']);
    const body = await readBody(request);
    const admission: Admission =
      body === null
        ? { kind: 'unavailable' }
        : await this.#gate.identify({ method, url, cookies: cookiesOf(request) });
    const cookie =
      'cookie' in admission && admission.cookie !== null ? { 'set-cookie': admission.cookie } : {};
    if (admission.kind === 'redirect') {
      response.writeHead(303, { ...headers, ...cookie, location: admission.location });
      response.end();
      return;
    }
    const page = await this.#page(admission, `${method} ${url.pathname}`, body ?? new URLSearchParams());
    const status = statusOf[page.page] ?? 200;
    response.writeHead(status, {
      ...headers,
      ...cookie,
      ...(status === 503 ? { 'retry-after': '1' } : {}),
      'content-type': 'text/html; charset=utf-8',
      // For programs that play visitors, so that they need not read the words.
      'x-demo-page': page.page,
    });
    response.end(method === 'HEAD' ? undefined : originPage(page, language));
  }

  async #page(
    admission: Exclude<Admission, { kind: 'redirect' }>,
    route: string,
    body: URLSearchParams,
  ): Promise<OriginPage> {
    if (admission.kind === 'unavailable') return { page: 'overloaded' };
    if (admission.kind === 'over') {
      if (admission.end === 'completed') return { page: 'already-registered' };
      return { page: 'logged-out', waitingUrl: this.#gate.waitingUrl };
    }
    if ((await this.#load.work()) === 'failed') return { page: 'overloaded' };
    switch (route) {
      case 'GET /':
        return { page: 'details' };
      case 'POST /registration/details':
        return { page: 'activity', fields: fieldsOf(body) };
      case 'POST /registration/activity':
        this.#gate.finish(admission.id, 'completed');
        return { page: 'confirmed', reference: randomBytes(4).toString('hex').toUpperCase() };
      case 'GET /log-out':
        this.#gate.finish(admission.id, 'gave-up');
        return { page: 'logged-out', waitingUrl: this.#gate.waitingUrl };
      default:
        return { page: 'unknown' };
    }
  }
}

function fieldsOf(body: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    formFields.flatMap((name) => (body.has(name) ? [[name, body.get(name) ?? '']] : [])),
  );
}

function cookiesOf(request: IncomingMessage): Map<string, string> {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return new Map(pairs.map(([name, ...value]) => [name ?? '', value.join('=')]));
}

/** The form that was posted; null when it is too large. */
async function readBody(request: IncomingMessage): Promise<URLSearchParams | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
