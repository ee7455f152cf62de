/**
 * All live connections of this replica: the handshake's checks, heartbeats, and the drain. One pass a second
 * over all sockets serves every timer there is, so a socket has none of its own.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import type { Rooms } from '../service/rooms.ts';
import type { Sightings } from '../service/sightings.ts';
import type { Standings } from '../service/standings.ts';
import type { WaitingRoom } from '../service/waiting-room.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { closeCodes, type LiveParts, LiveSocket } from './live-socket.ts';
import { asGuichetError, type OnRefused } from './problem.ts';
import { checkRequestOrigin } from './request-origin.ts';
import { refuseConnection } from './server.ts';
import { roomParams } from './wire-schemas.ts';

const liveRoute = '/v1/rooms/:roomId/live';
const livePath = /^\/v1\/rooms\/([^/?]+)\/live(?:\?|$)/;
const subprotocol = 'guichet.v1';
const inboundBytesMax = 1_024;
const passEveryMs = 1_000;
const helloWithinMs = 5_000;
const pongWithinMs = 30_000;
/** Handshakes a second that the rest of the fleet can take; measured at 880 with the clients beside it. */
const handshakesPerSecond = 800;
const byeWindowMinMs = 5_000;
const byeSliceSize = 500;
/** What telling one takes at most, on a core that has others to serve, too; measured at 0.1. */
const byeAllowanceMs = 0.25;

export type LiveSocketsParts = {
  waitingRoom: WaitingRoom;
  rooms: Rooms;
  sightings: Sightings;
  standings: Standings;
  metrics: Metrics;
  clock: Clock;
  log: Log;
  publicUrl: string;
  /** Connections at once; more are refused with service-full. */
  socketsMax: number;
};

export class LiveSockets {
  readonly #parts: LiveSocketsParts;
  readonly #sockets = new Set<LiveSocket>();
  readonly #socketParts: LiveParts;
  #isDraining = false;

  constructor(parts: LiveSocketsParts) {
    this.#parts = parts;
    const { waitingRoom, rooms, standings, metrics, clock, log } = parts;
    this.#socketParts = {
      async greet(roomId, queueToken) {
        const board = await rooms.resolve(roomId);
        const ticket = board.ticket(waitingRoom.claims(roomId, queueToken));
        await waitingRoom.refresh(board, ticket);
        return { board, ticket };
      },
      watch(board, ticket, socket) {
        board.tickets.watch(ticket, socket);
        standings.subscribe(board, ticket, socket);
        // Where presence is short, before it runs out; still spread.
        const withinHeartbeatMs = board.heartbeatMs * (0.5 + Math.random() / 2);
        socket.nextPingAtMs = Math.min(socket.nextPingAtMs, clock.monotonicMs() + withinHeartbeatMs);
      },
      unwatch(board, ticket, socket) {
        board.tickets.unwatch(ticket, socket);
        standings.unsubscribe(board, socket);
      },
      closed: (socket) => {
        this.#sockets.delete(socket);
      },
      sent: (type) => metrics.socketMessages.inc({ type }),
      refused: (code, roomId) => {
        metrics.socketsClosed.inc({ code: String(code) });
        log.info(
          { listener: 'public', route: 'live', roomId, closeCode: code },
          'A live connection was closed',
        );
      },
    };
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** How many there are in each room, handshakes without a word included. */
  byRoom(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { roomId } of this.#sockets) counts.set(roomId, (counts.get(roomId) ?? 0) + 1);
    return counts;
  }

