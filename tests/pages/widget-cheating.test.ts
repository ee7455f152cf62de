/** The widget, and those who try to gain by it: by what it keeps, by what it sends, from a page that may not. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newVisitor } from '../support/browser.ts';
import { hostPage } from '../support/host-page.ts';
import { PageStage } from '../support/page-stage.ts';
import type { Visitor } from '../support/service.ts';
import { openTown } from '../support/widget-stage.ts';
import { type Answer, ask } from '../support/wire-client.ts';

let stage: PageStage;

beforeAll(async () => {
  stage = await PageStage.start({ spareRooms: 3 });
});
afterAll(() => stage.close());

const joinButton = { name: 'Prendre un numéro' };
const next = { name: 'Vous êtes la prochaine personne' };
const enter = { name: 'Entrer' };
const before = '<a id="register" href="/pool">Piscine</a>';
const guarding = 'guards="#register"';

describe('nobody gains', () => {
  const keptIn = (page: Page): Promise<{ queueToken: string; number: number }> =>
    page.evaluate('JSON.parse(Object.values(localStorage)[0])');
  const keep = (page: Page, kept: object): Promise<unknown> =>
    page.evaluate(
      `localStorage.setItem(Object.keys(localStorage)[0], ${JSON.stringify(JSON.stringify(kept))})`,
    );

  test('by editing what the widget keeps, or bringing what another room or visitor was given', async () => {
    const [room, other] = [stage.nextRoom(), stage.nextRoom()];
    const { page } = await openTown(stage, room, { before, attributes: guarding });
    await page.getByRole('button', joinButton).click();
    await page.getByRole('heading', next).waitFor();
    const kept = await keptIn(page);
    // Another number is only another number on the screen.
    await keep(page, { ...kept, number: 1 });
    await page.reload();
    await page.getByRole('heading', next).waitFor();
    const [header, payload, signature] = kept.queueToken.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { ord: number };
    const earlier = Buffer.from(JSON.stringify({ ...claims, ord: 1, num: 1 })).toString('base64url');
    const elsewhere: Visitor = await stage.service.join(other.roomId);
    for (const queueToken of [`${header}.${earlier}.${signature}`, elsewhere.queueToken, 'x', '']) {
      await keep(page, { ...kept, queueToken });
      await page.reload();
      await page.getByRole('button', { name: /^Prendre un (nouveau )?numéro$/ }).waitFor();
      expect(await page.locator('#register').getAttribute('aria-disabled')).toBe('true');
    }
    // Nor does rubbish break it.
    for (const rubbish of ['{', 'null', '[1]', '{"queueToken":7,"number":{}}']) {
      await page.evaluate(`localStorage.setItem(Object.keys(localStorage)[0], ${JSON.stringify(rubbish)})`);
      await page.reload();
      await page.getByRole('button', { name: /^Prendre un (nouveau )?numéro$/ }).waitFor();
    }
  });

  test('by one ticket in many tabs, or by sending again what the widget sent', async () => {
    const { roomId, inside } = await stage.busyRoom();
    const town = await openTown(stage, { roomId });
    const { page } = town;
    await stage.lead(roomId, town.origin);
    const sent: { url: string; headers: Record<string, string>; body: string | null }[] = [];
    page.on('request', async (request) => {
      if (request.method() === 'POST' && request.url().includes('/v1/'))
        sent.push({ url: request.url(), headers: await request.allHeaders(), body: request.postData() });
    });
    await page.getByRole('button', joinButton).click();
    await page.getByRole('heading', next).waitFor();
    const second = await page.context().newPage();
    await second.goto(town.url);
    await second.getByRole('heading', next).waitFor();
    await stage.finish(inside);
    await second.getByRole('button', enter).waitFor();
    await page.getByRole('button', enter).click();
    await expect.poll(() => sent.some(({ url }) => url.endsWith('/enter'))).toBe(true);
    const again = (): Promise<Answer[]> =>
      Promise.all(
        sent.map(({ url, headers: { authorization, origin = '', ...headers }, body }) => {
          const key = headers['idempotency-key'];
          return ask(url, {
            method: 'POST',
            headers: {
              origin,
              ...(authorization && { authorization }),
              ...(key && { 'idempotency-key': key }),
            },
            ...(body && { body: JSON.parse(body) as object }),
          });
        }),
      );
    const [joined, entered] = await again();
    expect(joined?.body).toMatchObject({ number: 2 });
    const jti = (pass: unknown): unknown =>
      (JSON.parse(Buffer.from(String(pass).split('.')[1] ?? '', 'base64url').toString()) as { jti: string })
        .jti;
    expect(jti(entered?.body['pass'])).toBe(joined?.body['ticketId']);
    // Once it is over, all of it is worth nothing.
    await stage.finish({ ...inside, ticketId: String(joined?.body['ticketId']) });
    const after = await again();
    expect(after.map(({ status }) => status)).toEqual([409, 409]);
    expect((await stage.service.public(`/v1/rooms/${roomId}`)).body['waiting']).toBe(0);
  }, 60_000);

  test('by calling the API from a page that is not on the list', async () => {
    const { roomId } = stage.nextRoom();
    const { publicUrl } = stage.service;
    const town = await hostPage(
      `<guichet-room room="${roomId}"></guichet-room><script src="${publicUrl}/widget.js"></script>`,
    );
    const { page } = await newVisitor(stage.browser);
    await page.goto(town.url);
    await page.getByRole('heading', { name: 'La file ne répond pas' }).waitFor();
    const room = `${publicUrl}/v1/rooms/${roomId}`;
    const tries = await page.evaluate<unknown[]>(`Promise.all([
      fetch('${room}').then((answer) => answer.status, () => 'kept from it'),
      fetch('${room}/tickets', { method: 'POST' }).then((answer) => answer.status, () => 'kept from it'),
      fetch('${room}/tickets', { method: 'POST', mode: 'no-cors' }).then((answer) => answer.type, () => 'kept from it'),
      new Promise((resolve) => {
        const socket = new WebSocket('${room.replace('http', 'ws')}/live', 'guichet.v1');
        socket.onopen = () => resolve('open');
        socket.onclose = () => resolve('kept from it');
      }),
    ])`);
    expect(tries).toEqual(['kept from it', 'kept from it', 'opaque', 'kept from it']);
    expect((await stage.service.public(`/v1/rooms/${roomId}`)).body['waiting']).toBe(0);
    const refused = await ask(`${room}/tickets`, { method: 'POST', headers: { origin: town.origin } });
    expect(refused.status).toBe(403);
  });
});
