import { expect, test } from 'vitest';
import { createMetrics } from '../../src/telemetry/metrics.ts';

test('the first 200 rooms have a label of their own; all others share one, and keep it', () => {
  const metrics = createMetrics();
  const labels = Array.from({ length: 300 }, (_, index) => metrics.roomLabel(`room-${index}`));
  expect(labels.slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, index) => `room-${index}`));
  expect(new Set(labels.slice(200))).toEqual(new Set(['other']));
  expect(metrics.roomLabel('room-7')).toBe('room-7');
});

test('what gauges said of rooms can be taken away, and counters go on', async () => {
  const metrics = createMetrics();
  metrics.waiting.inc({ room: 'pool' }, 5);
  metrics.joins.inc({ room: 'pool' });
  metrics.sockets.set(3);
  metrics.clearRooms();
  const text = await metrics.registry.metrics();
  expect(text).not.toContain('guichet_waiting_tickets{room="pool"}');
  expect(text).toContain('guichet_joins_total{room="pool"} 1');
  expect(text).toContain('guichet_sockets 3');
});
