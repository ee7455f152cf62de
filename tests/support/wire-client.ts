/**
 * A client of the wire, as far from the service's own code as the tests need it: plain HTTP on a connection of its
 * own for each request (nothing stays open), and a live connection that keeps what it heard.
 */
import { type IncomingHttpHeaders, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { createConnection } from 'node:net';
import { WebSocket } from 'ws';

export type Answer = {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; an empty object when there is none. */
  body: { readonly [field: string]: unknown };
};

export type Question = {
  method?: string;
  /** Several values: as many lines. */
  headers?: Readonly<Record<string, string | string[]>>;
  /** Sent as JSON; a string or bytes as they are. */
  body?: unknown;
  /** Bearer credential. */
  bearer?: string | undefined;
  /** Where the request comes from, e.g. 127.0.0.2. */
  localAddress?: string;
  /** The certificate that is trusted, for https; the server's name is the Host header's. */
  trusted?: string;
  /** The name in the certificate; absent: the host. */
  serverName?: string;
};

/** Asks and reads the whole answer. */
export function ask(
  url: string,
  { method = 'GET', headers, body, bearer, localAddress, trusted, serverName }: Question = {},
) {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = body === undefined ? undefined : isRaw ? body : JSON.stringify(body);
  return new Promise<Answer>((resolve, reject) => {
    const send = url.startsWith('https:') ? requestSecurely : request;
    const outgoing = send(url, {
      method,
      agent: false,
      ...(trusted === undefined
        ? {}
        : { ca: trusted, ...(serverName === undefined ? {} : { servername: serverName }) }),
      ...(localAddress === undefined ? {} : { localAddress }),
      headers: {
        ...(bytes === undefined || headers?.['transfer-encoding'] !== undefined
          ? {}
          : { 'content-length': Buffer.byteLength(bytes) }),
        ...(bytes === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = /json/.test(response.headers['content-type'] ?? '');
        const parsed = isJson && text !== '' ? (JSON.parse(text) as Answer['body']) : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed });
      });
    });
    outgoing.end(bytes);
  });
}

/** Sends bytes as they are and reads until the other side closes: for what no client library would send. */
export function askRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = createConnection({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

export type LiveMessage = { readonly type: string; readonly [field: string]: unknown };

export type LiveOptions = {
  /** Said as soon as the connection is open; null: nothing. */
  queueToken: string | null;
  origin?: string;
  /** Answers pings; false: a visitor whose device has gone to sleep. */
  answersPings?: boolean;
  localAddress?: string;
};

/** One visitor's live connection. */
export class LiveClient {
  readonly messages: LiveMessage[] = [];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  closeCode: number | null = null;
  /** When the newest message came, by performance.now(). */
  heardAtMs = 0;
  readonly socket: WebSocket;
  readonly #waiters = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      this.messages.push(JSON.parse(data.toString()) as LiveMessage);
      this.heardAtMs = performance.now();
      for (const look of this.#waiters) look();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        this.closeCode = code;
        for (const look of this.#waiters) look();
        resolve(code);
      });
    });
  }

  /** Opens a connection; rejects with the answer's status when it is refused. */
  static async open(publicUrl: string, roomId: string, options: LiveOptions): Promise<LiveClient> {
    const { queueToken, origin, answersPings = true, localAddress } = options;
    const address = `${publicUrl.replace(/^http/, 'ws')}/v1/rooms/${roomId}/live`;
    const socket = new WebSocket(address, 'guichet.v1', {
      autoPong: answersPings,
      perMessageDeflate: false,
      ...(origin === undefined ? {} : { origin }),
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const client = new LiveClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        reject(new Error(`refused with ${response.statusCode}`));
      });
    });
    if (queueToken !== null) client.hello(queueToken);
    return client;
  }

  hello(queueToken: string): void {
    this.say({ type: 'hello', queueToken });
  }

  /** Sends a message; a string or bytes as they are. */
  say(message: unknown): void {
    this.socket.send(
      typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
    );
  }

  /** Messages of a type, oldest first. */
  heard(type: string): LiveMessage[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** The first message, from the `from`th on, that fits; rejects when the connection closes first. */
  next(fits: string | ((message: LiveMessage) => boolean), from = 0): Promise<LiveMessage> {
    const isIt = typeof fits === 'string' ? (message: LiveMessage): boolean => message.type === fits : fits;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.messages.slice(from).find(isIt);
        if (found === undefined && this.closeCode === null) return;
        this.#waiters.delete(look);
        if (found === undefined) reject(new Error(`closed with ${this.closeCode} before ${String(fits)}`));
        else resolve(found);
      };
      this.#waiters.add(look);
      look();
    });
  }

  /** Stops reading from the network, as a device that hangs. */
  stopReading(): void {
    this.socket.pause();
  }

  /** Ends the connection and resolves when it is closed. */
  async close(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}
