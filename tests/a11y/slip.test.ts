/** The slip that a desk prints: on a small screen, on a sheet and on paper, in every language. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { languages } from '../../src/web/languages.ts';
import { newVisitor, startBrowser } from '../support/browser.ts';
import { slipWith, turn } from '../support/slips.ts';

let shown = slipWith();
const server = createServer((_request, response) => {
  response.writeHead(200, shown.headers);
  response.end(shown.markup);
});
let browser: Browser;
let url: string;
beforeAll(async () => {
  browser = await startBrowser();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});

/** What axe finds, each by its rule and the first element. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const run =
    'axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + nodes[0].html))';
  return page.evaluate<string[]>(run);
}

test.each(languages)(
  'in %s it is free of faults, asks for nothing and breaks no policy',
  async (language) => {
    for (const view of [undefined, turn]) {
      shown = slipWith({ language, ...(view ? { view } : {}) });
      const { page, complaints } = await newVisitor(browser);
      page.on('request', (request) => {
        if (request.url() !== url) complaints.push(request.url());
      });
      await page.goto(url);
      for (const width of [320, 1_280]) {
        await page.setViewportSize({ width, height: 700 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        expect(await findings(page)).toEqual([]);
      }
      await page.emulateMedia({ media: 'print' });
      expect(await findings(page)).toEqual([]);
      expect(complaints).toEqual([]);
    }
  },
);
