/** The inspection that finds nothing in our pages finds what is planted: by the same way through the same browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { everyDocument, type PageDocument, withoutScripts } from '../support/page-documents.ts';
import { everyLook, PageInspector, plainLook } from '../support/page-inspector.ts';
import { PageLab } from '../support/page-lab.ts';

const style = `
  @keyframes turning { to { transform: rotate(360deg) } }
  .turning { animation: turning 1s infinite }
  .wide { inline-size: 1500px }
  .cut { block-size: 1rem; overflow: hidden }
  .narrow { inline-size: 5em; overflow: hidden; white-space: nowrap }
  .over { position: fixed; inset: 0; background: #fff }
  .ringless:focus { outline: none }
  .pale:focus { outline: 3px solid #eee }
  @media (forced-colors: active) { .kept { forced-color-adjust: none; color: #ddd; background: #fff } }`;

let browser: Browser;
let inspector: PageInspector<PageDocument>;
beforeAll(async () => {
  browser = await startBrowser();
  inspector = await PageInspector.open(browser, (files) => PageLab.open({ ...files, '/planted.css': style }));
});
afterAll(async () => {
  await inspector.close();
  await browser.close();
});

/** A document in French without a script. */
function documentWith(
  body: string,
  around: { root?: string; head?: string; skip?: string } = {},
): PageDocument {
  const {
    root = '<html lang="fr" dir="ltr">',
    head = '',
    skip = '<a href="#content">Au contenu</a>',
  } = around;
  const markup = `<!doctype html>${root}<head><title>Fautes</title>
    <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
    <link rel="stylesheet" href="/planted.css">${head}</head>
    <body>${skip}<main id="content" tabindex="-1"><h1>Fautes</h1>${body}</main></body></html>`;
  return { language: 'fr', view: null, updates: 'by-hand', hasScript: false, markup: () => markup };
}

async function findingsIn(planted: PageDocument, looks = [plainLook]): Promise<string[]> {
  return inspector.findings(new Map([['planted', planted]]), { withScript: false, looks, byTab: true });
}

