/**
 * What a visitor may choose on the waiting page, in a real browser with the real service: the keyboard alone, more time,
 * signals at one's turn, entering by itself, how often a screen reader is spoken to, another language.
 */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { newVisitor, startWholeBrowser } from '../support/browser.ts';
import { tabTo } from '../support/keyboard.ts';
import { PageStage, withinMs } from '../support/page-stage.ts';

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 5 });
});
afterAll(() => stage.close());

const live = 'Cette page se met à jour toute seule.';

test('the keyboard alone leads from the page to the site, past the head of the page', async () => {
  const { url, siteUrl, inside } = await stage.roomWithSite();
  const { page } = await newVisitor(stage.browser);
  await page.goto(url);
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Aller au contenu');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Prendre un numéro');
  await page.keyboard.press('Enter');
  await page.getByText(live).waitFor();
  await tabTo(page, 'Continuer sur un autre appareil');
  await page.keyboard.press('Space');
  await page.getByRole('link', { name: 'Afficher mon code' }).waitFor();
  await stage.finish(inside);
  await page.getByRole('button', { name: 'Entrer' }).waitFor({ timeout: withinMs });
  await page.evaluate('document.activeElement.blur()');
  await tabTo(page, 'Entrer');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${siteUrl}/**`);
});

test('a turn can be extended ten times, and then says so', async () => {
  const { url, inside } = stage.nextRoom();
  const { page } = await newVisitor(stage.browser);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await stage.finish(inside);
  for (let left = 10; left > 0; left -= 1) {
    await page.getByText(`Vous pouvez prolonger encore ${left} fois.`).waitFor();
    await page.getByRole('button', { name: 'Prolonger de 5 minutes' }).click();
  }
  await page.getByText('Il n’y a plus de prolongation').waitFor();
  expect(await page.getByRole('button', { name: /Prolonger/ }).count()).toBe(0);
  expect(await page.locator('#time-left').innerText()).toMatch(/Il vous reste 5[34] minutes/);
  await page.getByRole('button', { name: 'Entrer' }).waitFor();
}, 60_000);

test('a sound and a notification come at one’s turn where they were ticked, and the focus stays', async () => {
  const { url, inside } = stage.nextRoom();
  const browser = await startWholeBrowser();
  onTestFinished(() => browser.close());
  const { page, context } = await newVisitor(browser);
  await context.grantPermissions(['notifications']);
  // What the device would show and play.
  await page.addInitScript(`
    window.signals = [];
    const Shown = window.Notification;
    window.Notification = class extends Shown {
      constructor(title, options) { super(title, options); window.signals.push(title + ' | ' + options.lang); }
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) { window.signals.push('note'); return start.apply(this, when); };
  `);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Alertes et réglages de cette page').click();
  await page.getByLabel('Afficher une notification à mon tour').check();
  const sound = page.getByLabel('Jouer un son à mon tour');
  await sound.check();
  expect(await page.evaluate('window.signals')).toEqual(['note', 'note', 'note']);
  await stage.finish(inside);
  await page.getByRole('button', { name: 'Entrer' }).waitFor();
  await expect
    .poll(() => page.evaluate('window.signals'), { timeout: withinMs })
    .toEqual(['note', 'note', 'note', 'note', 'note', 'note', 'À vous – Loisirs | fr']);
  expect(await page.evaluate('document.activeElement.name')).toBe('sound');
});

test('notifications that the browser does not allow are said not to be possible', async () => {
  const { url } = stage.nextRoom();
  const { page } = await newVisitor(stage.browser);
  await page.addInitScript(`Notification.requestPermission = async () => 'denied';`);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Alertes et réglages de cette page').click();
  const box = page.getByLabel('Afficher une notification à mon tour');
  await box.click();
  await page.getByText('Les notifications ne sont pas possibles ici').waitFor();
  expect(await box.isChecked()).toBe(false);
});

test('the page enters by itself where that was ticked, and the tick outlives a reload', async () => {
  const { url, siteUrl, inside } = await stage.roomWithSite();
  const { page } = await newVisitor(stage.browser);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Alertes et réglages de cette page').click();
  const box = page.getByLabel(/Entrer automatiquement à mon tour/);
  expect(await box.isChecked()).toBe(false);
  await box.check();
  await page.reload();
  await page.getByText('Alertes et réglages de cette page').click();
  expect(await box.isChecked()).toBe(true);
  await page.getByText(live).waitFor();
  await stage.finish(inside);
  await page.waitForURL(`${siteUrl}/**`, { timeout: 2 * withinMs });
  await page.getByText('Étape 1 sur 2').waitFor();
});

test('someone who wants silence hears nothing but their turn', async () => {
  const { roomId, url, inside } = stage.nextRoom();
  const { page } = await newVisitor(stage.browser);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Alertes et réglages de cette page').click();
  await page
    .getByLabel('Nouvelles de la file lues par un lecteur d’écran')
    .selectOption('seulement à mon tour');
  const status = page.locator('[role=status]');
  const before = await status.innerText();
  await stage.service.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST' });
  await page.getByRole('heading', { name: 'En pause' }).waitFor();
  expect(await status.innerText()).toBe(before);
  await stage.service.internal(`/v1/rooms/${roomId}/resume`, { method: 'POST' });
  await stage.finish(inside);
  await page.getByRole('button', { name: 'Entrer' }).waitFor();
  expect(await page.locator('[role=alert]').innerText()).toContain('C’est votre tour');
});

test('each of two visitors reads and hears the queue in a language of their own', async () => {
  const { roomId, url, inside } = await stage.busyRoom({ languages: ['fr', 'en', 'es', 'ar'] });
  const french = await newVisitor(stage.browser);
  await french.page.goto(url);
  await french.page.getByRole('button', { name: 'Prendre un numéro' }).click();
  const arabic = await newVisitor(stage.browser, { locale: 'ar' });
  await arabic.page.goto(url);
  await arabic.page.getByRole('button', { name: 'أخذ رقم' }).click();
  expect(await arabic.page.locator('html').getAttribute('dir')).toBe('rtl');
  const notice = { fr: 'Reprise à midi.', en: 'Back at noon.', ar: 'نعود عند الظهر.' };
  await stage.service.internal(`/v1/rooms/${roomId}/notice`, { method: 'PUT', body: { notice } });
  await french.page.getByText('Reprise à midi.', { exact: true }).waitFor();
  await arabic.page.getByText('نعود عند الظهر.', { exact: true }).waitFor();
  await french.page.getByRole('link', { name: 'Español' }).click();
  await french.page.getByText('Su número', { exact: true }).waitFor();
  await stage.finish(inside);
  await french.page.getByRole('button', { name: 'Entrar' }).waitFor();
  expect(await french.page.title()).toMatch(/^Es su turno/);
  expect(await arabic.page.locator('.position').innerText()).toBe('1');
  expect([...french.complaints, ...arabic.complaints]).toEqual([]);
});
