import { describe, expect, test } from 'vitest';
import { type PacePolicy, WaitEstimator } from '../../src/domain/wait-estimate.ts';
import { randomStream } from '../../src/dev/random.ts';

const policy: PacePolicy = {
  capacity: 100,
  outflowPerMinute: 600,
  releaseEveryMs: 1_000,
  sessionTtlMs: 1_200_000,
};

/** A frame of a room in which every seat is taken. */
function full({
  clockMs,
  freedTotal,
  skippedTotal = 0,
}: {
  clockMs: number;
  freedTotal: number;
  skippedTotal?: number;
}) {
  const inside = policy.capacity;
  return {
    clockMs,
    freedTotal,
    skippedTotal,
    inside,
    admittedTotal: freedTotal + inside,
    admitted: 0,
    assumed: 0,
  };
}

/** An estimator that has seen `seconds` of a room in which seats come free at this pace. */
function after(
  seconds: number,
  pace: { freedPerSecond: number; skippedPerSecond?: number },
  from?: WaitEstimator,
) {
  const estimator = from ?? new WaitEstimator();
  const { freedPerSecond, skippedPerSecond = 0 } = pace;
  for (let second = 0; second <= seconds; second += 1) {
    const freedTotal = Math.floor(second * freedPerSecond) + 1;
    const skippedTotal = Math.floor(second * skippedPerSecond);
    estimator.record(full({ clockMs: second * 1_000, freedTotal, skippedTotal }));
  }
  return estimator;
}

const middle = ({ low, high }: { low: number; high: number }): number => (low + high) / 2;
const width = ({ low, high }: { low: number; high: number }): number => high - low;

describe('the expected wait', () => {
  test('is a range at any position and with any evidence: from 0 up, never shorter than two releases', () => {
    for (const estimator of [
      new WaitEstimator(),
      after(5, { freedPerSecond: 1 }),
      after(600, { freedPerSecond: 3 }),
    ]) {
      for (const position of [1, 2, 99, 100, 101, 5_000, 1_000_000]) {
        for (const held of [0, 50, 100, 130]) {
          const range = estimator.estimate(position, held, policy);
          expect(range.low).toBeGreaterThanOrEqual(0);
          expect(range.high - range.low).toBeGreaterThanOrEqual(policy.releaseEveryMs);
          expect(Number.isSafeInteger(range.low) && Number.isSafeInteger(range.high)).toBe(true);
        }
      }
    }
  });

  test('never falls with a later position', () => {
    const estimator = after(300, { freedPerSecond: 2 });
    let before = { low: 0, high: 0 };
    for (let position = 1; position < 3_000; position += 7) {
      const range = estimator.estimate(position, 100, policy);
      expect(range.low >= before.low && range.high >= before.high).toBe(true);
      before = range;
    }
  });

  test('follows the seats that come free when the room is full', () => {
    // 2 a second, so number 600 has 300 s to go.
    expect(middle(after(300, { freedPerSecond: 2 }).estimate(600, 100, policy)) / 300_500).toBeCloseTo(1, 1);
  });

  test('follows the outflow where seats are free', () => {
    const slow = { ...policy, capacity: 1_000_000, outflowPerMinute: 60 };
    expect(middle(after(300, { freedPerSecond: 2 }).estimate(120, 0, slow))).toBeCloseTo(120_500, -3);
  });

  test('counts that some ahead are away when their turn comes', () => {
    const patient = after(600, { freedPerSecond: 2 }).estimate(1_000, 100, policy);
    const leaving = after(600, { freedPerSecond: 2, skippedPerSecond: 1 }).estimate(1_000, 100, policy);
    expect(middle(leaving) / middle(patient)).toBeCloseTo(2 / 3, 1);
  });

  test('narrows as evidence grows', () => {
    const widths = [20, 60, 300].map((seconds) => {
      const range = after(seconds, { freedPerSecond: 2 }).estimate(600, 100, policy);
      return width(range) / middle(range);
    });
    expect(widths[0]).toBeGreaterThan(widths[1] as number);
    expect(widths[1]).toBeGreaterThan(widths[2] as number);
    expect(widths[2]).toBeLessThan(0.4);
  });

  test('forgets a pace that is ten minutes old', () => {
    const estimator = after(1_200, { freedPerSecond: 0.1 });
    for (let second = 1_201; second <= 1_900; second += 1) {
      const freedTotal = 121 + (second - 1_200) * 4;
      estimator.record(full({ clockMs: second * 1_000, freedTotal }));
    }
    // The first of the window were let in at the old pace.
    expect(Math.abs(middle(estimator.estimate(1_200, 100, policy)) / 300_500 - 1)).toBeLessThan(0.1);
  });

  test('begins its evidence anew when the room does', () => {
    const estimator = after(600, { freedPerSecond: 5 });
    const fresh = new WaitEstimator();
    const reborn = { ...full({ clockMs: 10, freedTotal: 0 }), admittedTotal: 0, inside: 0 };
    estimator.record(reborn);
    fresh.record(reborn);
    expect(estimator.estimate(300, 100, policy)).toEqual(fresh.estimate(300, 100, policy));
  });

  test('is not changed by a frame that comes twice or late', () => {
    const estimator = after(300, { freedPerSecond: 2 });
    const before = estimator.estimate(600, 100, policy);
    estimator.record(full({ clockMs: 300_000, freedTotal: 601 }));
    estimator.record(full({ clockMs: 250_000, freedTotal: 601 }));
    expect(estimator.estimate(600, 100, policy)).toEqual(before);
  });
});

