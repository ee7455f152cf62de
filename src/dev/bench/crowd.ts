/** Waiting visitors with a live connection each, as many as one process can hold, that count what they are told. */
import { WebSocket } from 'ws';
import type { HeldTicket } from './tickets.ts';

const handshakesAtOnce = 50;
const handshakeWithinMs = 20_000;
const lagsMax = 1_000_000;

export type CrowdSide = {
  /** `http://host:port/v1/rooms/{roomId}` */
  roomUrl: string;
  tickets: readonly HeldTicket[];
};

/** Made by `openCrowd`. */
export class Crowd {
  readonly #sockets = new Set<WebSocket>();
  /** Standings received. */
  standings = 0;
  /** Connections that the service closed. */
  closed = 0;
  /** How old a standing was when it came, ms, by its `asOf`; both clocks are this machine's. */
  lagsMs: number[] = [];
  /** Off while thousands a second come: reading each costs more than receiving it. */
  readsLags = true;

  get size(): number {
    return this.#sockets.size;
  }

  /** Connects with one ticket; resolves when its standing, or its turn, was told; rejects when that takes too long. */
  async join(roomUrl: string, { queueToken }: HeldTicket): Promise<void> {
    const socket = new WebSocket(`${roomUrl.replace('http', 'ws')}/live`, 'guichet.v1', {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      handshakeTimeout: handshakeWithinMs,
    });
    await new Promise<void>((resolve, reject) => {
      const tooLong = setTimeout(() => reject(new Error('nothing was told')), handshakeWithinMs);
      socket.once('error', reject);
      socket.once('open', () => socket.send(JSON.stringify({ type: 'hello', queueToken })));
      socket.on('message', (data: Buffer) => {
        if (!this.#isStanding(data) && !data.includes('"admitted"')) return;
        clearTimeout(tooLong);
        resolve();
      });
    });
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#sockets.delete(socket)) this.closed += 1;
    });
  }

  #isStanding(data: Buffer): boolean {
    // `{"type":"standing"`: cheap to tell from all others.
    if (data[9] !== 115 || data[10] !== 116) return false;
    this.standings += 1;
    if (this.readsLags && this.lagsMs.length < lagsMax) {
      const { asOf } = JSON.parse(data.toString()) as { asOf: string };
      this.lagsMs.push(Date.now() - Date.parse(asOf));
    }
    return true;
  }

  /** Cuts all connections. */
  leave(): void {
    const sockets = [...this.#sockets];
    this.#sockets.clear();
    for (const socket of sockets) socket.terminate();
  }
}

/** Connects all of them; rejects when one cannot. */
export async function openCrowd(sides: readonly CrowdSide[]): Promise<Crowd> {
  const crowd = new Crowd();
  const waiting = sides.flatMap(({ roomUrl, tickets }) => tickets.map((ticket) => ({ roomUrl, ticket })));
  const connectInTurn = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await crowd.join(next.roomUrl, next.ticket);
  };
  await Promise.all(Array.from({ length: handshakesAtOnce }, connectInTurn));
  return crowd;
}
