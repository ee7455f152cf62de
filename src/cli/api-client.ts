/**
 * The internal API as commands use it. Every question is answered or given up within `answerWithinMs`; a refusal is
 * thrown as Refusal with the problem's code, and the key goes nowhere but to the address that was asked for.
 */
import { problemRefusal, Refusal } from './refusal.ts';

/** People wait for this, so it is short. */
const answerWithinMs = 8_000;

export type Body = { readonly [field: string]: unknown };

export type Answer = { status: number; body: Body; etag: string | null };

export type Question = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** The version that the caller has read, as `versionTag` says it. */
  ifMatch?: string | undefined;
  query?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
};

export class ApiClient {
  readonly url: string;
  readonly #key: () => string;

  /** `key` is read at the first question. */
  constructor(url: string, key: () => string) {
    this.url = url;
    this.#key = key;
  }

  /** Throws Refusal for every answer but 2xx, and when there is none. */
  async ask(
    path: string,
    { method = 'GET', body, ifMatch, query = {}, signal }: Question = {},
  ): Promise<Answer> {
    const url = new URL(`${this.url}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers: Record<string, string> = {
      accept: 'application/json',
      // A command asks a few things and ends: nothing is kept open for it.
      connection: 'close',
      authorization: `Bearer ${this.#key()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    };
    const timeout = AbortSignal.timeout(answerWithinMs);
    const response = await this.#answer(url, {
      method,
      headers,
      // The key is for this address: an answer that leads elsewhere is none.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw problemRefusal(response.status, response.body, response.retryAfterMs);
    return { status: response.status, body: (response.body ?? {}) as Body, etag: response.etag };
  }

  async #answer(url: URL, init: RequestInit) {
    try {
      const response = await fetch(url, init);
      const text = await response.text();
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      return {
        ok: response.ok && (text === '' || parsed(text) !== undefined),
        status: response.status,
        body: text === '' ? null : parsed(text),
        etag: response.headers.get('etag'),
        retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : null,
      };
    } catch (error) {
      throw unanswered(this.url, error);
    }
  }
}

/** What If-Match says of a room that was read: the ETag, where the service gives one. */
export function versionTag({ etag, body }: Answer): string {
  return etag ?? `"${String(body['version'])}"`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unanswered(url: string, error: unknown): Refusal {
  if (error instanceof Error && error.name === 'TimeoutError') {
    const seconds = answerWithinMs / 1_000;
    return new Refusal({
      code: 'service-slow',
      title: {
        en: `Guichet did not answer at ${url} within ${seconds} seconds; whether it did what was asked is not known`,
        fr: `Guichet n’a pas répondu à ${url} en ${seconds} secondes ; on ne sait pas s’il a fait ce qui était demandé`,
      },
    });
  }
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return new Refusal({
    code: 'service-away',
    title: {
      en: `Guichet cannot be reached at ${url}: is it running, and is this its internal listener?`,
      fr: `Guichet est injoignable à ${url} : est-il en marche, et est-ce bien son écoute interne ?`,
    },
    detail: cause?.code ?? cause?.message ?? null,
  });
}
