import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HistoryRecord } from '../../src/dev/rush-history.ts';
import { countInversions } from '../../src/dev/rush-inversions.ts';
import { readStories } from '../../src/dev/rush-presence.ts';

describe('the count of inversions', () => {
  test('agrees with comparing every pair', () => {
    const visit = fc.record({
      joined: fc.integer({ min: 0, max: 12 }),
      away: fc.option(fc.integer({ min: 0, max: 20 }), { nil: null }),
      release: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(visit, { minLength: 2, maxLength: 25 }), (visits) => {
        const history = visits.flatMap(({ joined, away, release }, visitor): HistoryRecord[] => {
          const end = 1_000 * (release === null ? 30 : Math.max(release, joined + 1));
          const t = joined * 1_000;
          const base: HistoryRecord[] = [
            {
              t,
              visitor,
              op: 'join',
              outcome: 'ok',
              ticketId: `${visitor}`,
              number: visitor + 1,
              kind: 'waiting',
            },
            { t, visitor, op: 'connect', outcome: 'ok' },
          ];
          if (away !== null && away > joined && away * 1_000 < end) {
            base.push({ t: away * 1_000, visitor, op: 'disconnect', outcome: 'ok', code: 1_000 });
          }
          if (release === null) {
            const still = { position: 1, expectedWaitMs: null, reason: 'queued' };
            base.push({ t: end, visitor, op: 'standing', outcome: 'ok', ...still });
            base.push({ t: end, visitor, op: 'final', outcome: 'ok', state: 'gave-up', why: '' });
          }
          const told = { releaseNumber: end / 1_000, releasedAt: end, extensionsLeft: 10, bySocket: true };
          if (release !== null) base.push({ t: end, visitor, op: 'admitted', outcome: 'ok', ...told });
          return base;
        });
        let pairs = 0;
        const stories = readStories(history, 6_000);
        for (const lower of stories) {
          for (const higher of stories) {
            const at = higher.admissions[0]?.releasedAt;
            const until = lower.admissions[0]?.releasedAt ?? Number.POSITIVE_INFINITY;
            if (higher.number <= lower.number || at === undefined || until <= at) continue;
            if (lower.present.some((present) => present.from + 2_000 <= at && at <= present.until))
              pairs += 1;
          }
        }
        expect(countInversions(stories, 2_000).count).toBe(pairs);
      }),
    );
  });
});
