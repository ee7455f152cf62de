import { expect, test } from 'vitest';
import type { KeyHolder } from '../../src/domain/actor.ts';
import { keyLimit, requestsAtOnceMax, requestsPerSecond } from '../../src/edge/key-limit.ts';
import { ManualClock } from '../support/manual-clock.ts';

const holder = (keyId: string, scope: KeyHolder['scope']): KeyHolder => ({
  keyId,
  name: keyId,
  scope,
  roomIds: null,
});

/** Of so many requests at once, those let through. */
function letThrough(limit: (holder: KeyHolder) => void, who: KeyHolder, requests: number): number {
  let through = 0;
  for (let count = 0; count < requests; count += 1) {
    try {
      limit(who);
      through += 1;
    } catch (error) {
      expect(error).toMatchObject({ code: 'rate-limited', retryAfterMs: 1_000 });
    }
  }
  return through;
}

test.each(['viewer', 'operator', 'admin'] as const)(
  'a key of the scope %s may ask so often a second, more at once, and never less than 50 times',
  async (scope) => {
    const clock = new ManualClock();
    const limit = keyLimit(clock);
    const who = holder('one', scope);
    expect(letThrough(limit, who, 1_000)).toBe(requestsAtOnceMax);
    for (let second = 0; second < 3; second += 1) {
      await clock.advance(1_000);
      expect(letThrough(limit, who, 1_000)).toBe(requestsPerSecond);
    }
    expect(requestsPerSecond).toBeGreaterThanOrEqual(50);
    // A clock that steps back takes nothing away, and gives nothing.
    clock.stepWall(-3_600_000);
    expect(letThrough(limit, who, 10)).toBe(0);
    await clock.advance(3_600_000);
    expect(letThrough(limit, who, 1_000)).toBe(requestsAtOnceMax);
  },
);

test('one key takes nothing from another, and the key of an origin has no limit', () => {
  const limit = keyLimit(new ManualClock());
  expect(letThrough(limit, holder('busy', 'viewer'), 300)).toBe(requestsAtOnceMax);
  expect(letThrough(limit, holder('other', 'viewer'), 50)).toBe(50);
  expect(letThrough(limit, holder('site', 'origin'), 5_000)).toBe(5_000);
});
