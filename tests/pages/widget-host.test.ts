/** What the widget is to the page that it stands in: a guest that breaks nothing, asks nobody else and leaves nothing behind. */
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostPage, strictPolicy } from '../support/host-page.ts';
import { newVisitor } from '../support/browser.ts';
import { PageStage } from '../support/page-stage.ts';
import { openTown } from '../support/widget-stage.ts';

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 9 });
});
afterAll(() => stage.close());

const joinButton = { name: 'Prendre un numéro' };
const next = { name: 'Vous êtes la prochaine personne' };

test('asks nobody but its own server, sets no cookie, weighs a few kilobytes and adds no global', async () => {
  const room = stage.nextRoom();
  const hosts = new Set<string>();
  let bytes = 0;
  const { page, origin, complaints } = await openTown(stage, room, {
    prepare: async (page) => {
      page.on('request', (request) => hosts.add(new URL(request.url()).origin));
      const session = await page.context().newCDPSession(page);
      await session.send('Network.enable');
      session.on('Network.loadingFinished', ({ encodedDataLength }) => {
        bytes += encodedDataLength;
      });
      // What a page has by itself.
      await page.addInitScript('globalThis.before = Object.getOwnPropertyNames(globalThis)');
    },
  });
  await page.getByRole('button', joinButton).waitFor();
  expect(bytes).toBeLessThan(15 * 1_024);
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  await page.getByText('Continuer sur un autre appareil').click();
  await page.getByRole('button', { name: 'Afficher mon code' }).click();
  await page.getByText('ouvrez cette adresse').waitFor();
  expect([...hosts].toSorted()).toEqual([stage.service.publicUrl, origin].toSorted());
  expect(await page.context().cookies()).toEqual([]);
  const added = await page.evaluate<string[]>(
    'Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name) && name !== "before")',
  );
  expect(added).toEqual([]);
  expect(await page.evaluate('Object.keys(localStorage)')).toEqual([
    `guichet ${stage.service.publicUrl}/v1/rooms/${room.roomId}`,
  ]);
  // Both scripts, the page's own bytes, and every answer with its headers.
  expect(bytes).toBeLessThan(24 * 1_024);
  expect(complaints).toEqual([]);
});

test('two rooms on one page are two turns, each with its own words and its own link', async () => {
  const [one, other] = [stage.nextRoom(), stage.nextRoom()];
  const before = '<a id="one" href="/one">Un</a><a id="other" href="/other">Deux</a>';
  const second = `<guichet-room id="second" room="${other.roomId}" guards="#other"></guichet-room>`;
  const town = await openTown(stage, one, {
    attributes: 'guards="#one"',
    before,
    after: second,
    others: [other.roomId],
  });
  const { page, complaints } = town;
  const widgets = page.locator('guichet-room');
  await widgets.first().getByRole('button', joinButton).click();
  await widgets.first().getByRole('heading', next).waitFor();
  expect(await widgets.nth(1).getByRole('button', joinButton).count()).toBe(1);
  await widgets.nth(1).getByRole('button', joinButton).click();
  await widgets.nth(1).getByRole('heading', next).waitFor();
  await stage.service.internal(`/v1/rooms/${other.roomId}/bypass`, { method: 'POST' });
  await page.waitForFunction('!document.querySelector("#other").hasAttribute("aria-disabled")');
  expect(await page.locator('#one').getAttribute('aria-disabled')).toBe('true');
  const regions = await page.getByRole('region').count();
  expect(regions).toBe(2);
  expect(complaints).toEqual([]);
});

