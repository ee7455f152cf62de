/**
 * The service in a world that runs many times as fast, for the row `sends`: everyone among the first hundred of a room
 * is told of each tick, so a fast clock asks for more messages than one core can send. Positions move at each tick:
 * every second frame has one more at the head. All else is the service as it is.
 *
 * node src/dev/bench/sends-main.ts, with the settings of the service; the store is in memory.
 */
import { createApp } from '../../app.ts';
import { readConfig } from '../../config.ts';
import { type Clock, systemClock } from '../../domain/clock.ts';
import type { QueueStore } from '../../store/queue-store.ts';
import { memoryQueueStore } from '../../store/queue-store-memory.ts';

/** Ticks a second, of each room. */
const speed = 25;
const startedAtMs = Date.now() - performance.now();
const clock: Clock = {
  wallMs: () => startedAtMs + performance.now() * speed,
  monotonicMs: () => performance.now() * speed,
  sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
};

function moving(store: QueueStore): QueueStore {
  const odd = new Set<string>();
  const tick: QueueStore['tick'] = async (roomId, cursor, options) => {
    const reply = await store.tick(roomId, cursor, options);
    if (reply.kind !== 'served') return reply;
    const { frame } = reply.answer;
    const checkpoints = odd.delete(roomId) ? frame.checkpoints : [1, ...frame.checkpoints];
    if (checkpoints !== frame.checkpoints) odd.add(roomId);
    return { ...reply, answer: { ...reply.answer, frame: { ...frame, checkpoints } } };
  };
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = name === 'tick' ? tick : Reflect.get(target, name);
      return typeof method === 'function' ? (method.bind(target) as unknown) : method;
    },
  });
}

const app = await createApp({
  config: readConfig(),
  clock,
  wrapStore: () => moving(memoryQueueStore({ nowUs: () => Math.floor(clock.wallMs() * 1_000) })),
});
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
await app.start();
