/**
 * Makes what browsers get, from src/web, into src/web/assets: `npm run assets` after a change there. The files are committed, because the image has no bundler; a test compares them with a
 * fresh build.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { languages } from '../web/languages.ts';
import { builtWidget } from './build-widget.ts';

const web = new URL('../web/', import.meta.url);

/** Phones of 2020 and later; an older browser does not run the script and keeps the page as the server sent it. */
const oldestBrowsers = ['chrome80', 'firefox78', 'safari15'];

/** The files as they should be, by their place. The same sources and bundler give the same bytes. */
export async function builtAssets(): Promise<Map<string, string>> {
  const built = [await bundled({ entryPoints: [{ in: 'room.css', out: 'room' }] })];
  for (const language of languages)
    built.push(await bundled({ stdin: scriptIn(language) }, `room.${language}`));
  return new Map([...built.flat(), ...(await builtWidget())]);
}

/** The page's script with the words of one language: a visitor reads one. */
function scriptIn(language: string): NonNullable<BuildOptions['stdin']> {
  const contents = `
    import { language } from './phrases/languages/${language}.ts';
    import { offerLanguage } from './phrases/phrases.ts';
    import { start } from './client/room-client.ts';
    offerLanguage(language);
    start();`;
  return { contents, resolveDir: fileURLToPath(web), sourcefile: `room.${language}.ts`, loader: 'ts' };
}

async function bundled(input: BuildOptions, name?: string): Promise<[path: string, text: string][]> {
  const { outputFiles } = await build({
    ...input,
    absWorkingDir: fileURLToPath(web),
    ...(name === undefined ? { outdir: 'assets' } : { outfile: `assets/${name}.js` }),
    bundle: true,
    minify: true,
    charset: 'utf8',
    format: 'iife',
    target: oldestBrowsers,
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  return outputFiles.map(({ path, text }) => [path, text]);
}

if (import.meta.main) {
  for (const [path, text] of await builtAssets()) await writeFile(path, text);
}
