/**
 * The widget for those who use a keyboard or a screen reader: the way through it, what is spoken and how often, and what
 * updates leave alone. With the real service where a town's site is reached, else with answers that a test moves.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PublicRoom } from '../../src/web/client/room-watch.ts';
import { newVisitor } from '../support/browser.ts';
import { focusedIn, tabTo } from '../support/keyboard.ts';
import { pageNowMs } from '../support/page-lab.ts';
import { PageStage } from '../support/page-stage.ts';
import { turn, waiting } from '../support/room-pages.ts';
import { everyWidget, type WidgetDocument } from '../support/widget-documents.ts';
import { WidgetLab } from '../support/widget-lab.ts';
import { openTown } from '../support/widget-stage.ts';

let stage: PageStage;
let lab: WidgetLab;

beforeAll(async () => {
  [stage, lab] = await Promise.all([PageStage.start({ spareRooms: 1 }), WidgetLab.open()]);
});
afterAll(() => Promise.all([stage.close(), lab.close()]));

const before = '<h1>Activités</h1><p><a id="register" href="/pool">S’inscrire</a></p>';
const attributes = 'guards="#register"';
const regionName = 'Loisirs – file d’attente';
const minuteMs = 60_000;
const stepMs = 10_000;
const roundTripMs = 20;

test('the keyboard alone leads from a closed link to the widget, and through it to the site', async () => {
  const { roomId, siteUrl, inside } = await stage.roomWithSite();
  await stage.change(roomId, { allowedTargets: [`${siteUrl}/`] });
  const link = `<h1>Activités</h1><p><a id="register" href="${siteUrl}/">S’inscrire</a></p>`;
  const { page, url, complaints } = await openTown(stage, { roomId }, { before: link, attributes });
  const description = 'Disponible à votre tour dans la file.';
  await page.getByRole('link', { name: 'S’inscrire', description }).waitFor();
  await tabTo(page, 'S’inscrire');
  await page.keyboard.press('Enter');
  expect(page.url()).toBe(url);
  expect(await focusedRole(page)).toEqual({ role: 'region', name: regionName });
  await tabTo(page, 'Prendre un numéro');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Vous êtes la prochaine personne' }).waitFor();
  // What was pressed is gone.
  expect(await focusedRole(page)).toEqual({ role: 'region', name: regionName });
  await tabTo(page, 'Continuer sur un autre appareil');
  await page.keyboard.press('Space');
  await tabTo(page, 'Afficher mon code');
  await page.keyboard.press('Enter');
  await page.getByText('ouvrez cette adresse').waitFor();
  expect(await focusedRole(page)).toEqual({ role: 'region', name: regionName });
  await tabTo(page, 'Quitter la file');
  await stage.finish(inside);
  await page.getByRole('button', { name: 'Entrer' }).waitFor();
  expect((await focusedIn(page)).words).toBe('Quitter la file');
  await tabTo(page, 'Entrer');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${siteUrl}/`);
  expect(complaints).toEqual([]);
}, 60_000);

test('what speaks is there before it says anything: one alert, one status, in a region with a name', async () => {
  const { page } = await openTown(stage, stage.nextRoom(), { before, attributes });
  await page.getByRole('button', { name: 'Prendre un numéro' }).waitFor();
  expect(await liveRegions(page)).toEqual([
    { role: 'alert', live: 'assertive', atomic: true },
    { role: 'status', live: 'polite', atomic: true },
  ]);
  const region = page.getByRole('region', { name: regionName });
  expect(await region.getByRole('alert').innerText()).toBe('');
  expect(await region.getByRole('status').innerText()).toBe('');
  // And what is empty is not seen.
  const root = `document.querySelector('guichet-room').shadowRoot`;
  const areas = `[...${root}.querySelectorAll('div:empty')].map((part) => part.offsetWidth * part.offsetHeight)`;
  expect(new Set(await page.evaluate<number[]>(areas))).toEqual(new Set([0]));
  await page.getByRole('button', { name: 'Prendre un numéro' }).click();
  await expect
    .poll(() => region.getByRole('status').innerText())
    .toMatch(/^Vous êtes la prochaine personne\. .*position 1/);
});

/**
 * A visitor whose browser's time, and the service's, goes on by nothing but `pass()`, and what is spoken to them, with
 * when. Time goes on in steps, between which answers arrive: those that take longer than a widget waits are none.
 */
async function visitorInTime(document: WidgetDocument): Promise<{
  page: Page;
  pass: (ms: number) => Promise<void>;
  spoken: (region: 'status' | 'alert') => Promise<{ atMs: number; text: string }[]>;
}> {
  const { page, context } = await newVisitor(stage.browser);
  await context.clock.install({ time: pageNowMs });
  await page.addInitScript('Math.random = () => 0.5');
  await lab.show(page, document, { withScript: true });
  await page.evaluate(`
    globalThis.spoken = { status: [], alert: [] };
    for (const region of ['status', 'alert']) {
      const element = document.querySelector('guichet-room').shadowRoot.getElementById(region);
      new MutationObserver(() => spoken[region].push({ atMs: Date.now(), text: element.textContent }))
        .observe(element, { childList: true, characterData: true, subtree: true });
    }`);
  const pausedMs = (await page.evaluate<number>('Date.now()')) + stepMs;
  await context.clock.pauseAt(pausedMs);
  let passedMs = pausedMs - pageNowMs;
  return {
    page,
    pass: async (ms) => {
      for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
        passedMs += Math.min(stepMs, leftMs);
        if (typeof document.room === 'object')
          document.room.now = new Date(pageNowMs + passedMs).toISOString();
        await context.clock.runFor(Math.min(stepMs, leftMs));
        await wait(roundTripMs);
      }
    },
    spoken: (region) => page.evaluate(`spoken.${region}`),
  };
}

