/**
 * The service with one guard taken off, for `npm run rush -- --break=…`: the rush must notice. Each break replaces one
 * method of the store's port, or one line of a script, so nothing that is shipped holds such a switch.
 *
 * Run as `node src/dev/broken-service-main.ts capacity|order|once|lost`, with the settings of the service.
 */
import { randomUUID } from 'node:crypto';
import { createApp } from '../app.ts';
import { readConfig } from '../config.ts';
import type { QueueStore } from '../store/queue-store.ts';
import { scriptNamed } from '../store/redis-scripts.ts';
import { withChangedScripts } from './changed-scripts.ts';
import { storesThrough, withReplaced } from './replaced-store.ts';
import type { Guard } from './rush-options.ts';

/** One ticket in so many is treated wrongly, where not all are. */
const everyNth = 20;

const config = readConfig();

const breaks: Record<Guard, (store: QueueStore) => QueueStore> = {
  /** The room holds half as many again as its operator said. */
  capacity: (store) =>
    withReplaced(store, {
      create: (room, startedUs) => {
        const capacity = Math.ceil(room.policy.capacity * 1.5);
        return store.create({ ...room, policy: { ...room.policy, capacity } }, startedUs);
      },
    }),
  /** Some are put ahead of everyone who came before them. */
  order: () => {
    const asItIs = 'orders[made_count] = whole(room.lastOrder)';
    const jumping = `orders[made_count] = whole(room.lastNumber % ${everyNth} == 0 and room.startedUs + room.lastNumber or room.lastOrder)`;
    const { text } = scriptNamed('join');
    if (!text.includes(asItIs)) throw new Error('The script of joins has no such line any more');
    const changed = new Map([['join', text.replace(asItIs, jumping)] as const]);
    return storesThrough(config, (client) => withChangedScripts(client, changed)).queue;
  },
  /** A hand-over works as often as it is shown. */
  once: (store) =>
    withReplaced(store, {
      redeem: (roomId, cursor, handOver) => store.redeem(roomId, cursor, { ...handOver, jti: randomUUID() }),
    }),
  /** Some tickets are given out and not kept. */
  lost: (store) => {
    let joined = 0;
    return withReplaced(store, {
      join: async (roomId, cursor, ticketIds) => {
        const reply = await store.join(roomId, cursor, ticketIds);
        for (const ticketId of ticketIds) {
          joined += 1;
          if (joined % everyNth === 0) await store.leave(roomId, cursor, { ticketId, gen: 0 });
        }
        return reply;
      },
    });
  },
};

const guard = process.argv[2] as Guard;
const app = await createApp({
  config,
  wrapStore: (store) => breaks[guard](store),
});
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
await app.start();
