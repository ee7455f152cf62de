/**
 * Writes what changes with the widget into docs/integrations/widget.md, the hashes of its files and its size: `npm run docs`.
 * The rest of the page is written by hand; a test compares its tables with the sources.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { readWidgetAssets } from '../web/widget-assets.ts';

/** Where the page lies. */
export const widgetPageUrl = new URL('../../docs/integrations/widget.md', import.meta.url);

/** An element that loads a file of the widget, up to its hash. */
const pinned = /(\/(widget\.[\w.]+)"\s+integrity=")[^"]*/g;
const size = /one script of about \d+ KiB/;

/** The page as it should be, from the page as it is. Throws where it names a file that there is none of. */
export function updatedWidgetPage(page: string): string {
  const assets = readWidgetAssets();
  const assetOf = (name: string) => {
    const asset = assets.get(name);
    if (!asset) throw new Error(`there is no ${name}`);
    return asset;
  };
  const scriptKib = Math.round(assetOf('widget.js').gzipBytes.length / 1_024);
  return page
    .replace(size, `one script of about ${scriptKib} KiB`)
    .replace(pinned, (_, before: string, name: string) => before + assetOf(name).integrity);
}

if (import.meta.main) {
  await writeFile(widgetPageUrl, updatedWidgetPage(await readFile(widgetPageUrl, 'utf8')));
}
