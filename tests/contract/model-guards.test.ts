/**
 * Each guard of the scripts is taken out once, and the model must notice: what it does not notice, it does not
 * guard. The text is replaced in the test's own copy of the scripts.
 */
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { Step } from '../support/model-command.ts';
import { allCommands } from '../support/model-commands.ts';
import { move, offerMove, oldDevice } from '../support/model-commands-moves.ts';
import { rollBack, save, stepClock, tick, ticks, wipe } from '../support/model-commands-room.ts';
import {
  comeBack,
  enterInTurn,
  extend,
  join,
  joinAgain,
  leave,
  sight,
} from '../support/model-commands-visitors.ts';
import { World } from '../support/model-world.ts';
import { openRedisStore } from '../support/stores.ts';

/** So many runs are tried; most guards are missed in the first few. */
const runsMax = 300;

const all = 2 ** 25 - 1;
const first = { replica: 0, who: 0, lost: false };
/** Somebody joins, and moves the ticket to another device. */
const joinAndMove = [
  join.step({ replica: 0, count: 1, lost: false }),
  offerMove.step({ ...first, key: 0 }),
  move.step({ replica: 0, which: 0, device: 0, lost: false }),
];
const oldDeviceDoes = (does: 'sight' | 'offerMove'): Step => oldDevice.step({ ...first, does, back: 1 });
/** For what chance seldom brings about: a run that needs the guard. */
const runs: { [guard: string]: Step[] } = {
  'orders rise over all replicas': [
    save.step({}),
    join.step({ replica: 0, count: 1, lost: false }),
    stepClock.step({ ms: -5_000 }),
    rollBack.step({}),
    join.step({ replica: 0, count: 1, lost: false }),
  ],
  'released tickets of a newcomer are asked back': [
    ticks.step({ count: 4, everyMs: 1_000 }),
    join.step({ replica: 0, count: 1, lost: false }),
    ticks.step({ count: 2, everyMs: 1_000 }),
    join.step({ replica: 1, count: 1, lost: false }),
    wipe.step({}),
    sight.step({ replica: 0, whom: all, lost: false }),
    tick.step({ replica: 1, afterMs: 0, lost: false }),
  ],
  'an extension counts once': [
    ticks.step({ count: 4, everyMs: 1_000 }),
    join.step({ replica: 0, count: 1, lost: false }),
    extend.step({ replica: 0, who: 0, lost: false, ahead: 1 }),
    extend.step({ replica: 0, who: 0, lost: false, ahead: 0 }),
  ],
  'a generation moves once': [
    join.step({ replica: 0, count: 1, lost: false }),
    offerMove.step({ ...first, key: 0 }),
    offerMove.step({ ...first, key: 1 }),
    move.step({ replica: 0, which: 0, device: 0, lost: false }),
    move.step({ replica: 0, which: 1, device: 1, lost: false }),
  ],
  'a used code stays used': [
    ...joinAndMove,
    save.step({}),
    join.step({ replica: 0, count: 1, lost: false }),
    leave.step({ replica: 0, who: 1, lost: false }),
    rollBack.step({}),
    oldDeviceDoes('sight'),
    oldDeviceDoes('offerMove'),
  ],
  'it counts for those who act': [
    ticks.step({ count: 4, everyMs: 1_000 }),
    ...joinAndMove,
    wipe.step({}),
    oldDeviceDoes('sight'),
    comeBack.step(first),
  ],
  'who left is not moved': [
    ticks.step({ count: 4, everyMs: 1_000 }),
    join.step({ replica: 0, count: 1, lost: false }),
    enterInTurn.step(first),
    offerMove.step({ ...first, key: 0 }),
    leave.step(first),
    move.step({ replica: 0, which: 0, device: 0, lost: false }),
  ],
  'a join finds no moved ticket': [...joinAndMove, joinAgain.step(first)],
};

