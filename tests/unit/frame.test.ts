import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactRanks, type Frame, gridRank, positionOf } from '../../src/domain/frame.ts';

/** The frame of a queue: its orders at the ranks of the grid, and the store's now. */
function frameOf(orders: ArrayLike<number>, nowUs: number): Frame {
  const checkpoints: number[] = [];
  for (let index = 0; gridRank(index) <= orders.length; index += 1) {
    checkpoints.push(orders[gridRank(index) - 1] as number);
  }
  const counts = { waiting: orders.length, parked: 0, lapsed: 0, admitted: 0, inside: 0, assumed: 0 };
  const totals = { placesUsed: 0, admittedTotal: 0, freedTotal: 0, skippedTotal: 0 };
  const deliveries = { undelivered: 0, undeliveredMs: -1, deadLetters: 0 };
  const figures = { joinedTotal: 0, lapsedTotal: 0, returnedTotal: 0, enteredTotal: 0, completedTotal: 0 };
  const present = { endedTotal: 0, present: 0, presentAtMs: 0 };
  const others = { ...deliveries, ...figures, ...present };
  return { clockMs: 0, nowUs, ...counts, ...totals, holdUntilMs: 0, frontier: 0, ...others, checkpoints };
}

/** Numbers that only look random, from a seed that fast-check prints. */
function randomFrom(seed: number): (below: number) => number {
  let state = (seed % 2_147_483_646) + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const start = 1_763_761_234_567_890;
const seeds = fc.nat({ max: 2_147_483_645 });

describe('the grid', () => {
  it('has each rank up to 1,000, then about one in a hundred', () => {
    const ranks = Array.from({ length: 2_000 }, (_, index) => gridRank(index));
    expect(ranks.slice(0, exactRanks)).toEqual(Array.from({ length: exactRanks }, (_, index) => index + 1));
    for (const [index, rank] of ranks.entries()) {
      if (index < exactRanks) continue;
      const step = rank / (ranks[index - 1] as number);
      expect(step).toBeGreaterThan(1.009);
      expect(step).toBeLessThanOrEqual(1.01);
    }
  });

  it('reaches a million in less than 1,700 knots, whatever was asked before', () => {
    expect(gridRank(1_699)).toBeGreaterThan(1_000_000);
    expect(gridRank(0)).toBe(1);
  });
});

describe('a position', () => {
  it('is exact for the first thousand, for those who wait and for an order between them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 2, max: 5_000_000 }), { maxLength: 1_000 }), (gaps) => {
        let order = start;
        const orders = gaps.map((gap) => (order += gap));
        const frame = frameOf(orders, order + 1_000_000);
        for (const [index, waiting] of orders.entries()) {
          if (positionOf(frame, waiting) !== index + 1) expect({ index }).toBe('exact');
          if (positionOf(frame, waiting - 1) !== index + 1) expect({ index }).toBe('exact between two');
        }
        expect(positionOf(frame, order + 1)).toBe(orders.length + 1);
      }),
    );
  });

  it('of an order that the frame cannot know yet is not known', () => {
    const frame = frameOf([start], start + 5);
    expect(positionOf(frame, start + 5)).toBe(2);
    expect(positionOf(frame, start + 6)).toBeNull();
  });

  it('in an empty queue is the first, and ahead of everyone too', () => {
    expect(positionOf(frameOf([], start), start)).toBe(1);
    expect(positionOf(frameOf([start, start + 1], start + 9), start - 7)).toBe(1);
  });

  it('of those who share an order is the same', () => {
    const frame = frameOf([start, start + 1, start + 1, start + 2], start + 9);
    expect([start, start + 1, start + 2].map((order) => positionOf(frame, order))).toEqual([1, 2, 4]);
  });

  it('is within one in a hundred however people came, and half of that at a million who came steadily', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = randomFrom(seed);
        let order = start;
        // Lulls and rushes: now a gap of a microsecond, now of a minute.
        const orders = Array.from({ length: 4_000 }, () => (order += 1 + random(10 ** (1 + random(7)))));
        const frame = frameOf(orders, order + 1_000);
        for (const [index, waiting] of orders.entries()) {
          const off = Math.abs((positionOf(frame, waiting) ?? 0) - (index + 1));
          if (off > Math.ceil((index + 1) * 0.01)) expect({ index, off }).toBe('within 1 %');
        }
      }),
      { numRuns: 30 },
    );
    const random = randomFrom(7);
    const million = new Float64Array(1_000_000);
    let order = start;
    for (let index = 0; index < million.length; index += 1) {
      order += 1 + random(2_000);
      million[index] = order;
    }
    const frame = frameOf(million, order);
    const lastKnot = gridRank(frame.checkpoints.length - 1);
    for (let index = 1_000; index < million.length; index += 997) {
      const off = Math.abs((positionOf(frame, million[index] as number) ?? 0) - (index + 1));
      // Behind the last knot the line goes to the store's now.
      const share = index < lastKnot ? 0.005 : 0.01;
      if (off > (index + 1) * share) expect({ index, off }).toBe(`within ${share}`);
    }
  });

  it('is never higher for a lower order', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = randomFrom(seed);
        let order = start;
        const orders = Array.from({ length: random(3_000) }, () => (order += 1 + random(1_000)));
        const frame = frameOf(orders, order + random(100_000));
        let before = 0;
        for (let asked = start; asked <= frame.nowUs; asked += 1 + random(2_000)) {
          const position = positionOf(frame, asked) ?? 0;
          if (position < before) expect({ before, position }).toBe('rising with the order');
          before = position;
        }
      }),
      { numRuns: 50 },
    );
  });

  it('never rises while people join behind, are let in from the head, or give up anywhere', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = randomFrom(seed);
        let now = start;
        let orders: number[] = [];
        const shown = new Map<number, number>();
        for (let round = 0; round < 12; round += 1) {
          const joining = random(round === 0 ? 3_000 : 400);
          for (let joined = 0; joined < joining; joined += 1) orders.push((now += 1 + random(50)));
          now += random(1_000_000);
          orders = orders.slice(random(150)).filter(() => random(100) > 3);
          const frame = frameOf(orders, now);
          for (const order of orders) {
            const position = positionOf(frame, order) ?? 0;
            const before = shown.get(order) ?? Number.POSITIVE_INFINITY;
            if (position > before) expect({ round, before, position }).toBe('not rising');
            shown.set(order, position);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
