/** The command line of the rush. */
import { parseArgs } from 'node:util';
import { oneOf, wholeNumber } from './option-values.ts';

const faults = ['none', 'killreplica', 'flush', 'restart', 'oldfile', 'everything'] as const;
const guards = ['capacity', 'order', 'once', 'lost'] as const;

export type Fault = (typeof faults)[number];
/** A guard of the service that can be taken off, to see the rush notice. */
export type Guard = (typeof guards)[number];

/** Whether what the store counted is gone with it. */
export function losesData(fault: Fault): boolean {
  return fault === 'flush' || fault === 'oldfile' || fault === 'everything';
}

export type RushOptions = {
  visitors: number;
  capacity: number;
  seed: number;
  fault: Fault;
  json: boolean;
  /** The guard taken off; null for the service as it is. */
  breaking: Guard | null;
};

export const rushUsage = `npm run rush -- [--visitors 3000] [--capacity 100] [--seed 1] [--fault ${faults.join('|')}] [--json] [--break=${guards.join('|')}]`;

/** The options, or what is wrong with them. */
export function readRushOptions(words: readonly string[]): RushOptions | { problem: string } {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        visitors: { type: 'string', default: '3000' },
        capacity: { type: 'string', default: '100' },
        seed: { type: 'string', default: '1' },
        fault: { type: 'string', default: 'none' },
        json: { type: 'boolean', default: false },
        break: { type: 'string' },
      },
    });
    return {
      visitors: wholeNumber('visitors', values.visitors, 10, 20_000),
      capacity: wholeNumber('capacity', values.capacity, 1, 10_000),
      seed: wholeNumber('seed', values.seed, 0, 2 ** 31 - 1),
      fault: oneOf('fault', faults, values.fault),
      json: values.json,
      breaking: values.break === undefined ? null : oneOf('break', guards, values.break),
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
