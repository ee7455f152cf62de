/** What the widget guards in a town's own page, across two sites, in a real browser with the real service. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PageStage } from '../support/page-stage.ts';
import { openTown } from '../support/widget-stage.ts';

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 3 });
});
afterAll(() => stage.close());

const join = { name: 'Prendre un numéro' };
const next = { name: 'Vous êtes la prochaine personne' };
const enter = { name: 'Entrer' };

describe('a guarded link', () => {
  test('says why it is out of reach, leads through at the turn, and the pass works at the site once', async () => {
    const { publicUrl } = stage.service;
    const { roomId, siteUrl, inside } = await stage.roomWithSite();
    const before = `<h1>Loisirs</h1><a id="register" href="${publicUrl}/rooms/${roomId}">S’inscrire</a>`;
    const { page, complaints, url } = await openTown(
      stage,
      { roomId },
      { attributes: 'guards="#register"', before },
    );
    const link = page.getByRole('link', {
      name: 'S’inscrire',
      description: 'Disponible à votre tour dans la file.',
    });
    await link.waitFor();
    expect(await link.getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('button', join).click();
    await page.getByRole('heading', next).waitFor();
    // Nothing but words come of pressing it: the focus is where they are.
    await link.click({ force: true });
    expect(page.url()).toBe(url);
    expect(await page.evaluate('document.activeElement.localName')).toBe('guichet-room');
    const arrived = page.waitForRequest((request) => request.url().startsWith(`${siteUrl}/?guichet=`));
    await stage.finish(inside);
    await page.getByRole('button', enter).waitFor();
    expect(await page.getByRole('link', { name: 'S’inscrire' }).getAttribute('aria-disabled')).toBeNull();
    await page.getByRole('link', { name: 'S’inscrire' }).click();
    await page.waitForURL(`${siteUrl}/`);
    await page.getByText('Étape 1 sur 2').waitFor();
    expect(complaints).toEqual([]);
    // The address by which one arrived is worth nothing to anybody else.
    const other = await stage.browser.newContext();
    await other.request.get((await arrived).url(), { maxRedirects: 0 }).then((answer) => {
      expect(answer.status()).toBe(303);
      expect(answer.headers()['location']).toBe(`${publicUrl}/rooms/${roomId}`);
    });
    await other.close();
  }, 60_000);

  test('without scripts leads to the waiting page, for the same target', async () => {
    const { roomId } = stage.nextRoom();
    const href = `${stage.service.publicUrl}/rooms/${roomId}?t=${encodeURIComponent('http://127.0.0.1:9/pool')}`;
    const before = `<a id="register" href="${href}">S’inscrire</a>`;
    const { page } = await openTown(
      stage,
      { roomId },
      { attributes: 'guards="#register"', before, visitor: { javaScriptEnabled: false } },
    );
    await page.getByRole('link', { name: 'S’inscrire' }).click();
    await page.getByRole('button', join).waitFor();
    expect(page.url()).toBe(href);
  });
});

describe('a guarded form', () => {
  const form = `<form id="register" method="post" action="/register?year=2027">
<label>Nom <input name="child" required></label><button name="way" value="web">Inscrire</button></form>`;

  test('is inert, opens at the turn, is checked by the browser, and goes with the hand-over', async () => {
    const { roomId, inside } = await stage.busyRoom();
    const town = await openTown(
      stage,
      { roomId },
      { attributes: 'guards="form"', before: form, policy: null },
    );
    const { page } = town;
    await stage.lead(roomId, `${town.origin}/register`);
    await page.getByText('Une partie de cette page s’ouvre à votre tour.').waitFor();
    await page.locator('[name=child]').focus();
    expect(await page.evaluate('document.activeElement.localName')).toBe('body');
    await page.getByRole('button', join).click();
    await page.getByRole('heading', next).waitFor();
    await stage.finish(inside);
    await page.getByRole('button', enter).click();
    // Something is missing yet: the browser says so, and nothing was entered.
    expect(await page.evaluate('document.activeElement.name')).toBe('child');
    await page.getByLabel('Nom').fill('Lou');
    await page.getByRole('button', { name: 'Inscrire' }).click();
    await page.waitForURL(/\/register\?year=2027&guichet=/);
    const sent = town.requests.find(({ method }) => method === 'POST');
    expect(sent?.body).toBe('child=Lou&way=web');
    expect(await redeemed(roomId, sent?.url)).toBe(200);
    expect(await redeemed(roomId, sent?.url)).toBe(409);
  }, 60_000);

  test('that is sent by GET carries the hand-over as a field, and its button alone can be guarded', async () => {
    const { roomId, inside } = await stage.busyRoom();
    const before =
      '<form action="/search"><input name="q" aria-label="Quoi" value="bain"><button id="go">Chercher</button></form>';
    const town = await openTown(stage, { roomId }, { attributes: 'guards="#go"', before });
    const { page, complaints } = town;
    await stage.lead(roomId, `${town.origin}/search`);
    // What leads nowhere yet can be filled in already.
    await page.getByLabel('Quoi').fill('natation');
    await page.getByLabel('Quoi').press('Enter');
    expect(page.url()).toBe(town.url);
    await page.getByRole('button', join).click();
    await page.getByRole('heading', next).waitFor();
    await stage.finish(inside);
    await page.getByRole('button', enter).click();
    await page.waitForURL(/\/search\?q=natation&guichet=/);
    expect(await redeemed(roomId, town.requests.at(-1)?.url)).toBe(200);
    expect(complaints).toEqual([]);
  }, 60_000);
});

test('a guarded page is hidden but for the widget, and is there once one is inside', async () => {
  const { roomId, inside } = await stage.busyRoom();
  const before = '<h1>Ville</h1><main><p>Le formulaire</p><div>';
  const after = '</div><p>Les tarifs</p></main><footer>Téléphone</footer>';
  const town = await openTown(stage, { roomId }, { attributes: 'guards="main"', before, after });
  const { page } = town;
  await stage.lead(roomId, `${town.origin}/`);
  await page.getByText('Une partie de cette page s’ouvre à votre tour.').waitFor();
  const visible = (text: string): Promise<boolean> => page.getByText(text).isVisible();
  expect(await Promise.all(['Ville', 'Le formulaire', 'Les tarifs', 'Téléphone'].map(visible))).toEqual([
    true,
    false,
    false,
    true,
  ]);
  await page.getByRole('button', join).click();
  await page.getByRole('heading', next).waitFor();
  await stage.finish(inside);
  await page.getByRole('button', enter).click();
  await page.waitForURL(/\?guichet=/);
  await page.getByText('Le formulaire').waitFor();
  expect(await redeemed(roomId, town.requests.at(-1)?.url)).toBe(200);
  // It stays so for as long as the session does.
  await page.goto(town.url);
  await page.getByText('Les tarifs').waitFor();
}, 60_000);

test('whoever does not have to wait is taken through by the first press', async () => {
  const { roomId, siteUrl } = await stage.roomWithSite({ capacity: 5 });
  const { page } = await openTown(stage, { roomId });
  await page.getByRole('button', join).click();
  await page.waitForURL(`${siteUrl}/`);
  expect(await page.getByText('Étape 1 sur 2').count()).toBe(1);
}, 60_000);

async function redeemed(roomId: string, url = ''): Promise<number> {
  const handOver = new URL(url, 'http://town').searchParams.get('guichet');
  const path = `/v1/rooms/${roomId}/passes/redeem`;
  const answer = await stage.service.internal(path, { method: 'POST', body: { handOver }, as: 'origin' });
  return answer.status;
}