const guards: [guard: string, text: string, without: string][] = [
  ['capacity', 'room.batchSizeMax, room.capacity - holding)', 'room.batchSizeMax)'],
  ['pace', 'room.bucket = room.bucket - #taken', ''],
  ['places', 'free = math.min(free, by_places)', ''],
  ['closed rooms', "if room.state ~= 'open' and room.state ~= 'draining' then", 'if false then'],
  ['holding', 'if room.clockMs < room.holdUntilMs then', 'if false then'],
  ['parking at the head', 'if present_until_of(texts[index]) < room.clockMs then', 'if false then'],
  ['newcomers behind those who wait', 'if waiting_before == 0 then', 'if true then'],
  ['a known ticket is joined once', 'not spent[index] and not texts[index] and', 'not spent[index] and'],
  ['orders rise over all replicas', 'room.lastOrder = math.max(room.lastOrder, caller.lastOrder)', ''],
  [
    'the room clock never jumps',
    'math.min(math.max(now_us - room.wallUs, 0), step_max_us)',
    'now_us - room.wallUs',
  ],
  ['another process is noticed', 'if not is_known_run() then', 'if false then'],
  ['an older copy is noticed', 'return room.eventNumber < caller.eventNumber', 'return false'],
  ['an epoch begun too low is noticed', 'or room.epochFrom < caller.eventNumber', ''],
  [
    'later callers are merged in',
    'if knows_less_than_caller() or merges_caller() then',
    'if knows_less_than_caller() then',
  ],
  ['people assumed inside', 'room.assumed = room.assumed + base - room.assumedBase', ''],
  ['assumed until every pass is over', 'room.clockMs >= room.assumedUntilMs', 'room.clockMs > 0'],
  ['places remembered', 'room.placesUsed = room.placesUsed + places_used - room.placesRemembered', ''],
  ['ended tickets remembered', 'remember_ended(settings_from + settings_count)', ''],
  ['a released ticket is asked back', 'if token.order <= room.frontier then', 'if false then'],
  ['released tickets of a newcomer are asked back', '  lapse_released(frontier_before)', ''],
  [
    'over is over when sighted',
    "if redis.call('ZSCORE', key.spent, id) then\n    return 'ended'",
    "if false then\n    return 'ended'",
  ],
  ['leaving frees no seat', "if place ~= 'sessions' then\n  end_ticket", 'if true then\n  end_ticket'],
  ['returning is by the holder', "if place == 'queue' or place == 'parked' then", 'if place then'],
  ['an extension counts once', 'and extension > ticket.extensions then', 'and extension > 0 then'],
  ['a completion counts once', "redis.call('HSET', key.completed, id, whole(places_used))", ''],
  ['a pass brings its holder back', "if proof ~= 'pass' and", 'if'],
  ['a code works once', 'if offer.used_by and offer.used_by ~= call_id then', 'if false then'],
  [
    'a repeat finds its answer again',
    'if not offer.used_by and gen_before > offer.gen then',
    'if gen_before > offer.gen then',
  ],
  ['a generation moves once', 'if not offer.used_by and gen_before > offer.gen then', 'if false then'],
  ['the first call is noted', "redis.call('SET', code, noted .. ' ' .. call_id, 'KEEPTTL')", ''],
  [
    'a used code stays used',
    'local is_used = noted and noted.id == id and noted.used_by',
    'local is_used = false',
  ],
  [
    'a code is one ticket’s',
    'if noted and noted.id ~= id and noted.ends > room.wallMs then',
    'if false then',
  ],
  ['a move is the next generation', 'offer.gen = offer.gen + 1', ''],
  ['a move is told', 'if offer.gen > gen_before then', 'if false then'],
  ['older devices are refused', 'if gen and gen < ticket.gen then', 'if false then'],
  ['older devices are not seen', 'if token.gen < ticket.gen then', 'if false then'],
  ['the highest generation counts', 'ticket.gen = token.gen', ''],
  ['it counts for those who do not wait', 'if moved_here then', 'if false then'],
  ['it counts for those who act', 'if gen and gen > ticket.gen then', 'if false then'],
  [
    'who left is not moved',
    "if ticket.left == 1 then\n    return 'ended'",
    "if false then\n    return 'ended'",
  ],
  ['a join finds no moved ticket', "ticket.gen > 0 and 'moved' or", ''],
  ['a release keeps the generation', "(gen == '' and '0' or gen)", "'0'"],
];

it.each(guards)(
  'without its guard "%s" the store is found out',
  async (guard, text, without) => {
    let changed = 0;
    const test = await openRedisStore((_, script) => {
      if (script.includes(text)) changed += 1;
      return script.replaceAll(text, without);
    });
    onTestFinished(() => test.close());
    expect(changed, 'the guard is where this test looks for it').toBeGreaterThan(0);
    const commands = runs[guard] === undefined ? allCommands : fc.constant(runs[guard]);
    const { failed, errorInstance } = await fc.check(
      fc.asyncProperty(commands, fc.boolean(), async (steps, fromFile) => {
        const world = await World.open(test, { fromFile });
        await fc.asyncModelRun(() => ({ model: world, real: world }), steps);
        await world.close();
      }),
      { numRuns: runsMax, endOnFailure: true },
    );
    expect(failed).toBe(true);
    // Found by the comparison or an invariant, not by a script that no longer runs.
    expect(String(errorInstance)).toMatch(/answer of|what the room holds|the epoch is|I\d+ |not served/);
  },
  60_000,
);
