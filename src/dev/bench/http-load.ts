/**
 * HTTP load from this process over plain keep-alive connections. An open loop sends at fixed moments whatever the
 * answers do, and counts from the moment a request should have left; a closed loop sends the next when answered.
 */
import { connect, type Socket } from 'node:net';

export type Answer = { status: number; hasRetryAfter: boolean; tookMs: number };

export type Target = {
  host: string;
  port: number;
  /** The request of that number, from 0, as bytes on the wire. */
  request: (number: number) => string;
  /** Where connections come from, in turn; absent: the system's choice. */
  localAddresses?: readonly string[];
};

/**
 * Where the bytes of all connections arrive, each read before the next come: with a buffer for every read this process
 * would collect garbage for tens of milliseconds, and measure that.
 */
const received = Buffer.alloc(65_536);

/** One request at a time; reconnects by itself when the server ends it between two. */
class Connection {
  static #opened = 0;
  readonly #target: Target;
  readonly #localAddress: string | undefined;
  #socket: Socket | null = null;
  #text = '';
  #done: ((answer: Omit<Answer, 'tookMs'> | null) => void) | null = null;

  constructor(target: Target) {
    this.#target = target;
    const { localAddresses = [] } = target;
    this.#localAddress = localAddresses[Connection.#opened % localAddresses.length];
    Connection.#opened += 1;
  }

  /** Resolves with the answer; null when the connection broke. */
  ask(request: string, done: (answer: Omit<Answer, 'tookMs'> | null) => void): void {
    this.#done = done;
    this.#socket ??= this.#open();
    this.#socket.write(request, 'latin1');
  }

  #open(): Socket {
    const { host, port } = this.#target;
    const socket = connect({
      host,
      port,
      ...(this.#localAddress ? { localAddress: this.#localAddress } : {}),
      onread: {
        buffer: received,
        callback: (length) => {
          this.#read(received.toString('latin1', 0, length));
          return true;
        },
      },
    });
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#answer(null);
    });
    return socket;
  }

  #read(text: string): void {
    this.#text += text;
    const headEnd = this.#text.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#text.slice(0, headEnd).toLowerCase();
    const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
    if (this.#text.length < headEnd + 4 + length) return;
    this.#text = '';
    if (head.includes('\r\nconnection: close')) {
      this.#socket?.destroy();
      this.#socket = null;
    }
    this.#answer({ status: Number(head.slice(9, 12)), hasRetryAfter: head.includes('\r\nretry-after:') });
  }

  #answer(answer: Omit<Answer, 'tookMs'> | null): void {
    this.#text = '';
    const done = this.#done;
    this.#done = null;
    done?.(answer);
  }

  end(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }
}

const openConnectionsMax = 1_000;
/** Open before the first moment: a handshake that is lost costs a second, and is not what is measured. */
const openConnectionsFirst = 200;
const finishWithinMs = 20_000;

/** Connections that have been used once, by requests of the numbers from `first` on. */
async function openedConnections(target: Target, first: number): Promise<Connection[]> {
  const connections = Array.from({ length: openConnectionsFirst }, () => new Connection(target));
  const used = connections.map(
    (connection, index) => new Promise((resolve) => connection.ask(target.request(first + index), resolve)),
  );
  await Promise.all(used);
  return connections;
}

/** Sends `ratePerSecond` for so long. Rejects when answers stay away; a broken connection has status 0. */
export async function openLoop(
  target: Target,
  { ratePerSecond, seconds }: { ratePerSecond: number; seconds: number },
): Promise<Answer[]> {
  const late: number[] = [];
  const answers: Answer[] = [];
  const total = Math.floor(ratePerSecond * seconds);
  const free = await openedConnections(target, total);
  const startedAtMs = performance.now();
  let connections = free.length;
  let sent = 0;
  const send = (connection: Connection, number: number): void => {
    const dueAtMs = startedAtMs + (number * 1_000) / ratePerSecond;
    connection.ask(target.request(number), (answer) => {
      const tookMs = performance.now() - dueAtMs;
      answers.push({ status: 0, hasRetryAfter: false, ...answer, tookMs });
      const next = late.shift();
      if (next === undefined) free.push(connection);
      else send(connection, next);
    });
  };
  await new Promise<void>((resolve, reject) => {
    const beat = setInterval(() => {
      const now = performance.now();
      const due = Math.min(total, Math.floor(((now - startedAtMs) * ratePerSecond) / 1_000) + 1);
      for (; sent < due; sent += 1) {
        let connection = free.pop();
        if (!connection && connections < openConnectionsMax) {
          connection = new Connection(target);
          connections += 1;
        }
        if (connection) send(connection, sent);
        else late.push(sent);
      }
      const isOverdue = now - startedAtMs > seconds * 1_000 + finishWithinMs;
      if (answers.length < total && !isOverdue) return;
      clearInterval(beat);
      if (isOverdue) reject(new Error(`${total - answers.length} of ${total} requests were not answered`));
      else resolve();
    }, 1);
  });
  for (const connection of free) connection.end();
  return answers;
}

/** Keeps so many connections busy for so long. */
export async function closedLoop(
  target: Target,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const until = performance.now() + seconds * 1_000;
  let sent = 0;
  const run = (connection: Connection): Promise<void> =>
    new Promise((resolve) => {
      const next = (): void => {
        const startedAtMs = performance.now();
        if (startedAtMs >= until) {
          connection.end();
          return resolve();
        }
        sent += 1;
        connection.ask(target.request(sent), (answer) => {
          answers.push({
            status: 0,
            hasRetryAfter: false,
            ...answer,
            tookMs: performance.now() - startedAtMs,
          });
          // Not at once: a refused connection would be opened again without end within one turn.
          setImmediate(next);
        });
      };
      next();
    });
  await Promise.all(Array.from({ length: connections }, () => run(new Connection(target))));
  return answers;
}
