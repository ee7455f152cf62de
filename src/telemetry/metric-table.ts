/**
 * Every metric of the service, grouped by the question it answers. One line a metric: what makes it (metrics.ts) and the
 * page that tells of it (docs/metrics.md, by `npm run docs`) are both made from here. Labels are bounded: rooms, kinds and
 * codes, never an id.
 */

type MetricType = 'gauge' | 'counter' | 'histogram';

/** A metric as told in the docs. `says`: one sentence, in Markdown. */
export type MetricSpec<Type extends MetricType = MetricType> = {
  type: Type;
  name: string;
  says: string;
  labels: readonly string[];
};

/** Metrics that answer one question. `note`: what holds for several of them. */
export type MetricGroup = {
  question: string;
  note?: string;
  metrics: { readonly [key: string]: MetricSpec };
};

/** Of each room, unless told otherwise. */
const gauge = (name: string, says: string, labels: readonly string[] = ['room']) =>
  ({ type: 'gauge', name, says, labels }) as const;
const counter = (name: string, says: string, labels: readonly string[] = []) =>
  ({ type: 'counter', name, says, labels }) as const;
const histogram = (name: string, says: string, labels: readonly string[]) =>
  ({ type: 'histogram', name, says, labels }) as const;

const ofThisReplica: readonly string[] = [];

export const progress = {
  question: 'How many wait, and does the queue move?',
  note: 'Those that begin with `guichet_room_` are counted by the store since the room began, the same on every replica: the rate of `max by (room)` is the pace.',
  metrics: {
    waiting: gauge(
      'guichet_waiting_tickets',
      'Tickets that wait, whether their holders are present or were not yet found away.',
    ),
    parked: gauge(
      'guichet_parked_tickets',
      'Waiting tickets set aside because their holders were away when their turn came.',
    ),
    lapsed: gauge(
      'guichet_lapsed_tickets',
      'Tickets whose turn came and nobody answered; their holders may still come back.',
    ),
    admitted: gauge('guichet_admitted_tickets', 'Tickets whose holders may enter now.'),
    present: gauge('guichet_present_tickets', 'Waiting tickets whose holders are present, as counted last.'),
    joinedTotal: gauge('guichet_room_joins', 'Tickets taken since the room began.'),
    admittedTotal: gauge('guichet_room_admissions', 'Admissions since the room began.'),
    enteredTotal: gauge('guichet_room_entries', 'Visitors who entered since the room began.'),
    lapsedTotal: gauge('guichet_room_lapses', 'Turns that nobody answered since the room began.'),
    returnedTotal: gauge('guichet_room_returns', 'Lapsed tickets that came back since the room began.'),
    completedTotal: gauge(
      'guichet_room_completions',
      'Visits that the site called completed since the room began.',
    ),
    endedTotal: gauge('guichet_room_ends', 'Tickets that ended, in whichever way, since the room began.'),
  },
} as const satisfies MetricGroup;

export const protection = {
  question: 'Is the site protected?',
  metrics: {
    inside: gauge(
      'guichet_inside_sessions',
      'Visitors inside: they entered, and have neither finished nor expired.',
    ),
    assumed: gauge(
      'guichet_assumed_sessions',
      'Visitors who may be inside but were not seen since data was lost; their seats are kept.',
    ),
    capacity: gauge('guichet_capacity_sessions', 'Visitors whom the room may hold inside.'),
    placesUsed: gauge('guichet_places_used', 'Places that the origin has given away.'),
    gateAnswers: counter(
      'guichet_gate_answers_total',
      'What this replica’s gate answered to proxies: `inside`, `renewed` (inside, with a new pass), `open` (no pass needed), `redirect` (a hand-over taken out of the address), `refused`.',
      ['room', 'answer'],
    ),
    stageVisits: counter(
      'guichet_stage_visits_total',
      'Times that somebody inside came to a part of the site, from another part or from outside, as this replica’s gate saw it.',
      ['room', 'stage'],
    ),
  },
} as const satisfies MetricGroup;

export const promises = {
  question: 'Are the promises kept?',
  metrics: {
    promisesBroken: counter(
      'guichet_promise_broken_total',
      'Times that this replica saw a promise broken: `capacity` (admitted above it), `pace`, `once` (a ticket admitted after its end), `places`, `closed` (admitted by a room that admits nobody). Anything but 0 is a fault of Guichet or of its store.',
      ['promise'],
    ),
    open: gauge(
      'guichet_room_open',
      '1 while the room admits people (open or draining) and no hold keeps it from doing so, else 0.',
    ),
    freeSeats: gauge(
      'guichet_free_seats',
      'Visitors whom the room could admit by its capacity and its places.',
    ),
    paceTickets: gauge('guichet_pace_tickets_per_minute', 'Admissions per minute that the room is set to.'),
  },
} as const satisfies MetricGroup;