test('taken out, it leaves the page as it was; put back, it goes on with the same ticket', async () => {
  const room = stage.nextRoom();
  const before = '<a id="register" href="/pool" aria-describedby="hint">Piscine</a><i id="hint">Mardi</i>';
  const { page, complaints } = await openTown(stage, room, {
    attributes: 'guards="#register, main"',
    before,
    after: '<main>Plan</main>',
  });
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  const number = await page.locator('guichet-room dd').first().innerText();
  const link = page.locator('#register');
  expect(await link.getAttribute('aria-describedby')).toMatch(/^hint guichet-reason-\d+$/);
  const asWritten = '<a id="register" href="/pool" aria-describedby="hint">Piscine</a>';
  await page.evaluate('globalThis.taken = document.querySelector("guichet-room"), void taken.remove()');
  expect(await link.evaluate((element) => (element as unknown as { outerHTML: string }).outerHTML)).toBe(
    asWritten,
  );
  expect(await page.locator('main').getAttribute('inert')).toBeNull();
  expect(await page.evaluate('document.adoptedStyleSheets.length')).toBe(0);
  await expect.poll(openSockets).toBe(0);
  await page.evaluate('void document.body.prepend(taken)');
  await page.getByRole('heading', next).waitFor();
  expect(await page.locator('guichet-room dd').first().innerText()).toBe(number);
  expect(await link.getAttribute('aria-disabled')).toBe('true');
  // Moved about, as frameworks do, it is still one.
  await page.evaluate('for (let turn = 0; turn < 20; turn += 1) document.body.append(taken)');
  await page.getByRole('heading', next).waitFor();
  await expect.poll(openSockets).toBe(1);
  expect(complaints).toEqual([]);
});

async function openSockets(): Promise<number> {
  const { text } = await stage.service.internal('/metrics');
  return Number(/^guichet_sockets (\d+)/m.exec(text)?.[1]);
}

test('a script that is loaded twice, and two versions of it, are one element', async () => {
  const room = stage.nextRoom();
  const { publicUrl } = stage.service;
  const again = ['widget.js', 'widget.v1.js']
    .map((name) => `<script src="${publicUrl}/${name}?again" defer></script>`)
    .join('');
  const module = `<script type="module" src="${publicUrl}/widget.mjs"></script>`;
  const { page, complaints } = await openTown(stage, room, { after: `${again}${module}` });
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  expect(await page.getByRole('heading', next).count()).toBe(1);
  expect(complaints).toEqual([]);
});

test('pinned by its integrity hash it runs, and with any other it does not: the fallback stays', async () => {
  const room = stage.nextRoom();
  const { publicUrl } = stage.service;
  const { readWidgetAssets } = await import('../../src/web/widget-assets.ts');
  const { integrity = '' } = readWidgetAssets().get('widget.v1.js') ?? {};
  const pinned = (hash: string): string =>
    `<guichet-room room="${room.roomId}"><a href="${room.url}">Aller à la file</a></guichet-room>
<script src="${publicUrl}/widget.v1.js" integrity="${hash}" crossorigin="anonymous"></script>`;
  const town = await hostPage(
    (request) => pinned(request.url === '/wrong' ? integrity.replace(/.{9}$/, 'AAAAAAAAA') : integrity),
    {
      policy: strictPolicy(publicUrl),
    },
  );
  await stage.allow(room.roomId, town.origin);
  const { page } = await newVisitor(stage.browser);
  await page.goto(town.url);
  await page.getByRole('button', joinButton).waitFor();
  expect(await page.getByRole('link', { name: 'Aller à la file' }).isVisible()).toBe(false);
  await page.goto(`${town.origin}/wrong`);
  await page.getByRole('link', { name: 'Aller à la file' }).click();
  await page.waitForURL(`${room.url}*`);
  expect(await page.getByRole('button', joinButton).count()).toBe(1);
});

