/** Going through a page by keyboard, into open shadow roots as well. */
import type { Page } from 'playwright-core';

const pressesMax = 40;
const focused = `let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;`;

/** What has the focus: its element's name and its words. */
export function focusedIn(page: Page): Promise<{ name: string; words: string }> {
  return page.evaluate<{ name: string; words: string }>(
    `(() => { ${focused} return { name: focused.localName, words: (focused.textContent ?? '').trim() }; })()`,
  );
}

/** Goes on by Tab until the focus is on what has these words; throws when it is nowhere. */
export async function tabTo(page: Page, words: string): Promise<void> {
  for (let presses = 0; presses < pressesMax; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await focusedIn(page)).words === words) return;
  }
  throw new Error(`no Tab leads to ${words}`);
}
