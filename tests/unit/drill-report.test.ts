import { describe, expect, test } from 'vitest';
import { type DrillRecord, drillReport, isHeld } from '../../src/cli/drill-report.ts';

const held: DrillRecord = {
  startedAt: '2026-11-23T04:25:00.000Z',
  by: 'SENTINEL FAILOVER guichet',
  primary: { before: '10.0.0.1:6379, run 1a2b3c4d', after: '10.0.0.2:6379, run 5e6f7a8b', isAnother: true },
  wasSilent: false,
  cameBack: true,
  topology: 'sentinel',
  waitReplicas: 1,
  capacity: 10,
  inside: 10,
  before: 'would be survived',
  after: 'would be survived',
  tickets: 80,
  silentMsMax: 2_400,
  repeated: 3,
  broken: [],
};

describe('the report of a drill', () => {
  test('begins with its day and its verdict', () => {
    expect(drillReport(held)).toMatch(/^# Failover drill of 2026-11-23: everything confirmed stayed so\n/);
    expect(drillReport(held)).toContain('| longest time without a confirmed number | 2.4 s |');
    expect(drillReport(held)).not.toContain('* ');
  });

  test.each([
    ['a lost ticket', { broken: ['ticket 4 was confirmed, and is gone now'] }, 'ticket 4 was confirmed'],
    ['one too many', { inside: 11 }, '11 were let in, for 10'],
    ['a service that never came back', { cameBack: false }, 'numbers were not given again within 120 s'],
    ['a service that does not say', { inside: null }, 'did not say how many'],
  ])('tells of %s', (_, change, words) => {
    const record = { ...held, ...change };
    expect(isHeld(record)).toBe(false);
    expect(drillReport(record)).toContain('a promise was broken');
    expect(drillReport(record)).toContain('* **Broken:** ');
    expect(drillReport(record)).toContain(words);
  });

  const same = { ...held.primary, after: held.primary.before, isAnother: false };

  test.each([
    ['the primary is the one that it was', { primary: same }, 'No failover took place'],
    ['nobody says who it is', { primary: { ...same, after: null } }, 'is not known'],
  ])('says that no failover was seen where %s', (_, change, words) => {
    const record = { ...held, ...change };
    expect(isHeld(record)).toBe(false);
    expect(drillReport(record)).toMatch(/^# Failover drill of 2026-11-23: no failover was seen\n/);
    expect(drillReport(record)).toContain(words);
    expect(drillReport({ ...record, broken: ['ticket 4'] })).toContain('a promise was broken');
  });

  test('counts a network that was cut by hand for less than a failover takes', () => {
    const record = { ...held, by: 'by hand', primary: same, wasSilent: true };
    expect(isHeld(record)).toBe(true);
    expect(drillReport(record)).toContain('everything confirmed stayed so');
    expect(drillReport(record)).toContain('the primary is the one that it was, and was away for a while.');
  });

  test('counts a failover after which the first is the primary again', () => {
    expect(isHeld({ ...held, primary: { ...same, isAnother: true } })).toBe(true);
  });

  test('says what to look at where it held, but not well', () => {
    const slow = drillReport({ ...held, silentMsMax: 20_000, after: 'the Sentinel at 10.0.0.1 says: no' });
    expect(slow).toContain('everything confirmed stayed so');
    expect(slow).toContain('The pause was long');
    expect(slow).toContain('Bring back what is missing');
  });
});
