/**
 * The only wiring: builds every part once and hands each what it needs. Data goes one way:
 * edge → service → store, and back from the releaser's ticks by the boards to the sockets.
 */
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { internalListener, publicListener } from './app-listeners.ts';
import { wireControl } from './app-control.ts';
import { wireDeliveries } from './app-deliveries.ts';
import { wireKeys } from './app-keys.ts';
import { wireEmails } from './app-emails.ts';
import { wireGate } from './app-gate.ts';
import type { Config } from './config.ts';
import { type Clock, systemClock } from './domain/clock.ts';
import type { PolicyInput } from './domain/room.ts';
import { LiveSockets } from './edge/live-sockets.ts';
import { readiness } from './edge/probes.ts';
import { parseRoomsFile } from './edge/rooms-file.ts';
import { LiveKeys } from './service/live-keys.ts';
import { lookInPerson } from './service/look-in-person.ts';
import { passes } from './service/passes.ts';
import { queueTokens } from './service/queue-token.ts';
import { Releaser, type ReleaserParts } from './service/releaser.ts';
import { ReplicaMemory } from './service/replica-memory.ts';
import { type MemoryFile, openMemoryFile } from './service/replica-memory-file.ts';
import { RoomLink } from './service/room-link.ts';
import { resumeCodes } from './service/resume-codes.ts';
import { Rooms } from './service/rooms.ts';
import { Sessions } from './service/sessions.ts';
import { Sightings } from './service/sightings.ts';
import { Standings } from './service/standings.ts';
import { WaitingRoom } from './service/waiting-room.ts';
import { openStores, type Stores } from './store/open-stores.ts';
import type { QueueStore } from './store/queue-store.ts';
import { createLogger } from './telemetry/logger.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';

export type AppOptions = {
  config: Config;
  clock?: Clock;
  log?: Logger;
  /** Tests put a store of their own between the service and the real one. */
  wrapStore?: (store: QueueStore) => QueueStore;
  /** And their own for e-mails asked for, and for batches on their way. */
  otherStores?: Omit<Stores, 'queue'>;
  /** Check every response against its schema; costs time. */
  strictResponses?: boolean;
  /** Shows a secret to whoever started the service; absent where nobody looks and what is written is kept. */
  tell?: (text: string) => void;
};

export type App = {
  publicServer: FastifyInstance;
  internalServer: FastifyInstance;
  /** Listens on both ports and starts the loops. Rejects when a port or the state directory is taken. */
  start(): Promise<void>;
  /** Drains: not ready first, sockets told to come back elsewhere, requests under way answered. */
  stop(): Promise<void>;
};

export async function createApp(options: AppOptions): Promise<App> {
  const service = buildService(options);
  const { config } = options;
  const strictResponses = options.strictResponses ?? false;
  const publicServer = await publicListener(service, config, strictResponses);
  const internalServer = await internalListener(service, config, { strictResponses, publicServer });
  return lifeOf(service, config, { publicServer, internalServer });
}

export type Service = ReturnType<typeof buildService>;

