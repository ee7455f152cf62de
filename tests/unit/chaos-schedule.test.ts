import { describe, expect, it } from 'vitest';
import { readChaosOptions } from '../../src/dev/chaos-options.ts';
import { drawClocks, drawFaults, isCutOfMaster } from '../../src/dev/chaos-schedule.ts';

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

describe('the faults of a life', () => {
  it('are the same for the same seed', () => {
    expect(drawFaults(7, 'sentinel')).toEqual(drawFaults(7, 'sentinel'));
    expect(drawFaults(7, 'sentinel')).not.toEqual(drawFaults(8, 'sentinel'));
  });

  it('cut the master off in at least 8 of the first 20, and the rest of them too is broken', () => {
    const lives = seeds.map((seed) => drawFaults(seed, 'sentinel'));
    expect(
      lives.filter((faults) => faults.some(({ kind }) => isCutOfMaster(kind))).length,
    ).toBeGreaterThanOrEqual(8);
    for (const faults of lives) {
      expect(faults.length).toBeGreaterThanOrEqual(4);
      const lastMs = faults.reduce((sum, { afterMs, forMs }) => sum + afterMs + forMs, 0);
      expect(lastMs).toBeGreaterThan(15_000);
    }
  });

  it('pause the room over one failover of each life, never over a cut', () => {
    for (const seed of seeds) {
      const paused = drawFaults(seed, 'sentinel').filter(({ pausesRoom }) => pausesRoom);
      expect(paused).toHaveLength(1);
      expect(paused.some(({ kind }) => isCutOfMaster(kind))).toBe(false);
    }
  });

  it('take data away on one server only, and move slots in a Cluster only', () => {
    const kindsOf = (topology: 'sentinel' | 'cluster' | 'single') =>
      new Set(seeds.flatMap((seed) => drawFaults(seed, topology)).map(({ kind }) => kind));
    expect(kindsOf('single')).toContain('old-file');
    expect(kindsOf('cluster')).toContain('move-slot');
    expect(kindsOf('sentinel')).not.toContain('flush-data');
    expect(kindsOf('sentinel')).not.toContain('move-slot');
  });

  it('have a wrong clock in some lives, and always where the clock is what is taken off', () => {
    const isOff = (seed: number): boolean =>
      drawClocks({ seed, unprotected: null, faults: null }).aheadMs.some((ahead) => ahead !== 0);
    expect(seeds.some(isOff)).toBe(true);
    expect(seeds.every(isOff)).toBe(false);
    expect(seeds.some((seed) => drawClocks({ seed, unprotected: null, faults: null }).stepByMs !== 0)).toBe(
      true,
    );
    expect(drawClocks({ seed: 1, unprotected: 'clock', faults: null }).aheadMs).toContain(60_000);
  });
});

describe('the command line of the bench', () => {
  it('plays a life for each seed', () => {
    const lives = readChaosOptions([
      '--seeds',
      '1-3,9',
      '--topology',
      'cluster',
      '--faults',
      'cut-master,move-slot',
    ]);
    expect(Array.isArray(lives) && lives.map(({ seed }) => seed)).toEqual([1, 2, 3, 9]);
  });

  it('plays each seed on each topology, without a fault when told so', () => {
    const words = ['--seeds', '1-2', '--topology', 'single,cluster', '--faults', 'none'];
    const lives = readChaosOptions(words);
    if (!Array.isArray(lives)) throw new Error(lives.problem);
    expect(lives.map(({ seed, topology }) => `${seed} ${topology}`)).toEqual([
      '1 single',
      '1 cluster',
      '2 single',
      '2 cluster',
    ]);
    expect(lives.map(({ faults }) => faults)).toEqual([[], [], [], []]);
  });

  it.each([
    ['--topology', 'single,ring'],
    ['--topology', 'ring'],
    ['--faults', 'flood'],
    ['--seeds', '9-1'],
    ['--unprotected', 'order'],
  ])('says what is wrong with %s %s', (...words) => {
    expect(readChaosOptions(words)).toHaveProperty('problem');
  });
});
