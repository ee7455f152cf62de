/** A real browser for the e2e tests: Debian's Chromium, one process a file, a fresh profile for each visitor. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { ensureCommand } from '../../src/dev/provision.ts';

const actionTimeoutMs = 10_000;

/**
 * Starts Chromium with further arguments, installing it where that is possible: its shell, which draws pages as it does and
 * no windows, in half the time; where there is none, the whole. The caller closes it.
 */
export async function startBrowser(further: readonly string[] = []): Promise<Browser> {
  const shell = 'chromium-headless-shell';
  return launch(
    await ensureCommand(shell, shell).catch(() => ensureCommand('chromium', 'chromium')),
    further,
  );
}

/** The same with all that belongs to a window, such as notifications. */
export async function startWholeBrowser(): Promise<Browser> {
  return launch(await ensureCommand('chromium', 'chromium'), []);
}

function launch(executablePath: string, further: readonly string[]): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...further,
    ],
  });
}

/** A visitor with a browser of their own, closed when the running test is over. */
export async function newVisitor(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext({ locale: 'fr-CA', ...options });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(actionTimeoutMs);
  const page = await context.newPage();
  // What the page's policy blocked, scripts that failed, addresses that were not there.
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { context, page, complaints };
}

/** The page's own time is ten times as fast while it is waited for. */
const fastForwardMs = 1_000;
const fastForwardEveryMs = 100;

/**
 * Lets the page's own time go by until it shows something: it tries again by itself, and pauses longer each time. Call
 * `page.clock.install()` before the page is opened.
 */
export async function untilShown(page: Page, awaited: Locator, timeout = 20_000): Promise<void> {
  const look = async (): Promise<boolean> => {
    // A page that is just being left has no clock.
    await page.clock.fastForward(fastForwardMs).catch(() => {});
    return awaited.isVisible();
  };
  await expect.poll(look, { timeout, interval: fastForwardEveryMs }).toBe(true);
}
