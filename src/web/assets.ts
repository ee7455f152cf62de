/**
 * The style sheet of the waiting page and its script in each language, as the service serves them: under a name that changes with the
 * content, so that browsers may keep them for good, and compressed once. src/dev/build-assets.ts writes the files.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { languages } from './languages.ts';
import type { AssetUrls } from './page-document.ts';

export type Asset = { name: string; contentType: string; bytes: Buffer; gzipBytes: Buffer };

const contentTypes = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const;

/** The files, by the name under which they are served. Reads them at once: for the start of the service. */
export function readAssets(): { assets: ReadonlyMap<string, Asset>; urls: AssetUrls } {
  const style = readAsset('room', 'css');
  const scripts = languages.map((language) => [language, readAsset(`room.${language}`, 'js')] as const);
  const all = [style, ...scripts.map(([, script]) => script)];
  return {
    assets: new Map(all.map((asset) => [asset.name, asset])),
    urls: {
      style: `/assets/${style.name}`,
      scripts: new Map(scripts.map(([language, { name }]) => [language, `/assets/${name}`])),
    },
  };
}

function readAsset(name: string, extension: keyof typeof contentTypes): Asset {
  const bytes = readFileSync(new URL(`assets/${name}.${extension}`, import.meta.url));
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 12);
  return {
    name: `${name}.${hash}.${extension}`,
    contentType: contentTypes[extension],
    bytes,
    gzipBytes: gzipSync(bytes, { level: 9 }),
  };
}
