/**
 * The service with one guard taken off, for `npm run rush -- --break=…`: the rush must notice. Each break replaces one
 * method of the store's port, so nothing that is shipped holds such a switch.
 *
 * Run as `node src/dev/broken-service-main.ts capacity|order|once|lost`, with the settings of the service.
 */
import { randomUUID } from 'node:crypto';
import { createApp } from '../app.ts';
import { readConfig } from '../config.ts';
import type { QueueStore } from '../store/queue-store.ts';
import { withReplaced } from './replaced-store.ts';
import type { Guard } from './rush-options.ts';

/** How far ahead a ticket is put that jumps the queue. */
const jumpUs = 30_000_000;
/** One ticket in so many is treated wrongly, where not all are. */
const everyNth = 20;

const breaks: Record<Guard, (store: QueueStore) => Partial<QueueStore>> = {
  /** The room holds half as many again as its operator said. */
  capacity: (store) => ({
    create: (room, startedUs) => {
      const capacity = Math.ceil(room.policy.capacity * 1.5);
      return store.create({ ...room, policy: { ...room.policy, capacity } }, startedUs);
    },
  }),
  /** Some are seen at an order that is not theirs, and go ahead of people who came before them. */
  order: (store) => {
    const seen = new Map<string, boolean>();
    return {
      sight: (roomId, cursor, sightings) => {
        const changed = sightings.map((sighting) => {
          const isNew = !seen.has(sighting.ticketId);
          const jumps = isNew && seen.size % everyNth === 0;
          if (isNew) seen.set(sighting.ticketId, jumps);
          return jumps ? { ...sighting, order: sighting.order - jumpUs } : sighting;
        });
        return store.sight(roomId, cursor, changed);
      },
    };
  },
  /** A hand-over works as often as it is shown. */
  once: (store) => ({
    redeem: (roomId, cursor, handOver) => store.redeem(roomId, cursor, { ...handOver, jti: randomUUID() }),
  }),
  /** Some tickets are given out and not kept. */
  lost: (store) => {
    let joined = 0;
    return {
      join: async (roomId, cursor, ticketIds) => {
        const reply = await store.join(roomId, cursor, ticketIds);
        for (const ticketId of ticketIds) {
          joined += 1;
          if (joined % everyNth === 0) await store.leave(roomId, cursor, { ticketId, gen: 0 });
        }
        return reply;
      },
    };
  },
};

const guard = process.argv[2] as Guard;
const app = await createApp({
  config: readConfig(),
  wrapStore: (store) => withReplaced(store, breaks[guard](store)),
});
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
await app.start();
