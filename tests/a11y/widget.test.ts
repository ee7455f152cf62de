/**
 * Every state of the widget, in a municipality's page on an origin of its own: on a phone and on a wide screen, in light,
 * dark and forced colours. French in two ways each, which take turns, and Arabic in one; `npm run a11y` takes every state and
 * language in every way.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { languages } from '../../src/web/languages.ts';
import { startBrowser } from '../support/browser.ts';
import { everyLook, PageInspector, plainLook } from '../support/page-inspector.ts';
import { everyWidget, type WidgetDocument } from '../support/widget-documents.ts';
import { WidgetLab } from '../support/widget-lab.ts';

const isWhole = process.env['TEST_A11Y'] === 'whole';
const withinMs = 600_000;

let browser: Browser;
let inspector: PageInspector<WidgetDocument>;
beforeAll(async () => {
  browser = await startBrowser();
  inspector = await PageInspector.open(browser, (files) => WidgetLab.open(files));
});
afterAll(async () => {
  if (isWhole) {
    for (const [question, times] of inspector.questions)
      console.log(`for a person to see: ${question} [${times} times]`);
  }
  await inspector.close();
  await browser.close();
});

test.each(isWhole ? languages : ['fr', 'ar'])(
  'in %s every state is free of faults',
  { timeout: withinMs },
  async (language) => {
    const all = everyWidget(language);
    const looks = isWhole || language === 'fr' ? everyLook : [plainLook];
    const startMs = performance.now();
    const before = inspector.analyses;
    const inTurns = !isWhole;
    const extent = { withScript: true, looks, byTab: looks.length > 1, inTurns };
    const findings = await inspector.findings(all, extent);
    const analyses = inspector.analyses - before;
    expect(analyses).toBe(all.size * (inTurns ? 1 : looks.length));
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    if (isWhole) console.log(`${language}: ${all.size} states, ${analyses} analyses in ${seconds} s`);
    expect(findings).toEqual([]);
  },
);