/** Every part behind the two listeners. */
function buildService(options: AppOptions) {
  const { config, clock = systemClock, wrapStore = (store) => store } = options;
  const log = options.log ?? createLogger(config.logLevel);
  const metrics = createMetrics();
  const keys = new LiveKeys(config.signingKeysFile, { clock, log });
  const tokens = queueTokens(() => keys.queue);
  const passSigner = passes(keys, config.publicUrl);

  const stores = openStores({ ...config, withEmails: config.smtpUrl !== null }, log);
  const store = wrapStore(stores.queue);
  const memory = new ReplicaMemory(clock);
  const link = new RoomLink(store, memory, { clock, log, metrics: storeMeasures(metrics) });
  const rooms = new Rooms(store, memory, clock);
  const sightings = new Sightings(link, clock);
  const standings = new Standings(clock);
  const sessions = new Sessions({ link, rooms, passes: passSigner, clock });
  const { publicUrl } = config;
  const wake = (roomId: string): void => releaser.wake(roomId);
  const inside = { link, rooms, memory, sessions, passes: passSigner, keys, metrics, clock, log, publicUrl };
  const { gate, ends } = wireGate({ ...inside, wake });
  const onTick: ReleaserParts['onTick'] = (board, head, answer) => {
    gate.ticked(board, head, answer);
    desk.audit.heard(board.roomId, head, answer.events);
  };
  const releaser = new Releaser({ link, memory, rooms, sightings, standings, clock, log, onTick });
  const tickNow = releaser.tickNow.bind(releaser);
  const codes = resumeCodes(() => keys.queue);
  const proofs = { tokens, codes, passes: passSigner };
  const waitingRoom = new WaitingRoom({ link, rooms, sightings, ...proofs, clock, wake });
  const others = options.otherStores ?? stores;
  const ofControl = { link, memory, rooms, clock, log, passes: passSigner, tickNow };
  const desk = wireControl(others, { ...ofControl, auditFile: config.auditFile });
  const live = { waitingRoom, rooms, sightings, standings, metrics, clock, log };
  const sockets = new LiveSockets({ ...live, publicUrl: config.publicUrl, socketsMax: config.socketsMax });
  const ready = readiness(store, clock, metrics);
  const emails = wireEmails(others.emails, { config, clock, log, metrics, rooms, waitingRoom, keys });
  const deliveryParts = { config, clock, log, metrics, rooms, releaser, ring: () => keys.webhook };
  const deliveries = wireDeliveries(others.deliveries, deliveryParts);
  const keyParts = {
    config,
    clock,
    log,
    link,
    audit: desk.audit,
    ring: () => keys.queue,
    tell: options.tell ?? null,
  };
  const apiKeys = wireKeys(others.apiKeys, keyParts);

  link.onRecovered = (roomId) => {
    metrics.recoveries.inc({ room: metrics.roomLabel(roomId) });
    const board = rooms.boards.get(roomId);
    if (board) sightings.resight(board);
  };
  link.onDeleted = (roomId) => {
    const board = rooms.boards.get(roomId);
    memory.forget(roomId);
    rooms.drop(roomId);
    if (board) sightings.drop(board);
    sockets.closeRoom(roomId);
    emails?.notices.forget(roomId);
    gate.forget(roomId);
    // Another replica may have put it back into the index meanwhile.
    store
      .removeFromIndex(roomId)
      .catch((err: unknown) => log.warn({ err, roomId }, 'The index keeps a deleted room'));
  };
  const look = lookInPerson({ waitingRoom, rooms, sightings, clock });
  const visitors = { waitingRoom, rooms, passes: passSigner, lookInPerson: look, metrics, sockets, emails };
  const inner = { store, memory, releaser, sessions, ends, gate, desk, ready, deliveries, apiKeys };
  return { ...visitors, ...inner, clock, log, keys };
}

function storeMeasures(metrics: Metrics) {
  return {
    answered: (call: string, ms: number): void => metrics.storeSeconds.observe({ call }, ms / 1_000),
    unknown: (call: string): void => metrics.storeUnknown.inc({ call }),
  };
}

type Servers = { publicServer: FastifyInstance; internalServer: FastifyInstance };

function lifeOf(service: Service, config: Config, { publicServer, internalServer }: Servers): App {
  const { clock, log, keys, store, memory, releaser, desk, sockets, ready, emails, ends } = service;
  const roomsOfFile = config.roomsFile ? parseRoomsFile(config.roomsFile) : new Map<string, PolicyInput>();
  const running = new AbortController();
  const loops: Promise<void>[] = [];
  let memoryFile: MemoryFile | null = null;

  return {
    publicServer,
    internalServer,
    async start() {
      await desk.open();
      if (config.stateDir) {
        memoryFile = await openMemoryFile(memory, { directory: config.stateDir, clock, log });
        loops.push(memoryFile.run(running.signal));
      } else if (config.redisUrl) {
        log.warn({}, 'Without GUICHET_STATE_DIR this replica forgets the rooms when it stops');
      }
      if (config.unknownNames.length > 0)
        log.warn({ names: config.unknownNames }, 'These settings do not exist');
      await service.apiKeys.open();
      loops.push(releaser.run(running.signal), sockets.run(running.signal), keys.run(running.signal));
      if (emails) loops.push(emails.run(running.signal));
      loops.push(service.deliveries.run(running.signal), service.apiKeys.run(running.signal));
      void desk.control
        .ensure(roomsOfFile)
        .catch((err: unknown) => log.error({ err }, 'The rooms file was not applied'));
      await internalServer.listen({ host: config.internalHost, port: config.internalPort });
      await publicServer.listen({ host: config.publicHost, port: config.publicPort });
      log.info(
        { public: publicServer.listeningOrigin, internal: internalServer.listeningOrigin },
        'Listening',
      );
    },
    async stop() {
      log.info({ drainMs: config.drainMs, sockets: sockets.size }, 'Stopping: not ready from now on');
      ready.drain();
      await clock.sleep(config.drainMs);
      await sockets.drain();
      await publicServer.close();
      running.abort();
      await Promise.all(loops);
      ends.stop();
      await internalServer.close();
      await memoryFile?.release();
      await emails?.close();
      await service.deliveries.close();
      await desk.close();
      await service.apiKeys.close();
      await store.close();
      log.info({}, 'Stopped');
    },
  };
}
