/** Makes the metrics of metric-table.ts, and what keeps their labels few. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import * as table from './metric-table.ts';
import { RequestTimes } from './request-times.ts';

/** Rooms that get a label of their own; the others share `other`. */
const roomLabelsMax = 200;
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export type Metrics = ReturnType<typeof createMetrics>;

type Made = { gauge: Gauge; counter: Counter; histogram: Histogram };
type MadeOf<Group extends table.MetricGroup> = {
  -readonly [Key in keyof Group['metrics']]: Made[Group['metrics'][Key]['type']];
};

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const roomGauges: Gauge[] = [];
  const make = ({ type, name, says, labels }: table.MetricSpec): Gauge | Counter | Histogram => {
    const options = { name, help: says.replaceAll('`', ''), labelNames: labels, registers: [registry] };
    if (type === 'counter') return new Counter(options);
    if (type === 'histogram') return new Histogram({ ...options, buckets: secondsBuckets });
    const made = new Gauge(options);
    if (labels.includes('room')) roomGauges.push(made);
    return made;
  };
  const group = <Group extends table.MetricGroup>({ metrics }: Group): MadeOf<Group> =>
    Object.fromEntries(Object.entries(metrics).map(([key, spec]) => [key, make(spec)])) as MadeOf<Group>;
  const labels = new Set<string>();

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
    ...group(table.progress),
    ...group(table.protection),
    ...group(table.promises),
    ...group(table.deliveries),
    requestTimes: requestTimes(registry),
    ...group(table.answers),
    ...group(table.store),
    ...group(table.service),
  };
}

function requestTimes(registry: Registry): RequestTimes {
  const made = new RequestTimes(secondsBuckets);
  registry.registerMetric(made.asMetric());
  return made;
}
