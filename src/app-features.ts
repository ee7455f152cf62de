/**
 * The features that stand around the queue, each wired in a file of its own (app-*.ts): what they need, and what they
 * hand to app.ts. A part of app.ts.
 */
import type { FastifyInstance } from 'fastify';
import { type AlarmWiring, wireAlarms } from './app-alarms.ts';
import { wireControl } from './app-control.ts';
import { wireDeliveries } from './app-deliveries.ts';
import { wireDesk } from './app-desk.ts';
import { wireEmails } from './app-emails.ts';
import { wireFigures } from './app-figures.ts';
import { wireKeys } from './app-keys.ts';
import type { Config } from './config.ts';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import type { RequireScope } from './edge/api-keys.ts';
import type { LiveSockets } from './edge/live-sockets.ts';
import type { Readiness } from './edge/probes.ts';
import type { LiveKeys } from './service/live-keys.ts';
import type { Passes } from './service/passes.ts';
import type { Releaser } from './service/releaser.ts';
import type { ReplicaMemory } from './service/replica-memory.ts';
import type { RoomLink } from './service/room-link.ts';
import type { Rooms } from './service/rooms.ts';
import type { StoreTroubles } from './service/store-troubles.ts';
import type { WaitingRoom } from './service/waiting-room.ts';
import type { Stores } from './store/open-stores.ts';
import type { QueueStore } from './store/queue-store.ts';
import type { Metrics } from './telemetry/metrics.ts';

export type Feature = {
  /** Its routes on the internal listener. */
  register?: (app: FastifyInstance, requireScope: RequireScope) => void;
  /** Before anything runs or listens; rejects when the service cannot start so. */
  open?: () => Promise<void>;
  /** Its loop, until the signal aborts. */
  run?: (signal: AbortSignal) => Promise<void>;
  /** A room was deleted. */
  forget?: (roomId: string) => void;
  /** Once no loop runs and nobody is answered any more. */
  close?: () => Promise<void>;
};

export type FeatureParts = {
  /** Names this replica wherever replicas are told apart. */
  replicaId: string;
  config: Config;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  link: RoomLink;
  memory: ReplicaMemory;
  rooms: Rooms;
  releaser: Releaser;
  waitingRoom: WaitingRoom;
  sockets: LiveSockets;
  ready: Readiness;
  keys: LiveKeys;
  passes: Passes;
  troubles: StoreTroubles;
  queue: Pick<QueueStore, 'ready'>;
  /** Tests have no certificate. */
  certificate: AlarmWiring['certificate'];
  /** Shows a secret to whoever started the service; null: nobody looks. */
  tell: ((text: string) => void) | null;
};

/** Every feature, in the order in which they open; those that others ask for are named. */
export function wireFeatures(stores: Omit<Stores, 'queue'>, parts: FeatureParts) {
  const { config, keys, releaser } = parts;
  const tickNow = releaser.tickNow.bind(releaser);
  // Asked once somebody confirms, when the keys are there.
  const isRevoked = (keyId: string): boolean => apiKeys.isRevoked(keyId);
  const control = wireControl(stores, { ...parts, tickNow, auditFile: config.auditFile, isRevoked });
  const { audit } = control;
  const emails = wireEmails(stores.emails, parts);
  const apiKeys = wireKeys(stores.apiKeys, { ...parts, audit, ring: () => keys.queue });
  const deliveries = wireDeliveries(stores.deliveries, { ...parts, ring: () => keys.webhook });
  const figures = wireFigures(stores.figures, parts);
  const tickets = wireDesk(stores.finder, { ...parts, audit, publicUrl: config.publicUrl });
  const alarms = wireAlarms(stores.alarms, parts);
  const features: Feature[] = [control, apiKeys, deliveries, figures, tickets, alarms];
  if (emails) features.push(emails);
  return { control, emails, apiKeys, alarms, features };
}
