/**
 * The style sheet and the script of the waiting page, as the service serves them: under a name that changes with the
 * content, so that browsers may keep them for good, and compressed once. src/dev/build-assets.ts writes the files.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { AssetUrls } from './room-page.ts';

export type Asset = { name: string; contentType: string; bytes: Buffer; gzipBytes: Buffer };

const contentTypes = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const;

/** The files, by the name under which they are served. Reads them at once: for the start of the service. */
export function readAssets(): { assets: ReadonlyMap<string, Asset>; urls: AssetUrls } {
  const style = readAsset('css');
  const script = readAsset('js');
  return {
    assets: new Map([style, script].map((asset) => [asset.name, asset])),
    urls: { style: `/assets/${style.name}`, script: `/assets/${script.name}` },
  };
}

function readAsset(extension: keyof typeof contentTypes): Asset {
  const bytes = readFileSync(new URL(`assets/room.${extension}`, import.meta.url));
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 12);
  return {
    name: `room.${hash}.${extension}`,
    contentType: contentTypes[extension],
    bytes,
    gzipBytes: gzipSync(bytes, { level: 9 }),
  };
}
