/** Probes and figures on the internal listener, without a key: they tell no secret. */
import type { FastifyInstance } from 'fastify';
import { admitsPeople, freeSeats } from '../domain/admission.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { StoreState } from '../domain/store-state.ts';
import type { Rooms } from '../service/rooms.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** How long an answer of the store about itself is good for. */
const readyForMs = 1_000;

export type Readiness = {
  /** Whether this replica should get traffic, and why not. Asks the store at most once a second. */
  check(): Promise<StoreState>;
  /** From now on not ready: the process is about to stop. */
  drain(): void;
};

export type ReadinessParts = {
  store: { ready(): Promise<StoreState> };
  clock: Clock;
  metrics: Metrics;
  log: Log;
};

export function readiness({ store, clock, metrics, log }: ReadinessParts): Readiness {
  let isDraining = false;
  let known: StoreState = { ready: false, why: 'the service is starting' };
  let knownAtMs = Number.NEGATIVE_INFINITY;
  let told: string | null = null;
  /** Each change once, in a sentence. */
  const tell = (state: StoreState): void => {
    const why = state.ready ? (state.failover?.ready === false ? state.failover.why : null) : state.why;
    if (why === told) return;
    if (why === null) log.info({}, 'The store can keep the promises');
    else if (state.ready) log.warn({ why }, 'The store would not survive the loss of its primary');
    else log.error({ why }, 'The store cannot keep the promises');
    told = why;
  };
  return {
    async check() {
      if (isDraining) return { ready: false, why: 'the service is stopping' };
      if (clock.monotonicMs() - knownAtMs >= readyForMs) {
        knownAtMs = clock.monotonicMs();
        known = await store.ready();
        metrics.storeReady.set(known.ready ? 1 : 0);
        if (known.failover) metrics.failoverReady.set(known.failover.ready ? 1 : 0);
        else metrics.failoverReady.remove();
        tell(known);
      }
      return known;
    },
    drain() {
      isDraining = true;
    },
  };
}

export function probes(
  app: FastifyInstance,
  {
    ready,
    rooms,
    metrics,
    sockets,
    measure,
  }: { ready: Readiness; rooms: Rooms; metrics: Metrics; sockets: () => number; measure: () => void },
): void {
  const schema = { hide: true };
  // Never depends on the store: else a blip of it restarts every replica.
  app.get('/livez', { schema }, async () => ({ alive: true }));
  app.get('/readyz', { schema }, async (_request, reply) => {
    const state = await ready.check();
    return reply.code(state.ready ? 200 : 503).send(state);
  });
  app.get('/metrics', { schema }, async (_request, reply) => {
    // For the gauge that says so.
    await ready.check();
    metrics.sockets.set(sockets());
    measure();
    metrics.clearRooms();
    for (const board of rooms.boards.values()) measureRoom(board, metrics);
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
}

/** Figures of a frame whose gauges have their names. */
const roomTotals = [
  'present',
  'joinedTotal',
  'admittedTotal',
  'lapsedTotal',
  'returnedTotal',
  'enteredTotal',
  'completedTotal',
  'endedTotal',
] as const;

function measureRoom({ roomId, frame, room, head, ageMs }: RoomMeasured, metrics: Metrics): void {
  if (!frame || !room || !head) return;
  const label = { room: metrics.roomLabel(roomId) };
  // Added up, because rooms without a label of their own share one.
  metrics.waiting.inc(label, frame.waiting);
  metrics.parked.inc(label, frame.parked);
  metrics.lapsed.inc(label, frame.lapsed);
  metrics.admitted.inc(label, frame.admitted);
  for (const name of roomTotals) metrics[name].inc(label, frame[name]);
  metrics.inside.inc(label, frame.inside);
  metrics.assumed.inc(label, frame.assumed);
  metrics.capacity.inc(label, room.policy.capacity);
  metrics.placesUsed.inc(label, head.placesUsed);
  metrics.open.inc(label, admitsPeople(room, frame) ? 1 : 0);
  metrics.freeSeats.inc(label, freeSeats(room, frame));
  metrics.paceTickets.inc(label, room.policy.outflowPerMinute);
  metrics.tickAgeSeconds.set(label, ageMs / 1_000);
  if (room.policy.delivery === null) return;
  metrics.undelivered.inc(label, frame.undelivered);
  metrics.undeliveredSeconds.inc(label, Math.max(0, frame.undeliveredMs) / 1_000);
  metrics.deadLetters.inc(label, frame.deadLetters);
}
type RoomMeasured = Pick<
  Rooms['boards'] extends Map<string, infer Board> ? Board : never,
  'roomId' | 'frame' | 'room' | 'head' | 'ageMs'
>;
