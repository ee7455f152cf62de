/** One ticket on two devices, in two real browsers with the real service and the demo site. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newVisitor } from '../support/browser.ts';
import { PageStage, withinMs } from '../support/page-stage.ts';

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 0 });
});
afterAll(() => stage.close());

const live = 'Cette page se met à jour toute seule.';

test('a code moves the place to another device, the first one is told, and the second one enters', async () => {
  const { roomId, url, siteUrl, inside } = await stage.roomWithSite();
  const laptop = await newVisitor(stage.browser);
  await laptop.page.goto(url);
  await laptop.page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await laptop.page.getByText('Continuer sur un autre appareil').click();
  await laptop.page.getByRole('link', { name: 'Afficher mon code' }).click();
  const code = await laptop.page.locator('.code-text').innerText();
  const picture = laptop.page.getByRole('img', { name: /appareil photo/ });
  expect(await picture.evaluate('document.querySelector(".code img").naturalWidth > 0')).toBe(true);
  await laptop.page.getByText(live).waitFor();

  const phone = await newVisitor(stage.browser, { javaScriptEnabled: false, locale: 'en-CA' });
  await phone.page.goto(url);
  await phone.page.getByRole('link', { name: 'I have a code: take my place back' }).click();
  await phone.page.getByLabel('10-character code').fill(code.toLowerCase());
  await phone.page.getByRole('button', { name: 'Take my place here' }).click();
  expect(await phone.page.locator('.position').innerText()).toBe('1');

  await laptop.page
    .getByRole('heading', { name: 'Votre place est sur un autre appareil' })
    .waitFor({ timeout: 4 * withinMs });
  expect(await laptop.page.getByRole('button', { name: 'Entrer' }).count()).toBe(0);
  await stage.finish(inside);
  await expect
    .poll(
      async () => {
        await phone.page.getByRole('link', { name: 'Refresh' }).click();
        return phone.page.getByRole('button', { name: 'Enter' }).count();
      },
      { timeout: withinMs, interval: 500 },
    )
    .toBe(1);
  await phone.page.getByRole('button', { name: 'Enter' }).click();
  await phone.page.waitForURL(`${siteUrl}/**`);
  expect(new URL(laptop.page.url()).pathname).toBe(`/rooms/${roomId}`);
  expect(laptop.complaints).toEqual([]);
}, 90_000);

test('one ticket in two browsers makes one session, whoever presses first', async () => {
  const { roomId, url, siteUrl, inside } = await stage.roomWithSite();
  const one = await newVisitor(stage.browser);
  await one.page.goto(url);
  await one.page.getByRole('button', { name: 'Prendre un numéro' }).click();
  const other = await newVisitor(stage.browser);
  const cookies = (await one.context.cookies()).filter(({ name }) => name.startsWith('__Host-guichet'));
  await other.context.addCookies(cookies);
  await other.page.goto(url);
  expect(await other.page.locator('.position').innerText()).toBe('1');
  await stage.finish(inside);
  await one.page.getByRole('button', { name: 'Entrer' }).waitFor();
  await other.page.getByRole('button', { name: 'Entrer' }).waitFor();
  await one.page.getByRole('button', { name: 'Entrer' }).click();
  await one.page.waitForURL(`${siteUrl}/**`);
  await other.page.getByRole('heading', { name: 'Vous pouvez aller sur le site' }).waitFor();
  await other.page.getByRole('button', { name: 'Aller sur le site' }).click();
  await other.page.waitForURL(`${siteUrl}/**`);
  const { body } = await stage.service.public(`/v1/rooms/${roomId}`);
  expect(body).toMatchObject({ waiting: 0 });
  await vi.waitFor(async () => {
    const { text } = await stage.service.internal('/metrics');
    expect(text).toMatch(new RegExp(`guichet_inside_sessions\\{[^}]*room="${roomId}"[^}]*\\} 1`));
  }, withinMs);
});

test('a number that this device forgot comes back by its code', async () => {
  const { url } = await stage.busyRoom();
  const { page } = await newVisitor(stage.browser, { javaScriptEnabled: false });
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Continuer sur un autre appareil').click();
  await page.getByRole('link', { name: 'Afficher mon code' }).click();
  const code = await page.locator('.code-text').innerText();
  await page.getByText('Oublier mon numéro sur cet appareil').click();
  await page.getByRole('button', { name: 'Oui, oublier mon numéro ici' }).click();
  await page.getByRole('heading', { name: 'Cet appareil a oublié votre numéro' }).waitFor();
  await page.getByRole('link', { name: 'J’ai un code : reprendre ma place' }).click();
  await page.getByLabel('Code à 10 caractères').fill(code);
  await page.getByRole('button', { name: 'Reprendre ma place ici' }).click();
  expect(await page.locator('.position').innerText()).toBe('1');
});
