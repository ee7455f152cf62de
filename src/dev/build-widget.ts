/**
 * Makes the widget's files: the script that defines the element, the same as a module that exports the class, and a
 * file for each language that does not travel with them. All of one version carry its number in their names.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, transform } from 'esbuild';
import { languages } from '../web/languages.ts';
import { languageFile, type Phrase } from '../web/phrases/phrases.ts';
import type { PackedLanguage, WidgetBuild } from '../web/widget/widget-build.ts';
import { widgetPhrases } from '../web/widget/widget-phrases.ts';
import { bundledLanguages, widgetVersion } from '../web/widget-assets.ts';

const web = new URL('../web/', import.meta.url);

/** Those that know `inert`; where it does not run, the element's own content stays: a link to the waiting page. */
const oldestBrowsers = ['chrome102', 'firefox112', 'safari16.4'];

/** The files, by their place. The same sources and bundler give the same bytes. */
export async function builtWidget(): Promise<[path: string, text: string][]> {
  const others = languages.filter((language) => !bundledLanguages.includes(language));
  const files = others.map((language): [string, string] => [
    placeOf(`${language}.json`),
    JSON.stringify(packed(language)),
  ]);
  const ticketCode = `
    import { ticketCode } from './widget/ticket-code.ts';
    const told = new CustomEvent('guichet-code', { detail: ticketCode });
    document.currentScript.dispatchEvent(told);`;
  const ticketStyle = JSON.stringify(await minifiedStyle('widget-ticket'));
  const ticketScript = await bundled(ticketCode, 'iife', { guichetTicketStyle: ticketStyle });
  files.push([placeOf('ticket.js'), ticketScript]);
  const widgetBuild: WidgetBuild = {
    version: widgetVersion,
    style: await minifiedStyle('widget'),
    languages: bundledLanguages.map(packed),
    ticketCode: hashOf(ticketScript),
    others,
  };
  const define = { guichetWidgetBuild: JSON.stringify(widgetBuild) };
  const script = `
    import { define } from './widget/define.ts';
    define(new URL(document.currentScript.src).origin);`;
  const module = `
    import { define as defineAt } from './widget/define.ts';
    export { GuichetRoomElement } from './widget/guichet-room-element.ts';
    export const define = (server = new URL(import.meta.url).origin) => defineAt(server);`;
  for (const ending of ['d.ts', 'react.d.ts']) files.push([placeOf(ending), await declarations(ending)]);
  files.push([placeOf('js'), await bundled(script, 'iife', define)]);
  files.push([placeOf('mjs'), await bundled(module, 'esm', define)]);
  return files;
}

function placeOf(ending: string): string {
  return fileURLToPath(new URL(`assets/widget.v${widgetVersion}.${ending}`, web));
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** A language with the widget's phrases alone, in the order of their numbers. */
export function packed(language: string): PackedLanguage {
  const { phrases, ...file } = languageFile(language);
  return { ...file, phrases: widgetPhrases.map((key) => packedPhrase(phrases[key])) };
}

/** Without the plural forms that are no other than `other`. */
function packedPhrase(phrase: Phrase): Phrase {
  if (typeof phrase === 'string') return phrase;
  const { other } = phrase;
  const forms = Object.entries(phrase).filter(([form, text]) => form !== 'other' && text !== other);
  return forms.length === 0 ? other : { ...Object.fromEntries(forms), other };
}

/** The number by which the script names a phrase: a string like the key, so that the code is the same. */
const numbers = new Map<string, string>(widgetPhrases.map((key, number) => [key, String(number)]));

/** Puts the numbers in the place of the keys, which are string literals of their own everywhere. */
export const numberedPhrases: Plugin = {
  name: 'numbered-phrases',
  setup(bundler) {
    bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace(/'([a-z-]+)'/g, (literal, key: string) => {
        const number = numbers.get(key);
        return number === undefined ? literal : `'${number}'`;
      });
      return { contents, loader: 'ts' };
    });
  },
};

/** A phrase that the script says and that does not come with it would be found by a visitor. */
function assertComplete(script: string): void {
  const pagePhrases = languageFile('fr').phrases;
  const missing = [...script.matchAll(/"([a-z-]+)"/g)]
    .map(([, key]) => key as string)
    .filter((key) => key in pagePhrases);
  if (missing.length > 0) throw new Error(`not in widget-phrases.ts: ${missing.join(', ')}`);
}

/** The declarations, under the names by which they are served. */
async function declarations(ending: string): Promise<string> {
  const text = await readFile(new URL(`widget/guichet-room.${ending}`, web), 'utf8');
  return text.replaceAll('./guichet-room.d.ts', `./widget.v${widgetVersion}.js`);
}

async function minifiedStyle(name: string): Promise<string> {
  const text = await readFile(new URL(`widget/${name}.css`, web), 'utf8');
  const { code } = await transform(text, { loader: 'css', minify: true, target: oldestBrowsers });
  return code.trim();
}

async function bundled(
  contents: string,
  format: 'iife' | 'esm',
  define: Record<string, string>,
): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(web), sourcefile: 'widget.ts', loader: 'ts' },
    absWorkingDir: fileURLToPath(web),
    bundle: true,
    minify: true,
    charset: 'utf8',
    format,
    define,
    plugins: [numberedPhrases],
    target: oldestBrowsers,
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  const script = outputFiles[0]?.text ?? '';
  assertComplete(script);
  return script;
}
