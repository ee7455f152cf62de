/**
 * The waiting page over plain HTTP: its headers, its languages, the ticket in its cookie, where it may lead, and what
 * its refusals answer. Its forms are room-page-forms.test.ts, the journeys through a browser tests/pages/room-page.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cookieOf, PageClient, withPlainSpaces } from '../support/page-client.ts';
import { newRoomId, serviceForTest, startService, type TestService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

const targetUrl = 'https://site.example.org/register';
let service: TestService;
let pages: PageClient;
/** A room that lets nobody in, so that whoever joins waits. */
let fullRoom: string;
/** A room with room to spare. */
let spareRoom: string;

beforeAll(async () => {
  service = await startService();
  pages = new PageClient(service);
  fullRoom = await service.openRoom({ name: 'Loisirs', targetUrl, capacity: 0 });
  spareRoom = await service.openRoom({ name: 'Loisirs', targetUrl, outflowPerMinute: 60_000 });
  await pages.untilAdmitted(await service.join(spareRoom));
});
afterAll(() => service.close());

test('a page comes compressed to those who read it so', async () => {
  const { cookie } = await pages.join(fullRoom);
  const headers = { accept: 'text/html', cookie, 'accept-encoding': 'br, gzip' };
  const answer = await fetch(`${service.publicUrl}/rooms/${fullRoom}`, { headers });
  expect(answer.headers.get('content-encoding')).toBe('gzip');
  expect(answer.headers.get('vary')).toContain('accept-encoding');
  expect(await answer.text()).toContain('class="position"');
  expect((await pages.get(fullRoom)).headers['content-encoding']).toBeUndefined();
});

describe('a room’s own look', () => {
  test('is its logo, and its colour in a style sheet of its own', async () => {
    const logo = 'data:image/png;base64,iVBORw0KGgo=';
    const roomId = await service.openRoom({ logo, colours: { accent: '#7a1f3d' } });
    const { text } = await pages.get(roomId);
    expect(text).toContain(`<img class="logo" src="${logo}" alt="">`);
    const [, address = ''] = /href="(\/rooms\/[^"]*colours\.css[^"]*)"/.exec(text) ?? [];
    const sheet = await service.public(address.replaceAll('&#38;', '&'));
    expect(sheet.status).toBe(200);
    expect(sheet.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(sheet.text).toContain('--accent:#7a1f3d;--on-accent:#ffffff');
    expect((await service.public(`/rooms/${fullRoom}/colours.css`)).status).toBe(404);
    expect((await pages.get(fullRoom)).text).not.toContain('colours.css');
  });
});

describe('the page', () => {
  test('is answered with the headers of a page that runs nothing foreign and is kept nowhere', async () => {
    const { status, headers } = await pages.get(fullRoom);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'strict-transport-security': 'max-age=31536000',
    });
    expect(headers['refresh']).toBeUndefined();
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).toContain("form-action 'self' https://site.example.org");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy.find((directive) => directive.startsWith('connect-src'))).toMatch(
      /^connect-src 'self' wss:\/\/127\.0\.0\.1:\d+$/,
    );
  });

  test('takes no ticket by being looked at, nor with any query', async () => {
    const room = await service.openRoom({ capacity: 0 });
    for (const query of [
      '',
      '?joined=1',
      '?left=1',
      '?lang=en',
      '?key=3b9f6f64-8c5e-4d52-9a1b-2f3c4d5e6f70',
    ]) {
      expect((await pages.get(room, query)).headers['set-cookie']).toBeUndefined();
    }
    expect(await pages.nextNumber(room)).toBe(1);
  });

  test('is in the language asked for, else the one preferred, else the room’s first', async () => {
    const lang = async (query: string, acceptLanguage: string): Promise<unknown> => {
      const { headers, text } = await pages.get(fullRoom, query, { 'accept-language': acceptLanguage });
      expect(text).toContain(`<html lang="${String(headers['content-language'])}" dir="ltr">`);
      return headers['content-language'];
    };
    expect(await lang('?lang=en', 'fr')).toBe('en');
    expect(await lang('', 'en-CA,fr;q=0.5')).toBe('en');
    expect(await lang('?lang=xx', 'de')).toBe('fr');
  });

  test('carries style and script under names for good, compressed', async () => {
    const { text } = await pages.get(fullRoom);
    for (const [, name] of text.matchAll(/"(\/assets\/[^"]+)"/g)) {
      const asset = await service.public(String(name), { headers: { 'accept-encoding': 'br, gzip' } });
      expect(asset.status).toBe(200);
      expect(asset.headers['content-encoding']).toBe('gzip');
      expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      const whole = await service.public(String(name));
      expect(whole.headers['content-encoding']).toBeUndefined();
    }
    expect((await service.public('/assets/room.000000000000.js')).status).toBe(404);
    expect((await service.public('/assets/..%2froom.css')).status).toBe(404);
  });

  test('of a room that does not exist is a page with status 404, or a problem for programs', async () => {
    const page = await pages.get(newRoomId());
    expect(page.status).toBe(404);
    expect(page.text).toContain('Il n’y a pas de file à cette adresse.');
    expect((await pages.get('No_Such_Room')).status).toBe(404);
    const problem = await pages.get(newRoomId(), '', { accept: 'application/json' });
    expect(problem.headers['content-type']).toMatch('application/problem+json');
    expect(problem.body).toMatchObject({ code: 'room-unknown' });
  });
});

