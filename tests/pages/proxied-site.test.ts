/** A visitor's own browser behind nginx: the cookie that it keeps, and the script of docs/integrations/gate.md. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { newVisitor, startBrowser } from '../support/browser.ts';
import { documentAt, fencedBlock } from '../support/fenced-blocks.ts';
import { nginxOn } from '../support/nginx.ts';
import { available } from '../support/proxy-process.ts';
import { ProxyStage, roomId, siteUrl } from '../support/proxy-stage.ts';
import { expectStatus } from '../support/service.ts';

const program = await available('nginx', 'nginx');
const configuration = fencedBlock(documentAt('integrations/nginx.md'), 'nginx');
const script = fencedBlock(documentAt('integrations/gate.md'), 'html');

describe.skipIf(program.command === null)('in a browser, a site behind nginx', () => {
  let stage: ProxyStage;
  let browser: Browser;
  beforeAll(async () => {
    stage = await ProxyStage.open({ targetUrl: `${siteUrl}/`, sessionTtlMs: 200_000 });
    stage.site.html = `<!doctype html><title>Courses</title><form method="post"><button>Send</button></form>${script}`;
    await stage.putInFront((values) => nginxOn(program.command ?? '', configuration, values));
    const { host } = new URL(siteUrl);
    browser = await startBrowser([`--host-resolver-rules=MAP ${host}:443 127.0.0.1:${stage.values.port}`]);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  test('keeps its visitor inside, shows them how long they may stay, and says when it is over', async () => {
    const { page } = await newVisitor(browser, { ignoreHTTPSErrors: true });
    await page.clock.install();
    const { arrivalPath, ticketId } = await stage.entered();
    await page.goto(siteUrl + arrivalPath);
    expect(page.url()).toBe(`${siteUrl}/`);
    await page.getByText('Less than 4 min left.').waitFor();
    await page.getByRole('button').click();
    const whoSent = (): string[] | undefined =>
      stage.site.requests.find(({ method }) => method === 'POST')?.values('x-guichet-ticket');
    await expect.poll(whoSent).toEqual([ticketId]);
    await page.getByText('Less than 4 min left.').waitFor();

    const path = `/v1/rooms/${roomId}/sessions/${ticketId}/finish`;
    expectStatus(await stage.internal(path, { method: 'POST', body: { outcome: 'completed' } }), 200);
    await expect
      .poll(async () => {
        await page.clock.fastForward(30_000);
        return page.locator('#session-left').textContent();
      })
      .toBe('Your session is over.');
  });
});
