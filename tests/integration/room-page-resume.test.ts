/** One's place on another device, by the pages and forms of the waiting page: the code, its picture, taking it back. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cookieOf, PageClient } from '../support/page-client.ts';
import { startService, type TestService, testPublicUrl } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

let service: TestService;
let pages: PageClient;
/** Rooms that let nobody in, so that whoever joins waits. */
let room: string;
let otherRoom: string;

beforeAll(async () => {
  service = await startService();
  pages = new PageClient(service);
  room = await service.openRoom({ name: 'Loisirs', capacity: 0 });
  otherRoom = await service.openRoom({ capacity: 0 });
});
afterAll(() => service.close());

function codeOn({ text }: Answer): string {
  return /class="code-text"><bdi>([^<]+)</.exec(text)?.[1] ?? '';
}

function numberOn({ text }: Answer): number {
  return Number(/"ticket":\{"number":(\d+)/.exec(text)?.[1]);
}

/** Someone with a number, and the code of it. */
async function holder(): Promise<{ cookie: string; number: number; code: string }> {
  const { cookie } = await pages.join(room);
  const shown = await pages.get(room, '?code=1', { cookie });
  return { cookie, number: numberOn(shown), code: codeOn(shown) };
}

/** The ticket's cookie; undefined: none was set. */
function ticketCookie({ headers }: Answer): string | undefined {
  return headers['set-cookie']?.find((cookie) => cookie.startsWith('__Host-guichet'));
}

function resume(code: string, key: string = randomUUID(), cookie = ''): Promise<Answer> {
  return pages.post(room, 'resume', { fields: { code, key }, headers: { cookie } });
}

describe('a code', () => {
  test('is shown when it is asked for, the same each time, with its address, its end and a picture', async () => {
    const { cookie, code } = await holder();
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
    const again = await pages.get(room, '?code=1', { cookie });
    expect(codeOn(again)).toBe(code);
    expect(again.text).toContain(`<bdi class="address">${testPublicUrl}/rooms/${room}/resume</bdi>`);
    expect(again.text).toContain('Il est valable jusqu’à');
    expect((await pages.get(room, '', { cookie })).text).not.toContain(code);
    const picture = await service.public(`/rooms/${room}/code.svg`, { headers: { cookie } });
    expect(picture.headers['content-type']).toBe('image/svg+xml');
    expect(picture.headers['cache-control']).toBe('no-store');
    expect(picture.text).toMatch(/^<svg [^]*<\/svg>$/);
    expect((await service.public(`/rooms/${room}/code.svg`)).status).toBe(401);
  });

  test('stands in the form when its address was opened, and no GET uses it', async () => {
    const { code, cookie } = await holder();
    const { text, status } = await pages.get(`${room}/resume`, `?code=${code.replace('-', '')}`);
    expect(status).toBe(200);
    expect(text).toContain(`name="code" value="${code.replace('-', '')}"`);
    expect((await pages.get(room, '', { cookie })).text).toContain('"kind":"waiting"');
  });

  test('moves the number here, and the first device is told', async () => {
    const first = await holder();
    const moved = await resume(` ${first.code.toLowerCase()} `);
    expect(moved.status).toBe(303);
    expect(moved.headers.location).toBe(`/rooms/${room}?lang=fr`);
    const here = await pages.get(room, '', { cookie: cookieOf(moved) ?? '' });
    expect(numberOn(here)).toBe(first.number);
    expect(here.text).toContain('"kind":"waiting"');
    const there = await pages.get(room, '', { cookie: first.cookie });
    expect(there.text).toContain('Votre place est sur un autre appareil');
    for (const action of ['enter', 'leave']) {
      const answer = await pages.post(room, action, { headers: { cookie: first.cookie } });
      expect(answer.status).toBe(409);
      expect(answer.text).toContain('Votre place est maintenant sur un autre appareil.');
    }
    expect(numberOn(await pages.get(room, '', { cookie: cookieOf(moved) ?? '' }))).toBe(first.number);
  });

  test('works once; the same form again is the same answer', async () => {
    const first = await holder();
    const key = randomUUID();
    const moved = await resume(first.code, key);
    const repeated = await resume(first.code, key);
    expect(repeated.status).toBe(303);
    expect(numberOn(await pages.get(room, '', { cookie: cookieOf(repeated) ?? '' }))).toBe(first.number);
    const other = await resume(first.code);
    expect(other.status).toBe(409);
    expect(other.text).toContain('Code déjà utilisé');
    expect(ticketCookie(other)).toBeUndefined();
    expect(numberOn(await pages.get(room, '', { cookie: cookieOf(moved) ?? '' }))).toBe(first.number);
  });

  test('whose answer was lost is asked for again on a fresh form, and gives the number after all', async () => {
    const first = await holder();
    const address = `?code=${first.code}`;
    const form = await pages.get(`${room}/resume`, address);
    const kept = form.headers['set-cookie']?.find((cookie) => cookie.startsWith('guichet-resume='));
    expect(kept).toContain(`Path=/rooms/${room}/resume; HttpOnly; Secure; SameSite=Strict`);
    const keyOn = ({ text }: Answer): string => /name="key" value="([^"]+)"/.exec(text)?.[1] ?? '';
    expect((await resume(first.code, keyOn(form))).status).toBe(303);
    const again = await pages.get(`${room}/resume`, address, { cookie: kept?.split(';')[0] ?? '' });
    expect(keyOn(again)).toBe(keyOn(form));
    const resumed = await resume(first.code, keyOn(again));
    expect(resumed.status).toBe(303);
    expect(numberOn(await pages.get(room, '', { cookie: cookieOf(resumed) ?? '' }))).toBe(first.number);
  });

  test('goes along to the form in another language', async () => {
    const { text } = await pages.get(`${room}/resume`, '?code=K7QXM2PD93');
    expect(text).toContain(`href="/rooms/${room}/resume?lang=en&#38;code=K7QXM2PD93" lang="en"`);
    expect(text).toContain('<title>Reprendre votre place sur cet appareil – Loisirs</title>');
  });

  test.each(['', 'abc', '00000-00000', 'ZZZZZ-ZZZZZ', '<script>alert(1)</script>', 'K7QXM-2PD93-K7QXM'])(
    '%j is refused on the form, with what was typed, and nothing is lost',
    async (code) => {
      const mine = await pages.join(room);
      const answer = await resume(code, randomUUID(), mine.cookie);
      expect(answer.status).toBe(404);
      expect(answer.text).toContain('Code non reconnu');
      expect(answer.text).toContain('aria-describedby="problem"');
      expect(answer.text).not.toContain('<script>alert');
      expect(ticketCookie(answer)).toBeUndefined();
      expect((await pages.get(room, '', { cookie: mine.cookie })).text).toContain('"kind":"waiting"');
    },
  );

  test('of another room is not known here', async () => {
    const { code } = await holder();
    const answer = await pages.post(otherRoom, 'resume', { fields: { code, key: randomUUID() } });
    expect(answer.status).toBe(404);
    expect((await resume(code)).status).toBe(303);
  });

  test('that would replace a number of this device says so before it does', async () => {
    const { code } = await holder();
    const mine = await pages.join(room);
    const number = numberOn(await pages.get(room, '', { cookie: mine.cookie }));
    const { text } = await pages.get(`${room}/resume`, `?code=${code}`, { cookie: mine.cookie });
    expect(text).toContain(`Cet appareil a déjà le numéro <bdi>${number}</bdi>.`);
  });

  test('can be tried so often a minute and no more', async () => {
    const limited = await startService();
    try {
      const roomId = await limited.openRoom({ capacity: 0 });
      const client = new PageClient(limited);
      const statuses: number[] = [];
      for (let tries = 0; tries < 62; tries += 1) {
        const fields = { code: '00000-00000', key: randomUUID() };
        statuses.push((await client.post(roomId, 'resume', { fields })).status);
      }
      expect(statuses.filter((status) => status === 404)).toHaveLength(60);
      expect(statuses.slice(60)).toEqual([429, 429]);
    } finally {
      await limited.close();
    }
  });
});
