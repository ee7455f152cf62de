import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const source = readFileSync(new URL('../../src/web/room.css', import.meta.url), 'utf8');

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

describe('the style sheet', () => {
  test('knows start and end, not left and right', () => {
    expect(physicalDirections(source)).toEqual([]);
  });

  test('does not ask whether scripts run: an inspection in which one does could not see the answer', () => {
    expect(source).not.toMatch(/\(\s*scripting\b/);
  });
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
