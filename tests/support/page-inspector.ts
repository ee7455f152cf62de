/**
 * Looks for faults in documents, in a real browser: axe-core with every rule, and what it cannot see (tests/in-page).
 *
 * A document is opened once with its script and once without; width and colours are then changed in place, which is
 * what happens to a visitor who turns the phone or the light on. axe runs inside the document: @axe-core/playwright
 * opens another page for every analysis and takes five times as long.
 */
import type { Browser, Page } from 'playwright-core';
import { inPageScript } from './in-page-script.ts';
import { type Language, languageFile } from '../../src/web/phrases/phrases.ts';
import { type LabFiles, stillTab } from './page-lab.ts';

/** How a document is looked at. */
export type Look = { width: 320 | 1_280; colours: 'light' | 'dark' | 'forced' };
/**
 * `byTab`: also by going through it with Tab, which takes as long as three looks. `inTurns`: the looks are shared out among
 * the documents, one each.
 */
export type Extent = { withScript: boolean; looks: readonly Look[]; byTab: boolean; inTurns?: boolean };

export const everyLook: readonly Look[] = ([320, 1_280] as const).flatMap((width) =>
  (['light', 'dark', 'forced'] as const).map((colours) => ({ width, colours })),
);
export const plainLook: Look = { width: 320, colours: 'light' };

/** The browser computes while we wait for another tab. */
const tabsAtOnce = 4;
const scriptPath = '/inspection.js';
const heightPx = 800;

type Note = (where: string, texts: readonly string[]) => void;

/** What shows documents in a tab as a service would. */
export type Lab<Shown> = {
  /** Resolves when the document is in its state. */
  show: (tab: Page, document: Shown, how: { withScript: boolean }) => Promise<void>;
  /** Whether that address is asked in vain on purpose: browsers complain of it. */
  isMeantToFail: (url: string) => boolean;
  close: () => Promise<void>;
};

export class PageInspector<Shown extends { language: Language }> {
  readonly #browser: Browser;
  readonly #lab: Lab<Shown>;
  /** Kept from one document to the next: a new one would compile axe anew. */
  readonly #tabs: Page[] = [];
  /** What axe cannot decide and a person has to, with how often it was asked. */
  readonly questions = new Map<string, number>();
  /** Runs of axe. */
  analyses = 0;

  private constructor(browser: Browser, lab: Lab<Shown>) {
    this.#browser = browser;
    this.#lab = lab;
  }

  /** The browser stays the caller's. The lab is given what is brought into each document. */
  static async open<Shown extends { language: Language }>(
    browser: Browser,
    openLab: (files: LabFiles) => Promise<Lab<Shown>>,
  ): Promise<PageInspector<Shown>> {
    const lab = await openLab({ [scriptPath]: await inPageScript('inspection.ts', 'inspection') });
    return new PageInspector(browser, lab);
  }

