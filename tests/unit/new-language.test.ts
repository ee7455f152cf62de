/** A language that nobody here speaks, and that `Intl` does not know: one file, and pages are written in it. */
import { durationText } from '../../src/web/durations.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemSentence, readLanguages } from '../../src/web/languages.ts';
import { renderRoomPage } from '../../src/web/room-page.ts';
import { Wording } from '../../src/web/wording.ts';
import { roomPage, ticketPage } from '../support/room-pages.ts';

const french = new URL('../../src/web/phrases/languages/fr.ts', import.meta.url).href;
/** The words of French with some changed, another one's plural rule, units of its own. */
const haitian = `
import { language as french, mail as frenchMail, problems as frenchProblems, slip, widget } from '${french}';
export const language = {
  tag: 'ht',
  direction: 'ltr',
  locale: 'fr-HT',
  pluralLocale: 'pl',
  units: {
    second: { other: '{count} segonn' },
    minute: { few: '{count} ti minit', other: '{count} minit' },
    hour: { other: '{count} èdtan' },
  },
  phrases: {
    ...french.phrases,
    'language-name': 'Kreyòl ayisyen',
    'people-ahead': { few: '{count} moun devan ou', other: '{count} moun anpil devan ou' },
  },
};
export const mail = { ...frenchMail, 'mail-subject': 'Tou pa ou pre: {room}' };
export { slip, widget };
export const problems = { ...frenchProblems, 'room-full': 'Liy lan plen.' };
`;

let folder: string;
let tags: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guichet-language-'));
  await writeFile(join(folder, 'ht.ts'), haitian);
  tags = await readLanguages(pathToFileURL(`${folder}/`));
});
afterAll(() => rm(folder, { recursive: true }));

test('it is offered, and its name stands in the menu of every page', () => {
  expect(tags).toEqual(['ht']);
  const page = roomPage('fr', { languages: ['fr', 'ht'] });
  const markup = renderRoomPage(page, { style: '', scripts: new Map() });
  expect(markup).toMatch(/<a href="[^"]*lang=ht[^"]*" lang="ht" hreflang="ht">Kreyòl ayisyen<\/a>/);
});

test('pages and refusals are written in it, by the plural rule it names and its own units', () => {
  const view = {
    kind: 'waiting',
    standing: {
      position: 4,
      waiting: 40,
      expectedWaitMs: { low: 180_000, high: 420_000 },
      reason: 'queued',
      placesLeft: null,
      asOf: '2026-11-22T18:00:00.000Z',
    },
  } as const;
  const markup = renderRoomPage(ticketPage('ht', view), { style: '', scripts: new Map() });
  expect(markup).toContain('<html lang="ht" dir="ltr">');
  expect(markup).toContain('moun devan ou');
  expect(problemSentence('room-full', 'ht')).toBe('Liy lan plen.');
  const say = new Wording('ht');
  expect([180_000, 600_000, 3_600_000].map((ms) => durationText(ms, say))).toEqual([
    '3 ti minit',
    '10 minit',
    '1 èdtan',
  ]);
  expect(say.text('people-ahead', { count: 7 })).toBe('7 moun anpil devan ou');
});
