/**
 * The waiting page's ways in a real browser, with the real service and the demo site: from the page to the site and out,
 * with the script and without it. What happens in place while one waits is room-page-waiting.test.ts.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { unmasked } from '../../src/web/masked-text.ts';
import { newVisitor } from '../support/browser.ts';
import { PageStage, withinMs } from '../support/page-stage.ts';
import { expectStatus } from '../support/service.ts';

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 2 });
});
afterAll(() => stage.close());

/** Fills in the demo site's form to the end. */
async function register(page: Page): Promise<void> {
  await page.fill('[name=name]', 'Camille Tremblay');
  await page.fill('[name=birthYear]', '1990');
  await page.click('main button');
  await page.click('main button');
  await page.getByText('Inscription confirmée').waitFor();
}

test('with the script, one waits, is told of one’s turn in place, enters by a click and registers', async () => {
  const { roomId, siteUrl, inside } = await stage.roomWithSite();
  const { page, complaints } = await newVisitor(stage.browser);
  await page.goto(`${siteUrl}/`);
  expect(page.url()).toContain(`/rooms/${roomId}`);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Cette page se met à jour toute seule.').waitFor();
  expect(await page.locator('.position').innerText()).toBe('1');
  expect(await page.title()).toBe('Position 1 – Loisirs');
  await page.getByText('Quitter la file', { exact: true }).focus();

  await stage.finish(inside);
  await page.getByRole('button', { name: 'Entrer' }).waitFor();
  expect(await page.title()).toBe('À vous – Loisirs');
  expect(await page.locator('[role=alert]').innerText()).toContain('C’est votre tour');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Quitter la file');
  expect(new URL(page.url()).pathname).toBe(`/rooms/${roomId}`);

  await page.getByRole('button', { name: 'Entrer' }).click();
  await page.waitForURL(`${siteUrl}/**`);
  await register(page);
  expect(page.url()).not.toContain('guichet=');
  expect(complaints).toEqual([]);
});

test('without scripts the same way leads in, by a link and buttons', async () => {
  const { url, siteUrl, inside } = await stage.roomWithSite();
  const { page } = await newVisitor(stage.browser, { javaScriptEnabled: false });
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  expect(await page.locator('.position').innerText()).toBe('1');
  await stage.finish(inside);
  await vi.waitFor(
    async () => {
      await page.getByRole('link', { name: 'Actualiser' }).click();
      expect(await page.getByRole('button', { name: 'Entrer' }).count()).toBe(1);
    },
    { timeout: withinMs, interval: 500 },
  );
  await page.getByRole('button', { name: 'Entrer' }).click();
  await page.waitForURL(`${siteUrl}/**`);
  await register(page);
});

test('someone admitted by the join itself is sent straight on', async () => {
  const { url, siteUrl } = await stage.roomWithSite({ capacity: 5 });
  const { page } = await newVisitor(stage.browser, { javaScriptEnabled: false });
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.waitForURL(`${siteUrl}/**`);
  await page.getByText('Étape 1 sur 2').waitFor();
  await page.goto(url);
  expect(await page.locator('main h2').first().innerText()).toBe('Vous pouvez aller sur le site');
});

test('a missed turn keeps its place: “I am here” brings it back', async () => {
  const { url, siteUrl, inside } = await stage.roomWithSite({ enterWithinMs: 2_000 });
  const { page } = await newVisitor(stage.browser, { locale: 'en-CA' });
  await page.goto(url);
  await page.getByRole('button', { name: 'Take a number' }).click();
  await page.getByRole('heading', { name: 'You are next' }).waitFor();
  await stage.finish(inside);
  await page.getByRole('button', { name: 'Enter' }).waitFor();
  await page.getByRole('button', { name: 'I am here' }).waitFor();
  expect(await page.title()).toBe('Turn missed – Recreation');
  await page.getByRole('button', { name: 'I am here' }).click();
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.waitForURL(`${siteUrl}/**`);
});

test('a turn can be extended by a click, here or in another tab, and says how often still', async () => {
  const { roomId, url, inside } = stage.nextRoom();
  const { page } = await newVisitor(stage.browser);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await stage.finish(inside);
  await page.getByRole('button', { name: 'Prolonger de 5 minutes' }).click();
  await page.getByText('Vous pouvez prolonger encore 9 fois.').waitFor();

  await page.getByRole('button', { name: 'Prolonger de 5 minutes' }).focus();
  const data = JSON.parse(await page.locator('#page-data').innerText()) as { queueToken: string };
  const visitor = { ...inside, roomId, queueToken: unmasked(data.queueToken) };
  expectStatus(await stage.service.act(visitor, 'extend', { extension: 2 }), 200);
  await page.getByText('Vous pouvez prolonger encore 8 fois.').waitFor();
  expect(await page.locator('[name=extension]').inputValue()).toBe('3');
  expect(await page.evaluate('document.activeElement.tagName')).toBe('BUTTON');
});

test('leaving takes two clicks, gives the number back and forgets it', async () => {
  const { url } = stage.nextRoom();
  const { page, context } = await newVisitor(stage.browser, { javaScriptEnabled: false });
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Quitter la file', { exact: true }).click();
  await page.getByRole('button', { name: 'Oui, je quitte la file' }).click();
  await page.getByRole('heading', { name: 'Vous avez quitté la file' }).waitFor();
  expect((await context.cookies()).filter(({ name }) => name.startsWith('__Host-guichet'))).toEqual([]);
  await page.getByRole('button', { name: 'Prendre un nouveau numéro' }).waitFor();
});
