import { describe, expect, test } from 'vitest';
import { standingReasons } from '../../src/service/ticket-view.ts';
import { type HtmlPart, html, jsonData } from '../../src/web/html.ts';
import { languages } from '../../src/web/languages.ts';
import { unmasked } from '../../src/web/masked-text.ts';
import { languageFile } from '../../src/web/phrases/phrases.ts';
import { pageSituation } from '../../src/web/problem-headlines.ts';
import { sentencesOf } from '../../src/web/room-page-sentences.ts';
import { renderProblemPage } from '../../src/web/problem-page.ts';
import { renderRoomPage } from '../../src/web/room-page.ts';
import type { PageRoom, RoomPage } from '../../src/web/room-page-model.ts';
import { wordingOf } from '../../src/web/room-page-situation.ts';
import { documentsAround } from '../support/page-documents.ts';
import { everyPage, inMinutes, roomPage, ticketPage, turn, waiting } from '../support/room-pages.ts';
import { pageReasons } from '../../src/web/room-page-states.ts';

const scriptOf = (language: string): string => `/assets/room.${language}.abc.js`;
const assets = {
  style: '/assets/room.abc.css',
  scripts: new Map(languages.map((language) => [language, scriptOf(language)])),
};
const render = (page: RoomPage): string => renderRoomPage(page, assets);
/** What a reader sees, without markup; thin and wide spaces alike. */
const seen = (document: string): string =>
  document
    .replace(/<script[^>]*>.*?<\/script>/gs, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/[\s\u00a0\u202f]+/g, ' ');

