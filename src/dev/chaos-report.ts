/** What the chaos bench prints: the schedule before a life, its verdict after it, and a table of several. */
import type { ChaosOptions } from './chaos-options.ts';
import type { ChaosOutcome } from './chaos-main.ts';
import { drawClocks, drawFaults, isCutOfMaster } from './chaos-schedule.ts';

/** What is about to be played. */
export function scheduleLines(options: ChaosOptions): string {
  const { seed, topology, visitors, unprotected, faults } = options;
  const drawn = drawFaults(seed, topology, faults);
  const cuts = drawn.filter(({ kind }) => isCutOfMaster(kind)).length;
  const { aheadMs, stepByMs, stepAfterMs } = drawClocks(options);
  return [
    `seed ${seed} · ${topology} · ${visitors} visitors · ${unprotected === null ? 'as it is' : `without ${unprotected}`} · ${cuts} cut of the master`,
    ...drawn.map(
      ({ kind, afterMs, forMs, pausesRoom }) =>
        `  after ${seconds(afterMs)} ${kind}${forMs === 0 ? '' : ` for ${seconds(forMs)}`}${pausesRoom ? ', the room paused' : ''}`,
    ),
    ...(aheadMs.some((ahead) => ahead !== 0)
      ? [`  the replicas' own clocks are ahead by ${aheadMs.map(seconds).join(', ')}`]
      : []),
    ...(stepByMs === 0
      ? []
      : [
          `  ${seconds(stepAfterMs)} after the stage is set up the store's clock steps by ${seconds(stepByMs)}`,
        ]),
  ].join('\n');
}

/** One line for programs. */
export function verdictLine({ seed, topology, unprotected }: ChaosOptions, outcome: ChaosOutcome): string {
  const played = { seed, topology, unprotected };
  if (outcome.kind === 'not-played') return JSON.stringify({ ...played, notPlayed: outcome.why });
  const { verdict, played: faults } = outcome;
  const names = verdict.breaches.map(({ name }) => name);
  return JSON.stringify({ ...played, ...verdict.figures, faults, broken: names });
}

/** What broke, for people; empty when nothing did. */
export function breachLines(outcome: ChaosOutcome): string[] {
  if (outcome.kind === 'not-played') return [`NOT PLAYED: ${outcome.why}`];
  const { verdict, directory } = outcome;
  const broken = verdict.breaches.map(({ name, detail }) => `BROKEN ${name}: ${detail}`);
  return directory === null ? broken : [...broken, `logs and history are kept in ${directory}`];
}

/** Several lives, a row each. */
export function outcomesTable(outcomes: readonly (readonly [ChaosOptions, ChaosOutcome])[]): string {
  const header = [
    'seed',
    'topology',
    'faults',
    'cuts, both sides',
    'twice',
    'lost',
    'inside',
    'seats held',
    'inversions',
    'progress',
    'verdict',
  ];
  const rows = outcomes.map(([options, outcome]): string[] => {
    const drawn = drawFaults(options.seed, options.topology, options.faults).map(({ kind }) => kind);
    const faults = drawn.join(' ');
    if (outcome.kind === 'not-played')
      return [`${options.seed}`, options.topology, faults, '', '', '', '', '', '', '', 'not played'];
    const { figures, breaches } = outcome.verdict;
    const { progressMs } = figures;
    return [
      `${options.seed}`,
      options.topology,
      faults,
      `${figures.cutsWithBothSides}`,
      `${figures.admittedTwice}`,
      `${figures.lost}`,
      `${figures.peakInside}/${figures.capacity}`,
      `${figures.peakHeld}/${figures.capacity}`,
      `${figures.orderInversions}`,
      progressMs === null ? '–' : seconds(progressMs),
      breaches.length === 0 ? 'held' : `BROKEN ${breaches.map(({ name }) => name).join(', ')}`,
    ];
  });
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * Whether the crowd of each seed came to the same end wherever it was played: everyone accounted for, the same promises held.
 * How many of them registered is told, too; a few more or less have the patience to. Null when no seed was played on two
 * topologies.
 */
export function compareTopologies(
  outcomes: readonly (readonly [ChaosOptions, ChaosOutcome])[],
): { areSame: boolean; lines: string[] } | null {
  const bySeed = Map.groupBy(outcomes, ([{ seed }]) => seed);
  const rows = [...bySeed].flatMap(([seed, lives]) => {
    if (new Set(lives.map(([{ topology }]) => topology)).size < 2) return [];
    const isSame = new Set(lives.map(([, outcome]) => endOf(outcome))).size === 1;
    const registered = lives.map(([{ topology }, outcome]) => `${registeredOf(outcome)} on ${topology}`);
    const ends = [...new Set(lives.map(([, outcome]) => endOf(outcome)))].join(' | ');
    const found = isSame ? 'the same verdict' : 'NOT THE SAME VERDICT';
    return [{ isSame, line: `seed ${seed}: ${found}: ${ends}; registered ${registered.join(', ')}` }];
  });
  if (rows.length === 0) return null;
  return { areSame: rows.every(({ isSame }) => isSame), lines: rows.map(({ line }) => line) };
}

function endOf(outcome: ChaosOutcome): string {
  if (outcome.kind === 'not-played') return 'not played';
  const { figures, breaches } = outcome.verdict;
  const broken = breaches.map(({ name }) => name);
  const unaccounted = figures.visitors - figures.completed - figures.gaveUp;
  const promises = broken.length === 0 ? 'every promise held' : `broken: ${broken.join(', ')}`;
  return `${promises}, ${unaccounted} of ${figures.visitors} unaccounted for`;
}

function registeredOf(outcome: ChaosOutcome): string {
  return outcome.kind === 'judged' ? String(outcome.verdict.figures.completed) : '–';
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
