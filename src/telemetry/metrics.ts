/**
 * Prometheus metrics, grouped by the question they answer. Labels are bounded: rooms, kinds and codes, never
 * an id. docs/metrics.md is compared with this table by a test.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { RequestTimes } from './request-times.ts';

/** Rooms that get a label of their own; the others share `other`. */
const roomLabelsMax = 200;
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export type Metrics = ReturnType<typeof createMetrics>;

type MakeGauge = (name: string, help: string, labelNames?: string[]) => Gauge;
type MakeCounter = (name: string, help: string, labelNames: string[]) => Counter;

/** Does the site hear of releases? */
function deliveryMetrics(gauge: MakeGauge, counter: MakeCounter) {
  const tries = 'Tries to deliver a batch, by what became of them';
  return {
    deliveries: counter('guichet_deliveries_total', tries, ['result']),
    undelivered: gauge('guichet_undelivered_batches', 'Batches that the site was not told of yet'),
    undeliveredSeconds: gauge('guichet_undelivered_seconds', 'Age of the oldest of these; 0: none'),
    deadLetters: gauge('guichet_dead_letters', 'Batches that are tried no more'),
  };
}

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const roomGauges: Gauge[] = [];
  const gauge: MakeGauge = (name, help, labelNames = ['room']) => {
    const made = new Gauge({ name, help, labelNames, registers });
    if (labelNames.includes('room')) roomGauges.push(made);
    return made;
  };
  const counter: MakeCounter = (name, help, labelNames) => new Counter({ name, help, labelNames, registers });
  const seconds = (name: string, help: string, labelNames: string[]): Histogram =>
    new Histogram({ name, help, labelNames, buckets: secondsBuckets, registers });
  const labels = new Set<string>();
  const requestTimes = (): RequestTimes => {
    const made = new RequestTimes(secondsBuckets);
    registry.registerMetric(made.asMetric());
    return made;
  };

  return {
    registry,
    /** A room's label, bounded in number. */
    roomLabel(roomId: string): string {
      if (labels.size < roomLabelsMax) labels.add(roomId);
      return labels.has(roomId) ? roomId : 'other';
    },
    /** Takes away what gauges said of rooms: a deleted one is not there the next time. */
    clearRooms(): void {
      for (const roomGauge of roomGauges) roomGauge.reset();
    },

    // How many wait, and does the queue move?
    waiting: gauge('guichet_waiting_tickets', 'Tickets that wait, present or not yet found away'),
    parked: gauge('guichet_parked_tickets', 'Waiting tickets set aside because their holders are away'),
    lapsed: gauge('guichet_lapsed_tickets', 'Tickets whose turn came and nobody answered'),
    admitted: gauge('guichet_admitted_tickets', 'Tickets whose holders may enter now'),
    ...roomTotals(gauge),

    ...protection({ gauge, counter }),

    ...deliveryMetrics(gauge, counter),

    // Do people get answers?
    requestTimes: requestTimes(),
    refusals: counter('guichet_refusals_total', 'Requests and sockets refused', ['listener', 'code']),
    sockets: gauge('guichet_sockets', 'Live connections open', []),
    socketMessages: counter('guichet_socket_messages_total', 'Messages sent to live connections', ['type']),
    socketsClosed: counter('guichet_sockets_closed_total', 'Live connections closed by the service', [
      'code',
    ]),
    joins: counter('guichet_joins_total', 'Joins answered with a ticket', ['room']),
    emails: counter('guichet_emails_total', 'E-mails that were due, by what became of them', ['result']),

    // Can the store be trusted?
    storeReady: gauge(
      'guichet_store_ready',
      '1 while the store answers and its profile keeps the promises',
      [],
    ),
    storeSeconds: seconds('guichet_store_seconds', 'Time of a call to the store, confirmation included', [
      'call',
    ]),
    storeUnknown: counter('guichet_store_unknown_total', 'Calls to the store whose result is unknown', [
      'call',
    ]),
    recoveries: counter('guichet_recoveries_total', 'Times this replica gave a room back to the store', [
      'room',
    ]),
    tickAgeSeconds: gauge('guichet_tick_age_seconds', 'Age of the newest confirmed tick'),
  };
}

/** What has come of everyone so far? */
function roomTotals(gauge: MakeGauge) {
  return {
    present: gauge('guichet_present_tickets', 'Waiting tickets whose holders are present, as counted last'),
    joinedTotal: gauge('guichet_room_joins', 'Tickets taken since the room began'),
    admittedTotal: gauge(
      'guichet_room_admissions',
      'Admissions since the room began, as the store counts them',
    ),
    lapsedTotal: gauge('guichet_room_lapses', 'Turns that ran out unanswered since the room began'),
    returnedTotal: gauge('guichet_room_returns', 'Lapsed tickets that came back since the room began'),
    enteredTotal: gauge('guichet_room_entries', 'Times that somebody came inside since the room began'),
    completedTotal: gauge(
      'guichet_room_completions',
      'Sessions that ended as completed since the room began',
    ),
    endedTotal: gauge('guichet_room_ends', 'Tickets that are over since the room began'),
  };
}

type Makers = {
  gauge: (name: string, help: string, labelNames?: string[]) => Gauge;
  counter: (name: string, help: string, labelNames: string[]) => Counter;
};

/** Is the site protected? */
function protection({ gauge, counter }: Makers) {
  return {
    inside: gauge('guichet_inside_sessions', 'Visitors inside'),
    assumed: gauge(
      'guichet_assumed_sessions',
      'Visitors who may be inside but were not seen since data was lost',
    ),
    capacity: gauge('guichet_capacity_sessions', 'Visitors whom the room may hold inside'),
    placesUsed: gauge('guichet_places_used', 'Places that the origin has given away'),

    gateAnswers: counter('guichet_gate_answers_total', 'What the gate answered to proxies', [
      'room',
      'answer',
    ]),
    stageVisits: counter(
      'guichet_stage_visits_total',
      'Times that somebody inside came to a part of the site, as this replica’s gate saw it',
      ['room', 'stage'],
    ),
  };
}
