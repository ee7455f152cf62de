import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/dev/random.ts';
import { judgeReconnect, type ReconnectRecord } from '../../src/dev/reconnect-verdict.ts';

const visitors = 3_000;
const startedAt = 1_800_000_000_000;
const withinMs = 6_000;
const tellingMs = 600;

/** Told one after the other, with one window for all; everyone draws a moment in it and is greeted 20 ms later. */
function goodRecords(): ReconnectRecord[] {
  const random = randomStream(1, 1);
  return Array.from({ length: visitors }, (_, index) => {
    const toldMs = (index * tellingMs) / visitors;
    const at = startedAt + tellingMs + random.next() * withinMs;
    return {
      number: index + 1,
      positionBefore: index + 1,
      bye: { heardAt: startedAt + toldMs, afterMs: tellingMs - toldMs, withinMs },
      arrivals: [{ at, by: 'socket' }],
      backAt: at + 20,
      numberAfter: index + 1,
      positionAfter: index + 1,
    };
  });
}

/** The breaches after something was changed in the first so many records. */
function breachesAfter(change: (record: ReconnectRecord) => void, count = 1): string[] {
  const records = goodRecords();
  for (const record of records.slice(0, count)) change(record);
  return judgeReconnect(records).breaches.map(({ name }) => name);
}

describe('the verdict of a restart', () => {
  test('passes those who came back evenly, and says how', () => {
    const { figures, breaches } = judgeReconnect(goodRecords());
    expect(breaches).toEqual([]);
    expect(figures).toMatchObject({ sockets: visitors, early: 0, shareInside: 1, looks: 0, withinMs });
    expect(figures.perSecondMean).toBeCloseTo(500);
    expect(figures.greetedMsMax).toBeCloseTo(20);
    // By chance alone: three and a half standard deviations.
    expect(figures.busiestByMean).toBeLessThan(1.2);
  });

  test('refuses one who was cut off without a goodbye', () => {
    expect(breachesAfter((record) => (record.bye = null))).toEqual(['told']);
  });

  test('refuses one who arrived before the window, by a look too', () => {
    const look = (record: ReconnectRecord) => record.arrivals.unshift({ at: startedAt + 1, by: 'look' });
    expect(breachesAfter(look)).toEqual(['early']);
  });

  test('refuses more than one in a hundred after their windows', () => {
    const late = (record: ReconnectRecord): void => {
      const at = startedAt + tellingMs + withinMs + 50;
      Object.assign(record, { arrivals: [{ at, by: 'socket' }], backAt: at + 20 });
    };
    expect(breachesAfter(late, visitors / 100)).toEqual([]);
    expect(breachesAfter(late, visitors / 100 + 1)).toEqual(['inside']);
  });

  test('refuses a second with half as many again as the mean, wherever it begins', () => {
    const at = startedAt + 3_456;
    expect(
      breachesAfter((record) => {
        Object.assign(record, { arrivals: [{ at, by: 'socket' }], backAt: at + 20 });
      }, 400),
    ).toEqual(['even']);
  });

  test('counts every attempt and look towards the busiest second', () => {
    const again = (record: ReconnectRecord): void => {
      const [first] = record.arrivals as [ReconnectRecord['arrivals'][number]];
      record.arrivals.push({ at: first.at + 5, by: 'look' });
    };
    expect(breachesAfter(again, visitors)).toEqual(['even']);
  });

  test('refuses one who never came back, or was not told of their standing', () => {
    const away = { backAt: null, numberAfter: null, positionAfter: null };
    expect(breachesAfter((record) => Object.assign(record, away))).toEqual(['back']);
    expect(breachesAfter((record) => Object.assign(record, { ...away, arrivals: [] }))).toEqual(['back']);
  });

  test('refuses one who came back as another or further back; beyond a thousand, than the grid can tell', () => {
    expect(breachesAfter((record) => (record.numberAfter = 2))).toEqual(['order']);
    expect(breachesAfter((record) => (record.positionAfter = 2))).toEqual(['order']);
    const back = (by: number) => (record: ReconnectRecord) =>
      Object.assign(record, { positionBefore: 2_000, positionAfter: 2_000 + by });
    expect(breachesAfter(back(20))).toEqual([]);
    expect(breachesAfter(back(21))).toEqual(['order']);
  });
});
