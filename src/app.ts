/**
 * The only wiring: builds every part once and hands each what it needs. Data goes one way:
 * edge → service → store, and back from the releaser's ticks by the boards to the sockets.
 */
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { wireDeliveries } from './app-deliveries.ts';
import { wireEmails } from './app-emails.ts';
import { gateCounts, wireGate } from './app-gate.ts';
import type { Config } from './config.ts';
import { type Clock, systemClock } from './domain/clock.ts';
import type { PolicyInput } from './domain/room.ts';
import { describeApi } from './edge/api-description.ts';
import { apiPageRoutes } from './edge/api-page-routes.ts';
import { apiKeys, keysOfSettings } from './edge/api-keys.ts';
import { registerWidget } from './edge/asset-routes.ts';
import { emailAsksPerMinute, emailRoutes } from './edge/email-routes.ts';
import { gateRoutes } from './edge/gate-routes.ts';
import { LiveSockets } from './edge/live-sockets.ts';
import { operatorRoutes } from './edge/operator-routes.ts';
import { originRoutes } from './edge/origin-routes.ts';
import { otherPages } from './edge/other-pages.ts';
import { previewRoutes } from './edge/preview-routes.ts';
import { probes, readiness } from './edge/probes.ts';
import { prefixLimit } from './edge/prefix-limit.ts';
import { answerProblems, unreadable } from './edge/problem.ts';
import { resumeRoutes, resumeTriesPerMinute } from './edge/resume-routes.ts';
import { registerRoomPage } from './edge/room-page-routes.ts';
import { parseRoomsFile } from './edge/rooms-file.ts';
import { collectMethods, createServer, refuseOtherMethods } from './edge/server.ts';
import { visitorRoutes } from './edge/visitor-routes.ts';
import { visitorSentence } from './edge/visitor-sentence.ts';
import { LiveKeys } from './service/live-keys.ts';
import { lookInPerson } from './service/look-in-person.ts';
import { passes } from './service/passes.ts';
import { queueTokens } from './service/queue-token.ts';
import { Releaser } from './service/releaser.ts';
import { ReplicaMemory } from './service/replica-memory.ts';
import { type MemoryFile, openMemoryFile } from './service/replica-memory-file.ts';
import { RoomControl } from './service/room-control.ts';
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
import { readWidgetAssets } from './web/widget-assets.ts';

const publicBodyBytesMax = 4 * 1_024;
const internalBodyBytesMax = 64 * 1_024;

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

type Service = ReturnType<typeof buildService>;

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
  const onTick = gate.ticked.bind(gate);
  const releaser = new Releaser({ link, memory, rooms, sightings, standings, clock, log, onTick });
  const tickNow = releaser.tickNow.bind(releaser);
  const codes = resumeCodes(() => keys.queue);
  const proofs = { tokens, codes, passes: passSigner };
  const waitingRoom = new WaitingRoom({ link, rooms, sightings, ...proofs, clock, wake });
  const control = new RoomControl({ link, memory, rooms, clock, tickNow, passes: passSigner });
  const live = { waitingRoom, rooms, sightings, standings, metrics, clock, log };
  const sockets = new LiveSockets({ ...live, publicUrl: config.publicUrl, socketsMax: config.socketsMax });
  const ready = readiness(store, clock, metrics);
  const others = options.otherStores ?? stores;
  const emails = wireEmails(others.emails, { config, clock, log, metrics, rooms, waitingRoom, keys });
  const deliveryParts = { config, clock, log, metrics, rooms, releaser, ring: () => keys.webhook };
  const deliveries = wireDeliveries(others.deliveries, deliveryParts);

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
  const inner = { store, memory, releaser, sessions, ends, gate, control, ready, deliveries };
  return { ...visitors, ...inner, clock, log, keys };
}

