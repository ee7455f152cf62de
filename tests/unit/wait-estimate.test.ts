import { describe, expect, test } from 'vitest';
import { type PacePolicy, WaitEstimator } from '../../src/domain/wait-estimate.ts';
import { randomStream } from '../../src/dev/random.ts';

const policy: PacePolicy = {
  capacity: 100,
  outflowPerMinute: 6_000,
  releaseEveryMs: 1_000,
  sessionTtlMs: 1_200_000,
};

type Room = { capacity: number; stayMs: () => number; awayShare?: number };

/**
 * A room that was full from its first second on: everyone stays for a time of their own, and whoever leaves is
 * replaced. `told` hears of each second what the estimator knows.
 */
function fullRoom(
  seconds: number,
  { capacity, stayMs, awayShare = 0 }: Room,
  told: (nowMs: number, admitted: number, estimator: WaitEstimator, held: number) => void = () => {},
): WaitEstimator {
  const estimator = new WaitEstimator();
  let leavingAtMs: number[] = [];
  let [admittedTotal, freedTotal, skipped] = [0, 0, 0];
  for (let nowMs = 1_000; nowMs <= seconds * 1_000; nowMs += 1_000) {
    const staying = leavingAtMs.filter((atMs) => atMs > nowMs);
    freedTotal += leavingAtMs.length - staying.length;
    leavingAtMs = staying;
    while (leavingAtMs.length < capacity) {
      admittedTotal += 1;
      skipped += awayShare;
      leavingAtMs.push(nowMs + stayMs());
    }
    const frame = { clockMs: nowMs, admitted: 0, inside: capacity, assumed: 0, admittedTotal, freedTotal };
    estimator.record({ ...frame, skippedTotal: Math.floor(skipped) });
    told(nowMs, admittedTotal, estimator, capacity);
  }
  return estimator;
}

/** Stays that differ from person to person around a mean. */
function staysOf(meanMs: number, seed = 1): () => number {
  const random = randomStream(seed, 0);
  return () => random.exponential(meanMs);
}

const middle = ({ low, high }: { low: number; high: number }): number => (low + high) / 2;
const width = ({ low, high }: { low: number; high: number }): number => high - low;

