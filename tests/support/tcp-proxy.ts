/**
 * A TCP proxy in front of a Redis: counts the commands sent, adds latency, cuts, and loses the reply of a command
 * that was executed. A lost reply is the fault that makes clients repeat themselves, and the one no mock shows.
 */
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { RespReader } from './resp.ts';

/** Where the real server listens. */
export type ProxyTarget = { host: string; port: number };
/** A command's words, its name in lower case first. */
export type CommandWords = readonly string[];

type DroppedReply = { matches: (command: CommandWords) => boolean; remaining: number; done: () => void };

const host = '127.0.0.1';

/**
 * Listens on a free port of 127.0.0.1 and forwards to the target until `close`. `nameOf` says under which name a
 * command is counted: its own, or what a script is called (script-calls.ts).
 */
export async function startTcpProxy(
  target: ProxyTarget,
  nameOf: (command: CommandWords) => string = ([name = '']) => name,
): Promise<TcpProxy> {
  const proxy = new TcpProxy(target, nameOf);
  await proxy.listen();
  return proxy;
}

export class TcpProxy {
  /** Added to each direction, in order of arrival; may be changed at any time. */
  latencyMs = 0;
  /** Commands seen from clients since the last `resetCounts`, by name; calls inside scripts are not among them. */
  readonly counts = new Map<string, number>();
  readonly #target: ProxyTarget;
  readonly #nameOf: (command: CommandWords) => string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #drops: DroppedReply[] = [];
  #isCut = false;
  #port = 0;

  constructor(target: ProxyTarget, nameOf: (command: CommandWords) => string) {
    this.#target = target;
    this.#nameOf = nameOf;
    this.#server = createServer((client) => this.#serve(client));
  }

  /** `redis://127.0.0.1:port` */
  get url(): string {
    return `redis://${host}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, host, resolve);
    });
    const address = this.#server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /** All commands counted, whatever their name. */
  get commandsTotal(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  resetCounts(): void {
    this.counts.clear();
  }

  /** Resets every connection, and every new one at once, until `mend`. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /**
   * Lets the `nth` command from now that matches be executed, throws its reply away and resets the connection.
   * Resolves when that happened. Each call loses one reply; the ones asked for earlier come first.
   */
  dropReply(matches: (command: CommandWords) => boolean, nth = 1): Promise<void> {
    return new Promise((resolve) => {
      this.#drops.push({ matches, remaining: nth, done: resolve });
    });
  }

  /** Resets all connections and stops listening. Safe to call twice. */
  async close(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    if (this.#isCut) {
      client.resetAndDestroy();
      return;
    }
    const upstream = createConnection(this.#target);
    const toUpstream = new DelayLine(this);
    const toClient = new DelayLine(this);
    this.#pair(client, upstream, toClient);
    this.#pair(upstream, client, toUpstream);
    const requests = new RespReader();
    const replies = new RespReader();
    /** One entry for each command that awaits its reply: the drop that it fell to, if any. */
    const awaiting: (DroppedReply | null)[] = [];
    client.on('data', (chunk: Buffer) => {
      for (const { value } of requests.push(chunk)) awaiting.push(this.#onCommand(value.words));
      toUpstream.send(() => upstream.write(chunk));
    });
    upstream.on('data', (chunk: Buffer) => {
      const whole: Buffer[] = [];
      const forward = (): void => {
        const bytes = Buffer.concat(whole);
        toClient.send(() => client.write(bytes));
      };
      for (const { value, bytes } of replies.push(chunk)) {
        // A push ('>') answers no command.
        const drop = value.type === '>' ? null : awaiting.shift();
        if (!drop) {
          whole.push(bytes);
          continue;
        }
        forward();
        toClient.send(() => client.destroySoon());
        upstream.destroy();
        drop.done();
        return;
      }
      forward();
    });
  }

  /** Follows one end of a connection; when it closes, the other end and what is still under way to this one go too. */
  #pair(socket: Socket, other: Socket, toSocket: DelayLine): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      toSocket.stop();
      other.destroySoon();
    });
  }

  #onCommand(words: readonly string[]): DroppedReply | null {
    const command = [(words[0] ?? '').toLowerCase(), ...words.slice(1)];
    const name = this.#nameOf(command);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const drop = this.#drops.find(({ matches }) => matches(command));
    if (drop === undefined) return null;
    drop.remaining -= 1;
    if (drop.remaining > 0) return null;
    this.#drops = this.#drops.filter((other) => other !== drop);
    return drop;
  }
}

/** Sends each thing its latency after it was handed over, never one before an earlier one. */
class DelayLine {
  readonly #of: { readonly latencyMs: number };
  readonly #waiting: { dueMs: number; send: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(of: { readonly latencyMs: number }) {
    this.#of = of;
  }

  send(send: () => void): void {
    if (this.#of.latencyMs === 0 && this.#waiting.length === 0) return send();
    const dueMs = Math.max(this.#waiting.at(-1)?.dueMs ?? 0, performance.now() + this.#of.latencyMs);
    this.#waiting.push({ dueMs, send });
    this.#timer ??= setTimeout(() => this.#pump(), this.#of.latencyMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #pump(): void {
    const nowMs = performance.now();
    for (
      let next = this.#waiting[0];
      next !== undefined && next.dueMs <= nowMs + 1;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      next.send();
    }
    const next = this.#waiting[0];
    this.#timer = next === undefined ? undefined : setTimeout(() => this.#pump(), next.dueMs - nowMs);
  }
}
