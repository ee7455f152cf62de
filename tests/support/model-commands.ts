/** All commands of the model test; those that life repeats most come up most. */
import fc from 'fast-check';
import type { Step } from './model-command.ts';
import * as moves from './model-commands-moves.ts';
import * as room from './model-commands-room.ts';
import * as visitors from './model-commands-visitors.ts';

type Kind = { steps: fc.Arbitrary<Step> };
const times = (count: number, ...kinds: Kind[]): Kind[] => Array.from({ length: count }, () => kinds).flat();

const life = [
  ...times(4, visitors.join, visitors.live),
  ...times(3, visitors.finish, visitors.sight, room.tick),
  ...times(2, visitors.comeBack, visitors.keepAlive, visitors.enterInTurn, visitors.leave, room.ticks),
  ...times(2, moves.offerMove, moves.move),
  ...times(
    1,
    moves.oldDevice,
    visitors.joinAgain,
    visitors.look,
    visitors.enter,
    visitors.extend,
    room.silence,
  ),
];
const change = [
  ...times(1, room.stepClock, room.changePolicy, room.changeState, room.restart, room.replaceReplica),
  ...times(2, room.reopen),
];
const loss = [...times(1, room.wipe, room.rollBack, room.makeAnew), ...times(2, room.save)];

/** Runs of up to twice this many commands, this many on average. */
export const commandsPerRun = 60;
const runsOf = (...kinds: Kind[]): fc.Arbitrary<Iterable<Step>> =>
  fc.commands(
    kinds.map(({ steps }) => steps),
    { maxCommands: 2 * commandsPerRun, size: 'max' },
  );

/** In two of three runs data is lost, in one of them again and again. */
export const allCommands = fc.oneof(
  runsOf(...life, ...change),
  runsOf(...life, ...life, ...change, ...loss),
  runsOf(...life, ...change, ...loss),
);
