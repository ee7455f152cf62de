/** What the waiting page does in place while one waits, in a real browser with the real service. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newVisitor } from '../support/browser.ts';
import { PageStage, withinMs } from '../support/page-stage.ts';
import { expectStatus, type Visitor } from '../support/service.ts';

const pageBytesMax = 30 * 1_024;

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 6, pace: 4 });
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

test('a closing time that is announced or moved shows on the pages of those who wait', async () => {
  const { roomId, url } = stage.nextRoom();
  const { page, complaints } = await newVisitor(stage.browser, { timezoneId: 'America/Toronto' });
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Cette page se met à jour toute seule.').waitFor();
  expect(await page.getByText('Fermeture').count()).toBe(0);

  await stage.change(roomId, { timeZone: 'America/Toronto', closesAt: '2099-11-25T16:30:00-05:00' });
  const closing = page.getByText('Plus personne n’entre après la fermeture de la file. Fermeture :');
  await closing.waitFor();
  expect(await closing.locator('time').getAttribute('datetime')).toBe('2099-11-25T16:30:00-05:00');
  await stage.change(roomId, { closesAt: '2099-11-25T18:00:00-05:00' });
  await page.locator('time[datetime="2099-11-25T18:00:00-05:00"]').waitFor();
  await page.reload();
  expect(await closing.innerText()).toContain('mercredi 25 novembre à 18 h');

  await stage.change(roomId, { closesAt: null });
  await closing.waitFor({ state: 'hidden' });
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

/** All that a policy allows of what weighs most, and texts as long as towns write them. */
async function heavyRoom(): Promise<string> {
  const noise = Buffer.from(Array.from({ length: 6_100 }, (_, at) => (at * at * 31 + at * 7) % 251));
  const text = 'Ayez avec vous votre carte de citoyen et la liste des cours que vous souhaitez suivre. ';
  const texts = { fr: text.repeat(5), en: text.repeat(5), es: text.repeat(5), ar: text.repeat(5) };
  return stage.service.openRoom({
    name: { fr: 'Loisirs', en: 'Recreation' },
    rule: texts,
    prepare: texts,
    contact: texts,
    languages: ['fr', 'en', 'es', 'ar'],
    logo: `data:image/png;base64,${noise.toString('base64')}`,
    colours: { accent: '#7a1f3d' },
    capacity: 0,
  });
}

test.each(['fr-CA', 'ar'])(
  'the whole page weighs at most 30 KiB (%s), and nothing comes from elsewhere',
  async (locale) => {
    const url = `${stage.service.publicUrl}/rooms/${await heavyRoom()}`;
    const { page, context, complaints } = await newVisitor(stage.browser, { locale });
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await page.goto(url, { waitUntil: 'networkidle' });
    const joining = bytes;
    expect(joining).toBeGreaterThan(10_000);
    expect(joining).toBeLessThanOrEqual(pageBytesMax);
    await page.locator('form .main').click();
    await page.locator('.position').waitFor();
    // A visitor whose first page is that of a ticket, with its code, receives no more.
    await context.newCDPSession(page).then((fresh) => fresh.send('Network.clearBrowserCache'));
    bytes = 0;
    await page.goto(`${url}?code=1`, { waitUntil: 'networkidle' });
    expect(await page.locator('.code-text').count()).toBe(1);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(pageBytesMax);
    expect(
      addresses.filter((url) => !url.startsWith(stage.service.publicUrl) && !url.startsWith('data:')),
    ).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

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

test('what is unfolded and typed stays, and so does the focus, through fifty updates', async () => {
  const { roomId, url } = stage.nextRoom();
  const ahead: Visitor[] = [];
  for (let count = 0; count < 48; count += 1) ahead.push(await stage.service.join(roomId));
  const { page } = await newVisitor(stage.browser);
  await page.goto(url);
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await page.getByText('Cette page se met à jour toute seule.').waitFor();
  await page.getByText('Recevoir un courriel à l’approche de mon tour').click();
  await page.getByLabel('Votre adresse courriel').fill('camille@exam');
  await page.evaluate(`
    window.updates = 0;
    new MutationObserver(() => { window.updates += 1; })
      .observe(document.getElementById('position'), { childList: true });
  `);
  for (const { queueToken } of ahead.slice(0, 47)) {
    const path = `/v1/rooms/${roomId}/ticket`;
    const before = (await page.evaluate('window.updates')) as number;
    expectStatus(await stage.service.public(path, { method: 'DELETE', bearer: queueToken }), 204);
    await expect.poll(() => page.evaluate('window.updates'), { timeout: withinMs }).toBeGreaterThan(before);
  }
  for (const verb of ['pause', 'resume', 'pause'])
    await stage.service.internal(`/v1/rooms/${roomId}/${verb}`, { method: 'POST' });
  await page.getByRole('heading', { name: 'En pause' }).waitFor();
  expect(await page.evaluate('window.updates')).toBeGreaterThanOrEqual(47);
  expect(await page.getByLabel('Votre adresse courriel').inputValue()).toBe('camille@exam');
  expect(await page.evaluate('document.activeElement.id')).toBe('email-address');
  await page.keyboard.type('ple.org');
  expect(await page.getByLabel('Votre adresse courriel').inputValue()).toBe('camille@example.org');
  // With the focus elsewhere the part is brought up to date, and nothing in it is lost.
  await page.getByRole('link', { name: 'Actualiser' }).focus();
  await stage.service.internal(`/v1/rooms/${roomId}/resume`, { method: 'POST' });
  await page.getByRole('heading', { name: 'C’est bientôt votre tour' }).waitFor();
  await expect.poll(() => page.locator('#away').innerText()).not.toContain('Vous pouvez fermer cette page');
  expect(await page.getByLabel('Votre adresse courriel').inputValue()).toBe('camille@example.org');
}, 120_000);
