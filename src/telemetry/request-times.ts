/**
 * The histogram of how long requests take. Every request is counted here, so it costs a request 0.1 µs; prom-client's
 * own histogram checks and joins the labels at each observation, which costs ten times that. Its registry writes both.
 */
import type { Metric, MetricObjectWithValues, MetricValueWithName } from 'prom-client';
import { requestSeconds } from './metric-table.ts';

/** Of one listener, route and status: how many requests took at most as long as each bound, and longer. */
type Series = { labels: { listener: string; route: string; status: string }; counts: number[]; sum: number };

type SeriesOfRoutes = Map<string, Map<number, Series>>;

const { name, says: help } = requestSeconds;

export class RequestTimes {
  readonly name = name;
  readonly labelNames = ['listener', 'route', 'status'] as const;
  readonly #bounds: readonly number[];
  /** By listener, route and status. */
  readonly #series = new Map<string, SeriesOfRoutes>();

  /** `bounds`: the buckets' upper ends, s, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  /** Counts the requests of one listener. Routes and statuses are few: patterns and codes, never addresses. */
  listener(listener: string): (route: string, status: number, seconds: number) => void {
    const ofListener: SeriesOfRoutes = this.#series.get(listener) ?? new Map();
    this.#series.set(listener, ofListener);
    return (route, status, seconds) => {
      const series = ofListener.get(route)?.get(status) ?? this.#begin(ofListener, listener, route, status);
      const { counts } = series;
      series.sum += seconds;
      let bucket = 0;
      while (bucket < this.#bounds.length && seconds > (this.#bounds[bucket] as number)) bucket += 1;
      counts[bucket] = (counts[bucket] as number) + 1;
    };
  }

  #begin(ofListener: SeriesOfRoutes, listener: string, route: string, status: number): Series {
    const counts = Array.from({ length: this.#bounds.length + 1 }, () => 0);
    const series: Series = { labels: { listener, route, status: String(status) }, counts, sum: 0 };
    const ofRoute = ofListener.get(route) ?? new Map<number, Series>();
    ofListener.set(route, ofRoute.set(status, series));
    return series;
  }

  /** What the registry writes; counts add up from bound to bound. */
  async get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const values = [...this.#series.values()]
      .flatMap((ofListener) => [...ofListener.values()])
      .flatMap((ofRoute) => [...ofRoute.values()])
      .flatMap((series) => this.#valuesOf(series));
    return { name, help, type: 'histogram', aggregator: 'sum', values } as unknown as MetricObjectWithValues<
      MetricValueWithName<string>
    >;
  }

  #valuesOf({ labels, counts, sum }: Series): MetricValueWithName<string>[] {
    let count = 0;
    const buckets = counts.map((some, index) => {
      count += some;
      const le = this.#bounds[index] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }

  /** For a registry, which asks no more of a metric than its name and `get`. */
  asMetric(): Metric {
    return this as unknown as Metric;
  }
}