test('its second half runs only as the first one knows it', async () => {
  const { page } = await openTown(stage, stage.nextRoom(), {
    prepare: (page) =>
      page.route('**/widget.v1.ticket.js', (route) =>
        route.fulfill({
          body: 'globalThis.isForeign = true',
          headers: { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' },
        }),
      ),
  });
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', { name: 'La file ne répond pas' }).waitFor();
  expect(await page.evaluate('globalThis.isForeign ?? null')).toBeNull();
});

test('follows the page’s language, asks for words that it does not carry, and turns with them', async () => {
  const room = stage.nextRoom();
  await stage.service.internal(`/v1/rooms/${room.roomId}`, {
    method: 'PATCH',
    body: { languages: ['fr', 'en', 'ar'] },
  });
  const asked: string[] = [];
  const { page, complaints } = await openTown(stage, room, {
    lang: 'ar-MA',
    prepare: async (page) =>
      void page.on('request', (request) => asked.push(new URL(request.url()).pathname)),
  });
  await page.getByRole('button', { name: 'أخذ رقم' }).waitFor();
  expect(await page.locator('guichet-room section').getAttribute('dir')).toBe('rtl');
  await page.evaluate('void (document.documentElement.lang = "en-CA")');
  await page.getByRole('button', { name: 'Take a number' }).click();
  await page.getByRole('heading', { name: 'You are next' }).waitFor();
  // What the room does not offer is told in its first language; the element's own lang goes before the page's.
  await page.evaluate('void (document.documentElement.lang = "es")');
  await page.getByRole('heading', next).waitFor();
  await page.evaluate('void (document.querySelector("guichet-room").lang = "en")');
  await page.getByRole('heading', { name: 'You are next' }).waitFor();
  expect(asked.filter((path) => path.endsWith('.json'))).toEqual(['/widget.v1.ar.json']);
  expect(complaints).toEqual([]);
});

test('works in React 19: properties, children and typed events by their names', async () => {
  const { roomId, inside } = await stage.busyRoom();
  const { publicUrl } = stage.service;
  const source = `
    import { createElement, StrictMode, useState } from 'react';
    import { createRoot } from 'react-dom/client';
    function Page() {
      const [told, setTold] = useState([]);
      const tell = ({ type, detail }) => setTold((before) => [...before, type + ' ' + Object.keys(detail).toSorted()[0]]);
      return createElement('main', null,
        createElement('a', { id: 'register', href: '/pool' }, 'Piscine ' + told.length),
        createElement('guichet-room', { room: '${roomId}', server: '${publicUrl}', guards: '#register',
          'onguichet-standing': tell, 'onguichet-admitted': tell,
          'onguichet-entered': (event) => { event.preventDefault(); tell(event); } },
          createElement('a', { href: '${publicUrl}/rooms/${roomId}' }, 'Aller à la file')),
        createElement('ol', null, told.map((line, index) => createElement('li', { key: index }, line))));
    }
    createRoot(document.getElementById('root')).render(createElement(StrictMode, null, createElement(Page)));`;
  const built = await build({
    stdin: { contents: source, resolveDir: new URL('../..', import.meta.url).pathname },
    bundle: true,
    write: false,
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  const town = await hostPage(`<div id="root"></div><script>${built.outputFiles[0]?.text}</script>
<script src="${publicUrl}/widget.js" defer></script>`);
  await stage.allow(roomId, town.origin);
  await stage.lead(roomId, `${town.origin}/pool`);
  const { page, complaints } = await newVisitor(stage.browser);
  await page.goto(town.url);
  await page.getByRole('button', joinButton).click();
  await page.getByText('guichet-standing asOf').first().waitFor();
  expect(await page.locator('#register').getAttribute('aria-disabled')).toBe('true');
  await stage.finish(inside);
  await page.getByText('guichet-admitted enterWithinMs').waitFor();
  await page.getByRole('button', { name: 'Entrer' }).click();
  await page.getByText('guichet-entered expiresAt').waitFor();
  // The page goes on by itself.
  expect(page.url()).toBe(town.url);
  expect(complaints.filter((text) => !text.includes('React DevTools'))).toEqual([]);
}, 60_000);

test('where the storage is shut, the number lasts as long as the page, and is said to', async () => {
  const room = stage.nextRoom();
  const { page } = await openTown(stage, room, {
    prepare: (page) =>
      page.addInitScript(
        'Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("shut", "SecurityError"); } })',
      ),
  });
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  await page.getByText('Votre navigateur ne peut pas garder votre numéro').waitFor();
  expect(await page.locator('.position').innerText()).toBe('1');
});
