import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { builtAssets } from '../../src/dev/build-assets.ts';
import { readAssets } from '../../src/web/assets.ts';

test('the committed files are what a fresh build gives', async () => {
  const built = await builtAssets();
  expect(built.size).toBe(2);
  for (const [path, text] of built) {
    expect(await readFile(path, 'utf8'), `${path}: run node src/dev/build-assets.ts`).toBe(text);
  }
});

test('they are served under a name that follows the content, compressed to far less than the 30 KiB of a page', () => {
  const { assets, urls } = readAssets();
  expect([...assets.keys()].map((name) => `/assets/${name}`)).toEqual([urls.style, urls.script]);
  let gzipBytes = 0;
  for (const asset of assets.values()) {
    expect(asset.name).toMatch(/^room\.[A-Za-z0-9_-]{12}\.(css|js)$/);
    expect(gunzipSync(asset.gzipBytes)).toEqual(asset.bytes);
    gzipBytes += asset.gzipBytes.length;
  }
  expect(gzipBytes).toBeLessThan(16 * 1_024);
});

test('the style sheet knows no left and right, no other place and no long animation', async () => {
  const style = await readFile(new URL('../../src/web/room.css', import.meta.url), 'utf8');
  const withoutIds = style.replace(/#[a-z-]+/g, '');
  expect(withoutIds).not.toMatch(/\b(left|right)\b|url\(|@import|animation:|transition:/);
});

test('the script makes no code of texts', async () => {
  const script = [...readAssets().assets.values()].find(({ contentType }) =>
    contentType.startsWith('text/javascript'),
  );
  expect(script?.bytes.toString()).not.toMatch(/\beval\(|new Function|document\.write|importScripts/);
});