describe.each(languages)('every page in %s', (language) => {
  const pages = [...everyPage(language)];

  test.each(pages)('%s: says its language and runs nothing of its own', (_name, page) => {
    const document = render(page);
    const { direction } = languageFile(language);
    expect(document).toMatch(new RegExp(`^<!doctype html>\\n<html lang="${language}" dir="${direction}">`));
    const scripts = document.match(/<script[^>]*>/g);
    expect(scripts).toEqual([
      `<script src="${scriptOf(language)}" defer>`,
      '<script type="application/json" id="page-data">',
    ]);
    expect(document).not.toMatch(
      /<style|\sstyle=|\son[a-z]+=|javascript:|http-equiv|<iframe|undefined|\[object/i,
    );
    expect(document.match(/https?:\/\/(?!example\.org|attente\.example\.org|www\.w3\.org)/g)).toBeNull();
  });

  test.each(pages)('%s: has one heading of the page, one status, unique ids', (_name, page) => {
    const document = render(page);
    expect(document.match(/<h1>/g)).toHaveLength(1);
    expect(document.match(/role="status" aria-atomic="true"/g)).toHaveLength(1);
    expect(document.match(/<main /g)).toHaveLength(1);
    const ids = [...document.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(pages)(
    '%s: leads on by GET links and POST forms that keep language and target',
    (_name, page) => {
      const document = render({ ...page, target: 'https://example.org/register/a?b=1&c=2' });
      const query = `lang=${language}&#38;t=https%3A%2F%2Fexample.org%2Fregister%2Fa%3Fb%3D1%26c%3D2`;
      for (const [form] of document.matchAll(/<form[^>]*>/g)) {
        expect(form).toMatch(
          /^<form method="post" action="\/rooms\/loisirs\/(join|enter|extend|return|leave|forget|email|email-withdraw)\?/,
        );
        expect(form).toContain(query);
      }
      expect(document).toContain(`<a href="/rooms/loisirs?${query}">`);
      expect(document.match(/<button(?! type)/g)?.length ?? 0).toBe(document.match(/<form/g)?.length ?? 0);
    },
  );

  test('takes a number by a form that carries its key, and only where one can be taken', () => {
    const field = 'name="key" value="3b9f6f64-8c5e-4d52-9a1b-2f3c4d5e6f70"';
    const able = pages.filter(([, page]) => render(page).includes(field)).map(([name]) => name);
    const unable =
      /^(waiting|turn|inside|missed|next|near|in line|far back|position|offline|connection|too early|code|e-mail|closed|draining|bypass|no places|scheduled, joining later|refused: (room-closed|room-not-open-yet|no-places-left))/;
    expect(able).toEqual(pages.map(([name]) => name).filter((name) => !unable.test(name)));
    expect(able).toEqual(
      expect.arrayContaining(['join', 'scheduled', 'paused', 'ended: left', 'gone: moved']),
    );
  });

  test('has words of its own for each situation', () => {
    // What differs by figures alone, or by a part of its own.
    const sharing =
      /^(position unknown|in line|offline|connection|too early|code|e-mail|turn, |a colour|waiting: (bypass|places|not open yet, soon))/;
    const own = pages.filter(([name]) => !sharing.test(name));
    const told = own.map(([, page]) => {
      const say = wordingOf(page);
      const texts = sentencesOf(page, say).map(({ markup }) => markup);
      return `${say.text(pageSituation(page).headline)} ${texts.join(' ')}`;
    });
    expect(own.length).toBeGreaterThan(40);
    expect(new Set(told).size).toBe(told.length);
  });
});

test.each(languages)('in %s, the documents around the waiting page are whole, too', (language) => {
  for (const { markup } of documentsAround(language).values()) {
    const document = markup(assets, '');
    expect(document).toMatch(new RegExp(`^<!doctype html>\\n<html lang="${language}"`));
    expect(document.match(/<h1>/g)).toHaveLength(1);
    expect(document.match(/<main /g)).toHaveLength(1);
    expect(document).not.toMatch(/<script|undefined|\[object/);
    const ids = [...document.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
});

test('the page has words for every reason that the service gives', () => {
  expect(pageReasons).toEqual(expect.arrayContaining([...standingReasons]));
});

test('what an operator or an address brings in cannot become markup', () => {
  const hostile = `</script><script>alert(1)</script><img src=x onerror="alert('2')">`;
  const page = ticketPage('fr', waiting(3, 'paused'), {
    name: hostile,
    owner: hostile,
    contact: hostile,
    rule: hostile,
    prepare: hostile,
    reason: hostile,
    notice: hostile,
    logo: `data:image/png,"onerror="${hostile}`,
    privacyUrl: `https://example.org/"onclick=${encodeURI(hostile)}`,
  });
  const document = render({
    ...page,
    problem: { code: 'request-invalid', text: hostile },
    target: `https://example.org/"${hostile}`,
  });
  expect(document).not.toMatch(
    /<img (?!class="logo" src="data:image\/png,&#34;onerror[^"]*" alt="">)|<script>/,
  );
  expect(document.replace(/<script type[^]*/, '')).not.toContain('"onclick');
  expect(document.match(/<script/g)).toHaveLength(2);
  const [, data = ''] = /id="page-data">(.*)<\/script>/.exec(document) ?? [];
  expect((JSON.parse(data) as RoomPage).room.notice).toEqual({ fr: hostile });
});

test('a text in another language than the page’s is marked as such', () => {
  const document = render(ticketPage('en', waiting(3), { notice: { fr: 'Retour à midi.' } }));
  expect(document).toContain('<bdi class="said" lang="fr">Retour à midi.</bdi>');
});

test('someone who waits sees position, people ahead, the range with its time, places and how it was obtained', () => {
  const view = waiting(212, 'queued', { low: 12.4 * 60_000, high: 17.2 * 60_000 });
  const document = render(ticketPage('fr', view, { placesLeft: { count: 940, asOf: inMinutes(-2) } }));
  const text = seen(document);
  for (const words of [
    'Votre position 212',
    '211 personnes devant vous',
    'Position donnée par votre ordre d’arrivée',
    'entre 12 et 18 minutes',
    '14 h 05 (UTC−5)',
    'Votre numéro 2 047',
    '940 , à 14 h 03',
    'Votre numéro est gardé jusqu’à : mercredi 25 novembre à 14 h 05',
  ]) {
    expect.soft(text).toContain(words);
  }
  expect(document).toContain('<title>Position 212 – Loisirs d’hiver</title>');
  expect(document).toContain('<bdi>212</bdi>');
});

test('at one’s turn the button stands before the status, with an alert, the time left and the next extension', () => {
  const document = render(ticketPage('fr', turn(4.4, 7)));
  expect(document).toContain('<title>À vous – Loisirs d’hiver</title>');
  const alert = document.indexOf('<div id="alert" role="alert" aria-atomic="true"><h2>C’est votre tour</h2>');
  const enter = document.indexOf('action="/rooms/loisirs/enter?lang=fr"');
  const status = document.indexOf('role="status"');
  expect(alert).toBeGreaterThan(0);
  expect(enter).toBeGreaterThan(alert);
  expect(status).toBeGreaterThan(enter);
  expect(document).toContain('name="extension" value="4"');
  expect(seen(document)).toContain('Il vous reste 4 minutes pour entrer. Heure limite : 14 h 09');
});

test('the end of a turn is announced once, at least 20 s before', () => {
  expect(seen(render(ticketPage('en', turn(1.01))))).not.toContain('Less than');
  const warned = [0.99, 0.5, 0.1].map((minutes) => {
    const [, alert] =
      /<div id="alert"[^>]*>(.*?)<\/div>/s.exec(render(ticketPage('en', turn(minutes)))) ?? [];
    return alert;
  });
  expect(warned[0]).toContain('Less than 1 minute left to enter.');
  expect(new Set(warned).size).toBe(1);
  const short = { ...turn(0.3), enterWithinMs: 30_000 } as ReturnType<typeof turn>;
  expect(seen(render(ticketPage('en', short)))).toContain('Less than 20 seconds left to enter.');
});

test('a number can be taken from the very moment that joining opens', () => {
  const page = roomPage('fr', { state: 'scheduled', joinFrom: inMinutes(10), opensAt: inMinutes(60) });
  expect(render(page)).not.toContain('/join?');
  expect(render({ ...page, nowMs: page.nowMs + 600_000 })).toContain('/join?');
});

test('whoever waits or may come reads when the room closes, on its clock, as long as that is to come', () => {
  const closesAt = '2026-11-22T16:30:00-05:00';
  const told = (page: RoomPage): boolean => /Fermeture : 16 h 30 \(UTC−5\)/.test(seen(render(page)));
  const room = (changes: Partial<PageRoom>): RoomPage => roomPage('fr', { closesAt, ...changes });
  for (const state of ['scheduled', 'open', 'paused'] as const)
    expect.soft(told(room({ state })), state).toBe(true);
  for (const state of ['draining', 'closed', 'bypass'] as const)
    expect.soft(told(room({ state })), state).toBe(false);
  expect(told(room({ placesLeft: { count: 0, asOf: inMinutes(0) } }))).toBe(false);
  expect(told(room({ closesAt: null }))).toBe(false);
  expect(told({ ...room({}), nowMs: Date.parse(closesAt) })).toBe(false);
  for (const reason of pageReasons) {
    const isInVain = reason === 'closed' || reason === 'bypass' || reason === 'no-places-left';
    expect.soft(told(ticketPage('fr', waiting(212, reason), { closesAt })), reason).toBe(!isInVain);
  }
  expect(told(ticketPage('fr', turn(), { closesAt }))).toBe(false);
});

test('a number is kept until it is over, or until the room closes if that comes first', () => {
  const kept = (closesAt: string | null): string | undefined =>
    /Votre numéro est gardé jusqu’à : (.*?) Continuer/.exec(
      seen(render(ticketPage('fr', waiting(212), { closesAt }))),
    )?.[1];
  expect(kept(null)).toMatch(/^mercredi 25 novembre à 14 h 05/);
  expect(kept(inMinutes(60))).toMatch(/^15 h 05/);
  expect(kept(inMinutes(30 * 24 * 60))).toMatch(/^mercredi 25 novembre/);
});

test('a bypassed room leads to the site by a plain link', () => {
  expect(render(roomPage('en', { state: 'bypass' }))).toContain(
    '<a class="button main" href="https://example.org/register">',
  );
});

test('a place is said to be kept only where it is', () => {
  const isKept = (page: RoomPage): boolean =>
    /Votre numéro est gardé|Votre place est gardée|Vous pouvez fermer cette page/.test(seen(render(page)));
  const cut = (page: RoomPage): RoomPage => ({ ...page, updates: 'interrupted' });
  expect(isKept(ticketPage('fr', waiting(212)))).toBe(true);
  expect(isKept(cut(ticketPage('fr', turn())))).toBe(true);
  for (const reason of ['closed', 'bypass', 'no-places-left'] as const)
    expect.soft(isKept(cut(ticketPage('fr', waiting(212, reason)))), reason).toBe(false);
  for (const view of [
    { kind: 'entered', expiresAt: inMinutes(20) },
    { kind: 'ended', outcome: 'completed' },
    { kind: 'gone', reason: 'over' },
  ] as const)
    expect.soft(isKept(cut(ticketPage('fr', view))), view.kind).toBe(false);
  const missed = render(
    ticketPage('fr', { kind: 'lapsed', returnUntil: inMinutes(60) }, { state: 'closed' }),
  );
  expect(seen(missed)).toContain('La file est fermée');
  expect(missed).not.toContain('/return?');
});

test('what the script gets is in one language, and the ticket’s proof does not look like itself', () => {
  const document = render(ticketPage('es', waiting(3), { notice: { fr: 'Midi', es: 'Mediodía' } }));
  const [, data = ''] = /id="page-data">(.*)<\/script>/.exec(document) ?? [];
  const page = JSON.parse(data) as RoomPage;
  expect(page.room.notice).toEqual({ es: 'Mediodía' });
  expect(page.room.name).toEqual({ es: 'Actividades de invierno' });
  expect(document).not.toContain('a.queue.token');
  expect(unmasked(page.queueToken ?? '')).toBe('a.queue.token');
});

test('a problem without a room is a page too', () => {
  const document = renderProblemPage(
    {
      language: 'en',
      problem: { code: 'room-unknown', text: '<b>No queue.</b>' },
      retryUrl: '/rooms/x?a="b',
    },
    assets,
  );
  expect(document).toContain('<html lang="en" dir="ltr">');
  expect(document).toContain('&#60;b&#62;No queue.&#60;/b&#62;');
  expect(document).toContain('href="/rooms/x?a=&#34;b"');
  expect(document).not.toContain('<script');
});

test('only markup made by the template passes unescaped', () => {
  const rows: HtmlPart = ['<a>', 2, null, false, html`<b>${'"'}</b>`];
  expect(html`<p title="${'"><'}">${rows}</p>`.markup).toBe(
    '<p title="&#34;&#62;&#60;">&#60;a&#62;2<b>&#34;</b></p>',
  );
  expect(jsonData({ text: '</script><!--' }).markup).not.toMatch(/<(\/|!)/);
});