export const deliveries = {
  question: 'Does the site hear of releases?',
  note: 'Only rooms whose policy has `delivery` have the three gauges.',
  metrics: {
    deliveries: counter(
      'guichet_deliveries_total',
      'Tries of this replica to deliver a batch, by what became of them: `delivered`; `failed` (tried again); `refused` (the address is in a network that is not allowed; tried again); `disabled` (answered 410); `aborted` (another replica took over, or this one was stopping).',
      ['result'],
    ),
    undelivered: gauge('guichet_undelivered_batches', 'Batches that the site was not told of yet.'),
    undeliveredSeconds: gauge(
      'guichet_undelivered_seconds',
      'Age of the oldest of these, 0 without any; above the room’s `holdAfterMs`, nobody is released.',
    ),
    deadLetters: gauge(
      'guichet_dead_letters',
      'Batches that are tried no more until someone sends them again.',
    ),
  },
} as const satisfies MetricGroup;

export const answers = {
  question: 'Do people get answers?',
  metrics: {
    refusals: counter('guichet_refusals_total', 'Requests refused, by error code.', ['listener', 'code']),
    sockets: gauge('guichet_sockets', 'Live connections open on this replica.', ofThisReplica),
    socketMessages: counter('guichet_socket_messages_total', 'Messages sent to live connections.', ['type']),
    socketsClosed: counter(
      'guichet_sockets_closed_total',
      'Live connections closed by the service, by close code.',
      ['code'],
    ),
    joins: counter('guichet_joins_total', 'Joins answered with a ticket, repeats included.', ['room']),
    emails: counter(
      'guichet_emails_total',
      'E-mails "your turn is near" that this replica tried, by what became of the try: `sent`; `unknown` (the server had the text and never answered: counts as sent); `refused` and `given-up` (deleted, unsent); `later`, `unreachable` and `withheld` (tried again while the visitor waits); `unreadable` (deleted: its key is gone from the keys file) and `unwritten` (deleted: its words could not be made; the log says why).',
      ['result'],
    ),
  },
} as const satisfies MetricGroup;

/** Counted in its own way (request-times.ts), and told first in its group. */
export const requestSeconds = histogram(
  'guichet_request_seconds',
  'Time from a request’s arrival to the end of its answer.',
  ['listener', 'route', 'status'],
);

export const store = {
  question: 'Can the store be trusted?',
  metrics: {
    storeReady: gauge(
      'guichet_store_ready',
      '1 while the store answers and its settings can keep the promises, else 0; asked at each look at `/metrics` and `/readyz`.',
      ofThisReplica,
    ),
    failoverReady: gauge(
      'guichet_failover_ready',
      '1 while Redis would survive the loss of its primary by itself, with all that visitors were told, else 0; absent where nothing stands in for it.',
      ofThisReplica,
    ),
    storeSeconds: histogram(
      'guichet_store_seconds',
      'Time of a call to the store, its confirmation by replicas included.',
      ['call'],
    ),
    storeUnknown: counter(
      'guichet_store_unknown_total',
      'Calls to the store whose result is unknown, and which were repeated.',
      ['call'],
    ),
    recoveries: counter(
      'guichet_recoveries_total',
      'Times that this replica gave a room back to a store that knew less.',
      ['room'],
    ),
    tickAgeSeconds: gauge(
      'guichet_tick_age_seconds',
      'Age of the newest confirmed tick; above 5 s, visitors are told that updates are interrupted.',
    ),
  },
} as const satisfies MetricGroup;

export const service = {
  question: 'Is the service itself well?',
  note: 'How late the event loop is, prom-client tells: `nodejs_eventloop_lag_p99_seconds`, since the last scrape.',
  metrics: {
    replicas: gauge(
      'guichet_replicas',
      'Replicas that share the store, as this one heard within the last 30 seconds.',
      ofThisReplica,
    ),
    replicasMissing: gauge(
      'guichet_replicas_missing',
      'Replicas that fell silent without saying goodbye, and in whose place none has come.',
      ofThisReplica,
    ),
    certificateSeconds: gauge(
      'guichet_certificate_seconds',
      'Time until the certificate at the public URL ends, as this replica saw it within the last hour; absent where there is none, or it cannot be reached from here.',
      ofThisReplica,
    ),
    keyOverSeconds: gauge(
      'guichet_retired_key_seconds',
      'Time until all that a retired signing key signed is over, of the ring’s key that is over first; below 0 it waits to be dropped; absent without a retired key.',
      ['ring'],
    ),
    alarms: gauge('guichet_alarms', 'Alarms that are raised, by kind; the same on every replica.', ['alarm']),
    alarmMessages: counter(
      'guichet_alarm_messages_total',
      'Tries of this replica to send an alarm, by channel (`webhook`, `email`) and by what became of them: `sent`; `failed` (tried again); `refused` (for good: tried no more).',
      ['channel', 'result'],
    ),
    alarmMessagesWaiting: gauge(
      'guichet_alarm_messages_waiting',
      'Messages about alarms that no receiver has taken yet.',
      ofThisReplica,
    ),
  },
} as const satisfies MetricGroup;

/** In the order of the docs. */
export const metricGroups: readonly MetricGroup[] = [
  progress,
  protection,
  promises,
  deliveries,
  { ...answers, metrics: { requestTimes: requestSeconds, ...answers.metrics } },
  store,
  service,
];
