/** What a gathered join costs Redis, without ticks: the row to tune the join script by. */
import { atMost, type BenchRow, median, type RowResult } from './row.ts';
import { onStoreStage } from './store-stage.ts';

const usMax = 12;
const tries = 5;

/** CPU time of redis-server per join, four calls under way, in a room where everyone waits. */
export const storeJoins: BenchRow = {
  command: 'store-joins',
  run: async ({ isShort, say }) => {
    const joins = isShort ? 10_000 : 50_000;
    return onStoreStage(async (stage) => {
      const lines: RowResult[] = [];
      for (const gathered of [100, 250]) {
        say(`joins, ${gathered} a call`);
        const perJoin: number[] = [];
        for (let attempt = 0; attempt < tries; attempt += 1) {
          const before = stage.cpuTimeUs();
          await stage.join(joins, { gathered });
          perJoin.push((stage.cpuTimeUs() - before) / joins);
        }
        lines.push(
          atMost(usMax, {
            name: `Redis CPU per join, ${gathered} a call, without ticks`,
            value: median(perJoin),
            unit: 'µs',
            beside: `utime + stime of redis-server ÷ ${joins.toLocaleString('en')} joins, median of ${tries} (${perJoin.map((us) => us.toFixed(1)).join(', ')})`,
          }),
        );
      }
      return lines;
    });
  },
};
