/** What the presence of 100,000 watchers costs Redis. */
import { sightGatherMax } from '../../store/queue-store.ts';
import { atMost, type BenchRow, median } from './row.ts';
import { onStoreStage } from './store-stage.ts';

/** `Sightings` sends a watcher's once a heartbeat: a third of the default `presentWithinMs`. */
const heartbeatS = 40;
const shareMaxPercent = 2;

/**
 * CPU time of redis-server for one heartbeat's sightings ÷ the heartbeat. They are sent as the service sends those of
 * a second, 500 a call and one call after the other, but without waiting for the seconds.
 */
export const presence: BenchRow = {
  command: 'presence',
  run: async ({ isShort, say }) => {
    const watchers = isShort ? 10_000 : 100_000;
    const heartbeats = isShort ? 3 : 9;
    return onStoreStage(async (stage) => {
      const sightings = shuffled(await stage.join(watchers));
      say(`${heartbeats} heartbeats of ${watchers.toLocaleString('en')} watchers`);
      const usEach: number[] = [];
      for (let heartbeat = 0; heartbeat < heartbeats; heartbeat += 1) {
        const before = stage.cpuTimeUs();
        for (let first = 0; first < watchers; first += sightGatherMax) {
          await stage.sight(sightings.slice(first, first + sightGatherMax));
          stage.passMs((sightGatherMax / watchers) * heartbeatS * 1_000);
        }
        usEach.push((stage.cpuTimeUs() - before) / watchers);
      }
      const us = median(usEach);
      const share = (us * 100_000) / (heartbeatS * 1_000_000);
      return [
        atMost(shareMaxPercent, {
          name: 'Presence of 100,000 watchers',
          value: share * 100,
          unit: '% of a Redis core',
          beside:
            `${us.toFixed(1)} µs a sighting: utime + stime of redis-server for a heartbeat (${heartbeatS} s) of ` +
            `${watchers.toLocaleString('en')} sightings, sent without pauses, ${sightGatherMax} a call; median of ${heartbeats}`,
        }),
      ];
    });
  },
};

/** As people's heartbeats fall: in no order of the queue. */
function shuffled<Value>(values: readonly Value[]): Value[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ value }) => value);
}
