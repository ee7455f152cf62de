/** A live connection in a browser whose time, sockets and looks are in the test's hand. */
import { LiveConnection, type Look, type Surroundings } from '../../src/web/client/live-connection.ts';
import type { LiveMessage } from '../../src/web/client/live-messages.ts';

type Hear = Parameters<Surroundings['openSocket']>[0];

/** A browser with time in hand: sockets that the test speaks for, looks that it answers. */
export class ConnectionBench {
  nowMs = 0;
  readonly sockets: { hear: Hear; sent: string[]; isClosed: boolean; openedAtMs: number }[] = [];
  readonly looks: number[] = [];
  readonly told: string[] = [];
  readonly renewed: string[] = [];
  look: Look = { outcome: 'unreachable' };
  random = 0.5;
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();
  readonly connection: LiveConnection;

  constructor() {
    this.connection = new LiveConnection(
      'the.token',
      {
        message: ({ type }) => this.told.push(type),
        looked: ({ kind }) => this.told.push(`looked ${kind}`),
        updates: (state) => this.told.push(state),
        renewed: (queueToken) => this.renewed.push(queueToken),
      },
      {
        openSocket: (hear) => {
          const socket = { hear, sent: [] as string[], isClosed: false, openedAtMs: this.nowMs };
          this.sockets.push(socket);
          return {
            send: (text) => socket.sent.push(text),
            close: () => {
              socket.isClosed = true;
            },
          };
        },
        look: () => {
          this.looks.push(this.nowMs);
          return Promise.resolve(this.look);
        },
        after: (ms, callback) => {
          const timer = { atMs: this.nowMs + ms, callback };
          this.#timers.add(timer);
          return () => this.#timers.delete(timer);
        },
        random: () => this.random,
      },
    );
    this.connection.start();
  }

  /** The newest socket. */
  get socket(): ConnectionBench['sockets'][number] {
    return this.sockets.at(-1) as ConnectionBench['sockets'][number];
  }

  hear(message: LiveMessage): void {
    this.socket.hear.message(JSON.stringify(message));
  }

  /** Lets time pass, timer by timer. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const next = [...this.#timers].toSorted((one, other) => one.atMs - other.atMs)[0];
      if (!next || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.nowMs = next.atMs;
      next.callback();
      await new Promise(setImmediate);
    }
    this.nowMs = untilMs;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }
}
