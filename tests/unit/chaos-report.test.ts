import { describe, expect, it } from 'vitest';
import type { ChaosOutcome } from '../../src/dev/chaos-main.ts';
import type { ChaosOptions, ChaosTopology } from '../../src/dev/chaos-options.ts';
import { compareTopologies } from '../../src/dev/chaos-report.ts';
import type { ChaosBreachName, ChaosFigures } from '../../src/dev/chaos-verdict.ts';

function life(
  seed: number,
  topology: ChaosTopology,
  { completed = 90, unaccounted = 0, broken = [] as ChaosBreachName[] } = {},
): [ChaosOptions, ChaosOutcome] {
  const options = { seed, topology, visitors: 100, unprotected: null, faults: [] };
  const figures = { visitors: 100, completed, gaveUp: 100 - completed - unaccounted } as ChaosFigures;
  const breaches = broken.map((name) => ({ name, detail: '' }));
  return [options, { kind: 'judged', verdict: { figures, breaches }, played: [], directory: null }];
}

describe('one crowd on several topologies', () => {
  it('is not compared where each seed was played on one', () => {
    expect(compareTopologies([life(1, 'single'), life(2, 'cluster')])).toBeNull();
  });

  it('came to the same end, though some had less patience', () => {
    const lives = [life(1, 'single'), life(1, 'sentinel', { completed: 89 }), life(1, 'cluster')];
    const end = 'every promise held, 0 of 100 unaccounted for';
    const registered = 'registered 90 on single, 89 on sentinel, 90 on cluster';
    expect(compareTopologies(lives)).toEqual({
      areSame: true,
      lines: [`seed 1: the same verdict: ${end}; ${registered}`],
    });
  });

  it.each([
    ['somebody is not accounted for', life(1, 'cluster', { unaccounted: 1 })],
    ['a promise broke', life(1, 'cluster', { broken: ['order'] })],
    ['it was not played', [life(1, 'cluster')[0], { kind: 'not-played', why: '' }]],
  ] as [string, [ChaosOptions, ChaosOutcome]][])('did not when on one %s', (_, other) => {
    expect(compareTopologies([life(1, 'single'), life(2, 'single'), other])?.areSame).toBe(false);
  });
});
