import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { startDemoTown } from '../../src/dev/demo-town.ts';
import { townLanguages } from '../../src/dev/demo-town-page.ts';

const guichetUrl = 'http://127.0.0.1:8080';

async function start(): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const town = await startDemoTown({ roomId: 'pool', guichetUrl, siteUrl: 'http://127.0.0.1:8081/' });
  onTestFinished(() => town.close());
  return (path, init) => fetch(`${town.url}${path}`, init);
}

test('every language has its page, and the menu names them all', async () => {
  const get = await start();
  for (const language of townLanguages) {
    const answer = await get(`/?lang=${language}`, { headers: { 'accept-language': 'en' } });
    expect(answer.headers.get('content-language')).toBe(language);
    const page = await answer.text();
    expect(page).toContain(`<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">`);
    expect(page).not.toContain('undefined');
    expect(page).toContain(`lang="${language}" hreflang="${language}" aria-current="true"`);
    for (const other of townLanguages) expect(page).toContain(`href="/?lang=${other}"`);
  }
});

test.each([
  ['es-MX, en;q=0.8', 'es'],
  ['de, en;q=0.8, fr;q=0.2', 'en'],
  ['de', 'fr'],
  ['', 'fr'],
])('a browser that prefers "%s" gets %s', async (wish, language) => {
  const get = await start();
  const answer = await get('/?lang=de', { headers: { 'accept-language': wish } });
  expect(answer.headers.get('content-language')).toBe(language);
});

test('without scripts the link leads to the waiting page, and from there to the site', async () => {
  const get = await start();
  for (const [language, target] of [
    ['en', 'http://127.0.0.1:8081/?lang=en'],
    ['ar', 'http://127.0.0.1:8081/'],
  ]) {
    const page = await (await get(`/?lang=${language}`)).text();
    const [, guarded = ''] = /<guichet-room room="pool" guards="#(\w+)">/.exec(page) ?? [];
    const [, address = ''] = new RegExp(`id="${guarded}" href="([^"]*)"`).exec(page) ?? [];
    const url = new URL(address.replaceAll('&amp;', '&'));
    expect(url.origin + url.pathname).toBe(`${guichetUrl}/rooms/pool`);
    expect(Object.fromEntries(url.searchParams)).toEqual({ lang: language, t: target });
  }
});

test('its policy allows Guichet and its own style sheet, and nothing else runs or is asked for', async () => {
  const get = await start();
  const answer = await get('/');
  const policy = answer.headers.get('content-security-policy') ?? '';
  const page = await answer.text();
  const [, style = ''] = /<style>([^<]*)<\/style>/.exec(page) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  expect(policy.split('; ').slice(0, 4)).toEqual([
    "default-src 'none'",
    `script-src ${guichetUrl}`,
    `connect-src ${guichetUrl} ws://127.0.0.1:8080`,
    `style-src 'sha256-${hash}'`,
  ]);
  expect(policy).not.toContain('unsafe');
  expect(page.match(/<script[^>]*>/g)).toEqual([`<script src="${guichetUrl}/widget.js" defer>`]);
  expect(page).not.toMatch(/ (style|on\w+)=/);
});

test('it is one page, to be read', async () => {
  const get = await start();
  const head = await get('/', { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect((await get('/favicon.ico')).status).toBe(204);
  expect((await get('/register')).status).toBe(404);
  const posted = await get('/', { method: 'POST', body: 'a=b' });
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});