  async close(): Promise<void> {
    await Promise.all(this.#tabs.map((tab) => tab.context().close()));
    await this.#lab.close();
  }

  /** Every fault once, with how often it was found and where first. */
  async findings(documents: ReadonlyMap<string, Shown>, extent: Extent): Promise<string[]> {
    const found = new Map<string, { times: number; first: string }>();
    const { looks, inTurns = false } = extent;
    const looksAt = (index: number): readonly Look[] =>
      inTurns ? looks.filter((_, turn) => turn === index % looks.length) : looks;
    const queue = [...documents].map(([name, document], index) => ({
      name,
      document,
      looks: looksAt(index),
    }));
    const inspectNext = async (tab: Page): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { name, document, looks } = next;
        await this.#inspect(tab, document, { ...extent, looks }, (where, texts) => {
          for (const text of texts) {
            const { times, first } = found.get(text) ?? { times: 0, first: `${name}, ${where}` };
            found.set(text, { times: times + 1, first });
          }
        });
      }
    };
    // Times are then told in two zones, which is the longer form.
    while (this.#tabs.length < Math.min(tabsAtOnce, queue.length))
      this.#tabs.push(await stillTab(this.#browser, 'Europe/Paris'));
    await Promise.all(this.#tabs.map(inspectNext));
    // What the last documents keep open is closed with them.
    await Promise.all(this.#tabs.map((tab) => tab.goto('about:blank')));
    return [...found].map(([text, { times, first }]) => `${text} [${times} times, first in: ${first}]`);
  }

  async #inspect(
    tab: Page,
    document: Shown,
    { withScript, looks, byTab }: Extent,
    note: Note,
  ): Promise<void> {
    // What the page before was about to do, such as to go on to its site, it does no more.
    await tab.goto('about:blank');
    const complaints = complaintsOf(tab, (url) => this.#lab.isMeantToFail(url));
    await setLook(tab, plainLook);
    await tab.emulateMedia({ reducedMotion: 'no-preference' });
    await this.#lab.show(tab, document, { withScript });
    // From an address: the browser then compiles it once for all documents.
    await tab.addScriptTag({ url: scriptPath });
    note('as opened', await ask(tab, 'motionFindings({ reducedMotion: false })'));
    await tab.emulateMedia({ reducedMotion: 'reduce' });
    note('as opened', await ask(tab, 'motionFindings({ reducedMotion: true })'));
    const { language } = document;
    const expected = JSON.stringify({ language, direction: languageFile(language).direction });
    note('as opened', await ask(tab, `documentFindings(${expected})`));
    // What is folded is part of the page.
    await tab.evaluate('inspection.unfold()');
    for (const look of looks) {
      await setLook(tab, look);
      note(`${look.width} px, ${look.colours}`, await this.#analyse(tab));
    }
    await inspectLayout(tab, note);
    await setLook(tab, plainLook);
    if (byTab) note('by Tab', await walkThrough(tab));
    note('in the console', complaints.stop());
  }

  async #analyse(tab: Page): Promise<string[]> {
    this.analyses += 1;
    const analysis = 'inspection.axeFindings()';
    const { findings, questions } = await tab.evaluate<{ findings: string[]; questions: string[] }>(analysis);
    for (const question of questions) this.questions.set(question, (this.questions.get(question) ?? 0) + 1);
    return findings;
  }
}

async function setLook(tab: Page, { width, colours }: Look): Promise<void> {
  await tab.setViewportSize({ width, height: heightPx });
  await tab.emulateMedia({
    colorScheme: colours === 'dark' ? 'dark' : 'light',
    forcedColors: colours === 'forced' ? 'active' : 'none',
  });
}

function ask(tab: Page, call: string): Promise<string[]> {
  return tab.evaluate<string[]>(`inspection.${call}`);
}

/** Nothing is cut off nor scrolls sideways: on a small screen, and with a reader's own sizes. */
async function inspectLayout(tab: Page, note: Note): Promise<void> {
  for (const [width, text] of [
    [320, 'as it is'],
    [320, 'set apart'],
    [1_280, 'as it is'],
    [1_280, 'twice as large'],
  ] as const) {
    await tab.setViewportSize({ width, height: heightPx });
    await tab.evaluate(`inspection.spaceText('${text}')`);
    note(`${width} px, text ${text}`, await ask(tab, 'overflowFindings()'));
  }
  await tab.evaluate(`inspection.spaceText('as it is')`);
}

/** Presses Tab through the whole page. */
async function walkThrough(tab: Page): Promise<string[]> {
  await tab.evaluate('inspection.forgetFocus()');
  const count = await tab.evaluate<number>('inspection.controlsCount()');
  const found: string[] = [];
  for (let presses = 1; presses <= count; presses += 1) {
    await tab.keyboard.press('Tab');
    found.push(...(await ask(tab, `focusFindings(${presses})`)));
  }
  return found;
}

/** What the page's policy blocked, scripts that failed, addresses that were not there. */
function complaintsOf(tab: Page, isMeantToFail: (url: string) => boolean): { stop: () => string[] } {
  const complaints: string[] = [];
  const onError = (error: Error): void => void complaints.push(error.message);
  const onConsole = (message: { type(): string; text(): string; location(): { url: string } }): void => {
    if (isMeantToFail(message.location().url)) return;
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  };
  tab.on('pageerror', onError).on('console', onConsole);
  return {
    stop: () => {
      tab.off('pageerror', onError).off('console', onConsole);
      return complaints;
    },
  };
}
