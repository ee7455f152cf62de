/**
 * Shows documents in a real browser as the service would: its headers, its assets, and a live connection that goes on
 * saying what the document says, so that a page stays in its state while it is looked at.
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { renderSVG } from 'uqr';
import { type WebSocket, WebSocketServer } from 'ws';
import { registerAssets } from '../../src/edge/asset-routes.ts';
import { setPageHeaders } from '../../src/edge/room-page-headers.ts';
import { readAssets } from '../../src/web/assets.ts';
import type { LiveMessage, LookAnswer } from '../../src/web/client/live-messages.ts';
import { coloursStyle } from '../../src/web/room-colours.ts';
import type { TicketView } from '../../src/web/room-page-model.ts';
import { type PageDocument, withoutScripts } from './page-documents.ts';

/** The script puts the page's own title in its place: that is how one sees that it ran. */
const titleBefore = 'The script has not run yet';
const scriptWithinMs = 5_000;
const titlePollMs = 20;
export const pollAfterMs = 60_000;
/** Pages take the server's time from what they hold, and go on from there by the browser's. */
export const pageNowMs = Date.parse('2026-11-22T19:05:12Z');
/** The client then looks over HTTP, at once. */
export const noSocketsCode = 4_500;

/** For the page alone: the inspection still reads from the network. */
export const goOffline =
  'Object.defineProperty(navigator, "onLine", { value: false }); dispatchEvent(new Event("offline"))';

/** By then what was said before is on the screen. */
export const twoFrames =
  'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))';

type Shown = { document: PageDocument; withScript: boolean; told: () => void };

/** Style sheets and scripts, by their path. */
export type LabFiles = Readonly<Record<string, string>>;

export class PageLab {
  readonly #app: FastifyInstance;
  readonly #files: LabFiles;
  readonly #sockets: WebSocketServer;
  readonly #assets = readAssets();
  readonly #shown = new Map<string, Shown>();

  private constructor(app: FastifyInstance, files: LabFiles) {
    this.#app = app;
    this.#files = files;
    this.#sockets = new WebSocketServer({ server: app.server });
    this.#sockets.on('connection', (socket) => this.#converse(socket));
  }

  /** `files` are served beside the assets, for what is brought into a page. */
  static async open(files: LabFiles = {}): Promise<PageLab> {
    const app = Fastify({ forceCloseConnections: true });
    const lab = new PageLab(app, files);
    registerAssets(app, lab.#assets.assets);
    lab.#registerRoutes();
    await app.listen({ host: '127.0.0.1', port: 0 });
    return lab;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    await this.#app.close();
  }

  get #url(): string {
    return `http://127.0.0.1:${(this.#app.server.address() as AddressInfo).port}`;
  }

  /**
   * Shows a document in a tab, with its script or as it is without scripts; resolves when the script has run and has
   * been told of the ticket. Throws when it does not run.
   */
  async show(tab: Page, document: PageDocument, { withScript }: { withScript: boolean }): Promise<void> {
    const key = randomUUID();
    const { promise: told, resolve } = Promise.withResolvers<void>();
    const runs = withScript && document.hasScript;
    this.#shown.set(key, { document, withScript: runs, told: resolve });
    const response = await tab.goto(`${this.#url}/rooms/loisirs?shown=${key}`);
    if (response?.status() !== 200) throw new Error(`the page was answered with ${response?.status()}`);
    if (!runs) return;
    await untilTitleChanges(tab);
    if (document.view !== null) await told;
    if (document.updates === 'offline') await tab.evaluate(goOffline);
    await tab.evaluate(twoFrames);
  }

  /** The answer that an interrupted page gets. */
  isMeantToFail(url: string): boolean {
    return url.endsWith('/ticket');
  }

  #registerRoutes(): void {
    const app = this.#app;
    // A test must leave no socket behind, and an idle one is a socket.
    app.addHook('onSend', async (_request, reply) => void reply.header('connection', 'close'));
    app.get('/rooms/:roomId', async (request, reply) => {
      const { shown: key = '' } = request.query as { shown?: string };
      const shown = this.#shown.get(key);
      if (!shown) return reply.code(404).send();
      setPageHeaders(request, reply, { publicUrl: this.#url, formOrigins: ['https://example.org'] });
      const markup = shown.document.markup(this.#assets.urls, key);
      void reply.type('text/html; charset=utf-8');
      return shown.withScript
        ? markup.replace(/<title>[^<]*/, `<title>${titleBefore}`)
        : withoutScripts(markup);
    });
    app.get('/v1/rooms/:roomId/ticket', async (request, reply) => {
      const shown = this.#shown.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
      const view = shown?.document.view;
      if (!shown || !view) return reply.code(401).send();
      shown.told();
      if (shown.document.updates === 'interrupted') return reply.code(503).send();
      return { ...view, pollAfterMs } satisfies LookAnswer;
    });
    app.get('/rooms/:roomId/colours.css', async (request, reply) => {
      const { accent = '' } = request.query as { accent?: string };
      return reply.type('text/css').send(coloursStyle(accent));
    });
    app.get('/rooms/:roomId/code.svg', async (_request, reply) =>
      reply.type('image/svg+xml').send(renderSVG(`${this.#url}/rooms/loisirs/resume?code=K7QXM2PD93`)),
    );
    for (const [path, text] of Object.entries(this.#files)) {
      app.get(path, async (_request, reply) => {
        void reply.type(path.endsWith('.css') ? 'text/css' : 'text/javascript');
        return reply.header('cache-control', 'max-age=3600').send(text);
      });
    }
  }

  /** Says once what is so, and then keeps silent. */
  #converse(socket: WebSocket): void {
    socket.on('message', (bytes: Buffer) => {
      const { queueToken = '' } = JSON.parse(bytes.toString()) as { queueToken?: string };
      const shown = this.#shown.get(queueToken);
      const view = shown?.document.view;
      if (!shown || !view) return;
      if (shown.document.updates === 'interrupted') socket.close(noSocketsCode);
      else socket.send(JSON.stringify(messageOf(view)), shown.told);
    });
  }
}

/** A tab in a context of its own, in which the time of day stands still: pages tell how much is left. */
export async function stillTab(browser: Browser, timezoneId: string): Promise<Page> {
  const context = await browser.newContext({ timezoneId });
  await context.clock.setFixedTime(pageNowMs);
  // A page that goes on to its site by itself stays where it can be looked at.
  await context.route(/^https:/, (route) => route.abort('aborted'));
  return context.newPage();
}

/** What the live connection says of a ticket. */
export function messageOf(view: TicketView): LiveMessage {
  if (view.kind === 'waiting') return { type: 'standing', ...view.standing };
  const { kind: type, ...rest } = view;
  return { type, ...rest } as LiveMessage;
}

async function untilTitleChanges(tab: Page): Promise<void> {
  const deadline = performance.now() + scriptWithinMs;
  while ((await tab.title()) === titleBefore) {
    if (performance.now() > deadline) throw new Error('the page’s script has not run');
    await wait(titlePollMs);
  }
}
