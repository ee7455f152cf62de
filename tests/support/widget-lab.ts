/**
 * Shows the widget in a municipality's page in a real browser, on an origin other than the service's, and answers its
 * calls as the service would: whatever the state is made of, the widget's own script makes it.
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Page } from 'playwright-core';
import { type WebSocket, WebSocketServer } from 'ws';
import { registerWidget } from '../../src/edge/asset-routes.ts';
import type { TicketView } from '../../src/web/room-page-model.ts';
import { readWidgetAssets } from '../../src/web/widget-assets.ts';
import { goOffline, type LabFiles, messageOf, noSocketsCode, pollAfterMs, twoFrames } from './page-lab.ts';
import type { Lab } from './page-inspector.ts';
import { townPage, townStyle } from './town-page.ts';
import type { WidgetDocument } from './widget-documents.ts';

const withinMs = 5_000;
const pollMs = 10;
const ticketNumber = 2_047;
/** The service lives here, the municipality's page at `localhost`. */
const serviceHost = '127.0.0.1';

type Shown = { document: WidgetDocument; withScript: boolean; sockets: Set<WebSocket> };

export class WidgetLab implements Lab<WidgetDocument> {
  readonly #app: FastifyInstance;
  readonly #files: LabFiles;
  readonly #sockets: WebSocketServer;
  /** By the room: each document is a room of its own, so that nothing is kept from another one. */
  readonly #shown = new Map<string, Shown>();

  private constructor(app: FastifyInstance, files: LabFiles) {
    this.#app = app;
    this.#files = files;
    this.#sockets = new WebSocketServer({ server: app.server });
    this.#sockets.on('connection', (socket, { url = '' }) => this.#converse(socket, url));
  }

  /** `files` are served with the page, for what is brought into it. */
  static async open(files: LabFiles = {}): Promise<WidgetLab> {
    const app = Fastify({ forceCloseConnections: true });
    const lab = new WidgetLab(app, { ...files, '/town.css': townStyle });
    registerWidget(app, readWidgetAssets());
    lab.#registerTown();
    lab.#registerService();
    await app.listen({ host: serviceHost, port: 0 });
    return lab;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    await this.#app.close();
  }

  get #port(): number {
    return (this.#app.server.address() as AddressInfo).port;
  }

