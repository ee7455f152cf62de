/** What a waiting visitor costs in Redis memory. */
import { atMost, type BenchRow } from './row.ts';
import { onStoreStage } from './store-stage.ts';

const bytesMax = 270;

/** Growth of `used_memory` by a million joins in a room where nobody is admitted, per ticket. */
export const redisMemory: BenchRow = {
  command: 'redis-memory',
  run: async ({ isShort, say }) => {
    const visitors = isShort ? 50_000 : 1_000_000;
    return onStoreStage(async (stage) => {
      const before = await stage.usedMemory();
      say(`${visitors.toLocaleString('en')} tickets`);
      await stage.join(visitors);
      await stage.tick();
      const after = await stage.usedMemory();
      return [
        atMost(bytesMax, {
          name: `Redis memory per waiting visitor at ${visitors.toLocaleString('en')} waiting, presence included`,
          value: (after - before) / visitors,
          unit: 'bytes',
          beside: `used_memory ${megabytes(before)} → ${megabytes(after)} MB, frame included`,
        }),
      ];
    });
  },
};

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
