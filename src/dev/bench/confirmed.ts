/** Joins that count only when a Redis replica has them, against joins that the master's word is enough for. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { joinScript } from './joins.ts';
import { atLeast, type BenchRow, median } from './row.ts';
import { onStage } from './stage.ts';
import { runWrk, type WrkResult } from './wrk.ts';
import { described } from './ratio.ts';

const connections = 256;
const warmUpSeconds = 3;
const seconds = 5;
const rounds = 5;

export const confirmed: BenchRow = {
  command: 'confirmed',
  async run({ isShort, say }) {
    return onStage({ hasReplica: true }, async (stage) => {
      // The same Redis with the same replica, the same room, and one setting more.
      const careful = await stage.another('confirming', { GUICHET_REDIS_WAIT_REPLICAS: '1' });
      const directory = join(stage.directory, 'wrk');
      await mkdir(directory);
      const put = ({ publicUrl, pid }: typeof careful, forSeconds: number): Promise<WrkResult> =>
        runWrk(
          {
            url: publicUrl,
            connections,
            seconds: forSeconds,
            script: joinScript(stage.roomId),
            scriptFile: join(directory, 'load.lua'),
          },
          pid as number,
        );
      for (const service of [stage.service, careful]) await put(service, isShort ? 1 : warmUpSeconds);
      const pairs: [confirmed: WrkResult, not: WrkResult][] = [];
      for (let round = 1; round <= (isShort ? 1 : rounds); round += 1) {
        const not = await put(stage.service, isShort ? 1 : seconds);
        const yes = await put(careful, isShort ? 1 : seconds);
        pairs.push([yes, not]);
        say(`round ${round}: confirmed ${described(yes)}; not ${described(not)}`);
      }
      const pace = (results: WrkResult[]): string =>
        `${Math.round(median(results.map(({ requestsPerSecond }) => requestsPerSecond)))}/s`;
      return [
        atLeast(0.8, {
          name: `joins confirmed by one replica ÷ without, ${connections} connections, requests/s`,
          value: median(pairs.map(([yes, not]) => yes.requestsPerSecond / not.requestsPerSecond)),
          unit: '',
          beside: `${pace(pairs.map(([yes]) => yes))} and ${pace(pairs.map(([, not]) => not))}`,
        }),
      ];
    });
  },
};
