/**
 * The service for the chaos bench where it is not the one that ships: with a clock that is wrong, or with a protection
 * taken off, by replacing methods of the store's port, so that nothing that is shipped holds such a switch.
 *
 * Run with the settings of the service and these words: `nothing|idempotency|recover|clock`, how many ms its own clock is
 * ahead, when (s since the epoch) and by how many s the store's clock steps, as under a master whose clock is wrong.
 */
import { randomUUID } from 'node:crypto';
import { createApp } from '../app.ts';
import { readConfig } from '../config.ts';
import { type Clock, systemClock } from '../domain/clock.ts';
import type { Stores } from '../store/open-stores.ts';
import type { QueueStore } from '../store/queue-store.ts';
import { everyScriptChanged, withChangedScripts } from './changed-scripts.ts';
import type { Protection } from './chaos-options.ts';
import { storesThrough, withReplaced } from './replaced-store.ts';

type TakenOff = Exclude<Protection, 'wait'> | 'nothing';

const takenOff = process.argv[2] as TakenOff;
const [aheadMs = 0, stepAtS = 0, stepByS = 0] = process.argv.slice(3).map(Number);
const config = readConfig();
const clock: Clock = { ...systemClock, wallMs: () => systemClock.wallMs() + aheadMs };

const without: Record<TakenOff, (store: QueueStore) => QueueStore> = {
  nothing: (store) => store,
  /** A hand-over is redeemed anew at each call; a join sent again is another join (see below). */
  idempotency: (store) =>
    withReplaced(store, {
      redeem: (roomId, cursor, handOver) =>
        store.redeem(roomId, cursor, { ...handOver, jti: randomUUID(), callId: randomUUID() }),
    }),
  /** A store that lost a room gets it back as it was made, with nothing of what happened since. */
  recover: (store) =>
    withReplaced(store, {
      recover: (memory, callerWallMs) =>
        store.recover(
          { ...memory, lastNumber: 0, lastOrder: 0, frontier: 0, placesUsed: 0, held: 0, ended: [] },
          callerWallMs,
        ),
    }),
  /** This replica's clock decides, not the store's (see below). */
  clock: (store) => store,
};

const stores = takenOff === 'clock' ? storesAt(clock) : stepByS === 0 ? null : storesWithStep();
const app = await createApp({
  config,
  clock,
  wrapStore: (store) => stores?.queue ?? without[takenOff](store),
  ...(stores === null ? {} : { otherStores: stores }),
});
if (takenOff === 'idempotency') {
  app.publicServer.server.prependListener('request', ({ headers }) => {
    delete headers['idempotency-key'];
  });
}
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
await app.start();

/** The same Redis, all of whose scripts are told this replica's time. */
function storesAt(own: Clock): Stores {
  return storesThrough(config, (client) => client, { nowUs: () => Math.floor(own.wallMs() * 1_000) });
}

/** The same Redis, whose clock steps for every script: told as an argument, older times would come after newer ones. */
function storesWithStep(): Stores {
  const asked = "redis.call('TIME')";
  const stepping = `local function stepped_time()
  local time = ${asked}
  if tonumber(time[1]) >= ${stepAtS} then
    time[1] = string.format('%d', tonumber(time[1]) + ${stepByS})
  end
  return time
end`;
  const texts = everyScriptChanged((text) => {
    const [shebang = '', ...body] = text.split('\n');
    return [shebang, stepping, body.join('\n').replaceAll(asked, 'stepped_time()')].join('\n');
  });
  return storesThrough(config, (client) => withChangedScripts(client, texts));
}
