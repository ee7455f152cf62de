/**
 * The only wiring: builds every part once and hands each what it needs. Data goes one way:
 * edge → service → store, and back from the releaser's ticks by the boards to the sockets.
 */
import type { FastifyInstance } from 'fastify';
import { type AppOptions, buildService, type Service } from './app-service.ts';
import { internalListener, publicListener } from './app-listeners.ts';
import { type Config, ConfigError } from './config.ts';
import type { PolicyInput } from './domain/room.ts';
import { parseRoomsFile } from './edge/rooms-file.ts';
import { type MemoryFile, openMemoryFile } from './service/replica-memory-file.ts';
import { makeRoomsOfFile } from './service/rooms-of-file.ts';

/** How long a start waits for the first good word of the store. */
const storeAnswersWithinMs = 3_000;
const storePollMs = 50;

export type App = {
  publicServer: FastifyInstance;
  internalServer: FastifyInstance;
  /**
   * Listens on both ports and starts the loops. Rejects when a port or the state directory is taken, or the audit file
   * cannot be written; then all is closed again.
   */
  start(): Promise<void>;
  /**
   * Drains: not ready first, sockets told to come back elsewhere, requests under way answered, and the store told of the
   * sessions that the gate saw end, where it answers within ten seconds.
   */
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

type Servers = { publicServer: FastifyInstance; internalServer: FastifyInstance };

function lifeOf(service: Service, config: Config, { publicServer, internalServer }: Servers): App {
  const { clock, log, keys, store, memory, releaser, control, sockets, ready, features, ends } = service;
  const roomsOfFile = config.roomsFile ? parseRoomsFile(config.roomsFile) : new Map<string, PolicyInput>();
  const running = new AbortController();
  const loops: Promise<void>[] = [];
  let memoryFile: MemoryFile | null = null;

  const open = async (): Promise<void> => {
    // First: nothing is written into a directory that is another process's.
    if (config.stateDir)
      memoryFile = await openMemoryFile(memory, { directory: config.stateDir, clock, log });
    else if (config.redisUrl)
      log.warn({}, 'Without GUICHET_STATE_DIR this replica forgets the rooms when it stops');
    await refuseUnfitStore();
    for (const feature of features) await feature.open?.();
    if (config.unknownNames.length > 0)
      log.warn({ names: config.unknownNames }, 'These settings do not exist');
    if (memoryFile) loops.push(memoryFile.run(running.signal));
    loops.push(releaser.run(running.signal), sockets.run(running.signal), keys.run(running.signal));
    for (const { run } of features) if (run) loops.push(run(running.signal));
    loops.push(makeRoomsOfFile(roomsOfFile, { control, clock, log }, running.signal));
    await internalServer.listen({ host: config.internalHost, port: config.internalPort });
    await publicServer.listen({ host: config.publicHost, port: config.publicPort });
  };
  /** One that would lose tickets by itself. One that does not answer yet is waited for later, by every call. */
  const refuseUnfitStore = async (): Promise<void> => {
    const giveUpAt = clock.monotonicMs() + storeAnswersWithinMs;
    for (;;) {
      const state = await store.ready();
      if (!state.ready && state.isUnfit === true) throw new ConfigError([`REDIS_URL: ${state.why}`]);
      if (state.ready || !config.redis || clock.monotonicMs() >= giveUpAt) break;
      await clock.sleep(storePollMs);
    }
    // Says what is wrong with it.
    await ready.check();
  };
  /** Also of a start that came half-way. */
  const close = async (): Promise<void> => {
    await publicServer.close();
    await internalServer.close();
    // Neither listener hears of another end; and what the store answers is still written down.
    await ends.stop();
    running.abort();
    await Promise.all(loops);
    await memoryFile?.release();
    for (const feature of features) await feature.close?.();
    await store.close();
  };

  return {
    publicServer,
    internalServer,
    async start() {
      try {
        await open();
      } catch (error) {
        await close().catch((err: unknown) => log.warn({ err }, 'Not all that was opened could be closed'));
        throw error;
      }
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
      await close();
      log.info({}, 'Stopped');
    },
  };
}
