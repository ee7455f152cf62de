import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { builtWidget, numberedPhrases, packed } from '../../src/dev/build-widget.ts';
import { languages } from '../../src/web/languages.ts';
import { languageFile, offerLanguage } from '../../src/web/phrases/phrases.ts';
import type { RoomPage } from '../../src/web/room-page-model.ts';
import { statusSentence } from '../../src/web/spoken-status.ts';
import { roomParts } from '../../src/web/widget/room-parts.ts';
import { ticketParts } from '../../src/web/widget/ticket-parts.ts';
import type { WidgetParts, WidgetState } from '../../src/web/widget/widget-state.ts';
import { widgetPhrases } from '../../src/web/widget/widget-phrases.ts';
import { readWidgetAssets } from '../../src/web/widget-assets.ts';
import { everyPage, refusedPage, roomPage, ticketPage, waiting } from '../support/room-pages.ts';

const usual: WidgetState = {
  isKnown: true,
  isUnreachable: false,
  isOpen: false,
  isKept: true,
  hasClosed: false,
};
const states: WidgetState[] = [
  usual,
  { ...usual, isKept: false, hasClosed: true },
  { ...usual, isKnown: false },
  { ...usual, isKnown: false, isUnreachable: true },
  { ...usual, isKnown: false, isUnreachable: true, isOpen: true },
];

type Render = { roomParts: typeof roomParts; ticketParts: typeof ticketParts };

function widgetParts(
  page: RoomPage,
  state: WidgetState,
  render: Render = { roomParts, ticketParts },
): WidgetParts {
  return page.ticket
    ? render.ticketParts(page, state)
    : render.roomParts(page, state, 'https://queue.example/rooms/pool/resume');
}

/** All that a widget shows and says of a page. */
function shown(page: RoomPage, state: WidgetState = usual): string {
  return [...Object.values(widgetParts(page, state)), statusSentence(page)].join('\n');
}

describe.each(languages)('a widget in %s that has its own phrases alone', (language) => {
  // The pages have the words of the server.
  const pages = [...everyPage(language)];
  const whole = languageFile(language);

  beforeEach(() => {
    const own = Object.fromEntries(widgetPhrases.map((key) => [key, whole.phrases[key]]));
    offerLanguage({ ...whole, phrases: own as typeof whole.phrases });
  });
  afterEach(() => offerLanguage(whole));

  test.each(pages)('%s: shows its ticket also before it has heard of the room', (_name, page) => {
    const { roomId, name, timeZone, languages: offered, state, waiting: count, placesLeft } = page.room;
    const heard = { roomId, name, timeZone, languages: offered, state, waiting: count, placesLeft };
    expect(() => shown({ ...page, room: heard as RoomPage['room'] })).not.toThrow();
  });

  test.each(pages)('%s: finds words for all that it shows', (_name, page) => {
    for (const visitorTimeZone of ['America/Toronto', 'Asia/Tokyo']) {
      for (const updates of ['live', 'interrupted', 'offline'] as const) {
        for (const state of states) {
          const markup = shown({ ...page, visitorTimeZone, updates }, state);
          expect(markup).not.toMatch(/undefined|\[object|[{}]/);
        }
      }
    }
  });

  test('lets nothing in that an operator, an address or an answer brings become markup', () => {
    const hostile = `</p><script>alert(1)</script><img src=x onerror="alert('2')">`;
    const changes = {
      name: hostile,
      reason: hostile,
      notice: hostile,
      targetUrl: `https://example.org/"${hostile}`,
    };
    const own: RoomPage[] = [
      roomPage(language, { ...changes, state: 'bypass' }),
      ticketPage(language, waiting(3, 'paused'), changes),
      { ...refusedPage(language, 'room-full', null, changes), problem: { code: 'room-full', text: hostile } },
      {
        ...ticketPage(language, waiting(3)),
        resume: { code: hostile, address: hostile, until: '2026-11-23' },
      },
    ];
    for (const page of own)
      expect(Object.values(widgetParts(page, usual)).join('')).not.toMatch(/<(script|img)|\son[a-z]+="/);
  });
});

test('a refusal without a number is one alert, without a headline, beside what the room is', () => {
  const { alert, situation, action } = widgetParts(refusedPage('en', 'room-full'), usual);
  expect(alert).toMatch(/^<div class="problem"><p>The queue is full[^<]*<\/p><\/div>$/);
  expect(situation).toContain('<h2>Take a number');
  expect(action).toContain('Take a number');
});

test('the script is at most 12 KiB as it is sent, with the words of French and English in it', async () => {
  const sent = readWidgetAssets().get('widget.js')?.gzipBytes ?? Buffer.alloc(0);
  expect(sent.length).toBeLessThanOrEqual(12 * 1_024);
  // As any tool would compress it.
  expect(gzipSync(gunzipSync(sent), { level: 9, memLevel: 9 }).length).toBeLessThanOrEqual(12 * 1_024);
  // What only someone with a number needs comes beside it.
  expect(readWidgetAssets().get('widget.v1.ticket.js')?.gzipBytes.length).toBeLessThan(8 * 1_024);
});

test('the script names phrases by numbers, and has no key of one', async () => {
  const [, script = ''] = (await builtWidget()).find(([path]) => path.endsWith('v1.js')) ?? [];
  const keys = new Set(Object.keys(languageFile('fr').phrases));
  expect([...script.matchAll(/"([a-z-]+)"/g)].filter(([, key = '']) => keys.has(key))).toEqual([]);
  for (const language of ['fr', 'en']) {
    for (const key of widgetPhrases) {
      const phrase = languageFile(language).phrases[key];
      const text = typeof phrase === 'string' ? phrase : phrase.other;
      expect(script).toContain(JSON.stringify(text).slice(1, -1));
    }
  }
});

test('the script, which names phrases by numbers, shows and says what its sources do', async () => {
  const contents = `
    export { offerLanguage } from './phrases/phrases.ts';
    export { statusSentence } from './spoken-status.ts';
    export { roomParts } from './widget/room-parts.ts';
    export { ticketParts } from './widget/ticket-parts.ts';`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../../src/web/', import.meta.url)), loader: 'ts' },
    bundle: true,
    format: 'esm',
    plugins: [numberedPhrases],
    write: false,
  });
  const script = outputFiles[0]?.text ?? '';
  const numbered = (await import(`data:text/javascript,${encodeURIComponent(script)}`)) as Render & {
    offerLanguage: (file: unknown) => void;
    statusSentence: typeof statusSentence;
  };
  for (const language of languages) {
    numbered.offerLanguage(packed(language));
    for (const [name, page] of everyPage(language)) {
      expect([name, numbered.statusSentence(page)]).toEqual([name, statusSentence(page)]);
      for (const state of states)
        expect(widgetParts(page, state, numbered)).toEqual(widgetParts(page, state));
    }
  }
});