  /**
   * Adds GET /v1/rooms/{roomId}/live to the public listener; refused handshakes are told to `onRefused`. The library's
   * server takes the upgrade itself: through Fastify each connection would hold its request and reply for good, and
   * the plugin's hooks would cost every other request, too.
   */
  register(app: FastifyInstance, onRefused: OnRefused): void {
    app.get(liveRoute, { schema: { hide: true, params: roomParams } }, async (_request, reply) => {
      void reply.header('upgrade', 'websocket');
      throw new GuichetError('request-malformed', { detail: 'This address speaks WebSocket only' });
    });
    const server = new WebSocketServer({
      noServer: true,
      maxPayload: inboundBytesMax,
      perMessageDeflate: false,
      clientTracking: false,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
    const refuse = (socket: Duplex, error: GuichetError, route: string): void => {
      onRefused(error.code, route);
      refuseConnection(socket, error);
    };
    server.on('wsClientError', (_error, socket) => {
      refuse(socket, new GuichetError('request-malformed'), liveRoute);
    });
    app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const roomId = livePath.exec(request.url ?? '')?.[1];
      // Until the library takes the connection over.
      const onError = (): void => void socket.destroy();
      socket.on('error', onError);
      try {
        this.#mayOpen(request, roomId);
      } catch (error) {
        return refuse(socket, asGuichetError(error), roomId === undefined ? 'unknown' : liveRoute);
      }
      server.handleUpgrade(request, socket, head, (opened) => {
        socket.off('error', onError);
        // An upgraded connection is idle as long as its visitor waits.
        socket.setTimeout(0);
        this.#add(new LiveSocket(opened, roomId as string, this.#socketParts));
      });
    });
  }

  /** Throws unless a connection from there may be opened now. */
  #mayOpen(request: IncomingMessage, roomId: string | undefined): void {
    const { rooms, publicUrl, socketsMax } = this.#parts;
    if (roomId === undefined) throw new GuichetError('route-unknown');
    if (!roomParams.safeParse({ roomId }).success) throw new GuichetError('request-invalid');
    checkRequestOrigin(request, publicUrl, rooms.boards.get(roomId)?.room?.policy.allowedOrigins ?? []);
    if (this.#sockets.size >= socketsMax || this.#isDraining) {
      throw new GuichetError('service-full', { retryAfterMs: 5_000 + Math.random() * 10_000 });
    }
  }

  #add(socket: LiveSocket): void {
    const now = this.#parts.clock.monotonicMs();
    socket.openedAtMs = now;
    // Soon, so that one that stopped reading is found out; spread, so that those who connect together do not
    // answer together.
    socket.nextPingAtMs = now + 5_000 + Math.random() * 10_000;
    socket.onPong = ({ seat }) => {
      if (seat) this.#parts.sightings.present(seat.board, seat.ticket);
    };
    this.#sockets.add(socket);
  }

  /** Heartbeats and time limits, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      await clock.sleep(passEveryMs, signal);
      const now = clock.monotonicMs();
      for (const socket of this.#sockets) this.#pass(socket, now);
    }
  }

  #pass(socket: LiveSocket, now: number): void {
    if (!socket.saidHello && now - socket.openedAtMs >= helloWithinMs)
      return socket.close(closeCodes.noHello);
    if (socket.pingedAtMs !== null && now - socket.pingedAtMs >= pongWithinMs) {
      return socket.terminate(closeCodes.tooSlow);
    }
    if (now < socket.nextPingAtMs) return;
    socket.nextPingAtMs = now + (socket.seat?.board.heartbeatMs ?? 10_000);
    socket.pingedAtMs ??= now;
    socket.ping();
  }

  /** The room was deleted. */
  closeRoom(roomId: string): void {
    for (const socket of this.#sockets) if (socket.roomId === roomId) socket.close(closeCodes.noSuchRoom);
  }

  /**
   * Tells every socket to come back elsewhere, spread over a window that the others can bear. It is the same window for
   * all, and opens when the last of them has been told: nobody arrives while this replica is busy saying goodbye.
   */
  async drain(): Promise<void> {
    this.#isDraining = true;
    const { clock } = this.#parts;
    const { size } = this.#sockets;
    const withinMs = Math.max(byeWindowMinMs, Math.ceil((1_500 * size) / handshakesPerSecond));
    const opensAtMs = clock.monotonicMs() + size * byeAllowanceMs;
    let inSlice = 0;
    // A socket leaves the set as it is told.
    for (const socket of Array.from(this.#sockets)) {
      socket.bye(Math.max(0, Math.ceil(opensAtMs - clock.monotonicMs())), withinMs);
      inSlice += 1;
      if (inSlice % byeSliceSize === 0) await clock.sleep(20);
    }
    // Their close frames need a moment to leave.
    await clock.sleep(200);
  }
}
