/** The widget where something goes wrong: lines, replies, tickets of an earlier run, turns that are missed. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FrontProxy } from '../support/front-proxy.ts';
import { hostPage } from '../support/host-page.ts';
import { newVisitor, untilShown } from '../support/browser.ts';
import { PageStage, withinMs } from '../support/page-stage.ts';
import { expectStatus } from '../support/service.ts';
import { openTown, type Town } from '../support/widget-stage.ts';

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 8 });
});
afterAll(() => stage.close());

const joinButton = { name: 'Prendre un numéro' };
const next = { name: 'Vous êtes la prochaine personne' };
const enter = { name: 'Entrer' };
const before = '<a id="register" href="/pool">Piscine</a>';
const guarding = 'guards="#register"';

/** A town that reaches the service through a line that can be cut. */
async function townBehind(
  proxy: FrontProxy,
  roomId: string,
  attributes: string,
): Promise<Pick<Town, 'page' | 'url' | 'origin'>> {
  const widget = `<guichet-room room="${roomId}" server="${proxy.url}" ${attributes}></guichet-room>`;
  // The script comes from elsewhere: it is there, and the service is not.
  const town = await hostPage(
    `${before}${widget}<script src="${stage.service.publicUrl}/widget.js" defer></script>`,
  );
  await stage.allow(roomId, town.origin);
  const { page } = await newVisitor(stage.browser);
  await page.clock.install();
  return { ...town, page };
}

/** As a browser says it: what would be tried in a while is tried at once. */
function networkIsBack(page: Page): Promise<unknown> {
  return page.evaluate('dispatchEvent(new Event("online"))');
}

test('a service that cannot be reached is said to be, holds what is guarded, and is found again by itself', async () => {
  const { roomId } = stage.nextRoom();
  const proxy = await FrontProxy.inFrontOf(stage.service.publicUrl);
  const { page, url } = await townBehind(proxy, roomId, guarding);
  proxy.cut();
  await page.goto(url);
  await page.getByRole('heading', { name: 'La file ne répond pas' }).waitFor();
  await page.getByText('La connexion est interrompue. Nous réessayons.').waitFor();
  expect(await page.getByRole('button').count()).toBe(0);
  expect(await page.locator('#register').getAttribute('aria-disabled')).toBe('true');
  proxy.mend();
  await untilShown(page, page.getByRole('button', joinButton));
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
}, 90_000);

test('where the page says so, what is guarded opens while the service cannot be reached, and closes again', async () => {
  const { roomId } = stage.nextRoom();
  const proxy = await FrontProxy.inFrontOf(stage.service.publicUrl);
  const { page, url, origin } = await townBehind(proxy, roomId, `${guarding} when-unreachable="open"`);
  proxy.cut();
  await page.goto(url);
  await page.getByText('Tout le monde peut aller directement sur le site, sans numéro.').waitFor();
  const link = page.locator('#register');
  expect(await link.getAttribute('aria-disabled')).toBeNull();
  await link.click();
  await page.waitForURL(`${origin}/pool`);
  await page.goBack();
  await page.getByRole('heading', { name: 'La file ne répond pas' }).waitFor();
  proxy.mend();
  await networkIsBack(page);
  await page.getByRole('button', joinButton).waitFor({ timeout: 4 * withinMs });
  expect(await link.getAttribute('aria-disabled')).toBe('true');
}, 90_000);

test('a line that is cut while one waits keeps the last news, with the place, and goes on when it is back', async () => {
  const { roomId, inside } = stage.nextRoom();
  const proxy = await FrontProxy.inFrontOf(stage.service.publicUrl);
  const { page, url } = await townBehind(proxy, roomId, guarding);
  await page.goto(url);
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  proxy.cut();
  await untilShown(page, page.getByText('La connexion est interrompue.'));
  expect(await page.locator('.position').innerText()).toBe('1');
  await stage.finish(inside);
  proxy.mend();
  await untilShown(page, page.getByRole('button', enter));
}, 90_000);

test('a device that goes offline is told so, and its links stay closed whatever the page says', async () => {
  const { page } = await openTown(stage, stage.nextRoom(), {
    before,
    attributes: `${guarding} when-unreachable="open"`,
  });
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  await page.context().setOffline(true);
  await page.getByText('Votre appareil est hors connexion.').waitFor();
  expect(await page.locator('#register').getAttribute('aria-disabled')).toBe('true');
  await page.context().setOffline(false);
  await expect.poll(() => page.getByText('Votre appareil est hors connexion.').count()).toBe(0);
});

