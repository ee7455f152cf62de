import { describe, expect, test } from 'vitest';
import { completePolicy, type PolicyInput, type RoomPolicy } from '../../src/domain/room.ts';
import { checkNewTimes, offsetAt } from '../../src/domain/schedule.ts';

const nowMs = Date.parse('2027-01-01T00:00:00Z');
const policy = (input: PolicyInput): RoomPolicy => completePolicy('pool', input);
const check = (input: PolicyInput, before: RoomPolicy | null = null): (() => void) => {
  return () => checkNewTimes(before, policy(input), nowMs);
};
const [quebec, france, nepal] = ['America/Toronto', 'Europe/Paris', 'Asia/Kathmandu'];

describe('an offset', () => {
  test.each([
    [quebec, '2027-03-14T06:59:59Z', -300],
    [quebec, '2027-03-14T07:00:00Z', -240],
    [france, '2027-03-28T00:59:59Z', 60],
    [france, '2027-03-28T01:00:00Z', 120],
    [nepal, '2027-03-28T01:00:00Z', 345],
    ['UTC', '2027-03-28T01:00:00Z', 0],
  ])('of %s at %s is %d minutes', (timeZone, instant, minutes) => {
    expect(offsetAt(timeZone, Date.parse(instant))).toBe(minutes);
  });
});

describe('a time', () => {
  test.each([
    [quebec, '2027-03-14T01:59:59-05:00'],
    [quebec, '2027-03-14T03:00:00-04:00'],
    [quebec, '2027-07-01T18:00:00-04:00'],
    [quebec, '2027-11-07T00:59:59-04:00'],
    [quebec, '2027-11-07T02:00:00-05:00'],
    [france, '2027-03-28T03:00:00+02:00'],
    [france, '2027-12-01T08:30:00+01:00'],
    [nepal, '2027-03-28T08:30:00+05:45'],
    ['UTC', '2027-03-28T02:30:00Z'],
    ['UTC', '2027-03-28T02:30:00+00:00'],
  ])('in %s may be %s', (timeZone, opensAt) => {
    expect(check({ timeZone, opensAt })).not.toThrow();
  });

  test.each([
    [quebec, '2027-07-01T18:00:00-05:00', 'America/Toronto is at -04:00 then, not at -05:00'],
    [quebec, '2027-07-01T22:00:00Z', 'America/Toronto is at -04:00 then, not at +00:00'],
    [france, '2027-12-01T08:30:00+02:00', 'Europe/Paris is at +01:00 then, not at +02:00'],
    ['UTC', '2027-12-01T08:30:00+02:00', 'UTC is at +00:00 then, not at +02:00'],
  ])('in %s is not %s: the offset is not the zone’s', (timeZone, opensAt, why) => {
    expect(check({ timeZone, opensAt })).toThrow(`opensAt: ${why}`);
  });

  test.each([
    [quebec, '2027-03-14T02:30:00-05:00'],
    [quebec, '2027-03-14T02:00:00-04:00'],
    [france, '2027-03-28T02:59:59+01:00'],
    [france, '2027-03-28T02:00:00+02:00'],
  ])('in %s is not %s: clocks leave that hour out', (timeZone, opensAt) => {
    expect(check({ timeZone, opensAt })).toThrow(/does not exist in/);
  });

  test.each([
    [quebec, '2027-11-07T01:30:00-04:00'],
    [quebec, '2027-11-07T01:30:00-05:00'],
    [france, '2027-10-31T02:00:00+01:00'],
    [france, '2027-10-31T02:59:59+02:00'],
  ])('in %s is not %s: it comes twice', (timeZone, opensAt) => {
    expect(check({ timeZone, opensAt })).toThrow(/comes twice in/);
  });

  test.each(['opensAt', 'closesAt'] as const)(
    '%s does not lie in the past; joining may have begun',
    (field) => {
      expect(check({ [field]: '2026-12-31T23:59:59Z' })).toThrow(`${field}: lies in the past`);
      expect(check({ [field]: '2027-01-01T00:00:00Z' })).not.toThrow();
      expect(check({ joinFrom: '2026-12-31T00:00:00Z' })).not.toThrow();
    },
  );

  test('that was right when it was set stays: only what changes is judged', () => {
    const before = policy({ opensAt: '2026-06-01T10:00:00Z' });
    expect(check({ opensAt: '2026-06-01T10:00:00Z', capacity: 3 }, before)).not.toThrow();
    expect(check({ opensAt: '2026-06-01T11:00:00Z' }, before)).toThrow('lies in the past');
  });

  test('is judged again when the zone changes', () => {
    const before = policy({ opensAt: '2027-06-01T10:00:00Z' });
    expect(check({ opensAt: '2027-06-01T10:00:00Z', timeZone: quebec }, before)).toThrow('-04:00 then');
  });
});
