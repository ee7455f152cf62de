/**
 * Makes what browsers get, from src/web/client and src/web/room.css, into src/web/assets: `node src/dev/build-assets.ts`
 * after a change there. The files are committed, because the image has no bundler; a test compares them with a
 * fresh build.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const web = new URL('../web/', import.meta.url);

/** Phones of 2020 and later; an older browser does not run the script and keeps the page as the server sent it. */
const oldestBrowsers = ['chrome80', 'firefox78', 'safari15'];

/** The files as they should be, by their place. The same sources and bundler give the same bytes. */
export async function builtAssets(): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(web),
    entryPoints: [
      { in: 'client/room-client.ts', out: 'room' },
      { in: 'room.css', out: 'room' },
    ],
    outdir: 'assets',
    bundle: true,
    minify: true,
    charset: 'utf8',
    format: 'iife',
    target: oldestBrowsers,
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

if (import.meta.main) {
  for (const [path, text] of await builtAssets()) await writeFile(path, text);
}
