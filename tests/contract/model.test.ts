import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allCommands, commandsPerRun } from '../support/model-commands.ts';
import { World } from '../support/model-world.ts';
import { storeKinds, type TestStore, useStore } from '../support/stores.ts';

/** More may be asked for; `npm test` runs this many. */
const runs = Number(process.env['GUICHET_MODEL_RUNS'] ?? 1_000);
const timeoutMs = 120_000 + runs * 600;

describe.each(storeKinds)('the model (%s)', (kind) => {
  // Two at a time: while one waits for the store, the other compares.
  const lanes = [useStore(kind), useStore(kind)];

  async function runLane(test: TestStore): Promise<number> {
    let commands = 0;
    await fc.assert(
      fc.asyncProperty(allCommands, fc.boolean(), async (steps, fromFile) => {
        const world = await World.open(test, { fromFile });
        await fc.asyncModelRun(() => ({ model: world, real: world }), steps);
        await world.close();
        commands += [...steps].length;
      }),
      { numRuns: Math.ceil(runs / lanes.length) },
    );
    return commands;
  }

  it(`agrees with the store after every command, and every invariant holds: ${runs} runs × ${commandsPerRun}`, async () => {
    const ended = await Promise.allSettled(lanes.map(runLane));
    const commands = ended.map((lane) => {
      if (lane.status === 'rejected') throw lane.reason;
      return lane.value;
    });
    expect(commands.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(runs * commandsPerRun * 0.5);
  }, timeoutMs);
});