/** Without how often and where. */
function textsOf(findings: readonly string[]): string[] {
  return findings.map((finding) => finding.replace(/ \[\d+ times.*$/, ''));
}

test('a document without a fault has none', async () => {
  expect(await findingsIn(documentWith('<p>Rien.</p><a href="/x">Suite</a>'), [...everyLook])).toEqual([]);
});

test('axe finds five planted faults', async () => {
  const body = `<img src="data:,"><button></button><input type="text">
    <p><font color="#aaaaaa">Hard to read.</font></p>`;
  const findings = await findingsIn(documentWith(body, { root: '<html dir="ltr">' }));
  const rules = findings.map((finding) => finding.split(' ')[0]);
  expect(rules).toEqual(
    expect.arrayContaining(['html-has-lang', 'image-alt', 'button-name', 'label', 'color-contrast']),
  );
});

test('a contrast that is too low in forced colours alone is found', async () => {
  const findings = await findingsIn(documentWith('<p class="kept">Hard to read.</p>'), [...everyLook]);
  expect(findings).toEqual([
    'color-contrast at p (contrast 1.35) [2 times, first in: planted, 320 px, forced]',
  ]);
});

const faultyBody = `<h3>Trop bas</h3><p class="wide">Large</p><p class="cut">Une<br>Deux</p>
    <p class="turning">Tourne</p><a class="ringless" href="/x">Un</a> <a class="pale" href="/x">Deux</a>
    <p style="color: red">Rouge</p>`;

describe('what axe does not see is found:', () => {
  const root = '<html lang="en" dir="rtl">';
  const head = '<noscript><meta http-equiv="Refresh" content="9999"></noscript>';
  let texts: string[];
  beforeAll(async () => {
    texts = textsOf(await findingsIn(documentWith(faultyBody, { root, head, skip: '' })));
  });

  test.each([
    ['another language', 'the language is “en”, not fr'],
    ['the other direction', 'the direction is “rtl”, not ltr'],
    ['a reload', 'reloads by itself'],
    ['no way straight to the content', 'the first control does not lead to the content'],
    ['a level left out', 'heading order: h3 “Trop bas” comes after level 1'],
    ['a wide page', 'scrolls sideways: 1508 in 320 px'],
    ['words cut off', 'is cut off: p.cut “UneDeux”'],
    ['endless motion', 'moves for Infinity ms: p.turning “Tourne”'],
    [
      'motion though less is asked for',
      'moves for Infinity ms though less motion is asked for: p.turning “Tourne”',
    ],
    ['a focus that nobody sees', 'with the focus, a.ringless “Un” has no outline'],
    ['a focus that is hard to see', 'with the focus, a.pale “Deux” has an outline of contrast 1.16'],
    ['what the policy blocks', expect.stringMatching(/^Applying inline style violates/)],
  ])('%s', (_name, fault) => {
    expect(texts).toContainEqual(fault);
  });
});

test.each([
  [
    'an order of its own',
    '<a href="/x">Un</a> <a href="/y" tabindex="1">Deux</a>',
    'Tab leads to a “Deux” where a “Au contenu” comes next',
  ],
  [
    'a focus below something else',
    '<a href="/x">Un</a><div class="over"></div>',
    'with the focus, a “Un” is not in sight',
  ],
])('%s is found', async (_name, body, fault) => {
  expect(textsOf(await findingsIn(documentWith(body)))).toContain(fault);
});

describe('in an open shadow root is found:', () => {
  let texts: string[];
  beforeAll(async () => {
    const unfolded = '<details><summary>Plus</summary><p class="kept" lang="xx-nowhere">Plié</p></details>';
    const body = inShadow(`${faultyBody}<button></button><font color="#aaaaaa">Hard to read.</font>${unfolded}
      <p class="narrow">Tout juste</p>`);
    texts = textsOf(await findingsIn(documentWith(body)));
  });

  test.each([
    ['a button without a name', expect.stringMatching(/^button-name at x-room,button/)],
    ['a contrast', expect.stringMatching(/^color-contrast at x-room,font/)],
    ['what is folded', expect.stringMatching(/^valid-lang at x-room,\.kept/)],
    ['a level left out', 'heading order: h3 “Trop bas” comes after level 1'],
    ['a wide part', 'scrolls sideways: 1508 in 320 px'],
    ['words cut off', 'is cut off: p.cut “UneDeux”'],
    ['words cut off for those who set them apart', 'is cut off: p.narrow “Tout juste”'],
    ['endless motion', 'moves for Infinity ms: p.turning “Tourne”'],
    ['a focus that nobody sees', 'with the focus, a.ringless “Un” has no outline'],
    ['a focus that is hard to see', 'with the focus, a.pale “Deux” has an outline of contrast 1.16'],
  ])('%s', (_name, fault) => {
    expect(texts).toContainEqual(fault);
  });

  test.each([
    [
      'an order of its own',
      '<a href="/x">Un</a> <a href="/y" tabindex="1">Deux</a>',
      'Tab leads to a “Deux” where a “Un” comes next',
    ],
    [
      'a focus below something else',
      '<a href="/x">Un</a><div class="over"></div>',
      'with the focus, a “Un” is not in sight',
    ],
  ])('%s', async (_name, body, fault) => {
    expect(textsOf(await findingsIn(documentWith(inShadow(body))))).toContain(fault);
  });
});

test('what is inert, or only there where a shadow root is missing, is no place for Tab to lead to', async () => {
  const body = `<a href="/">Accueil</a><form inert><label>Nom <input></label><button>Envoyer</button></form>
    <x-room><template shadowrootmode="open"><a href="/x">Un</a></template><a href="/y">Deux</a></x-room>`;
  expect(await findingsIn(documentWith(body))).toEqual([]);
});

/** In a shadow root that the browser makes from markup. */
function inShadow(markup: string): string {
  return `<x-room><template shadowrootmode="open"><link rel="stylesheet" href="/planted.css">${markup}</template></x-room>`;
}

test('a page whose script does not run is refused', async () => {
  const [[name, page] = []] = everyDocument('fr');
  const markup: PageDocument['markup'] = (assets, token) => withoutScripts(page?.markup(assets, token) ?? '');
  const broken = new Map([[name ?? '', { ...(page as PageDocument), markup }]]);
  await expect(
    inspector.findings(broken, { withScript: true, looks: [plainLook], byTab: false }),
  ).rejects.toThrow('the page’s script has not run');
});
