import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

function sheet(path: string): string {
  return readFileSync(new URL(`../../src/web/${path}`, import.meta.url), 'utf8');
}

/** What a style sheet says of left and right: a page from right to left would need another one. */
function physicalDirections(style: string): string[] {
  const declarations = style.replace(/\/\*[^]*?\*\//g, '').matchAll(/([\w-]+)\s*:\s*([^;{}]+)(?=[;}])/g);
  return [...declarations].flatMap(([declaration, property = '', value = '']) => {
    const hasSide = /(^|-)(left|right)(-|$)/.test(property) || /(?<![\w-])(left|right)(?![\w-])/.test(value);
    const [, start, , end] = value.trim().split(/\s+/);
    const hasFour = /^(margin|padding|inset|border-\w+)$/.test(property) && end !== undefined;
    return hasSide || (hasFour && start !== end) ? [declaration] : [];
  });
}

/** What moves, and so would have to stop for those who ask for less motion. */
function motions(style: string): string[] {
  const declarations = style.replace(/\/\*[^]*?\*\//g, '');
  return (
    declarations.match(/@keyframes|(?<![\w-])(animation|transition|scroll-behavior)(?=[\w-]*\s*:)/g) ?? []
  );
}

const ofTheWidget = ['widget/widget.css', 'widget/widget-ticket.css'];

describe.each(['room.css', ...ofTheWidget])('%s', (path) => {
  const source = sheet(path);

  test('knows start and end, not left and right', () => {
    expect(physicalDirections(source)).toEqual([]);
  });

  test('does not ask whether scripts run: an inspection in which one does could not see the answer', () => {
    expect(source).not.toMatch(/\(\s*scripting\b/);
  });
});

test('nothing in the widget moves', () => {
  expect(motions(ofTheWidget.map(sheet).join(''))).toEqual([]);
});

test.each([
  'a { transition: color 1s }',
  'a{animation-name:turn}',
  '@keyframes turn { to { rotate: 1turn } }',
])('%s moves', (style) => {
  expect(motions(style)).toHaveLength(1);
});

test.each([
  'a { margin-left: 1px }',
  'a{left:0}',
  'a { color: red; text-align: right; }',
  'a { padding: 1px 2px 1px 3px }',
  'a { border-top-left-radius: 0 }',
  'a { background: linear-gradient(to left, red, blue) }',
])('%s is found', (style) => {
  expect(physicalDirections(style)).toHaveLength(1);
});

test.each([
  '#time-left { margin-inline-start: 1px }',
  'a { margin: 1px 2px 3px 2px; animation-name: time-left }',
  '/* left: 0 */ a:hover { color: red }',
])('%s is fine', (style) => {
  expect(physicalDirections(style)).toEqual([]);
});
