/**
 * Pictures of every state of the waiting page, into docs/screenshots: `npm run screenshots`. Fails when they weigh too much.
 *
 * `npm run screenshots -- --sheet all.png [--widget] [--language fr] [--width 320] [--dark]` puts every state into one picture
 * instead, to look them all over.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { languages } from '../../src/web/languages.ts';
import { startBrowser } from '../support/browser.ts';
import { everyDocument } from '../support/page-documents.ts';
import { fileName, galleryPage, type Picture, pictures, picturesOf, widgetsOf, widths } from './gallery.ts';
import { takePictures } from './photographer.ts';

const folder = new URL('../../docs/screenshots/', import.meta.url);
const bytesMax = 3_000_000;
/** A sheet shows wide pages at half their size. */
const sheetCellPx = { 320: 320, 1_280: 640 } as const;
const sheetColumns = { 320: 10, 1_280: 5 } as const;

async function makeGallery(browser: Browser): Promise<boolean> {
  const all = pictures();
  const names = all.map(fileName);
  if (new Set(names).size < names.length) throw new Error('two states have the same file name');
  const taken = await takePictures(browser, all);
  // What a state of an earlier day left behind goes.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [index, bytes] of taken.entries()) await writeFile(new URL(names[index] ?? '', folder), bytes);
  await writeFile(new URL('README.md', folder), galleryPage(all));
  const total = taken.reduce((sum, { length }) => sum + length, 0);
  console.log(`${taken.length} pictures, ${total} bytes of at most ${bytesMax}`);
  return total <= bytesMax;
}

async function makeSheet(browser: Browser, path: string, states: readonly Picture[]): Promise<void> {
  const width = states[0]?.width ?? 320;
  const taken = await takePictures(browser, states);
  const figures = taken.map((bytes, index) => {
    const source = `data:image/png;base64,${bytes.toString('base64')}`;
    return `<figure><figcaption>${states[index]?.state}</figcaption><img src="${source}"></figure>`;
  });
  const columns = sheetColumns[width];
  const tab = await browser.newPage({
    viewport: { width: columns * (sheetCellPx[width] + 16), height: 800 },
  });
  await tab.setContent(`<style>
    body { margin: 0; display: flex; flex-wrap: wrap; background: #888; font: 16px sans-serif }
    figure { margin: 8px; inline-size: ${sheetCellPx[width]}px }
    img { inline-size: 100% }
    </style>${figures.join('')}`);
  await tab.screenshot({ path, fullPage: true });
  console.log(`${states.length} states in ${path}`);
}

const { values } = parseArgs({
  options: {
    sheet: { type: 'string' },
    language: { type: 'string', default: 'fr' },
    width: { type: 'string', default: '320' },
    dark: { type: 'boolean', default: false },
    widget: { type: 'boolean', default: false },
  },
});
const { sheet, language } = values;
const width = widths.find((width) => String(width) === values.width);
if (!languages.includes(language) || width === undefined) {
  console.error(`--language is one of ${languages.join(', ')}; --width one of ${widths.join(', ')}`);
  process.exit(2);
}
const browser = await startBrowser();
try {
  const colours = values.dark ? 'dark' : 'light';
  const documents = values.widget ? widgetsOf(language) : everyDocument(language);
  if (sheet !== undefined) await makeSheet(browser, sheet, picturesOf(documents, [width], colours));
  else if (!(await makeGallery(browser))) process.exitCode = 1;
} finally {
  await browser.close();
}
