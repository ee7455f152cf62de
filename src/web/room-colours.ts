/**
 * A room's own colour, made readable: whatever colour a town has, its text and buttons keep the contrast that WCAG asks
 * for (1.4.3, 1.4.6), on the light page and on the dark one.
 */

type Rgb = readonly [red: number, green: number, blue: number];

/** The backgrounds on which the accent is read, as in room.css: paper and card of each theme. */
const lightBackgrounds: readonly Rgb[] = [
  [0xed, 0xf2, 0xf0],
  [0xff, 0xff, 0xff],
];
const darkBackgrounds: readonly Rgb[] = [
  [0x0e, 0x16, 0x14],
  [0x17, 0x21, 0x1f],
];
const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];
/** A little over the 7 of text (level AAA, which our own colours keep, too), since the colour is rounded. */
const textContrastMin = 7.1;
/** The same for the large text on a button: 4.5. */
const buttonContrastMin = 4.6;
const steps = 50;

/** The style sheet of a room whose accent is `#rrggbb`. */
export function coloursStyle(accent: string): string {
  const colour = rgbOf(accent);
  const light = themeOf(colour, black, lightBackgrounds);
  const dark = themeOf(colour, white, darkBackgrounds);
  return `:root{${light}}@media (prefers-color-scheme:dark){:root{${dark}}}`;
}

/** The accent drawn towards black or white until it can be read, and what can be read on it. */
function themeOf(colour: Rgb, towards: Rgb, backgrounds: readonly Rgb[]): string {
  let accent = colour;
  for (let step = 0; step <= steps; step += 1) {
    accent = mixed(colour, towards, step / steps);
    if (backgrounds.every((background) => contrast(accent, background) >= textContrastMin)) break;
  }
  const onAccent = contrast(accent, white) >= buttonContrastMin ? white : black;
  return `--accent:${hexOf(accent)};--on-accent:${hexOf(onAccent)}`;
}

/** The contrast ratio of two colours (WCAG 2.2, "contrast ratio"): 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Relative luminance of an sRGB colour (WCAG 2.2, "relative luminance"). */
function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mixed(colour: Rgb, other: Rgb, share: number): Rgb {
  const mix = (index: 0 | 1 | 2): number => Math.round(colour[index] * (1 - share) + other[index] * share);
  return [mix(0), mix(1), mix(2)];
}

/** The colour of a text `#rrggbb`. */
export function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

function hexOf(colour: Rgb): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
