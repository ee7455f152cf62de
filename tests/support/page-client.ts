/** A browser without scripts, as the waiting page's forms see one: HTML, form bodies, and one cookie a room. */
import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import { expectStatus, type TestService, testPublicUrl, type Visitor } from './service.ts';
import type { Answer } from './wire-client.ts';

type Post = {
  fields?: Readonly<Record<string, string>>;
  /** An empty value leaves the header out. */
  headers?: Readonly<Record<string, string>>;
  query?: string;
};

/** A new room lets nobody in for its first seconds. */
const settledWithinMs = 10_000;

export class PageClient {
  readonly #service: TestService;

  constructor(service: TestService) {
    this.#service = service;
  }

  get(roomId: string, query = '', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#service.public(`/rooms/${roomId}${query}`, { headers: { accept: 'text/html', ...headers } });
  }

  post(
    roomId: string,
    action: string,
    { fields = {}, headers = {}, query = '' }: Post = {},
  ): Promise<Answer> {
    const all = {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
      origin: testPublicUrl,
      ...headers,
    };
    return this.#service.public(`/rooms/${roomId}/${action}${query}`, {
      method: 'POST',
      headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
      body: new URLSearchParams(fields).toString(),
    });
  }

  /** Takes a ticket; throws when none is given. */
  async join(roomId: string): Promise<{ answer: Answer; cookie: string }> {
    const answer = await this.post(roomId, 'join', { fields: { key: randomUUID() } });
    expectStatus(answer, 303);
    return { answer, cookie: cookieOf(answer) ?? '' };
  }

  /** The number of the next ticket taken: one more than were taken before. */
  async nextNumber(roomId: string): Promise<number> {
    return (await this.#service.join(roomId)).number;
  }

  /** Resolves when a look says that the ticket's turn has come. */
  async untilAdmitted(visitor: Visitor): Promise<void> {
    await vi.waitFor(async () => {
      const { kind } = (await this.#service.look(visitor)).body;
      if (kind !== 'admitted') throw new Error(`still ${String(kind)}`);
    }, settledWithinMs);
  }
}

/** The cookie that an answer sets, as a browser sends it back; null when it sets none or clears it. */
export function cookieOf({ headers }: Answer): string | null {
  const cookie = headers['set-cookie']?.[0];
  if (!cookie || /Max-Age=0|Expires=Thu, 01 Jan 1970/.test(cookie)) return null;
  return cookie.split(';')[0] ?? null;
}

/** A text with all its spaces of one width. */
export function withPlainSpaces(text: string): string {
  return text.replace(/[\u00a0\u202f]/g, ' ');
}
