/** Takes pictures of documents in a real browser, several at once. */
import type { Browser, Page } from 'playwright-core';
import { inPageScript } from '../support/in-page-script.ts';
import { PageLab, stillTab } from '../support/page-lab.ts';
import { WidgetLab } from '../support/widget-lab.ts';
import type { Picture } from './gallery.ts';
import { type PalettePicture, palettePng } from './palette-png.ts';

const tabsAtOnce = 3;
/** Of the first screen: an old small phone, a small laptop. */
const heightsPx = { 320: 568, 1_280: 600 } as const;
/** Where the room is: times are told once. */
const timeZone = 'America/Toronto';
/** With fewer, letters lose their edges; with more, pictures are heavy. */
const coloursMax = 7;

/** Every picture as a PNG file: whole pages, at the device's own scale, in the order asked. */
export async function takePictures(browser: Browser, pictures: readonly Picture[]): Promise<Buffer[]> {
  const [lab, widgetLab] = await Promise.all([PageLab.open(), WidgetLab.open()]);
  const script = await inPageScript('few-colours.ts', 'fewColours');
  const taken: Buffer[] = [];
  const queue = [...pictures.entries()];
  const takeAll = async (tab: Page, workshop: Page): Promise<void> => {
    await workshop.addScriptTag({ content: script });
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, { document, width, colours, isWhole }] = next;
      await tab.setViewportSize({ width, height: heightsPx[width] });
      await tab.emulateMedia({ colorScheme: colours, reducedMotion: 'reduce' });
      if ('markup' in document) await lab.show(tab, document, { withScript: true });
      else await widgetLab.show(tab, document, { withScript: true });
      const png = await tab.screenshot({ fullPage: isWhole });
      taken[index] = palettePng(await withFewColours(workshop, png));
    }
  };
  try {
    await Promise.all(
      Array.from({ length: tabsAtOnce }, async () => {
        const tab = await stillTab(browser, timeZone);
        await takeAll(tab, await tab.context().newPage());
      }),
    );
  } finally {
    await Promise.all([lab.close(), widgetLab.close()]);
  }
  return taken;
}

async function withFewColours(workshop: Page, png: Buffer): Promise<PalettePicture> {
  const call = `fewColours.fewColours('${png.toString('base64')}', ${coloursMax})`;
  const { pixels, ...rest } = await workshop.evaluate<PalettePicture & { pixels: string }>(call);
  return { ...rest, pixels: Buffer.from(pixels, 'base64') };
}