test('a join whose reply is lost finds the same ticket again, also after the page was loaded anew', async () => {
  const room = stage.nextRoom();
  let lost = 0;
  const { page } = await openTown(stage, room, {
    prepare: (page) =>
      page.route('**/tickets', async (route) => {
        // It arrives, and its answer does not.
        if (route.request().method() !== 'POST' || lost === 2) return route.continue();
        await route.fetch();
        lost += 1;
        await route.abort('connectionreset');
      }),
  });
  await page.getByRole('button', joinButton).click();
  await page.getByText('La file ne répond pas.').waitFor();
  await page.reload();
  await page.getByRole('button', joinButton).click();
  await page.getByText('La file ne répond pas.').waitFor();
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  expect(lost).toBe(2);
  expect(await page.locator('guichet-room dd').first().innerText()).toBe('2');
});

test('a missed turn is said to cost nothing, and “I am here” brings it back', async () => {
  const { roomId, inside } = await stage.busyRoom({ enterWithinMs: 3_000 });
  const { page } = await openTown(stage, { roomId }, { before, attributes: guarding });
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  await stage.finish(inside);
  await page.getByRole('button', enter).waitFor();
  await page.getByRole('heading', { name: 'Votre tour est passé, mais vous gardez votre place' }).waitFor();
  expect(await page.locator('#register').getAttribute('aria-disabled')).toBe('true');
  await page.getByRole('button', { name: 'Je suis là' }).click();
  await page.getByRole('button', enter).waitFor();
  await page.getByRole('button', { name: /^Prolonger de/ }).click();
  await page.getByText('Vous pouvez prolonger encore 9 fois.').waitFor();
}, 60_000);

test('a ticket of an earlier run is over, and another one can be taken', async () => {
  const { roomId } = await stage.busyRoom();
  const { page } = await openTown(stage, { roomId });
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  expectStatus(await stage.service.internal(`/v1/rooms/${roomId}`, { method: 'DELETE' }), 204);
  await stage.busyRoom({}, roomId);
  await stage.allow(roomId, new URL(page.url()).origin);
  await page.reload();
  await page.getByRole('heading', { name: 'Ce numéro vient d’une file précédente' }).waitFor();
  await page.getByRole('button', { name: 'Prendre un nouveau numéro' }).click();
  await page.getByRole('heading', next).waitFor();
  expect(await page.locator('.position').innerText()).toBe('1');
}, 60_000);

test('with third-party cookies and pop-ups blocked nothing is missing', async () => {
  const { roomId, siteUrl, inside } = await stage.roomWithSite();
  const opened: string[] = [];
  const { page } = await openTown(
    stage,
    { roomId },
    {
      prepare: async (page) => {
        const session = await page.context().newCDPSession(page);
        await session.send('Network.enable');
        await session.send('Network.setCookieControls', { enableThirdPartyCookieRestriction: true });
        page.context().on('page', (other) => opened.push(other.url()));
      },
    },
  );
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', next).waitFor();
  await stage.finish(inside);
  await page.getByRole('button', enter).click();
  await page.waitForURL(`${siteUrl}/`);
  expect(opened).toEqual([]);
}, 60_000);

test('a code moves the place to the waiting page of another device, and the widget leads to where one is entered', async () => {
  const { roomId, url } = stage.nextRoom();
  const { page } = await openTown(stage, { roomId });
  await page.getByRole('button', joinButton).click();
  await page.getByText('Continuer sur un autre appareil').click();
  await page.getByRole('button', { name: 'Afficher mon code' }).click();
  const [address = ''] = /http\S+/.exec(await page.getByText('ouvrez cette adresse').innerText()) ?? [];
  const phone = await newVisitor(stage.browser);
  await phone.page.goto(address);
  await phone.page.getByRole('button', { name: 'Reprendre ma place ici' }).click();
  await phone.page.getByRole('heading', next).waitFor();
  await page.getByRole('heading', { name: 'Votre place est sur un autre appareil' }).waitFor();
  // The ticket that is over is not kept.
  expect(await page.evaluate('Object.values(localStorage)')).toEqual(['{}']);
  await page.reload();
  await page.getByRole('link', { name: 'J’ai un code' }).click();
  await page.waitForURL(`${url}/resume?lang=fr`);
  await page.getByLabel('Code à 10 caractères').waitFor();
}, 60_000);

test('where the second half of the script does not come, nothing is lost, and it is asked for again', async () => {
  // It is asked for with the ticket, and again for it, unless the first time is still under way.
  const asked = { blocked: 0, let: 0 };
  let isBlocked = true;
  const { page } = await openTown(stage, stage.nextRoom(), {
    prepare: (page) =>
      page.route('**/widget.v1.ticket.js', (route) => {
        asked[isBlocked ? 'blocked' : 'let'] += 1;
        return isBlocked ? route.abort() : route.continue();
      }),
  });
  await page.getByRole('button', joinButton).click();
  await page.getByRole('heading', { name: 'La file ne répond pas' }).waitFor();
  isBlocked = false;
  await networkIsBack(page);
  await page.getByRole('heading', next).waitFor();
  expect(asked.blocked).toBeGreaterThan(0);
  expect(asked.let).toBe(1);
}, 60_000);