  get #service(): string {
    return `http://${serviceHost}:${this.#port}`;
  }

  /** Throws when the widget does not come to say what it should. */
  async show(tab: Page, document: WidgetDocument, { withScript }: { withScript: boolean }): Promise<void> {
    const roomId = randomUUID();
    const runs = withScript && document.hasScript;
    this.#shown.set(roomId, { document, withScript: runs, sockets: new Set() });
    const response = await tab.goto(`http://localhost:${this.#port}/town/${roomId}`);
    if (response?.status() !== 200) throw new Error(`the page was answered with ${response?.status()}`);
    if (!runs) return;
    const { spoken, room, press, updates, says } = document;
    await untilTrue(tab, `section.lang === '${spoken}'`);
    // The room's name is in that of the region once the room was heard.
    if (typeof room === 'object') await untilTrue(tab, `!section.ariaLabel.includes('${roomId}')`);
    if (press) await pressIn(tab, press.action);
    if (updates === 'offline') await tab.evaluate(goOffline);
    for (const text of says) await untilTrue(tab, `section.textContent.includes(${JSON.stringify(text)})`);
    await tab.evaluate(twoFrames);
  }

  /** The ticket of a document that is shown is so from now on, and its holder hears of it. */
  tell(document: WidgetDocument, view: TicketView): void {
    document.view = view;
    const message = JSON.stringify(messageOf(view));
    for (const shown of this.#shown.values()) {
      if (shown.document === document) for (const socket of shown.sockets) socket.send(message);
    }
  }

  /** What a document of failures asks for. */
  isMeantToFail(url: string): boolean {
    const { room, press, updates } = this.#shown.get(roomIdIn(url))?.document ?? {};
    return typeof room === 'string' || (press?.status ?? 0) >= 400 || updates === 'interrupted';
  }

  #registerTown(): void {
    const app = this.#app;
    // A test must leave no socket behind, and an idle one is a socket.
    app.addHook('onSend', async (_request, reply) => void reply.header('connection', 'close'));
    app.get('/town/:roomId', async (request, reply) => {
      const { roomId } = request.params as { roomId: string };
      const shown = this.#shown.get(roomId);
      if (!shown) return reply.code(404).send();
      const { language, attributes } = shown.document;
      const service = this.#service;
      void reply.type('text/html; charset=utf-8').headers({ 'content-security-policy': policyFor(service) });
      return townPage({
        language,
        roomUrl: `${service}/rooms/${roomId}`,
        attributes: `room="${roomId}" ${attributes}`,
        style: '/town.css',
        scripts: shown.withScript ? [`/town/${roomId}/kept.js`, `${service}/widget.js`] : [],
      });
    });
    // As an earlier visit has left the browser.
    app.get('/town/:roomId/kept.js', async (request, reply) => {
      const { roomId } = request.params as { roomId: string };
      const document = this.#shown.get(roomId)?.document;
      return reply.type('text/javascript').send(document ? keptBefore(document, this.#address(roomId)) : '');
    });
    for (const [path, text] of Object.entries(this.#files)) {
      app.get(path, async (_request, reply) => {
        void reply.type(path.endsWith('.css') ? 'text/css' : 'text/javascript');
        return reply.header('cache-control', 'max-age=3600').send(text);
      });
    }
  }

  #address(roomId: string): string {
    return `${this.#service}/v1/rooms/${roomId}`;
  }

  #registerService(): void {
    const app = this.#app;
    app.addHook('onRequest', async ({ headers, url }, reply) => {
      if (!url.startsWith('/v1/')) return;
      void reply.headers({
        'access-control-allow-origin': headers.origin ?? '',
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': 'authorization, content-type, idempotency-key',
      });
    });
    app.options('/v1/*', async (_request, reply) => reply.code(204).send());
    app.get('/v1/rooms/:roomId', async ({ url }, reply) => this.#answerRoom(url, reply));
    app.get('/v1/rooms/:roomId/ticket', async ({ url }, reply) => {
      const { view, updates } = this.#shown.get(roomIdIn(url))?.document ?? {};
      if (!view || updates === 'interrupted') return reply.code(503).send();
      return { ...view, pollAfterMs };
    });
    app.route({
      method: ['POST', 'DELETE'],
      url: '/v1/rooms/:roomId/*',
      handler: async ({ url }, reply) => {
        const press = this.#shown.get(roomIdIn(url))?.document.press;
        return reply.code(press?.status ?? 500).send(press?.body);
      },
    });
  }

  #answerRoom(url: string, reply: FastifyReply): FastifyReply {
    const room = this.#shown.get(roomIdIn(url))?.document.room ?? 'unknown';
    if (typeof room === 'object') return reply.send(room);
    if (room === 'unknown') return reply.code(404).send({ code: 'room-unknown' });
    if (room === 'unreachable') reply.raw.destroy();
    return reply.hijack();
  }

  /** Says what is so of the ticket, and then what tell() is given. */
  #converse(socket: WebSocket, url: string): void {
    const shown = this.#shown.get(roomIdIn(url));
    if (!shown) return socket.close();
    socket.on('message', () => {
      const { view, updates } = shown.document;
      if (view) socket.send(JSON.stringify(messageOf(view)));
      if (updates === 'interrupted') return socket.close(noSocketsCode);
      shown.sockets.add(socket);
    });
    socket.on('close', () => shown.sockets.delete(socket));
  }
}

function roomIdIn(url: string): string {
  return /\/v1\/rooms\/([^/?]+)/.exec(url)?.[1] ?? '';
}

/** What README asks a municipality for, and the page's own style and scripts. */
function policyFor(service: string): string {
  const connections = `${service} ${service.replace('http', 'ws')}`;
  return `default-src 'none'; script-src 'self' ${service}; connect-src ${connections}; style-src 'self'; img-src data:`;
}

function keptBefore({ view, storage, press }: WidgetDocument, address: string): string {
  if (storage === 'shut')
    return 'Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("", "SecurityError"); } })';
  if (view === null || press?.action === 'join') return '';
  const kept = JSON.stringify({ queueToken: 'a.queue.token', number: ticketNumber });
  return `localStorage.setItem(${JSON.stringify(`guichet ${address}`)}, ${JSON.stringify(kept)})`;
}

/** Unfolds what it stands in, and presses it. */
async function pressIn(tab: Page, action: string): Promise<void> {
  const form = tab.locator(`guichet-room form[action="${action}"]`);
  await form.waitFor({ state: 'attached' });
  await form.evaluate((element) => {
    const fold = (element as unknown as { closest(selector: string): { open: boolean } | null }).closest(
      'details',
    );
    if (fold) fold.open = true;
  });
  await form.locator('button').click();
}

/** Asked again and again from here: the page's policy lets nothing but its own scripts wait in it. */
async function untilTrue(tab: Page, condition: string): Promise<void> {
  const section = `const section = document.querySelector('guichet-room').shadowRoot?.firstElementChild`;
  const deadline = performance.now() + withinMs;
  while (
    !(await tab.evaluate<boolean>(`(() => { ${section}; return Boolean(section && ${condition}); })()`))
  ) {
    if (performance.now() > deadline) {
      const said = await tab.evaluate<string>(`(() => { ${section}; return section?.innerText ?? ''; })()`);
      throw new Error(`not so within ${withinMs} ms: ${condition}; the widget says: ${said}`);
    }
    await wait(pollMs);
  }
}
