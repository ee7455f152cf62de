import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { builtAssets } from '../../src/dev/build-assets.ts';
import { readAssets } from '../../src/web/assets.ts';
import { languages } from '../../src/web/languages.ts';
import { bundledLanguages } from '../../src/web/widget-assets.ts';

test('the committed files are what a fresh build gives', async () => {
  const built = await builtAssets();
  // The widget: its script in two forms, what comes beside it, the languages that do not travel with it, the types.
  expect(built.size).toBe(1 + languages.length + 3 + (languages.length - bundledLanguages.length) + 2);
  for (const [path, text] of built) {
    expect(await readFile(path, 'utf8'), `${path}: run node src/dev/build-assets.ts`).toBe(text);
  }
});

test('they are served under a name that follows the content, compressed to far less than the 30 KiB of a page', () => {
  const { assets, urls } = readAssets();
  expect([...urls.scripts.keys()]).toEqual(languages);
  expect([...assets.keys()].map((name) => `/assets/${name}`)).toEqual([urls.style, ...urls.scripts.values()]);
  const gzipBytes = (extension: string): number[] =>
    [...assets].filter(([name]) => name.endsWith(extension)).map(([, asset]) => asset.gzipBytes.length);
  for (const [name, asset] of assets) {
    expect(name).toMatch(/^room(\.[a-z]{2,3})?\.[A-Za-z0-9_-]{12}\.(css|js)$/);
    expect(gunzipSync(asset.gzipBytes)).toEqual(asset.bytes);
  }
  // A page carries the style sheet and the script of its own language.
  expect(Math.max(...gzipBytes('css')) + Math.max(...gzipBytes('js'))).toBeLessThan(20 * 1_024);
});

test('the style sheet knows no left and right, no other place and no long animation', async () => {
  const style = await readFile(new URL('../../src/web/room.css', import.meta.url), 'utf8');
  const withoutIds = style.replace(/#[a-z-]+/g, '');
  expect(withoutIds).not.toMatch(/\b(left|right)\b|url\(|@import|animation:|transition:/);
});

test('the script makes no code of texts', async () => {
  const scripts = [...readAssets().assets.values()].filter(({ contentType }) =>
    contentType.startsWith('text/javascript'),
  );
  expect(scripts.length).toBe(languages.length);
  for (const { bytes } of scripts) {
    expect(bytes.toString()).not.toMatch(/\beval\(|new Function|document\.write|importScripts/);
  }
});
