/** The command line of the chaos bench. */
import { parseArgs } from 'node:util';
import { oneOf, wholeNumber } from './option-values.ts';
import { type FaultKind, isFaultKind } from './chaos-schedule.ts';

const topologies = ['sentinel', 'cluster', 'single'] as const;
const protections = ['wait', 'idempotency', 'recover', 'clock'] as const;

export type ChaosTopology = (typeof topologies)[number];
/**
 * What can be taken off, to see the bench notice. `wait`: no confirmation, no `min-replicas-to-write`, no idempotency ·
 * `idempotency`: a repeated call is a new one · `recover`: what a replica remembers is not given back · `clock`: a
 * replica's own clock decides instead of the store's, and one is wrong.
 */
export type Protection = (typeof protections)[number];

/** What one life of a room depends on. */
export type ChaosOptions = {
  seed: number;
  topology: ChaosTopology;
  visitors: number;
  /** Null: the service as it is. */
  unprotected: Protection | null;
  /** These instead of what the seed draws. */
  faults: readonly FaultKind[] | null;
};

export const chaosUsage = `npm run chaos -- [--seed 1 | --seeds 1-20] [--topology ${topologies.join(',')}] [--visitors 320] [--faults none|kind,…] [--unprotected=${protections.join('|')}]`;

const seedsMax = 1_000;

/** The lives to play, one for each seed and topology, or what is wrong with the words. */
export function readChaosOptions(words: readonly string[]): ChaosOptions[] | { problem: string } {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        seed: { type: 'string', default: '1' },
        seeds: { type: 'string' },
        topology: { type: 'string', default: 'sentinel' },
        visitors: { type: 'string', default: '320' },
        unprotected: { type: 'string' },
        faults: { type: 'string' },
      },
    });
    const { unprotected, faults } = values;
    const chosen = values.topology.split(',').map((word) => oneOf('topology', topologies, word));
    const shared = {
      visitors: wholeNumber('visitors', values.visitors, 20, 2_000),
      unprotected: unprotected === undefined ? null : oneOf('unprotected', protections, unprotected),
      faults: faults === undefined ? null : faultKinds(faults),
    };
    return seedsOf(values.seeds ?? values.seed).flatMap((seed) =>
      chosen.map((topology) => ({ seed, topology, ...shared })),
    );
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function seedsOf(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = '', last = first] = range.split('-');
    const from = wholeNumber('seeds', first, 0, 2 ** 31 - 1);
    const until = wholeNumber('seeds', last, from, from + seedsMax);
    return Array.from({ length: until - from + 1 }, (_, index) => from + index);
  });
}

function faultKinds(text: string): FaultKind[] {
  if (text === 'none') return [];
  return text.split(',').map((word) => {
    if (isFaultKind(word)) return word;
    throw new Error(`--faults knows no ${word}`);
  });
}
