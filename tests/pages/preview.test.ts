import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { newVisitor, startBrowser } from '../support/browser.ts';
import { startService, type TestService } from '../support/service.ts';

let browser: Browser;
let service: TestService;
beforeAll(async () => {
  [browser, service] = await Promise.all([startBrowser(), startService()]);
});
afterAll(async () => {
  await browser.close();
  await service.close();
});

const markStyle = "getComputedStyle(document.querySelector('.preview-mark'))";
const own = { name: { fr: 'Loisirs d’hiver', en: 'Winter recreation' }, colours: { accent: '#7a1f3d' } };

test('the saved file opens without the service, and shows the page in its frame', async () => {
  const roomId = await service.makeRoom(own);
  const directory = await mkdtemp(join(tmpdir(), 'guichet-preview-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'preview.html');
  await writeFile(file, (await service.internal(`/v1/rooms/${roomId}/preview`, { as: 'viewer' })).text);
  const { page, complaints } = await newVisitor(browser);
  const asked: string[] = [];
  page.on('request', (request) => void (/^data:|^about:/.test(request.url()) || asked.push(request.url())));
  await page.goto(pathToFileURL(file).href);
  await page
    .locator('summary', { hasText: /^C’est votre tour turn$/ })
    .first()
    .click();
  const frame = page.locator('iframe[title^="turn ("]').first().contentFrame();
  await frame.getByText('Aperçu').waitFor();
  expect(await frame.locator('h1').textContent()).toContain('Loisirs d’hiver');
  const inFrame = page.frames().find((one) => one !== page.mainFrame());
  expect(await inFrame?.evaluate(`${markStyle}.backgroundColor`)).toBe('rgb(255, 244, 214)');
  expect(asked).toEqual([pathToFileURL(file).href]);
  expect(complaints).toEqual([]);
});

test('also where a browser gets it from the service, under its content policy', async () => {
  const roomId = await service.makeRoom(own);
  const { page, complaints } = await newVisitor(browser, {
    extraHTTPHeaders: { authorization: `Bearer ${service.keys.viewer}` },
  });
  await page.goto(`${service.internalUrl}/v1/rooms/${roomId}/preview?lang=en`);
  await page.locator('summary', { hasText: /^Take a number to wait for your turn join$/ }).click();
  const frame = page.frameLocator('iframe[title^="join ("]');
  await frame.getByText('Preview: nobody is waiting here').waitFor();
  await page.goto(`${service.internalUrl}/v1/rooms/${roomId}/preview?lang=fr&state=turn`);
  expect(await page.evaluate(`${markStyle}.fontWeight`)).toBe('700');
  // Nothing in it leads away, or sends anything.
  await page.locator('main a').first().click();
  expect(new URL(page.url()).pathname).toBe(`/v1/rooms/${roomId}/preview`);
  expect(complaints).toEqual([]);
});
