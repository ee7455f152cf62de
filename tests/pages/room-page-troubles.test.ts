/**
 * What goes wrong between a visitor and the waiting page, in a real browser with the real service: WebSockets blocked,
 * the line cut, a phone asleep past its turn, cookies refused, third-party cookies and pop-ups blocked, no script.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as realTime } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { newVisitor, untilShown } from '../support/browser.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { PageStage, withinMs } from '../support/page-stage.ts';
import { expectStatus } from '../support/service.ts';
import { ask } from '../support/wire-client.ts';

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 3 });
});
afterAll(() => stage.close());

const live = 'Cette page se met à jour toute seule.';

test('where a proxy blocks WebSockets the page keeps up by looking, and opens one once it may', async () => {
  const { roomId, inside } = stage.nextRoom();
  const proxy = await FrontProxy.inFrontOf(stage.service.publicUrl);
  proxy.blocksWebSockets = true;
  const { page } = await newVisitor(stage.browser);
  await page.clock.install();
  await page.goto(`${proxy.url}/rooms/${roomId}`);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  const path = `/v1/rooms/${roomId}/pause`;
  expectStatus(await stage.service.internal(path, { method: 'POST' }), 200);
  await page.getByRole('heading', { name: 'En pause' }).waitFor({ timeout: 2 * withinMs });
  await page.getByText(live).waitFor();
  expect(proxy.webSockets).toBe(0);

  proxy.blocksWebSockets = false;
  // As long as the page ever waits before it tries again.
  await page.clock.fastForward(60_000);
  await vi.waitFor(() => expect(proxy.webSockets).toBe(1), withinMs);
  expectStatus(await stage.service.internal(`/v1/rooms/${roomId}/resume`, { method: 'POST' }), 200);
  await page.getByRole('heading', { name: 'Vous êtes la prochaine personne' }).waitFor();
  await stage.finish(inside);
  await page.getByRole('button', { name: 'Entrer' }).waitFor();
}, 90_000);

test('when the line is cut the page says so with its last news, and goes on by itself when it is back', async () => {
  const { roomId, inside } = stage.nextRoom();
  const proxy = await FrontProxy.inFrontOf(stage.service.publicUrl);
  const { page } = await newVisitor(stage.browser);
  await page.clock.install();
  await page.goto(`${proxy.url}/rooms/${roomId}`);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText(live).waitFor();
  proxy.cut();
  await untilShown(page, page.getByText('La connexion est interrompue.'));
  expect(await page.locator('.position').innerText()).toBe('1');
  expect(await page.getByText('Mis à jour').count()).toBe(1);
  await stage.finish(inside);
  proxy.mend();
  await untilShown(page, page.getByRole('button', { name: 'Entrer' }));
}, 90_000);

test('when the room is bypassed, a page that is open goes on to the site, and one that is opened does, too', async () => {
  const site = createServer((_, response) => response.end('<h1>The site</h1>'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void site.close());
  const { port } = site.address() as AddressInfo;
  const { roomId, url } = await stage.busyRoom({ targetUrl: `http://127.0.0.1:${port}/` });
  const { page } = await newVisitor(stage.browser);
  await page.clock.install();
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText(live).waitFor();
  expectStatus(await stage.service.internal(`/v1/rooms/${roomId}/bypass`, { method: 'POST' }), 200);
  await untilShown(page, page.getByRole('heading', { name: 'The site' }));
  // Once every replica knows of it, the answer itself leads there.
  await vi.waitFor(async () => expect((await ask(url)).headers.location).toBeDefined(), withinMs);
  const { page: another } = await newVisitor(stage.browser);
  await another.goto(url);
  await another.getByRole('heading', { name: 'The site' }).waitFor();
  // Back in the room, once it is open again, the number is there.
  expectStatus(await stage.service.internal(`/v1/rooms/${roomId}/open`, { method: 'POST' }), 200);
  await page.goto(url);
  expect(await page.locator('.position').innerText()).toBe('1');
}, 60_000);

test('a phone that sleeps past its turn is passed over, and comes back at the head', async () => {
  const { service } = stage;
  const { roomId, inside } = await stage.busyRoom({ presentWithinMs: 5_000, abandonAfterMs: 60_000 });
  const proxy = await FrontProxy.inFrontOf(service.publicUrl);
  const { page } = await newVisitor(stage.browser);
  await page.clock.install();
  await page.goto(`${proxy.url}/rooms/${roomId}`);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText(live).waitFor();
  proxy.cut();
  const behind = await service.join(roomId);
  const wakeful = await service.live(roomId, { queueToken: behind.queueToken });
  const last = await service.join(roomId);
  const alsoWakeful = await service.live(roomId, { queueToken: last.queueToken });
  // Presence runs out on the real clock of the real store.
  await realTime(6_000);
  await stage.finish(inside);
  await wakeful.next('admitted');

  await untilShown(page, page.getByText('La connexion est interrompue.'));
  proxy.mend();
  await untilShown(page, page.getByText(live));
  await page
    .getByRole('heading', { name: 'Vous êtes la prochaine personne' })
    .waitFor({ timeout: 4 * withinMs });
  expectStatus(await service.act(behind, 'enter'), 200);
  await stage.finish(behind);
  await page.getByRole('button', { name: 'Entrer' }).waitFor({ timeout: 2 * withinMs });
  expect(alsoWakeful.heard('admitted')).toEqual([]);
}, 120_000);

test('a browser that keeps no cookie is told what to allow, and nothing else is asked of it', async () => {
  const { roomId } = stage.nextRoom();
  const proxy = await FrontProxy.inFrontOf(stage.service.publicUrl);
  proxy.dropsCookies = true;
  const { page } = await newVisitor(stage.browser);
  await page.goto(`${proxy.url}/rooms/${roomId}`);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByRole('heading', { name: 'Votre numéro n’a pas été gardé' }).waitFor();
  await page.getByText('Autorisez les cookies pour ce site').waitFor();
  expect(await page.getByRole('button', { name: 'Prendre un numéro' }).count()).toBe(1);
});

test('with third-party cookies and pop-ups blocked nothing is missing', async () => {
  const { url, siteUrl, inside } = await stage.roomWithSite();
  const { page, context, complaints } = await newVisitor(stage.browser);
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCookieControls', { enableThirdPartyCookieRestriction: true });
  const opened: string[] = [];
  context.on('page', (other) => opened.push(other.url()));
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText(live).waitFor();
  await stage.finish(inside);
  await page.getByRole('button', { name: 'Entrer' }).click();
  await page.waitForURL(`${siteUrl}/**`);
  expect(opened).toEqual([]);
  expect(complaints).toEqual([]);
});
