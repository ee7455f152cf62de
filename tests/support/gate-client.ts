/** Asks the gate as proxies do, for visitors who entered. */
import { expect } from 'vitest';
import { admitted } from './journeys.ts';
import type { ManualClock } from './manual-clock.ts';
import { expectStatus, type TestService, testPublicUrl, type Visitor } from './service.ts';
import type { Answer } from './wire-client.ts';

export const site = 'https://ville.example.org';
export const targetUrl = `${site}/natation`;
export const sessionTtlMs = 60_000;

export type Inside = Visitor & { handOver: string; pass: string };
/** What a proxy tells of a request. */
export type Asked = {
  url?: string;
  method?: string;
  pass?: string | undefined;
  headers?: Record<string, string>;
};

/** Someone who entered and carries a hand-over; the pass is one that the site got. */
export async function enteredWithPass(
  service: TestService & { clock: ManualClock },
  policy: object = {},
): Promise<Inside> {
  const visitor = await admitted(service, { targetUrl, sessionTtlMs, ...policy });
  const { body } = await service.act(visitor, 'enter');
  const handOver = new URL(body['redirectUrl'] as string).searchParams.get('guichet') ?? '';
  return { ...visitor, handOver, pass: body['pass'] as string };
}

/** The headers by which a proxy asks. */
export function proxyHeaders(roomId: string, { url, method, pass, headers }: Asked): Record<string, string> {
  return {
    ...(url === undefined ? {} : { 'x-original-url': url }),
    ...(method === undefined ? {} : { 'x-original-method': method }),
    ...(pass === undefined ? {} : { cookie: `other=1; guichet_pass_${roomId}=${pass}; another=2` }),
    ...headers,
  };
}

export function askGate(service: TestService, roomId: string, asked: Asked = {}): Promise<Answer> {
  return service.public(`/gate/${roomId}`, { headers: proxyHeaders(roomId, asked) });
}

/** The same of a gate that may lead elsewhere. */
export function askRedirect(service: TestService, roomId: string, asked: Asked = {}): Promise<Answer> {
  return service.public(`/gate/${roomId}/redirect`, { headers: proxyHeaders(roomId, asked) });
}

/** The pass that an answer sets; null: none. */
export function passSetBy({ headers }: Answer): string | null {
  const cookies = headers['set-cookie'] ?? [];
  expect(cookies.length).toBeLessThanOrEqual(1);
  const [cookie = ''] = cookies;
  return /^guichet_pass_[\w-]+=([^;]+); HttpOnly; Secure; SameSite=Lax; Path=\/$/.exec(cookie)?.[1] ?? null;
}

/** The room's page, with the address that was asked for. */
export function roomUrl(roomId: string, target?: string): string {
  const url = new URL(`/rooms/${roomId}`, testPublicUrl);
  if (target !== undefined) url.searchParams.set('t', target);
  return url.href;
}

export function expectInside(answer: Answer, { ticketId }: Visitor): void {
  expectStatus(answer, 200);
  expect(answer.headers['x-guichet-ticket']).toBe(ticketId);
  expect(answer.text).toBe('');
}

export function expectRefused(answer: Answer, location: string): void {
  expectStatus(answer, 401);
  expect(answer.headers).toMatchObject({
    'x-guichet-location': location,
    'www-authenticate': 'Guichet',
    'cache-control': 'no-store',
  });
  expect(answer.headers['x-guichet-ticket']).toBeUndefined();
  expect(answer.text).toBe('');
}
