/** The forms of the waiting page: joining, what counts as our own form, refusals in place, leaving. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { cookieOf, PageClient, withPlainSpaces } from '../support/page-client.ts';
import { startService, type TestService, testPublicUrl } from '../support/service.ts';

const targetUrl = 'https://site.example.org/register';
let service: TestService;
let pages: PageClient;
/** A room that lets nobody in, so that whoever joins waits. */
let fullRoom: string;
/** A room with room to spare. */
let spareRoom: string;

beforeAll(async () => {
  service = await startService();
  pages = new PageClient(service);
  fullRoom = await service.openRoom({ name: 'Loisirs', targetUrl, capacity: 0 });
  spareRoom = await service.openRoom({ name: 'Loisirs', targetUrl, outflowPerMinute: 60_000 });
  await pages.untilAdmitted(await service.join(spareRoom));
});
afterAll(() => service.close());

describe('joining by the form', () => {
  test('hands the ticket over in a cookie that no script reads, and leads back to the page', async () => {
    const { answer, cookie } = await pages.join(fullRoom);
    expect(answer.headers.location).toBe(`/rooms/${fullRoom}?lang=fr&joined=1`);
    const [whole = ''] = answer.headers['set-cookie'] ?? [];
    expect(whole).toMatch(
      new RegExp(
        `^__Host-guichet-${fullRoom}=[\\w.-]+; Max-Age=259200; Path=/; HttpOnly; Secure; SameSite=Lax$`,
      ),
    );
    const { text } = await pages.get(fullRoom, '?joined=1', { cookie });
    expect(text).toMatch(/<div class="position"><bdi>\d/);
  });

  test('twice with one key, or with a ticket in hand, finds the same ticket', async () => {
    const room = await service.openRoom({ capacity: 0 });
    const key = randomUUID();
    const first = await pages.post(room, 'join', { fields: { key } });
    const cookie = cookieOf(first) ?? '';
    await pages.post(room, 'join', { fields: { key } });
    await pages.post(room, 'join', { fields: { key: randomUUID() }, headers: { cookie } });
    expect((await pages.get(room, '', { cookie })).text).toContain('"ticket":{"number":1,');
    expect(await pages.nextNumber(room)).toBe(2);
  });

  test('sends whoever is admitted at once straight on, to the room’s target or the allowed one asked for', async () => {
    const straight = await pages.join(spareRoom);
    expect(straight.answer.headers.location).toMatch(
      /^https:\/\/site\.example\.org\/register\?guichet=[\w.-]+$/,
    );
    const query = `?t=${encodeURIComponent(`${targetUrl}/swimming?level=1`)}`;
    const answer = await pages.post(spareRoom, 'join', { query, fields: { key: randomUUID() } });
    expect(answer.headers.location).toMatch(
      /^https:\/\/site\.example\.org\/register\/swimming\?level=1&guichet=/,
    );
    const { text } = await pages.get(spareRoom, '', { cookie: straight.cookie });
    expect(text).toContain('Vous pouvez aller sur le site');
  });

  test('without its cookie on the way back says that cookies were refused', async () => {
    const { text } = await pages.get(fullRoom, '?joined=1');
    expect(text).toContain('Votre navigateur n’a pas gardé votre numéro.');
    expect(text).toContain('/join?');
  });

  test('sent back by the gate without a pass says that the site’s cookie was not kept, with the way in below', async () => {
    const { status, text } = await pages.get(fullRoom, '?pass=not-kept');
    expect(status).toBe(200);
    expect(text).toContain('Votre navigateur ne garde pas le cookie du site');
    expect(text).toContain('/join?');
    expect((await pages.get(fullRoom, '?pass=kept')).text).not.toContain('le cookie du site');
  });

  test('needs a key that is a UUID', async () => {
    for (const fields of [{}, { key: '' }, { key: 'abc' }]) {
      const answer = await pages.post(fullRoom, 'join', { fields });
      expect(answer.status).toBe(400);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  test.each<[string, PolicyInput, string | null, number, string]>([
    ['closed', {}, 'close', 409, 'La file est fermée'],
    ['draining', {}, 'drain', 409, 'elle ne donne plus de numéros'],
    ['bypassed', { targetUrl }, 'bypass', 409, 'Aller sur le site'],
    [
      'not open for joining',
      { joinFrom: '2099-01-01T00:00:00Z' },
      null,
      409,
      'ne donne pas encore de numéros',
    ],
    ['without places', { places: 0 }, 'open', 409, 'Il n’y a plus de places'],
  ])('into a room that is %s says so', async (_what, policy, verb, status, words) => {
    const room = await service.makeRoom(policy);
    if (verb) await service.internal(`/v1/rooms/${room}/${verb}`, { method: 'POST' });
    const answer = await pages.post(room, 'join', { fields: { key: randomUUID() } });
    expect(answer.status).toBe(status);
    expect(withPlainSpaces(answer.text)).toContain(words);
    expect(answer.text).toContain('role="alert"');
  });

  test('whose last place was given away a moment ago shows no other count', async () => {
    const room = await service.openRoom({ places: 1 });
    const visitor = await service.join(room);
    await pages.untilAdmitted(visitor);
    await service.act(visitor, 'enter');
    const session = `/v1/rooms/${room}/sessions/${visitor.ticketId}`;
    const body = { outcome: 'completed', placesUsed: 1 };
    await service.internal(`${session}/finish`, { method: 'POST', body });
    const answer = await pages.post(room, 'join', { fields: { key: randomUUID() } });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('"placesLeft":{"count":0,');
  });
});

describe('a form', () => {
  test.each([
    ['our public address', { origin: testPublicUrl }],
    ['no page, by a browser that sends no Origin', { origin: '', 'sec-fetch-site': 'same-origin' }],
    ['no page, by a program', { origin: '' }],
  ])('from %s counts', async (_what, headers) => {
    const answer = await pages.post(fullRoom, 'join', { fields: { key: randomUUID() }, headers });
    expect(answer.status).toBe(303);
  });

  test('from the address that it was asked at counts', async () => {
    const answer = await pages.post(fullRoom, 'join', {
      fields: { key: randomUUID() },
      headers: { origin: service.publicUrl },
    });
    expect(answer.status).toBe(303);
  });

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['a hidden origin', { origin: 'null' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['a site that only Sec-Fetch-Site names', { origin: '', 'sec-fetch-site': 'cross-site' }],
  ])('from %s does nothing', async (_what, headers) => {
    const room = await service.openRoom({ capacity: 0 });
    const answer = await pages.post(room, 'join', { fields: { key: randomUUID() }, headers });
    expect(answer.status).toBe(403);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(await pages.nextNumber(room)).toBe(1);
  });

  test('of another type, too large or by another method is refused', async () => {
    const headers = { accept: 'text/html', origin: testPublicUrl, 'content-type': 'application/json' };
    expect(
      (await service.public(`/rooms/${fullRoom}/join`, { method: 'POST', headers, body: '{}' })).status,
    ).toBe(415);
    expect((await pages.post(fullRoom, 'join', { fields: { key: 'x'.repeat(5_000) } })).status).toBe(413);
    expect(
      (await service.public(`/rooms/${fullRoom}/join`, { headers: { accept: 'text/html' } })).status,
    ).toBe(405);
  });

  test('without a ticket finds none', async () => {
    for (const action of ['enter', 'extend', 'return']) {
      const answer = await pages.post(fullRoom, action, { fields: { extension: '1' } });
      expect(answer.status).toBe(401);
      expect(answer.text).toContain('Nous ne trouvons pas votre numéro sur cet appareil.');
    }
  });

  test('before its time changes nothing, and the place is shown with the reason', async () => {
    const { cookie } = await pages.join(fullRoom);
    for (const [action, status, words] of [
      ['enter', 409, 'Ce n’est pas votre tour en ce moment.'],
      ['extend', 409, 'Ce n’est pas votre tour en ce moment.'],
    ] as const) {
      const answer = await pages.post(fullRoom, action, { fields: { extension: '1' }, headers: { cookie } });
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(words);
      expect(answer.text).toMatch(/<div class="position"><bdi>\d/);
    }
    expect(
      (await pages.post(fullRoom, 'extend', { fields: { extension: '11' }, headers: { cookie } })).status,
    ).toBe(400);
  });
});

describe('leaving', () => {
  test('gives the number back, forgets it on this device and says so', async () => {
    const { cookie } = await pages.join(fullRoom);
    const answer = await pages.post(fullRoom, 'leave', { headers: { cookie } });
    expect(answer.headers.location).toBe(`/rooms/${fullRoom}?lang=fr&left=1`);
    expect(cookieOf(answer)).toBeNull();
    expect(answer.headers['set-cookie']).toHaveLength(1);
    expect((await pages.get(fullRoom, '?left=1')).text).toContain('Vous avez quitté la file');
    expect((await pages.get(fullRoom, '', { cookie })).text).toContain('Prendre un nouveau numéro');
  });
});

describe('forgetting', () => {
  test('takes the number off this device alone: its holder goes on with it elsewhere', async () => {
    const { cookie } = await pages.join(fullRoom);
    const before = await pages.get(fullRoom, '', { cookie });
    const answer = await pages.post(fullRoom, 'forget', { headers: { cookie } });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe(`/rooms/${fullRoom}?lang=fr&forgotten=1`);
    expect(answer.headers['set-cookie']?.[0]).toMatch(/Max-Age=0|Expires=Thu, 01 Jan 1970/);
    const after = await pages.get(fullRoom, '?forgotten=1');
    expect(after.text).toContain('Cet appareil a oublié votre numéro');
    expect(after.text).toContain('Prendre un nouveau numéro');
    const numberOf = (text: string): string | undefined => /"ticket":\{"number":(\d+)/.exec(text)?.[1];
    expect(numberOf((await pages.get(fullRoom, '', { cookie })).text)).toBe(numberOf(before.text));
  });

  test('needs a page of ours, as every form', async () => {
    const headers = { origin: 'https://evil.example' };
    expect((await pages.post(fullRoom, 'forget', { headers })).status).toBe(403);
  });
});