/** A full room whose visitors stay for random times: what each was shown half-way, and what then came true. */
function rehearse(seed: number): { inRange: number; medianWidth: number } {
  const random = randomStream(seed, 0);
  const small = { ...policy, capacity: 80, outflowPerMinute: 6_000 };
  const visitors = 2_000;
  const meanStayMs = 45_000;
  const estimator = new WaitEstimator();
  let leaving: number[] = [];
  let [admitted, freed] = [0, 0];
  const admittedAtMs: number[] = [];
  const ranges: { position: number; atMs: number; range: { low: number; high: number } }[] = [];
  for (let nowMs = 1_000; admitted < visitors; nowMs += 1_000) {
    const stay = leaving.filter((atMs) => atMs > nowMs);
    freed += leaving.length - stay.length;
    leaving = stay;
    const batch = Math.min(small.capacity - leaving.length, visitors - admitted);
    for (let count = 0; count < batch; count += 1) {
      admittedAtMs.push(nowMs);
      leaving.push(nowMs + random.exponential(meanStayMs));
    }
    admitted += batch;
    estimator.record({
      ...full({ clockMs: nowMs, freedTotal: freed }),
      inside: leaving.length,
      admittedTotal: admitted,
    });
    for (let number = admitted + 1; number <= visitors; number += 20) {
      const position = number - admitted;
      ranges.push({
        position: number,
        atMs: nowMs,
        range: estimator.estimate(position, leaving.length, small),
      });
    }
  }
  const halfWay = ranges.filter(({ position, atMs }) => {
    const waitMs = admittedAtMs[position - 1] as number;
    return atMs <= waitMs / 2 && atMs + 1_000 > waitMs / 2 && waitMs > 20_000;
  });
  const judged = halfWay.map(({ position, atMs, range }) => {
    const waitMs = admittedAtMs[position - 1] as number;
    const leftMs = waitMs - atMs;
    return { isTrue: leftMs >= range.low && leftMs <= range.high, share: width(range) / waitMs };
  });
  const shares = judged.map(({ share }) => share).toSorted((one, other) => one - other);
  return {
    inRange: judged.filter(({ isTrue }) => isTrue).length / judged.length,
    medianWidth: shares[Math.floor(shares.length / 2)] as number,
  };
}

describe('half-way through a wait in a room that is full', () => {
  test.each([1, 2, 3, 4, 5])(
    'four of five true remainders lie in a range that is narrow enough (seed %i)',
    (seed) => {
      const { inRange, medianWidth } = rehearse(seed);
      expect(inRange).toBeGreaterThanOrEqual(0.8);
      expect(medianWidth).toBeLessThanOrEqual(0.4);
    },
  );
});
