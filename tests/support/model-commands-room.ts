/** What operators, clocks, replicas and faults do in the model test. */
import fc from 'fast-check';
import { command, lost, replica, type Seen } from './model-command.ts';
import type { World } from './model-world.ts';

export const tick = command(
  'tick',
  fc.record({ replica, afterMs: fc.constantFrom(0, 300, 900, 1_000, 1_000, 2_000), lost }),
  {
    run: async (world, { replica, afterMs, lost }) => {
      world.time.passMs(afterMs);
      await world.tick(replica, lost);
    },
  },
);

/** Both replicas tick for a while, as they do when nothing else happens. */
export const ticks = command(
  'ticks',
  fc.record({ count: fc.integer({ min: 2, max: 6 }), everyMs: fc.constantFrom(1_000, 2_000, 3_000) }),
  {
    run: async (world, { count, everyMs }) => {
      for (let done = 0; done < count; done += 1) {
        world.time.passMs(everyMs);
        await world.tick(done, false);
      }
    },
  },
);

/** Nobody calls for a while: an outage, or an idle room. */
export const silence = command('silence', fc.record({ ms: fc.constantFrom(500, 4_000, 60_000) }), {
  run: async (world, { ms }) => world.time.passMs(ms),
});

export const stepClock = command(
  'stepClock',
  fc.record({ ms: fc.constantFrom(-600_000, -5_000, -500, 700, 5_000, 600_000) }),
  {
    may: (world, { ms }) => ms < 0 || world.time.mayStepForward(),
    run: async (world, { ms }) => world.time.stepStoreClock(ms),
  },
);

export const changePolicy = command(
  'changePolicy',
  fc.record({
    replica,
    lost,
    capacity: fc.nat({ max: 5 }),
    outflowPerMinute: fc.constantFrom(60, 120, 240),
    batchSizeMax: fc.integer({ min: 4, max: 6 }),
    morePlaces: fc.option(fc.nat({ max: 6 })),
    placesPerVisitorMax: fc.integer({ min: 1, max: 2 }),
  }),
  {
    run: (world, { replica, lost, morePlaces, ...numbers }) =>
      world.setRoom(
        replica,
        (room) => {
          const places = morePlaces === null ? null : placesEverUsed(world) + morePlaces;
          return { ...room, policy: { ...room.policy, ...numbers, places } };
        },
        lost,
      ),
  },
);

export const changeState = command(
  'changeState',
  fc.record({
    replica,
    lost,
    state: fc.constantFrom(
      ...(['open', 'open', 'open', 'paused', 'draining', 'closed', 'scheduled', 'bypass'] as const),
    ),
  }),
  {
    run: (world, { replica, state, lost }) => world.setRoom(replica, (room) => ({ ...room, state }), lost),
  },
);

/** No policy may ask for less than was given out already. */
function placesEverUsed({ knowledge, model }: World): number {
  return Math.max(knowledge.toldPlaces, model.state?.placesUsed ?? 0);
}

/** A room that somebody closed or paused is opened again: else most runs would end in a closed room. */
export const reopen = command('reopen', fc.record({ replica, lost }), {
  may: ({ room }) => room.state !== 'open',
  run: (world, { replica, lost }) =>
    world.setRoom(
      replica,
      (room) => ({
        ...room,
        state: 'open',
        policy: { ...room.policy, capacity: Math.max(3, room.policy.capacity) },
      }),
      lost,
    ),
});

const nothing = fc.constant({});
const fault = (name: string, run: (world: World) => Promise<void>, may?: (world: Seen) => boolean) =>
  command(name, nothing, { run, ...(may === undefined ? {} : { may }) });

/** All data of the room is gone. */
export const wipe = fault('wipe', (world) => world.wipe());
/** The store's process changes; its data is all there. */
export const restart = fault('restart', (world) => world.restart());
/** What is there now may be put back later. */
export const save = fault('save', (world) => world.save());
export const rollBack = fault(
  'rollBack',
  (world) => world.rollBack(),
  ({ hasBackup }) => hasBackup,
);
/** A replica dies, and one that knows nothing takes its place. */
export const replaceReplica = command('replaceReplica', fc.record({ replica }), {
  run: (world, { replica }) => world.replace(replica),
});
/** A replica that knows nothing is the first to find the room gone, and makes it anew from its rooms file. */
export const makeAnew = command('makeAnew', fc.record({ replica }), {
  run: async (world, { replica }) => {
    await world.replace(replica);
    await world.wipe();
    await world.tick(replica);
  },
});
