/**
 * What may stand between a visitor and the service: a proxy that blocks WebSockets, a browser that keeps no cookie, a
 * line that is cut. It forwards everything else as it came.
 */
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export class FrontProxy {
  /** Upgrades are answered with 403, as some schools and libraries do. */
  blocksWebSockets = false;
  /** No cookie reaches the browser. */
  dropsCookies = false;
  /** Upgrades let through so far. */
  webSockets = 0;
  readonly #server: Server;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((request, response) => this.#forward(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#server.on('connection', (socket) => this.#keep(socket));
  }

  /** In front of that address until the running test is over. */
  static async inFrontOf(targetUrl: string): Promise<FrontProxy> {
    const proxy = new FrontProxy(new URL(targetUrl));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => proxy.#close());
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on the line is dead: what is open is cut, what is new gets nowhere. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async #close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep(socket: Socket): void {
    if (this.#isCut) return void socket.destroy();
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { hostname, port } = this.#target;
    const { method, url, headers } = request;
    const forwarded = ask({ hostname, port, method, path: url, headers, agent: false }, (answer) => {
      const kept = { ...answer.headers };
      if (this.dropsCookies) delete kept['set-cookie'];
      response.writeHead(answer.statusCode ?? 502, kept);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.blocksWebSockets) return void socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
    this.webSockets += 1;
    const behind = connect(Number(this.#target.port), this.#target.hostname, () => {
      const lines = Array.from(
        { length: request.rawHeaders.length / 2 },
        (_, index) => `${request.rawHeaders[2 * index]}: ${request.rawHeaders[2 * index + 1]}`,
      );
      behind.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    this.#keep(behind);
    socket.on('close', () => behind.destroy());
    behind.on('close', () => socket.destroy());
  }
}
