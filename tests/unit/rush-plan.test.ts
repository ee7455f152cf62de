import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/dev/random.ts';
import { readRushOptions } from '../../src/dev/rush-options.ts';
import { lastArrivalShare, planVisitor } from '../../src/dev/rush-plan.ts';

const shape = { visitors: 3_000, expectedMs: 120_000, presentWithinMs: 6_000 };
const crowd = Array.from({ length: 3_000 }, (_, visitor) => planVisitor(1, visitor, shape));

describe('the crowd of a rush', () => {
  test('is the same for the same seed, and another for another', () => {
    const { random: _, ...plan } = planVisitor(7, 42, shape);
    expect(planVisitor(7, 42, shape)).toMatchObject(plan);
    expect(planVisitor(8, 42, shape).arriveAfterMs).not.toBe(plan.arriveAfterMs);
    expect(planVisitor(7, 43, shape).arriveAfterMs).not.toBe(plan.arriveAfterMs);
  });

  test('comes in a burst with a tail, all within the time said', () => {
    const early = crowd.filter(({ arriveAfterMs }) => arriveAfterMs < shape.expectedMs * 0.15).length;
    expect(early / crowd.length).toBeGreaterThan(0.5);
    expect(Math.max(...crowd.map(({ arriveAfterMs }) => arriveAfterMs))).toBeLessThanOrEqual(
      shape.expectedMs * lastArrivalShare + 1,
    );
  });

  test('has people who do each of the things that a site must survive', () => {
    const acts = new Set(crowd.flatMap((plan) => plan.acts.map(({ act }) => act)));
    expect(acts).toEqual(new Set(['reload', 'leave', 'close-tab', 'sleep']));
    for (const trait of [
      'polls',
      'sleepsThroughTurn',
      'closesAtTurn',
      'extends',
      'sharesHandOver',
      'joinsAgain',
    ] as const) {
      expect([trait, crowd.filter((plan) => plan[trait]).length > 5]).toEqual([trait, true]);
    }
    expect(new Set(crowd.map(({ leavesSite }) => leavesSite))).toEqual(
      new Set([null, 'close-tab', 'log-out']),
    );
    expect(crowd.every(({ sleepMs }) => sleepMs > shape.presentWithinMs)).toBe(true);
  });
});

test('neighbouring streams of one seed are unlike', () => {
  const firsts = Array.from({ length: 1_000 }, (_, stream) => randomStream(1, stream).next());
  const mean = firsts.reduce((sum, one) => sum + one, 0) / firsts.length;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
  expect(new Set(firsts).size).toBe(1_000);
});

test('the command line has the defaults it says, and refuses what it does not know', () => {
  expect(readRushOptions([])).toEqual({
    visitors: 3_000,
    capacity: 100,
    seed: 1,
    fault: 'none',
    json: false,
    breaking: null,
  });
  expect(readRushOptions(['--break=order', '--fault', 'flush', '--json'])).toMatchObject({
    breaking: 'order',
    fault: 'flush',
    json: true,
  });
  for (const words of [
    ['--fault', 'rain'],
    ['--visitors', 'many'],
    ['--capacity', '0'],
    ['--break=all'],
    ['--x'],
  ]) {
    expect(readRushOptions(words)).toHaveProperty('problem');
  }
});