describe('the expected wait', () => {
  test('is a range at any position and with any evidence: from 0 up, never narrower than a release', () => {
    const room = { capacity: 100, stayMs: staysOf(40_000) };
    for (const estimator of [new WaitEstimator(), fullRoom(5, room), fullRoom(600, room)]) {
      for (const position of [1, 2, 99, 100, 101, 5_000, 1_000_000]) {
        for (const held of [0, 50, 100, 130]) {
          const { low, high } = estimator.estimate(position, held, policy);
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high - low).toBeGreaterThanOrEqual(policy.releaseEveryMs);
          expect(Number.isSafeInteger(low) && Number.isSafeInteger(high)).toBe(true);
        }
      }
    }
  });

  test('never falls with a later position', () => {
    const estimator = fullRoom(300, { capacity: 100, stayMs: staysOf(40_000) });
    let before = { low: 0, high: 0 };
    for (let position = 1; position < 3_000; position += 7) {
      const range = estimator.estimate(position, 100, policy);
      expect(middle(range)).toBeGreaterThanOrEqual(middle(before));
      before = range;
    }
  });

  test('is how long people stay, for as many as have to leave first, where the room is full', () => {
    const estimator = fullRoom(900, { capacity: 100, stayMs: staysOf(60_000) });
    // 500 have to leave, 100 a minute.
    const minutes = middle(estimator.estimate(500, 100, policy)) / 60_000;
    expect(minutes).toBeGreaterThan(4.5);
    expect(minutes).toBeLessThan(5.5);
  });

  test('follows the outflow where seats are free', () => {
    const slow = { ...policy, capacity: 1_000_000, outflowPerMinute: 60 };
    const estimator = fullRoom(300, { capacity: 100, stayMs: staysOf(40_000) });
    expect(middle(estimator.estimate(120, 0, slow))).toBeCloseTo(120_500, -3);
  });

  test('is shorter where many ahead are away when their turn comes', () => {
    const stays = { capacity: 100, stayMs: staysOf(40_000) };
    const present = fullRoom(600, stays).estimate(1_000, 100, policy);
    const away = fullRoom(600, { ...stays, stayMs: staysOf(40_000), awayShare: 0.5 }).estimate(
      1_000,
      100,
      policy,
    );
    expect(middle(away) / middle(present)).toBeGreaterThan(0.6);
    expect(middle(away) / middle(present)).toBeLessThan(0.73);
  });

  test('narrows as evidence grows', () => {
    const widths = [10, 60, 600].map((seconds) => {
      const range = fullRoom(seconds, { capacity: 100, stayMs: staysOf(40_000) }).estimate(
        2_000,
        100,
        policy,
      );
      return width(range) / middle(range);
    });
    expect(widths.toSorted((one, other) => other - one)).toEqual(widths);
    expect(widths[0]).toBeGreaterThan(widths[2] as number);
    expect(widths[2]).toBeLessThan(0.4);
  });

  test('follows people who begin to stay for longer', () => {
    let meanMs = 10_000;
    const random = randomStream(2, 0);
    const estimator = fullRoom(
      1_500,
      { capacity: 100, stayMs: () => random.exponential(meanMs) },
      (nowMs) => {
        if (nowMs >= 600_000) meanMs = 60_000;
      },
    );
    const minutes = middle(estimator.estimate(500, 100, policy)) / 60_000;
    expect(minutes).toBeGreaterThan(4);
    expect(minutes).toBeLessThan(6);
  });

  test('begins its evidence anew when the room does', () => {
    const estimator = fullRoom(600, { capacity: 100, stayMs: staysOf(10_000) });
    const fresh = new WaitEstimator();
    const reborn = {
      clockMs: 10,
      admitted: 0,
      inside: 0,
      assumed: 0,
      admittedTotal: 0,
      freedTotal: 0,
      skippedTotal: 0,
    };
    estimator.record(reborn);
    fresh.record(reborn);
    expect(estimator.estimate(300, 100, policy)).toEqual(fresh.estimate(300, 100, policy));
  });

  test('is not changed by a frame that comes twice or late', () => {
    const estimator = fullRoom(300, { capacity: 100, stayMs: staysOf(10_000) });
    const before = estimator.estimate(600, 100, policy);
    const late = {
      admitted: 50,
      inside: 0,
      assumed: 0,
      admittedTotal: 90_000,
      freedTotal: 90_000,
      skippedTotal: 0,
    };
    estimator.record({ ...late, clockMs: 300_000 });
    estimator.record({ ...late, clockMs: 250_000 });
    expect(estimator.estimate(600, 100, policy)).toEqual(before);
  });

  test('stays quick however long the room is open', () => {
    const estimator = fullRoom(20_000, { capacity: 20, stayMs: staysOf(20_000) });
    const before = performance.now();
    for (let position = 1; position <= 10_000; position += 1) estimator.estimate(position, 20, policy);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

type Judged = { isTrue: boolean; share: number };

/** What people were shown half-way through their wait in a full room, and whether it came true. */
function rehearse(seed: number): Judged[] {
  const small = { ...policy, capacity: 80 };
  const admittedAtMs: number[] = [];
  const shown: { number: number; atMs: number; low: number; high: number }[] = [];
  fullRoom(1_200, { capacity: 80, stayMs: staysOf(45_000, seed) }, (atMs, admitted, estimator, held) => {
    while (admittedAtMs.length < admitted) admittedAtMs.push(atMs);
    for (let number = admitted + 1; number <= 1_500; number += 20) {
      shown.push({ number, atMs, ...estimator.estimate(number - admitted, held, small) });
    }
  });
  return shown.flatMap(({ number, atMs, low, high }) => {
    const waitMs = admittedAtMs[number - 1] ?? 0;
    const isHalfWay = waitMs > 20_000 && atMs <= waitMs / 2 && atMs + 1_000 > waitMs / 2;
    const leftMs = waitMs - atMs;
    return isHalfWay ? [{ isTrue: leftMs >= low && leftMs <= high, share: (high - low) / waitMs }] : [];
  });
}

test('half-way through waits in full rooms, four of five true remainders lie in a range narrow enough', () => {
  // People who wait in one room at one time share their luck, so many rooms are judged together.
  const judged = Array.from({ length: 40 }, (_, index) => rehearse(index + 1)).flat();
  const shares = judged.map(({ share }) => share).toSorted((one, other) => one - other);
  expect(judged.length).toBeGreaterThan(2_000);
  expect(judged.filter(({ isTrue }) => isTrue).length / judged.length).toBeGreaterThanOrEqual(0.8);
  expect(shares[Math.floor(shares.length / 2)]).toBeLessThanOrEqual(0.4);
});
