/**
 * Every state of the waiting page, for everyone: with its script and without, on a phone and on a wide screen, in light,
 * dark and forced colours. French in a look for each state, which take turns, every second state also without the script, and
 * the other languages in one; `npm run a11y` takes every state and language in every way.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { languages } from '../../src/web/languages.ts';
import { startBrowser } from '../support/browser.ts';
import { everyDocument, type PageDocument } from '../support/page-documents.ts';
import { everyLook, PageInspector, plainLook } from '../support/page-inspector.ts';
import { PageLab } from '../support/page-lab.ts';

const isWhole = process.env['TEST_A11Y'] === 'whole';
const withinMs = 600_000;

let browser: Browser;
let inspector: PageInspector<PageDocument>;
beforeAll(async () => {
  browser = await startBrowser();
  inspector = await PageInspector.open(browser, (files) => PageLab.open(files));
});
afterAll(async () => {
  if (isWhole) tellAll();
  await inspector.close();
  await browser.close();
});

/** In short, the states are shared out among the languages beside French, in which each is looked at. */
function ofLanguage<State>(states: Map<string, State>, language: string): Map<string, State> {
  const others = languages.filter((one) => one !== 'fr');
  return new Map([...states].filter((_, index) => index % others.length === others.indexOf(language)));
}

/** In short, without the script. */
function everySecond<State>(states: Map<string, State>): Map<string, State> {
  return new Map([...states].filter((_, index) => index % 2 === 0));
}

describe.each(languages)('in %s every state is free of faults', (language) => {
  const inEveryWay = isWhole || language === 'fr';
  const looks = inEveryWay ? everyLook : [plainLook];

  test.each(inEveryWay ? [true, false] : [true])(
    '(with its script: %s)',
    { timeout: withinMs },
    async (withScript) => {
      const every = everyDocument(language);
      const states = inEveryWay ? every : ofLanguage(every, language);
      const all = isWhole || withScript ? states : everySecond(states);
      const startMs = performance.now();
      const before = inspector.analyses;
      const inTurns = !isWhole;
      const extent = { withScript, looks, byTab: inEveryWay && withScript, inTurns };
      const findings = await inspector.findings(all, extent);
      const analyses = inspector.analyses - before;
      expect(analyses).toBe(all.size * (inTurns ? 1 : looks.length));
      if (isWhole) {
        const seconds = Math.round((performance.now() - startMs) / 1_000);
        const count = `${all.size} states, ${analyses} analyses in ${seconds} s`;
        console.log(`${language}, with its script: ${withScript}: ${count}, ${findings.length} faults`);
      }
      expect(findings).toEqual([]);
    },
  );
});

function tellAll(): void {
  console.log(`${inspector.analyses} analyses by axe in all`);
  for (const [question, times] of inspector.questions)
    console.log(`for a person to see: ${question} [${times} times]`);
}