function stateOf(name: string): WidgetDocument {
  return everyWidget('fr').get(name) as WidgetDocument;
}

describe('through fifty updates', () => {
  test('the focus stays for someone without a number, and a change of the room alone is spoken', async () => {
    const state = stateOf('join');
    const room = { ...(state.room as PublicRoom) };
    const { page, pass, spoken } = await visitorInTime({ ...state, room });
    const link = page.getByRole('link', { name: 'J’ai un code : reprendre ma place' });
    await link.focus();
    for (let update = 1; update <= 50; update += 1) {
      room.state = update > 25 ? 'paused' : 'open';
      room.waiting = 100 + update;
      await pass(20_000);
      await page.locator('#situation').getByText(`${room.waiting} personnes`).waitFor();
    }
    expect((await focusedIn(page)).words).toMatch(/^J’ai un code/);
    expect((await spoken('status')).map(({ text }) => text)).toEqual(['En pause']);
    expect(await spoken('alert')).toEqual([]);
  }, 60_000);

  test('positions are spoken at most once a minute, but at those worth knowing at once', async () => {
    const state = stateOf('in line');
    const { page, pass, spoken } = await visitorInTime(state);
    await page.getByText('Continuer sur un autre appareil').click();
    await page.getByRole('button', { name: 'Afficher mon code' }).focus();
    for (let position = 208; position > 0; position -= 4) {
      await move(page, state, position);
      await pass(15_000);
    }
    await move(page, state, 1);
    await pass(minuteMs);
    expect((await focusedIn(page)).words).toBe('Afficher mon code');
    const said = (await spoken('status')).map(({ atMs, text }) => ({
      atMs,
      position: Number(/position (\d+)/.exec(text)?.[1]),
    }));
    for (const [index, { atMs, position }] of said.entries()) {
      const last = said[index - 1];
      if (last === undefined || atMs - last.atMs >= minuteMs) continue;
      const passed = [106, 100, 50, 10, 1].some((at) => last.position > at && position <= at);
      expect([passed, last.position, position]).toEqual([true, last.position, position]);
    }
    const positions = said.map(({ position }) => position);
    expect(positions).toEqual(expect.arrayContaining([100, 48, 8, 1]));
    expect(said.length).toBeLessThan(25);
  }, 60_000);

  test('half of the first position is spoken at once', async () => {
    const state = stateOf('in line');
    const { page, spoken } = await visitorInTime(state);
    await move(page, state, 107);
    await move(page, state, 106);
    const said = await spoken('status');
    expect(said.at(-1)?.text ?? '').toContain('position 106');
  });
});

test('one’s turn is alerted once, and once more before it ends', async () => {
  const state = stateOf('in line');
  const { page, pass, spoken } = await visitorInTime(state);
  lab.tell(state, turn());
  await page.getByRole('button', { name: 'Entrer' }).waitFor();
  await pass(4.5 * minuteMs);
  await page.locator('#time-left').getByText('secondes').waitFor();
  const alerts = await spoken('alert');
  expect(alerts.map(({ text }) => text.replace(/\s+/g, ' '))).toEqual([
    expect.stringMatching(/^C’est votre tour/),
    expect.stringMatching(/Il reste moins de 1 minute/),
  ]);
});

// The alert says it all.
test('at one’s turn the status is silent', async () => {
  const state = stateOf('in line');
  const { page } = await visitorInTime(state);
  await move(page, state, 1);
  lab.tell(state, turn());
  await page.getByRole('button', { name: 'Entrer' }).waitFor();
  expect(await page.getByRole('status').innerText()).toBe('');
});

async function move(page: Page, state: WidgetDocument, position: number): Promise<void> {
  lab.tell(state, waiting(position, 'queued', { low: 740_000, high: 1_030_000 }));
  await page.locator('.position').getByText(String(position), { exact: true }).waitFor();
}

type Heard = { role: unknown; name: unknown; properties: ReadonlyMap<string, unknown> };

/** What the browser tells screen readers. */
async function accessibilityTree(page: Page): Promise<Heard[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const heard = nodes.filter(({ ignored }) => !ignored);
  return heard.map(({ role, name, properties = [] }) => ({
    role: role?.value,
    name: name?.value,
    properties: new Map<string, unknown>(properties.map(({ name, value }) => [name, value.value])),
  }));
}

async function focusedRole(page: Page): Promise<Omit<Heard, 'properties'> | undefined> {
  const nodes = await accessibilityTree(page);
  // The document says so of itself as well.
  const focused = nodes.findLast(({ properties }) => properties.get('focused') === true);
  return focused && { role: focused.role, name: focused.name };
}

async function liveRegions(page: Page): Promise<object[]> {
  const regions = (await accessibilityTree(page)).filter(({ properties }) => properties.has('live'));
  return regions.map(({ role, properties }) => ({
    role,
    live: properties.get('live'),
    atomic: properties.get('atomic'),
  }));
}
