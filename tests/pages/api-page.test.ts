import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operationsOf, documentOf } from '../support/api-documents.ts';
import { newVisitor, startBrowser } from '../support/browser.ts';
import { startService, type TestService } from '../support/service.ts';

let browser: Browser;
let service: TestService;
beforeAll(async () => {
  [browser, service] = await Promise.all([startBrowser(), startService()]);
});
afterAll(async () => {
  await browser.close();
  await service.close();
});

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds wrong with the page as it is. */
async function findings(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: await readFile(axeFile, 'utf8') });
  return page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
  );
}

describe.each([
  { listener: 'internal', path: '/docs', other: '/docs/visitors' },
  { listener: 'public', path: '/docs/visitors', other: '/docs' },
] as const)('$path', ({ listener, path, other }) => {
  test('is one document that asks for nothing else, and runs no script', async () => {
    const { page, complaints } = await newVisitor(browser, { javaScriptEnabled: false });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${service.internalUrl}${path}`);
    expect(asked).toEqual([`${service.internalUrl}${path}`]);
    expect(await page.content()).not.toMatch(/<script|<link|<img|<iframe/);
    expect(complaints).toEqual([]);
  });

  test('shows each operation under a heading of its own, with what it is asked by and each problem', async () => {
    const { page } = await newVisitor(browser);
    await page.goto(`${service.internalUrl}${path}`);
    for (const { operation, method } of operationsOf(documentOf(service.app, listener))) {
      const article = page
        .locator('article')
        .filter({ has: page.locator(`h3[id="${operation.operationId}"]`) });
      const text = (await article.textContent()) ?? '';
      expect(text).toContain(operation.summary);
      expect(text).toContain(method === 'GET' ? 'curl "' : `curl -X ${method} "`);
      for (const { content } of Object.values(operation.responses))
        for (const code of Object.keys(content?.['application/problem+json']?.examples ?? {}))
          expect(text).toContain(code);
    }
  });

  test('leads from its contents to each part, and every address in it leads somewhere', async () => {
    const { page } = await newVisitor(browser);
    await page.goto(`${service.internalUrl}${path}`);
    const broken = await page.evaluate(
      `[...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute('href').slice(1)).filter((id) => !document.getElementById(id))`,
    );
    expect(broken).toEqual([]);
    const ids = await page.evaluate<string[]>(`[...document.querySelectorAll('[id]')].map(({ id }) => id)`);
    expect(new Set(ids).size).toBe(ids.length);
    expect(await page.locator(`a[href^="${other}?"]`).count()).toBe(1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
  });

  test.each([
    { language: 'fr', narrow: 'light', wide: 'dark' },
    { language: 'en', narrow: 'dark', wide: 'light' },
  ] as const)(
    'is accessible in $language: $narrow on a phone, $wide on a desk',
    async ({ language, narrow, wide }) => {
      for (const [width, colorScheme] of [
        [320, narrow],
        [1_280, wide],
      ] as const) {
        const { page } = await newVisitor(browser, { bypassCSP: true, colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await page.goto(`${service.internalUrl}${path}?lang=${language}`);
        expect(await page.evaluate('document.documentElement.lang')).toBe(language);
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
          width,
        );
        expect(await findings(page)).toEqual([]);
      }
    },
  );

  test('speaks the language that the browser prefers, else French', async () => {
    for (const [locale, language] of [
      ['en-CA', 'en'],
      ['fr-FR', 'fr'],
      ['de-DE', 'fr'],
    ] as const) {
      const { page } = await newVisitor(browser, { locale });
      await page.goto(`${service.internalUrl}${path}`);
      expect(await page.evaluate('document.documentElement.lang')).toBe(language);
    }
  });
});
