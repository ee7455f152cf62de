/** What the waiting page does in place while one waits, in a real browser with the real service. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newVisitor } from '../support/browser.ts';
import { PageStage, withinMs } from '../support/page-stage.ts';
import { expectStatus, type Visitor } from '../support/service.ts';

const pageBytesMax = 30 * 1_024;

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 5 });
});
afterAll(() => stage.close());

test('pause, notice and language change reach the page, and the place is kept throughout', async () => {
  const { roomId, url } = stage.nextRoom();
  const { page, complaints } = await newVisitor(stage.browser);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Cette page se met à jour toute seule.').waitFor();

  const reason = { fr: 'Le paiement est en panne.', en: 'Payment is down.' };
  await stage.service.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST', body: { reason } });
  await page.getByRole('heading', { name: 'En pause' }).waitFor();
  await page.getByText('Raison donnée : Le paiement est en panne.').waitFor();
  const notice = { fr: 'Reprise à midi <b>pile</b>.', en: 'Back at noon.' };
  await stage.service.internal(`/v1/rooms/${roomId}/notice`, { method: 'PUT', body: { notice } });
  await page.getByText('Reprise à midi <b>pile</b>.', { exact: true }).waitFor();
  expect(await page.locator('[role=status]').innerText()).toContain('En pause');

  await page.getByRole('link', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Paused' }).waitFor();
  await page.getByText('Back at noon.', { exact: true }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  expect(await page.locator('.position').innerText()).toBe('1');
  await stage.service.internal(`/v1/rooms/${roomId}/resume`, { method: 'POST' });
  await page.getByRole('heading', { name: 'You are next' }).waitFor();
  expect(complaints).toEqual([]);
});

test('a device that goes offline is told so, and hears again when it is back', async () => {
  const { url } = stage.nextRoom();
  const { page, context } = await newVisitor(stage.browser);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Cette page se met à jour toute seule.').waitFor();
  await context.setOffline(true);
  await page.getByText('Votre appareil est hors connexion.').waitFor();
  expect(await page.locator('.position').innerText()).toBe('1');
  await context.setOffline(false);
  await page.getByText('Cette page se met à jour toute seule.').waitFor();
});

test('the whole page weighs at most 30 KiB, and nothing comes from elsewhere', async () => {
  const { url } = stage.nextRoom();
  const { page, context, complaints } = await newVisitor(stage.browser);
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  await page.goto(url, { waitUntil: 'networkidle' });
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(pageBytesMax);
  expect(
    addresses.filter((url) => !url.startsWith(stage.service.publicUrl) && !url.startsWith('data:')),
  ).toEqual([]);
  expect(complaints).toEqual([]);
});

/** The texts of links and buttons that are smaller than 24 px on one side. */
async function smallTargets(page: Page): Promise<string[]> {
  const small: string[] = [];
  for (const target of await page.locator('main a, main button, main summary, nav a, footer a').all()) {
    const box = await target.boundingBox();
    // What a closed <details> holds has no size.
    if (box && box.height > 0 && Math.min(box.width, box.height) < 24) small.push(await target.innerText());
  }
  return small;
}

test('at 320 px nothing has to be scrolled sideways, and every target is at least 24 px', async () => {
  const { url } = stage.nextRoom();
  const { page } = await newVisitor(stage.browser, { viewport: { width: 320, height: 640 } });
  await page.goto(url);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
  expect(await smallTargets(page)).toEqual([]);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
  expect(await smallTargets(page)).toEqual([]);
});

test('what is seen moves with the queue, what is spoken only at positions worth knowing, the focus never', async () => {
  const { roomId, url } = stage.nextRoom();
  const ahead: Visitor[] = [];
  for (let count = 0; count < 11; count += 1) ahead.push(await stage.service.join(roomId));
  const { page } = await newVisitor(stage.browser);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Cette page se met à jour toute seule.').waitFor();
  await page.getByRole('link', { name: 'Actualiser' }).focus();
  await page.evaluate(`
    window.spoken = [];
    new MutationObserver(() => window.spoken.push(document.getElementById('status').textContent))
      .observe(document.getElementById('status'), { childList: true, characterData: true, subtree: true });
  `);
  for (const [index, visitor] of ahead.entries()) {
    expectStatus(
      await stage.service.public(`/v1/rooms/${roomId}/ticket`, {
        method: 'DELETE',
        bearer: visitor.queueToken,
      }),
      204,
    );
    await expect
      .poll(() => page.locator('.position').innerText(), { timeout: withinMs })
      .toBe(String(11 - index));
  }
  const spoken = (await page.evaluate('window.spoken')) as string[];
  expect(spoken.map((sentence) => /position (\d+)/.exec(sentence)?.[1])).toEqual(['10', '6', '1']);
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Actualiser');
}, 60_000);
