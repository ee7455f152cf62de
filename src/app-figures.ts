/** The wiring of figures for people: a part of app.ts. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import type { RequireScope } from './edge/api-keys.ts';
import { figuresRoutes } from './edge/figures-routes.ts';
import type { Readiness } from './edge/probes.ts';
import { FigureKeeper } from './service/figure-keeper.ts';
import { RoomFigures } from './service/room-figures.ts';
import type { StoreMeasures } from './service/room-link.ts';
import type { Rooms } from './service/rooms.ts';
import { StoreTroubles } from './service/store-troubles.ts';
import type { FiguresStore } from './store/figures-store.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { version } from './version.ts';

/** How calls to the store go, for the metrics and for snapshots. */
export function storeMeasures(metrics: Metrics, clock: Clock): StoreMeasures & { troubles: StoreTroubles } {
  const troubles = new StoreTroubles(clock);
  return {
    troubles,
    answered: (call, ms) => metrics.storeSeconds.observe({ call }, ms / 1_000),
    unknown(call) {
      metrics.storeUnknown.inc({ call });
      troubles.note();
    },
  };
}

export type FiguresWiring = {
  replicaId: string;
  rooms: Rooms;
  ready: Readiness;
  troubles: StoreTroubles;
  /** This replica's live connections. */
  sockets: { byRoom(): ReadonlyMap<string, number> };
  clock: Clock;
  log: Log;
};

/** What keeps the figures, and the operators' routes that show them. */
export function wireFigures(
  store: FiguresStore,
  { replicaId, rooms, ready, troubles, sockets, clock, log }: FiguresWiring,
) {
  const byRoom = sockets.byRoom.bind(sockets);
  const keeper = new FigureKeeper({ store, rooms, replicaId, version, sockets: byRoom, clock, log });
  const figures = new RoomFigures({ store, rooms, keeper, troubles, ready, clock });
  return {
    register: (app: FastifyInstance, requireScope: RequireScope): void =>
      figuresRoutes(app, figures, requireScope),
    run: keeper.run.bind(keeper),
    forget: keeper.forget.bind(keeper),
    close: (): Promise<void> => store.close(),
  };
}