test.each(['xx', 'de', 'en-GB', '../../etc', '<b>', '', 'fr&lang=en'])(
  'a language that is not offered (%j) gives the page in the browser’s, with the place on it',
  async (lang) => {
    const { cookie } = await pages.join(fullRoom);
    const headers = { cookie, 'accept-language': 'en' };
    const { status, text } = await pages.get(fullRoom, `?lang=${lang}`, headers);
    expect(status).toBe(200);
    expect(text).toContain('<html lang="en" dir="ltr">');
    expect(text).toMatch(/<div class="position"><bdi>\d/);
    expect(text).not.toContain('<b>');
  },
);

describe('a ticket in the cookie', () => {
  test('that is altered or of another room is not accepted, is forgotten, and a new one is offered', async () => {
    const { cookie } = await pages.join(spareRoom);
    const foreign = cookie.replace(spareRoom, fullRoom);
    for (const bad of [`__Host-guichet-${fullRoom}=abc`, foreign]) {
      const answer = await pages.get(fullRoom, '', { cookie: bad });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('Le numéro gardé sur cet appareil n’est plus valable.');
      expect(answer.text).toContain('/join?');
      expect(answer.headers['set-cookie']).toHaveLength(1);
      expect(cookieOf(answer)).toBeNull();
    }
  });

  test('is never in an address that the page leads to', async () => {
    const { cookie, answer } = await pages.join(fullRoom);
    const token = cookie.split('=')[1] ?? 'none';
    const { text } = await pages.get(fullRoom, '', { cookie });
    expect(answer.headers.location).not.toContain(token);
    expect(text.replace(/<script type="application\/json".*/s, '')).not.toContain(token);
  });

  test('that shows its turn late has been extended once by the look itself, and not twice', async () => {
    const room = await service.openRoom({ targetUrl, enterWithinMs: 4_000 });
    const { cookie } = await pages.join(room);
    const left = async (): Promise<unknown> =>
      /"extensionsLeft":(\d+)/.exec((await pages.get(room, '', { cookie })).text)?.[1];
    const visitor = {
      roomId: room,
      ticketId: '',
      number: 0,
      kind: '',
      queueToken: cookie.split('=')[1] ?? '',
    };
    await pages.untilAdmitted(visitor);
    expect(await left()).toBe('10');
    await vi.waitFor(async () => expect(await left()).toBe('9'), 4_000);
    expect(await left()).toBe('9');
  });
});

describe('an address to go on to', () => {
  test.each([
    'https://evil.example/register',
    'https://site.example.org.evil.example/register',
    'https://site.example.org@evil.example/register',
    'https://site.example.org/other',
    'https://site.example.org/registered',
    'https://site.example.org/register/../other',
    'http://site.example.org/register',
    '//evil.example/register',
    '/register',
    'javascript:alert(1)',
    'data:text/html,hello',
    'https:\\\\evil.example',
    'https://site.example.org/register\r\nset-cookie: a=b',
    '',
  ])('%j is refused with a way back to the room', async (target) => {
    const query = `?t=${encodeURIComponent(target)}`;
    const { status, text, headers } = await pages.get(fullRoom, query);
    expect(status).toBe(400);
    expect(text).toContain('L’adresse demandée n’appartient pas à ce site.');
    expect(text).toContain(`href="/rooms/${fullRoom}?lang=fr"`);
    expect(String(headers['content-security-policy'])).not.toContain('evil');
    const joined = await pages.post(spareRoom, 'join', { query, fields: { key: randomUUID() } });
    expect(joined.status).toBe(400);
  });
});

test('too many joins from one network: a page with the time to wait, and the same key to try again with', async () => {
  const strict = await serviceForTest({ environment: { GUICHET_JOINS_PER_MINUTE_PER_PREFIX: '1' } });
  const roomId = await strict.openRoom({ capacity: 0 });
  const key = randomUUID();
  const joining = (): Promise<Answer> => new PageClient(strict).post(roomId, 'join', { fields: { key } });
  expect((await joining()).status).toBe(303);
  const refused = await joining();
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(refused.text).toContain('Trop de demandes arrivent en ce moment de votre réseau.');
  expect(withPlainSpaces(refused.text)).toMatch(/Vous pourrez réessayer dans \d+ secondes?\./);
  expect(refused.text).toContain(`name="key" value="${key}"`);
  expect(strict.lines.filter(({ code }) => code === 'rate-limited')).toHaveLength(1);
});
