import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchSizeMaxBound,
  completePolicy,
  instantOf,
  isRoomId,
  type PolicyInput,
  PolicyProblem,
  policyNumbers,
  policyWarnings,
} from '../../src/domain/room.ts';

describe('a room id', () => {
  it.each(['a', 'pool', 'inscriptions-2026', '1-2-3', 'a'.repeat(64)])('may be %s', (id) => {
    expect(isRoomId(id)).toBe(true);
  });
  it.each(['', 'Pool', '-a', 'a-', 'a--b', 'a_b', 'a.b', 'é', 'a b', '{a}', 'a/b', 'a'.repeat(65), 'a\n'])(
    'may not be %j',
    (id) => {
      expect(isRoomId(id)).toBe(false);
    },
  );
});

describe('a policy', () => {
  /** Within the bounds of each number by itself. */
  const numbers = fc.record(
    Object.fromEntries(
      Object.entries(policyNumbers).map(([name, { min, max }]) => [name, fc.integer({ min, max })]),
    ),
    { requiredKeys: [] },
  );
  const inputs = fc
    .tuple(numbers, fc.option(fc.integer({ min: 1, max: batchSizeMaxBound }), { nil: undefined }))
    .map(([given, batchSizeMax]): PolicyInput => ({ ...given, batchSizeMax }));

  function completed(input: PolicyInput): ReturnType<typeof completePolicy> | PolicyProblem {
    try {
      return completePolicy('room', input);
    } catch (error) {
      if (error instanceof PolicyProblem) return error;
      throw error;
    }
  }

  it('of nothing has every default, each within its bounds', () => {
    const policy = completePolicy('pool', {});
    for (const [name, { default: value, min, max }] of Object.entries(policyNumbers)) {
      expect(Reflect.get(policy, name), name).toBe(value);
      expect(value >= min && value <= max, name).toBe(true);
    }
    expect(policy).toMatchObject({ name: 'pool', languages: ['fr', 'en'], timeZone: 'UTC', places: null });
    expect(policy.batchSizeMax).toBe(20);
  });

  it('keeps what was given, and completing it again changes nothing', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const policy = completed(input);
        if (policy instanceof PolicyProblem) return;
        const given = Object.entries(input).filter(([, value]) => value !== undefined);
        expect(policy).toMatchObject(Object.fromEntries(given));
        expect(completePolicy('room', policy)).toEqual(policy);
      }),
    );
  });

  it('either can keep its pace and its presence, or is refused by the field that cannot', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const policy = completed(input);
        if (policy instanceof PolicyProblem) {
          expect(['abandonAfterMs', 'batchSizeMax']).toContain(policy.field);
          return;
        }
        const needed = (policy.outflowPerMinute * policy.releaseEveryMs) / 60_000;
        expect(policy.batchSizeMax).toBeGreaterThanOrEqual(needed);
        expect(policy.batchSizeMax).toBeLessThanOrEqual(batchSizeMaxBound);
        expect(policy.abandonAfterMs).toBeGreaterThanOrEqual(policy.presentWithinMs);
      }),
    );
  });

  it('has a batch of twice what one release needs, at least ten, unless told otherwise', () => {
    expect(completePolicy('a', { outflowPerMinute: 60 }).batchSizeMax).toBe(10);
    expect(completePolicy('a', { outflowPerMinute: 6_000 }).batchSizeMax).toBe(200);
    expect(completePolicy('a', { outflowPerMinute: 600, releaseEveryMs: 5_000 }).batchSizeMax).toBe(100);
    expect(completePolicy('a', { outflowPerMinute: 600_000 }).batchSizeMax).toBe(batchSizeMaxBound);
    expect(() => completePolicy('a', { outflowPerMinute: 6_000, batchSizeMax: 99 })).toThrow(PolicyProblem);
  });

  it('waits with abandoning as long as somebody counts as present', () => {
    expect(completePolicy('a', { presentWithinMs: 3_600_000 }).abandonAfterMs).toBe(3_600_000);
    const abandoned = { presentWithinMs: 60_000, abandonAfterMs: 59_999 };
    expect(() => completePolicy('a', abandoned)).toThrow(/abandonAfterMs/);
  });

  it('opens after joining begins and closes after it opened, across time zones', () => {
    const joinFrom = '2026-03-29T08:00:00+01:00';
    const opensAt = '2026-03-29T03:00:00-05:00';
    const closesAt = '2026-03-29T10:00:00Z';
    expect(completePolicy('a', { joinFrom, opensAt, closesAt })).toMatchObject({
      joinFrom,
      opensAt,
      closesAt,
    });
    expect(instantOf(opensAt) - instantOf(joinFrom)).toBe(3_600_000);
    expect(() => completePolicy('a', { joinFrom: opensAt, opensAt: joinFrom })).toThrow(/opensAt/);
    expect(() => completePolicy('a', { opensAt, closesAt: opensAt })).toThrow(/closesAt/);
    expect(() => completePolicy('a', { joinFrom: closesAt, closesAt: joinFrom })).toThrow(/closesAt/);
    expect(instantOf(null)).toBe(0);
  });
});

describe('warnings', () => {
  const codesOf = (input: PolicyInput): string[] =>
    policyWarnings(completePolicy('a', { targetUrl: 'https://example.org/', ...input })).map(
      ({ code }) => code,
    );

  it('a policy of defaults and a target has none', () => {
    expect(codesOf({})).toEqual([]);
  });

  it.each<[PolicyInput, string]>([
    [{ enterWithinMs: 119_999 }, 'short-turn'],
    [{ outflowPerMinute: 600, batchSizeMax: 19 }, 'misses-pace'],
    [{ recoverWithinMs: 60_000 }, 'recovers-early'],
    [{ sessionTtlMs: 119_999 }, 'short-session'],
    [{ presentWithinMs: 29_999 }, 'short-presence'],
    [{ returnWithinMs: 599_999 }, 'short-return'],
    [{ capacity: 0 }, 'nobody-admitted'],
    [{ targetUrl: null }, 'no-target'],
  ])('%j is legal and told', (input, code) => {
    expect(codesOf(input)).toEqual([code]);
  });
});
