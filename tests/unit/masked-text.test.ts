import { expect, test } from 'vitest';
import { masked, unmasked } from '../../src/web/masked-text.ts';

test('a masked text comes back whole, and never looks the same nor like itself', () => {
  const text = 'eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl-_';
  const masks = Array.from({ length: 50 }, () => masked(text));
  expect(new Set(masks).size).toBe(masks.length);
  for (const mask of masks) {
    expect(unmasked(mask)).toBe(text);
    expect(mask).not.toContain(text.slice(0, 8));
  }
  expect(unmasked(masked(''))).toBe('');
});
