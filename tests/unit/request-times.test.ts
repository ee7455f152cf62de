import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { RequestTimes } from '../../src/telemetry/request-times.ts';

const bounds = [0.01, 0.1, 1];
/** Seconds at, between and beyond the bounds. */
const observed = [0, 0.01, 0.0101, 0.5, 1, 7];

test('says the same, line by line, as the library’s histogram', async () => {
  const times = new RequestTimes(bounds);
  const registry = new Registry();
  registry.registerMetric(times.asMetric());
  const library = new Registry();
  const histogram = new Histogram({
    name: 'guichet_request_seconds',
    help: 'Time from a request’s arrival to the end of its answer.',
    labelNames: ['listener', 'route', 'status'],
    buckets: bounds,
    registers: [library],
  });
  for (const [listener, route, status] of [
    ['public', '/v1/rooms/:roomId', 200],
    ['public', '/v1/rooms/:roomId', 404],
    ['internal', '/v1/rooms/:roomId', 200],
  ] as const) {
    for (const seconds of observed) {
      times.listener(listener)(route, status, seconds);
      histogram.observe({ listener, route, status: String(status) }, seconds);
    }
  }
  const linesOf = (text: string): string[] => text.trim().split('\n').toSorted();
  expect(linesOf(await registry.metrics())).toEqual(linesOf(await library.metrics()));
});