async function publicListener(
  {
    waitingRoom,
    rooms,
    passes: passSigner,
    lookInPerson: look,
    metrics,
    sockets,
    emails,
    gate,
    clock,
    log,
  }: Service,
  { trustedProxies, joinsPerMinutePerPrefix, publicUrl }: Config,
  strictResponses: boolean,
): Promise<FastifyInstance> {
  const onUnreadable = unreadable({ listener: 'public', log, metrics });
  const bodyBytesMax = publicBodyBytesMax;
  const app = createServer({ trustedProxies, strictResponses, bodyBytesMax, onUnreadable });
  const joinLimit = prefixLimit(clock, { name: 'join', perMinute: joinsPerMinutePerPrefix });
  const resumeLimit = prefixLimit(clock, { name: 'resume', perMinute: resumeTriesPerMinute });
  const pages = otherPages(rooms, publicUrl);
  const noteRefusal = answerProblems(app, {
    listener: 'public',
    log,
    metrics,
    sentence: visitorSentence,
    prepare: (request, reply) => pages.letRead(request, reply),
  });
  const methods = collectMethods(app);
  await describeApi(app, 'public', publicUrl);
  sockets.register(app, onUnreadable);
  visitorRoutes(app, {
    waitingRoom,
    rooms,
    passes: passSigner,
    joinLimit,
    metrics,
    otherPages: pages,
    clock,
  });
  resumeRoutes(app, { waitingRoom, publicUrl, resumeLimit });
  const emailLimit = prefixLimit(clock, { name: 'email', perMinute: emailAsksPerMinute });
  const emailParts = emails && { notices: emails.notices, emailLimit };
  if (emailParts) emailRoutes(app, { ...emailParts, rooms });
  registerRoomPage(app, {
    waitingRoom,
    rooms,
    lookInPerson: look,
    clock,
    publicUrl,
    joinLimit,
    resumeLimit,
    emails: emailParts,
    noteRefusal,
  });
  registerWidget(app, readWidgetAssets());
  gateRoutes(app, { gate, count: gateCounts(metrics, rooms) });
  app.after(() => refuseOtherMethods(app, methods));
  return app;
}

async function internalListener(
  { sessions, gate, control, rooms, metrics, sockets, ready, deliveries, clock, log }: Service,
  { trustedProxies, adminKey, operatorKey, viewerKey, originKey, smtpUrl }: Config,
  { strictResponses, publicServer }: { strictResponses: boolean; publicServer: FastifyInstance },
): Promise<FastifyInstance> {
  const onUnreadable = unreadable({ listener: 'internal', log, metrics });
  const bodyBytesMax = internalBodyBytesMax;
  const app = createServer({ trustedProxies, strictResponses, bodyBytesMax, onUnreadable });
  answerProblems(app, { listener: 'internal', log, metrics, sentence: () => null });
  const methods = collectMethods(app);
  await describeApi(app, 'internal', '/');
  const ofSettings = { admin: adminKey, operator: operatorKey, viewer: viewerKey, origin: originKey };
  const requireScope = apiKeys(app, keysOfSettings(ofSettings));
  originRoutes(app, { sessions, gate }, requireScope);
  operatorRoutes(app, control, requireScope);
  deliveries.register(app, requireScope);
  previewRoutes(app, { rooms, clock, offersEmail: smtpUrl !== null }, requireScope);
  probes(app, { ready, rooms, metrics, sockets: () => sockets.size });
  apiPageRoutes(app, publicServer);
  app.after(() => refuseOtherMethods(app, methods));
  return app;
}

function storeMeasures(metrics: Metrics) {
  return {
    answered: (call: string, ms: number): void => metrics.storeSeconds.observe({ call }, ms / 1_000),
    unknown: (call: string): void => metrics.storeUnknown.inc({ call }),
  };
}

type Servers = { publicServer: FastifyInstance; internalServer: FastifyInstance };

function lifeOf(service: Service, config: Config, { publicServer, internalServer }: Servers): App {
  const { clock, log, keys, store, memory, releaser, control, sockets, ready, emails, ends } = service;
  const roomsOfFile = config.roomsFile ? parseRoomsFile(config.roomsFile) : new Map<string, PolicyInput>();
  const running = new AbortController();
  const loops: Promise<void>[] = [];
  let memoryFile: MemoryFile | null = null;

  return {
    publicServer,
    internalServer,
    async start() {
      if (config.stateDir) {
        memoryFile = await openMemoryFile(memory, { directory: config.stateDir, clock, log });
        loops.push(memoryFile.run(running.signal));
      } else if (config.redisUrl) {
        log.warn({}, 'Without GUICHET_STATE_DIR this replica forgets the rooms when it stops');
      }
      if (config.unknownNames.length > 0)
        log.warn({ names: config.unknownNames }, 'These settings do not exist');
      if (!config.adminKey) log.warn({}, 'Without GUICHET_ADMIN_KEY nobody can make or change a room');
      loops.push(releaser.run(running.signal), sockets.run(running.signal), keys.run(running.signal));
      if (emails) loops.push(emails.run(running.signal));
      loops.push(service.deliveries.run(running.signal));
      void control
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
      await store.close();
      log.info({}, 'Stopped');
    },
  };
}
