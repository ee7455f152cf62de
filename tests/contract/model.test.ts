import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Step } from '../support/model-command.ts';
import { allCommands, commandsPerRun } from '../support/model-commands.ts';
import {
  changePolicy,
  changeState,
  makeAnew,
  rollBack,
  save,
  stepClock,
  tick,
  ticks,
  wipe,
} from '../support/model-commands-room.ts';
import { comeBack, finish, join, keepAlive, leave, live } from '../support/model-commands-visitors.ts';
import { World } from '../support/model-world.ts';
import { storeKinds, type TestStore, useStore } from '../support/stores.ts';

/** `npm test` runs this many, with another seed each time; `npm run model` many more on both. */
const runsOn = { memory: 1_000, redis: 400 } as const;

/** A replica changes how many more places there are than are used; null: no bound. */
const changedPlaces = (replica: number, morePlaces: number | null): Step =>
  changePolicy.step({
    replica,
    lost: false,
    capacity: 0,
    outflowPerMinute: 60,
    batchSizeMax: 4,
    morePlaces,
    placesPerVisitorMax: 1,
  });

/** What fast-check found, each a sentence and its steps. */
const counterExamples: [what: string, steps: Step[]][] = [
  [
    'a room without places is made anew with them, one is used, and an old copy is put back',
    [
      save.step({}),
      changedPlaces(0, 0),
      makeAnew.step({ replica: 0 }),
      changedPlaces(0, null),
      join.step({ replica: 0, count: 1, lost: false }),
      finish.step({ replica: 0, who: 0, lost: false, outcome: 'completed', placesUsed: 1, freesSeatInMs: 0 }),
      rollBack.step({}),
      tick.step({ replica: 1, afterMs: 0, lost: false }),
      ticks.step({ count: 3, everyMs: 2_000 }),
    ],
  ],
  [
    'one old copy is recovered twice while the clock is behind it',
    [
      stepClock.step({ ms: -600_000 }),
      save.step({}),
      join.step({ replica: 0, count: 1, lost: false }),
      finish.step({ replica: 0, who: 0, lost: false, outcome: 'completed', placesUsed: 1, freesSeatInMs: 0 }),
      rollBack.step({}),
      changedPlaces(1, null),
      rollBack.step({}),
      changeState.step({ replica: 1, lost: false, state: 'open' }),
      live.step({ rounds: 3, everyMs: 2_000, whom: 0, by: 'both' }),
    ],
  ],
  [
    'a copy from within a recovery is put back',
    [
      join.step({ replica: 0, count: 2, lost: false }),
      live.step({ rounds: 2, everyMs: 2_000, whom: 6_561_074, by: 'both' }),
      wipe.step({}),
      finish.step({ replica: 0, who: 0, lost: false, outcome: 'completed', placesUsed: 0, freesSeatInMs: 0 }),
      comeBack.step({ replica: 0, who: 0, lost: false }),
      save.step({}),
      rollBack.step({}),
      live.step({ rounds: 2, everyMs: 3_000, whom: 0, by: 'both' }),
      rollBack.step({}),
      ticks.step({ count: 2, everyMs: 3_000 }),
    ],
  ],
  [
    'what a later caller brought is lost again',
    [
      join.step({ replica: 0, count: 1, lost: false }),
      save.step({}),
      ticks.step({ count: 2, everyMs: 3_000 }),
      finish.step({ replica: 0, who: 0, lost: false, outcome: 'completed', placesUsed: 1, freesSeatInMs: 0 }),
      rollBack.step({}),
      leave.step({ replica: 1, who: 0, lost: false }),
      save.step({}),
      rollBack.step({}),
      live.step({ rounds: 2, everyMs: 3_000, whom: 0, by: 'both' }),
    ],
  ],
  [
    'somebody who left shows the pass to a replica that does not know it',
    [
      join.step({ replica: 0, count: 3, lost: false }),
      live.step({ rounds: 2, everyMs: 3_000, whom: 27_712_574, by: 'both' }),
      leave.step({ replica: 0, who: 4, lost: false }),
      join.step({ replica: 0, count: 2, lost: false }),
      live.step({ rounds: 2, everyMs: 2_000, whom: 8_049_646, by: 'both' }),
      makeAnew.step({ replica: 1 }),
      wipe.step({}),
      keepAlive.step({ replica: 1, who: 0, lost: false, proof: 'pass' }),
      live.step({ rounds: 6, everyMs: 1_000, whom: 352_496, by: 'both' }),
    ],
  ],
  [
    'places are used in a copy, and then in one made anew',
    [
      ticks.step({ count: 2, everyMs: 3_000 }),
      save.step({}),
      join.step({ replica: 0, count: 1, lost: false }),
      finish.step({ replica: 0, who: 0, lost: false, outcome: 'completed', placesUsed: 1, freesSeatInMs: 0 }),
      rollBack.step({}),
      makeAnew.step({ replica: 0 }),
      ticks.step({ count: 4, everyMs: 3_000 }),
    ],
  ],
  [
    'the places are cut, all is lost, and the replica that does not know it confirms a completion',
    [
      join.step({ replica: 0, count: 1, lost: false }),
      live.step({ rounds: 3, everyMs: 1_000, whom: 3_966_457, by: 'both' }),
      changedPlaces(0, 0),
      wipe.step({}),
      finish.step({ replica: 1, who: 0, lost: false, outcome: 'completed', placesUsed: 1, freesSeatInMs: 0 }),
      live.step({ rounds: 2, everyMs: 3_000, whom: 0, by: 'both' }),
    ],
  ],
];

describe.each(storeKinds)('the model (%s)', (kind) => {
  // Two at a time: while one waits for the store, the other compares.
  const lanes = [useStore(kind), useStore(kind)];
  const runs = Number(process.env['GUICHET_MODEL_RUNS'] ?? runsOn[kind]);

  it.each(counterExamples)('holds in a run that once broke it: %s', async (_, steps) => {
    for (const fromFile of [false, true]) {
      const world = await World.open(lanes[0] as TestStore, { fromFile });
      // Each step compares and throws by itself.
      await expect(fc.asyncModelRun(() => ({ model: world, real: world }), steps)).resolves.toBeUndefined();
      expect(await lanes[0]?.observe(world.roomId)).toEqual(world.model.observe());
      await world.close();
    }
  });

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

  it(
    `agrees with the store after every command, and every invariant holds: ${runs} runs × ${commandsPerRun}`,
    async () => {
      const ended = await Promise.allSettled(lanes.map(runLane));
      const commands = ended.map((lane) => {
        if (lane.status === 'rejected') throw lane.reason;
        return lane.value;
      });
      expect(commands.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(runs * commandsPerRun * 0.5);
    },
    120_000 + runs * 600,
  );
});
