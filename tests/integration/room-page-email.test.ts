/** The form of the waiting page by which one asks for an e-mail, with a mail server that can be written to. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startMailServer } from '../support/mail-server.ts';
import { PageClient, withPlainSpaces } from '../support/page-client.ts';
import { serviceForTest, startService, type TestService } from '../support/service.ts';

const address = 'camille@example.org';
/** Nothing listens there: what is kept stays kept. */
const withMail = { GUICHET_SMTP_URL: 'smtp://127.0.0.1:9', GUICHET_MAIL_FROM: 'Guichet <file@example.org>' };

describe('the form', () => {
  let service: TestService;
  let pages: PageClient;
  let room: string;
  beforeAll(async () => {
    service = await startService({ environment: withMail });
    pages = new PageClient(service);
    room = await service.openRoom({ capacity: 0 });
  });
  afterAll(() => service.close());

  const ask = (cookie: string, fields: Readonly<Record<string, string>>) =>
    pages.post(room, 'email', { fields, headers: { cookie } });

  test('is answered with what was noted, and can be taken back', async () => {
    const { cookie } = await pages.join(room);
    const asked = await ask(cookie, { address: ` ${address} `, underMinutes: '30' });
    expect(asked.headers.location).toBe(`/rooms/${room}?lang=fr&email=30#email`);
    const noted = withPlainSpaces((await pages.get(room, '?lang=fr&email=30', { cookie })).text);
    expect(noted).toContain('nous vous écrirons quand votre attente estimée sera de moins de 30 minutes');
    expect(noted).toContain('<option value="30" selected>');
    expect(noted).not.toContain(address);
    const withdrawn = await pages.post(room, 'email-withdraw', { headers: { cookie } });
    expect(withdrawn.headers.location).toBe(`/rooms/${room}?lang=fr&email=withdrawn#email`);
    // An address that was kept in a tab says no more than is so.
    const later = withPlainSpaces((await pages.get(room, '?lang=fr&email=30', { cookie })).text);
    expect(later).not.toContain('nous vous écrirons quand');
    const { text } = await pages.get(room, '?email=withdrawn', { cookie });
    expect(withPlainSpaces(text)).toContain('Votre adresse est effacée : nous ne vous écrirons pas.');
  });

  test('with an address that is none, or a choice that is not there, says so and keeps the place on the page', async () => {
    const { cookie } = await pages.join(room);
    const wrong = await ask(cookie, { address: 'camille', underMinutes: '30' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('Cette adresse n’a pas pu être lue.');
    expect(wrong.text).toMatch(/<div class="position"><bdi>\d/);
    expect(wrong.text).toContain('<details id="email" open>');
    expect(wrong.text).toContain('aria-invalid="true" aria-describedby="email-refusal" value="camille"');
    expect((await ask(cookie, { address, underMinutes: '7' })).status).toBe(400);
    expect((await ask(cookie, {})).status).toBe(400);
    expect((await ask('', { address, underMinutes: '30' })).status).toBe(401);
    expect(service.lines.some((line) => JSON.stringify(line).includes('camille'))).toBe(false);
  });

  test('is refused from another site', async () => {
    const headers = { origin: 'https://evil.example' };
    const fields = { address, underMinutes: '30' };
    expect((await pages.post(room, 'email', { fields, headers })).status).toBe(403);
  });
});

test('the e-mail that was asked for on the page comes in its language, once', async () => {
  const { server, url } = await startMailServer({ offersTls: false });
  const service = await serviceForTest({ environment: { ...withMail, GUICHET_SMTP_URL: url } });
  const pages = new PageClient(service);
  const room = await service.openRoom({
    capacity: 1,
    outflowPerMinute: 60,
    name: { fr: 'Piscine', en: 'Pool' },
  });
  await pages.untilAdmitted(await service.join(room));
  const { cookie } = await pages.join(room);
  const fields = { address, underMinutes: '60' };
  await pages.post(room, 'email', { query: '?lang=en', fields, headers: { cookie } });
  await vi.waitFor(() => expect(server.mails).toHaveLength(1), 40_000);
  expect(server.mails[0]?.to).toEqual([address]);
  expect(server.mails[0]?.raw).toContain('Subject: Pool: your turn is near');
  const again = await pages.post(room, 'email', { fields, headers: { cookie } });
  expect(again.headers.location).toBe(`/rooms/${room}?lang=fr&email=sent#email`);
}, 60_000);

test('without a mail server the page offers no e-mail, and its form is not there', async () => {
  const service = await serviceForTest();
  const pages = new PageClient(service);
  const room = await service.openRoom({ capacity: 0 });
  const { cookie } = await pages.join(room);
  const { text } = await pages.get(room, '?email=30', { cookie });
  expect(text).not.toContain('email-address');
  const fields = { address, underMinutes: '30' };
  expect((await pages.post(room, 'email', { fields, headers: { cookie } })).status).toBe(404);
});
