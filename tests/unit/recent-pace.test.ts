import { describe, expect, test } from 'vitest';
import { levelFor, timelineLevels } from '../../src/domain/timeline.ts';
import { RecentPace } from '../../src/service/recent-pace.ts';
import { StoreTroubles } from '../../src/service/store-troubles.ts';
import { ManualClock } from '../support/manual-clock.ts';

const totals = (admittedTotal: number, joinedTotal = 0) => ({ admittedTotal, joinedTotal });

describe('the pace of the last minute', () => {
  test('is not known before five seconds were seen', () => {
    const pace = new RecentPace();
    expect(pace.perMinute()).toBeNull();
    pace.record(totals(0), 0);
    pace.record(totals(50), 4_999);
    expect(pace.perMinute()).toBeNull();
    pace.record(totals(50, 5), 5_000);
    expect(pace.perMinute()).toEqual({ admissions: 600, joins: 60 });
  });

  test('forgets what is older than a minute, however long it runs', () => {
    const pace = new RecentPace();
    for (let second = 0; second <= 300; second += 1)
      pace.record(totals(Math.min(second, 200) * 2), second * 1_000);
    expect(pace.perMinute()).toEqual({ admissions: 0, joins: 0 });
    for (let second = 301; second <= 330; second += 1)
      pace.record(totals(400 + second - 300), second * 1_000);
    expect(pace.perMinute()).toEqual({ admissions: 30, joins: 0 });
  });

  test('begins anew when the totals fall, and is never below nothing', () => {
    const pace = new RecentPace();
    for (let second = 0; second <= 30; second += 1) pace.record(totals(1_000 + second), second * 1_000);
    pace.record(totals(3), 31_000);
    expect(pace.perMinute()).toBeNull();
    pace.record(totals(9), 37_000);
    expect(pace.perMinute()).toEqual({ admissions: 60, joins: 0 });
  });
});

test('calls without an answer are counted for a minute, and no more than can be kept', async () => {
  const clock = new ManualClock();
  const troubles = new StoreTroubles(clock);
  for (let call = 0; call < 10_500; call += 1) troubles.note();
  expect(troubles.lastMinute()).toBe(10_000);
  clock.stepWall(-3_600_000);
  await clock.advance(60_000);
  troubles.note();
  troubles.note();
  expect(troubles.lastMinute()).toBeLessThanOrEqual(2);
});

test('a timeline is shown as finely as it still is at that age', () => {
  expect([0, 7_200_000, 7_200_001, 172_800_000, 172_800_001, 1e12].map(levelFor)).toEqual([
    5_000, 5_000, 60_000, 60_000, 600_000, 600_000,
  ]);
  for (const [index, { everyMs }] of timelineLevels.entries())
    expect(everyMs % (timelineLevels[index - 1]?.everyMs ?? 1)).toBe(0);
});
