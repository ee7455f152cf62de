import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';

test('a step is over when what holds the clock is, also where that fails', async () => {
  const clock = new ManualClock();
  let isOver = false;
  clock.holdFor(
    pause(30)
      .then(() => Promise.reject(new Error('away')))
      .finally(() => (isOver = true)),
  );
  await clock.advanceAnyway(1_000);
  expect([clock.monotonicMs(), isOver]).toEqual([1_000, false]);
  await clock.advance(1_000);
  expect([clock.monotonicMs(), isOver]).toEqual([2_000, true]);
});
