import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coloursStyle, contrast, rgbOf } from '../../src/web/room-colours.ts';

const light = ['#edf2f0', '#ffffff'];
const dark = ['#0e1614', '#17211f'];

/** The accent and what stands on it, of the light theme and of the dark one. */
function themesOf(accent: string): { accent: string; onAccent: string }[] {
  const declarations = [...coloursStyle(accent).matchAll(/--accent:(#\w{6});--on-accent:(#\w{6})/g)];
  return declarations.map(([, shown = '', onAccent = '']) => ({ accent: shown, onAccent }));
}

function ratio(one: string, other: string): number {
  return contrast(rgbOf(one), rgbOf(other));
}

describe('a room’s colour', () => {
  test('can be read on both themes, and so can what stands on it, whatever it is', () => {
    const colour = fc
      .integer({ min: 0, max: 0xffffff })
      .map((value) => `#${value.toString(16).padStart(6, '0')}`);
    fc.assert(
      fc.property(colour, (accent) => {
        const themes = themesOf(accent);
        expect(themes).toHaveLength(2);
        for (const [index, theme] of themes.entries()) {
          for (const background of index === 0 ? light : dark) {
            expect(ratio(theme.accent, background)).toBeGreaterThanOrEqual(7);
          }
          expect(ratio(theme.accent, theme.onAccent)).toBeGreaterThanOrEqual(4.5);
        }
      }),
    );
  });

  test('stays as it is where it can be read', () => {
    expect(themesOf('#7a1f3d')[0]).toEqual({ accent: '#7a1f3d', onAccent: '#ffffff' });
    expect(themesOf('#FFD54A')[1]).toEqual({ accent: '#ffd54a', onAccent: '#000000' });
  });

  test('is measured as WCAG does', () => {
    expect(ratio('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(ratio('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });
});
