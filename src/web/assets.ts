/**
 * The style sheet of the waiting page and its script in each language, as the service serves them: under a name that
 * changes with the content, so that browsers may keep them for good, and compressed once. src/dev/build-assets.ts
 * writes the files.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { languages } from './languages.ts';
import type { AssetUrls } from './page-document.ts';

export type Asset = { contentType: string; bytes: Buffer; gzipBytes: Buffer };

const contentTypes: { readonly [ending: string]: string } = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  // Type declarations.
  ts: 'text/plain; charset=utf-8',
};

/** The files, by the name under which they are served. Reads them at once: for the start of the service. */
export function readAssets(): { assets: ReadonlyMap<string, Asset>; urls: AssetUrls } {
  const assets = new Map<string, Asset>();
  const urlOf = (name: string, ending: 'css' | 'js'): string => {
    const asset = readAsset(`${name}.${ending}`);
    const hash = createHash('sha256').update(asset.bytes).digest('base64url').slice(0, 12);
    assets.set(`${name}.${hash}.${ending}`, asset);
    return `/assets/${name}.${hash}.${ending}`;
  };
  const style = urlOf('room', 'css');
  const scripts = new Map(languages.map((language) => [language, urlOf(`room.${language}`, 'js')]));
  return { assets, urls: { style, scripts } };
}

/** A file of the folder of assets. */
export function readAsset(name: string): Asset {
  const bytes = readFileSync(new URL(`assets/${name}`, import.meta.url));
  const contentType = contentTypes[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
  return { contentType, bytes, gzipBytes: gzipSync(bytes, { level: 9, memLevel: 9 }) };
}
