/**
 * One visitor's live connection: hello, then what changes. It owns nothing but its socket; the hub
 * (live-sockets.ts) owns time. A slow or hostile client costs only itself: standings are skipped while it
 * does not read, and it is cut off before its buffer grows large.
 */
import type { WebSocket } from 'ws';
import { GuichetError } from '../domain/errors.ts';
import type { Room } from '../domain/room.ts';
import type { LocalTicket, Watcher } from '../service/local-ticket.ts';
import type { RoomBoard } from '../service/room-board.ts';
import type { StandingListener } from '../service/standings.ts';
import type { Standing, TicketView } from '../service/ticket-view.ts';

/** Close codes: 1012 and 4000–4499 come back, 4500–4999 do not; the first three the library closes with by itself. */
export const closeCodes = {
  notTheProtocol: 1002,
  notUtf8: 1007,
  tooLarge: 1009,
  restart: 1012,
  noHello: 4000,
  tooSlow: 4001,
  badMessage: 4500,
  tokenRefused: 4501,
  ticketOver: 4502,
  noSuchRoom: 4504,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** Above this, a standing is skipped: the next one says more. */
const skipAboveBytes = 64 * 1_024;
/** Above this, the connection is cut off. */
const socketBufferBytesMax = 256 * 1_024;

export type LiveParts = {
  /** Verifies the token and brings the ticket up to date; throws GuichetError. */
  greet: (
    roomId: string,
    queueToken: string,
    watcher: LiveSocket,
  ) => Promise<{ board: RoomBoard; ticket: LocalTicket }>;
  watch: (board: RoomBoard, ticket: LocalTicket, socket: LiveSocket) => void;
  unwatch: (board: RoomBoard, ticket: LocalTicket, socket: LiveSocket) => void;
  closed: (socket: LiveSocket) => void;
  /** For metrics: a message was sent, a connection was closed by us. */
  sent: (type: string) => void;
  refused: (code: CloseCode, roomId: string) => void;
};

export class LiveSocket implements Watcher, StandingListener {
  readonly roomId: string;
  readonly #socket: WebSocket;
  readonly #parts: LiveParts;
  #seat: { board: RoomBoard; ticket: LocalTicket } | null = null;
  #saidHello = false;
  #isOver = false;
  /** Monotonic ms, kept by the hub. */
  openedAtMs = 0;
  nextPingAtMs = 0;
  pingedAtMs: number | null = null;

  constructor(socket: WebSocket, roomId: string, parts: LiveParts) {
    this.#socket = socket;
    this.roomId = roomId;
    this.#parts = parts;
    socket.on('message', (data, isBinary) => this.#message(data as Buffer, isBinary));
    socket.on('pong', () => {
      this.pingedAtMs = null;
      this.onPong?.(this);
    });
    socket.on('close', () => this.#end());
    socket.on('error', (error) => {
      if (!this.#isOver) parts.refused(libraryCode(error), roomId);
      this.#end();
    });
  }

  /** Set by the hub: the visitor answered a ping. */
  onPong: ((socket: LiveSocket) => void) | undefined;

  get seat(): { board: RoomBoard; ticket: LocalTicket } | null {
    return this.#seat;
  }
  get saidHello(): boolean {
    return this.#saidHello;
  }

  ping(): void {
    this.#socket.ping();
  }

  #message(data: Buffer, isBinary: boolean): void {
    const queueToken = isBinary || this.#saidHello ? null : helloToken(data);
    if (queueToken === null) return this.close(closeCodes.badMessage);
    this.#saidHello = true;
    void this.#greet(queueToken);
  }

  async #greet(queueToken: string): Promise<void> {
    try {
      const seat = await this.#parts.greet(this.roomId, queueToken, this);
      if (this.#isOver) return;
      this.#seat = seat;
      this.#parts.watch(seat.board, seat.ticket, this);
      this.#tellAll(seat);
    } catch (error) {
      const code = error instanceof GuichetError ? error.code : 'internal-error';
      if (code === 'token-refused') this.close(closeCodes.tokenRefused);
      else if (code === 'room-unknown') this.close(closeCodes.noSuchRoom);
      else this.bye(1_000, 10_000);
    }
  }

  /** The present state, at once. */
  #tellAll({ board, ticket }: { board: RoomBoard; ticket: LocalTicket }): void {
    const { room } = board;
    if (room) this.roomChanged(room, { state: true, notice: true });
    this.ticketChanged(ticket);
  }

  ticketChanged(ticket: LocalTicket): void {
    if (!this.#seat) return;
    const view = this.#seat.board.view(ticket);
    this.#send(messageOf(view, ticket.claims.number));
    if (view.kind === 'ended' || view.kind === 'gone') this.close(closeCodes.ticketOver);
  }

  standing(ticket: LocalTicket, standing: Standing): void {
    if (this.#socket.bufferedAmount > skipAboveBytes) return this.#cutOffIfStuck();
    this.#send({ type: 'standing', number: ticket.claims.number, ...standing });
  }

  roomChanged({ state, reason, notice, policy }: Room, what: { state: boolean; notice: boolean }): void {
    const { opensAt, joinFrom, closesAt } = policy;
    if (what.state) this.#send({ type: 'room', state, reason, opensAt, joinFrom, closesAt });
    if (what.notice) this.#send({ type: 'notice', notice });
  }

  /** Asks the client to come back at `afterMs` + random × `withinMs`. */
  bye(afterMs: number, withinMs: number): void {
    this.#send({ type: 'bye', afterMs, withinMs });
    this.close(closeCodes.restart);
  }

  close(code: CloseCode): void {
    if (this.#isOver) return;
    if (code !== closeCodes.restart) this.#parts.refused(code, this.roomId);
    this.#end();
    this.#socket.close(code);
  }

  /** Without a goodbye that the client would not read. */
  terminate(code: CloseCode): void {
    if (!this.#isOver) this.#parts.refused(code, this.roomId);
    this.#end();
    this.#socket.terminate();
  }

  #send(message: LiveMessage): void {
    if (this.#isOver || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#cutOffIfStuck();
    if (this.#isOver) return;
    this.#socket.send(JSON.stringify(message));
    this.#parts.sent(message.type);
  }

  #cutOffIfStuck(): void {
    if (this.#socket.bufferedAmount > socketBufferBytesMax) this.terminate(closeCodes.tooSlow);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#seat) this.#parts.unwatch(this.#seat.board, this.#seat.ticket, this);
    this.#parts.closed(this);
  }
}

/** What the library closes with after this error of the client's. */
function libraryCode(error: NodeJS.ErrnoException): CloseCode {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return closeCodes.tooLarge;
  return error.code === 'WS_ERR_INVALID_UTF8' ? closeCodes.notUtf8 : closeCodes.notTheProtocol;
}

/** The token of a well-formed hello; null for anything else. */
function helloToken(data: Buffer): string | null {
  try {
    const message = JSON.parse(data.toString()) as { type?: unknown; queueToken?: unknown };
    return message.type === 'hello' && typeof message.queueToken === 'string' ? message.queueToken : null;
  } catch {
    return null;
  }
}

/** What the server says on a live connection. */
type LiveMessage = { type: string; [field: string]: unknown };

/** What the live connection says of a ticket: the answer of a look, under its own type. */
function messageOf(view: TicketView, number: number): LiveMessage {
  switch (view.kind) {
    case 'waiting':
      return { type: 'standing', number, ...view.standing };
    case 'admitted': {
      const { releaseNumber, expiresAt, enterWithinMs, extensionsLeft } = view;
      return { type: 'admitted', releaseNumber, expiresAt, enterWithinMs, extensionsLeft };
    }
    case 'entered':
      return { type: 'entered', expiresAt: view.expiresAt };
    case 'lapsed':
      return { type: 'lapsed', returnUntil: view.returnUntil };
    case 'ended':
      return { type: 'ended', outcome: view.outcome };
    case 'gone':
      return { type: 'gone', reason: view.reason };
  }
}
