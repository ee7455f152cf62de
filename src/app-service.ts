/** Every part behind the two listeners, built once and handed what it needs: a part of app.ts. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { type Feature, wireFeatures, type FeatureParts } from './app-features.ts';
import { storeMeasures } from './app-figures.ts';
import { wireGate } from './app-gate.ts';
import type { Config } from './config.ts';
import { type Clock, systemClock } from './domain/clock.ts';
import { LiveSockets } from './edge/live-sockets.ts';
import { readiness } from './edge/probes.ts';
import { LiveKeys } from './service/live-keys.ts';
import { lookInPerson } from './service/look-in-person.ts';
import { passes } from './service/passes.ts';
import { queueTokens } from './service/queue-token.ts';
import { Releaser, type ReleaserParts } from './service/releaser.ts';
import { ReplicaMemory } from './service/replica-memory.ts';
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
  /** Tests have no certificate. */
  certificate?: FeatureParts['certificate'];
  /** Shows a secret to whoever started the service; absent where nobody looks and what is written is kept. */
  tell?: (text: string) => void;
};

export type Service = ReturnType<typeof buildService>;

/** Every part behind the two listeners. */
export function buildService(options: AppOptions) {
  const { config, clock = systemClock, wrapStore = (store) => store } = options;
  const log = options.log ?? createLogger(config.logLevel);
  const metrics = createMetrics();
  const keys = new LiveKeys(config.signingKeysFile, { clock, log });
  const tokens = queueTokens(() => keys.queue);
  const passSigner = passes(keys, config.publicUrl);

  const stores = openStores({ ...config, withEmails: config.smtpUrl !== null }, log);
  const store = wrapStore(stores.queue);
  const memory = new ReplicaMemory(clock);
  const measures = storeMeasures(metrics, clock);
  const link = new RoomLink(store, memory, { clock, log, metrics: measures });
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
    control.audit.heard(board.roomId, head, answer.events);
    alarms.ticked(board, head, answer);
  };
  const releaser = new Releaser({ link, memory, rooms, sightings, standings, clock, log, onTick });
  const codes = resumeCodes(() => keys.queue);
  const proofs = { tokens, codes, passes: passSigner };
  const waitingRoom = new WaitingRoom({ link, rooms, sightings, ...proofs, clock, wake });
  const live = { waitingRoom, rooms, sightings, standings, metrics, clock, log };
  const sockets = new LiveSockets({ ...live, publicUrl: config.publicUrl, socketsMax: config.socketsMax });
  const ready = readiness({ store, clock, metrics, log });
  const replicaId = `${hostname().slice(0, 63)}-${randomBytes(3).toString('hex')}`;
  const known = { replicaId, config, clock, log, metrics, link, memory, rooms, keys, passes: passSigner };
  const watched = { releaser, waitingRoom, sockets, ready, queue: store, troubles: measures.troubles };
  const { tell = null, certificate, otherStores = stores } = options;
  const wired = wireFeatures(otherStores, { ...known, ...watched, tell, certificate });
  const { control, emails, apiKeys, alarms, features } = wired;

  followRooms(link, { store, memory, rooms, sightings, sockets, gate, metrics, features, log });
  const look = lookInPerson({ waitingRoom, rooms, sightings, clock });
  const visitors = { waitingRoom, rooms, passes: passSigner, lookInPerson: look, metrics, sockets, emails };
  const inner = {
    store,
    memory,
    releaser,
    sessions,
    ends,
    gate,
    control: control.control,
    ready,
    apiKeys,
    alarms,
    features,
  };
  return { ...visitors, ...inner, clock, log, keys };
}

type RoomFollowers = {
  store: QueueStore;
  memory: ReplicaMemory;
  rooms: Rooms;
  sightings: Sightings;
  sockets: LiveSockets;
  gate: { forget(roomId: string): void };
  metrics: Metrics;
  features: readonly Feature[];
  log: Logger;
};

/** What becomes of a room that was recovered, or deleted. */
function followRooms(
  link: RoomLink,
  { store, memory, rooms, sightings, sockets, gate, metrics, features, log }: RoomFollowers,
): void {
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
    for (const feature of features) feature.forget?.(roomId);
    gate.forget(roomId);
    // Another replica may have put it back into the index meanwhile.
    store
      .removeFromIndex(roomId)
      .catch((err: unknown) => log.warn({ err, roomId }, 'The index keeps a deleted room'));
  };
}
