import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admits, filledBucket, freeTickets } from '../../src/domain/release-plan.ts';
import { roomStates } from '../../src/domain/room.ts';

const pace = fc.record({
  outflowPerMinute: fc.integer({ min: 1, max: 600_000 }),
  batchSizeMax: fc.integer({ min: 1, max: 20_000 }),
});
const elapsed = fc.nat({ max: 3_000_000 });

describe('the bucket', () => {
  it('fills by the outflow, keeps fractions, and never holds more than a batch', () => {
    expect(filledBucket(0, 1_000_000, { outflowPerMinute: 90, batchSizeMax: 4 })).toBe(1.5);
    expect(filledBucket(3, 3_000_000, { outflowPerMinute: 90, batchSizeMax: 4 })).toBe(4);
    expect(filledBucket(4, 0, { outflowPerMinute: 90, batchSizeMax: 4 })).toBe(4);
    expect(filledBucket(9, 0, { outflowPerMinute: 90, batchSizeMax: 4 })).toBe(4);
  });

  it('is as full after two short times as after one long', () => {
    fc.assert(
      fc.property(pace, elapsed, elapsed, (given, one, other) => {
        const twice = filledBucket(filledBucket(0, one, given), other, given);
        expect(twice).toBeCloseTo(filledBucket(0, one + other, given), 6);
      }),
    );
  });

  it('lets in any time at most what the outflow allows in it, and one batch', () => {
    fc.assert(
      fc.property(pace, fc.array(elapsed, { maxLength: 50 }), (given, steps) => {
        let bucket = given.batchSizeMax;
        let admitted = 0;
        let elapsedUs = 0;
        for (const step of steps) {
          elapsedUs += step;
          bucket = filledBucket(bucket, step, given);
          const seats = { capacity: 1_000_000, held: 0, places: null, placesUsed: 0, placesPerVisitorMax: 1 };
          const free = freeTickets({ bucket, batchSizeMax: given.batchSizeMax, ...seats });
          bucket -= free;
          admitted += free;
        }
        const allowed = (elapsedUs * given.outflowPerMinute) / 60_000_000 + given.batchSizeMax;
        expect(admitted).toBeLessThanOrEqual(allowed + 0.001);
      }),
    );
  });
});

describe('a room admits', () => {
  it.each(roomStates)('while %s only when that state lets people in, and nothing holds', (state) => {
    const lets = state === 'open' || state === 'draining';
    expect(admits({ state, clockMs: 3_000, holdUntilMs: 3_000 })).toBe(lets);
    expect(admits({ state, clockMs: 2_999, holdUntilMs: 3_000 })).toBe(false);
  });
});

describe('free tickets', () => {
  const room = { bucket: 10, batchSizeMax: 10, capacity: 100, held: 0, places: null, placesUsed: 0 };
  const with1 = { ...room, placesPerVisitorMax: 1 };

  it('are the least of what pace, batch, capacity and places allow', () => {
    expect(freeTickets(with1)).toBe(10);
    expect(freeTickets({ ...with1, bucket: 2.9 })).toBe(2);
    expect(freeTickets({ ...with1, batchSizeMax: 4 })).toBe(4);
    expect(freeTickets({ ...with1, held: 97 })).toBe(3);
    expect(freeTickets({ ...with1, places: 12, placesUsed: 6 })).toBe(6);
    expect(freeTickets({ ...with1, places: 12, placesUsed: 6, held: 4 })).toBe(2);
  });

  it('count a whole ticket that rounding left a hair short', () => {
    expect(freeTickets({ ...with1, bucket: 2.999_999_5 })).toBe(3);
    expect(freeTickets({ ...with1, bucket: 2.999_99 })).toBe(2);
  });

  it('with several places a visitor, the last may find fewer', () => {
    expect(freeTickets({ ...room, placesPerVisitorMax: 3, places: 7 })).toBe(3);
    expect(freeTickets({ ...room, placesPerVisitorMax: 3, places: 7, placesUsed: 6, held: 1 })).toBe(0);
  });

  it('are never negative, and never more than there is room and places for', () => {
    const some = fc.record({
      bucket: fc.double({ min: 0, max: 20_000, noNaN: true }),
      batchSizeMax: fc.integer({ min: 1, max: 20_000 }),
      capacity: fc.nat({ max: 1_000 }),
      held: fc.nat({ max: 1_500 }),
      places: fc.option(fc.nat({ max: 1_000 })),
      placesUsed: fc.nat({ max: 1_200 }),
      placesPerVisitorMax: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(some, (given) => {
        const free = freeTickets(given);
        expect(Number.isInteger(free)).toBe(true);
        expect(free).toBeGreaterThanOrEqual(0);
        expect(free).toBeLessThanOrEqual(given.bucket + 1e-6);
        expect(free === 0 || given.held + free <= given.capacity).toBe(true);
        // One fewer would leave at least a place for everyone who is let in.
        const { places, placesUsed, placesPerVisitorMax, held } = given;
        const leaves = places === null || (held + free - 1) * placesPerVisitorMax < places - placesUsed;
        expect(free === 0 || leaves).toBe(true);
      }),
    );
  });
});
