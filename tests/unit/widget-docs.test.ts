/** docs/integrations/widget.md, which others build upon, says what the widget is, and nothing that it is not. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { updatedWidgetPage, widgetPageUrl } from '../../src/dev/widget-docs.ts';
import { partIds } from '../../src/web/widget/widget-state.ts';
import { readWidgetAssets, widgetVersion } from '../../src/web/widget-assets.ts';

const page = readFileSync(widgetPageUrl, 'utf8');
const source = (name: string): string =>
  readFileSync(new URL(`../../src/web/widget/${name}`, import.meta.url), 'utf8');
const element = source('guichet-room-element.ts');
const types = source('guichet-room.d.ts');
const style = source('widget.css') + source('widget-ticket.css');

/** What each of the matches has in its group, once, in alphabetical order. */
function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name]) => name ?? ''))].toSorted();
}

/** The rows of the table whose head begins with this cell; marks of code taken off. */
function tableOf(head: string): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`)) + 2;
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start, start + length).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** One of the cells of every row, in alphabetical order. */
const column = (head: string, index = 0): string[] =>
  tableOf(head)
    .map((cells) => cells[index] ?? '')
    .toSorted();

const names = (list: RegExp): string[] => found(list.exec(element)?.[1] ?? '', /'([^']*)'/g);
const reflected = names(/const properties = \[([^\]]*)\]/);
const attributes = [...reflected, ...names(/observedAttributes = \[([^\]]*)\]/)].toSorted();
const events = found(types, /'(guichet-[a-z]+)': CustomEvent/g);
/** The containers by their ids, headings and buttons by their names, all else by its class. */
const markup = ['standing-parts.ts', 'room-page-turn.ts', 'room-page-place.ts', 'room-page-situation.ts']
  .map((name) => source(`../${name}`))
  .concat(source('room-parts.ts'), source('ticket-parts.ts'))
  .join('');
const classes = found(markup, /class="([a-z -]+)"/g).flatMap((list) => list.split(' '));
const parts = [...new Set(['panel', ...partIds, 'h2', 'button', ...classes])].toSorted();
const properties = found(style, /var\((--guichet-[a-z-]+)/g);

test('the sources were understood', () => {
  expect(attributes).toContain('room');
  expect(events).toContain('guichet-admitted');
  expect(parts).toContain('main');
  expect(properties).toContain('--guichet-accent');
});

test('names every attribute, with its property, and no other', () => {
  expect(column('attribute')).toEqual(attributes);
  // Every element has `lang`; `when-unreachable` is an attribute alone.
  expect(column('attribute', 1)).toEqual(['', ...reflected, 'lang'].toSorted());
  const used = [...page.matchAll(/<guichet-room\s([^>]*)>/g)].flatMap(([, inside]) =>
    [...(inside ?? '').matchAll(/([a-z-]+)=["{]/g)].map(([, name]) => name ?? ''),
  );
  const known = [...attributes, 'ref', ...events.map((name) => `on${name}`)];
  expect(used.filter((name) => !known.includes(name))).toEqual([]);
});

test('names every event, with what it tells, and no other', () => {
  expect(column('event')).toEqual(events);
  const standing = /interface GuichetStanding \{([^}]*)\}/.exec(types)?.[1] ?? '';
  for (const [event = '', detail = ''] of tableOf('event')) {
    const inline = new RegExp(`'${event}': CustomEvent<(\\{[^>]*\\})>`).exec(types)?.[1];
    const told = found(inline ?? standing, /(?:^|[;{]|\n) *(\w+): /g);
    expect(found(detail.replace(/: \{[^}]*\}/, '').replace(' or ', ' '), /(\w+)/g), event).toEqual(told);
  }
});

test('names every part and every custom property, and no other', () => {
  const told = column('part').flatMap((cell) => cell.split(', '));
  expect(told.toSorted()).toEqual(parts);
  expect(column('custom property')).toEqual(properties);
  expect(found(page, /(--guichet-[a-z-]+)/g)).toEqual(properties);
  expect(found(page, /::part\(([^)]*)\)/g).filter((name) => !parts.includes(name))).toEqual([]);
});

test('its snippets pin the files as they are: npm run docs', () => {
  expect(page).toBe(updatedWidgetPage(page));
  const name = `widget.v${widgetVersion}.js`;
  const integrity = readWidgetAssets().get(name)?.integrity;
  expect(page).toMatch(
    new RegExp(`/${name}"\\s+integrity="${RegExp.escape(integrity ?? 'none')}"\\s+crossorigin`),
  );
});

test('its example in React is the one that is compiled', () => {
  const compiled = readFileSync(new URL('../widget-types/registration.tsx', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`tsx\n${compiled}\`\`\`\n`);
});

test('every address of the widget that it names is served', () => {
  const served = [...readWidgetAssets().keys()];
  const named = found(page, /\/(widget\.[a-z0-9.]*[a-z])\b/g);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !served.includes(name))).toEqual([]);
});
