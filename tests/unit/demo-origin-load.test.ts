import { describe, expect, test } from 'vitest';
import { OriginLedger } from '../../src/dev/demo-origin-ledger.ts';
import { OriginLoad } from '../../src/dev/demo-origin-load.ts';
import { HandClock } from './demo-origin-clock.ts';

describe('how the site bears load', () => {
  const options = { workers: 4, limit: 20, workMs: 50, errorAfterMs: 2_000, recoverMs: 30_000 };
  const site = (): { clock: HandClock; load: OriginLoad } => {
    const clock = new HandClock();
    return { clock, load: new OriginLoad(clock, options) };
  };
  const timeOf = async (clock: HandClock, load: OriginLoad, together: number): Promise<number> => {
    const from = clock.nowMs;
    const all = Promise.all(
      Array.from({ length: together }, () =>
        load.work().then((outcome) => ({ outcome, ms: clock.nowMs - from })),
      ),
    );
    await clock.advance(20_000);
    return Math.max(...(await all).map(({ ms }) => ms));
  };

  test('latency climbs with concurrency, and within the limit nothing fails', async () => {
    const { clock, load } = site();
    const alone = await timeOf(clock, load, 1);
    const half = await timeOf(clock, load, 10);
    const full = await timeOf(clock, load, 20);
    expect(alone).toBeLessThan(60);
    expect(half).toBeGreaterThan(alone * 2);
    expect(full).toBeGreaterThan(half * 1.5);
    expect(load.figures()).toMatchObject({ failed: 0, collapses: 0, peakInFlight: 20, inFlight: 0 });
  });

  test('beyond the limit requests hang and fail, the others are served', async () => {
    const { clock, load } = site();
    const all = Promise.all(Array.from({ length: 30 }, () => load.work()));
    await clock.advance(1_999);
    expect(load.figures().failed).toBe(0);
    await clock.advance(20_000);
    expect((await all).filter((outcome) => outcome === 'failed')).toHaveLength(10);
    expect(load.figures()).toMatchObject({ served: 20, failed: 10, collapses: 0, health: 1 });
  });

  test('beyond twice the limit it collapses: what was queued fails, and it recovers slowly once left alone', async () => {
    const { clock, load } = site();
    const well = await timeOf(clock, load, 4);
    const crowd = Array.from({ length: 41 }, () => load.work());
    expect(load.figures()).toMatchObject({ collapses: 1, failed: 16 });
    await clock.advance(2_000);
    const served = (await Promise.all(crowd)).filter((outcome) => outcome === 'served').length;
    expect(served).toBeLessThanOrEqual(options.workers + 1);
    expect(await timeOf(clock, load, 4)).toBeGreaterThan(well * 3);
    expect(load.figures().health).toBeGreaterThan(0.5);
    await clock.advance(30_000);
    expect(await timeOf(clock, load, 4)).toBe(well);
  });

  test('it serves a trickle and does not recover while the crowd stays', async () => {
    const { clock, load } = site();
    for (let round = 0; round < 40; round += 1) {
      for (let one = 0; one < 35; one += 1) void load.work();
      await clock.advance(500);
    }
    const { health, served, failed, collapses } = load.figures();
    expect(health).toBeLessThan(0.15);
    expect(collapses).toBe(1);
    expect(served).toBeGreaterThan(0);
    expect(failed).toBeGreaterThan(served * 10);
  });

  test('what hangs is bounded', () => {
    const { load } = site();
    for (let one = 0; one < 5_000; one += 1) void load.work();
    expect(load.figures().inFlight).toBe(options.limit * 40);
  });
});

describe('who is inside', () => {
  const ledgerAt = (): { clock: HandClock; ledger: OriginLedger } => {
    const clock = new HandClock();
    return { clock, ledger: new OriginLedger(() => clock.wallMs(), 15_000) };
  };

  test('a person counts from the first request until the end was answered', () => {
    const { clock, ledger } = ledgerAt();
    const startedAt = clock.nowMs;
    ledger.heard('a');
    ledger.heard('b');
    clock.nowMs += 4_000;
    ledger.heard('a');
    ledger.end('a', 'completed');
    ledger.end('a', 'gave-up');
    expect(ledger.figures()).toMatchObject({ inside: 1, peakInside: 2, completed: 1, gaveUp: 0 });
    expect(ledger.entries()[0]).toEqual({
      ticketId: 'a',
      firstAt: startedAt,
      endedAt: startedAt + 4_000,
      end: 'completed',
    });
  });

  test('a person not heard from is over at the moment the time ran out, whenever that is noticed', () => {
    const { clock, ledger } = ledgerAt();
    const startedAt = clock.nowMs;
    ledger.heard('silent');
    clock.nowMs += 10_000;
    ledger.heard('talking');
    clock.nowMs += 10_000;
    expect(ledger.figures()).toMatchObject({ inside: 1, unheard: 1 });
    expect(ledger.entries()[0]).toMatchObject({ end: 'unheard', endedAt: startedAt + 15_000 });
    ledger.heard('talking');
    clock.nowMs += 14_999;
    expect(ledger.isInside('talking')).toBe(true);
    clock.nowMs += 1;
    expect(ledger.isInside('talking')).toBe(false);
  });

  test('the first asking for the end is noted, of those inside', () => {
    const { clock, ledger } = ledgerAt();
    const askedAt = clock.nowMs;
    ledger.finishAsked('a');
    ledger.heard('a');
    ledger.finishAsked('a');
    clock.nowMs += 4_000;
    ledger.finishAsked('a');
    ledger.end('a', 'completed');
    expect(ledger.entries()).toMatchObject([{ finishAskedAt: askedAt, endedAt: askedAt + 4_000 }]);
  });

  test('a second session of one ticket is a second row', () => {
    const { ledger } = ledgerAt();
    ledger.heard('a');
    ledger.end('a', 'completed');
    ledger.heard('a');
    expect(ledger.entries().map(({ ticketId }) => ticketId)).toEqual(['a', 'a']);
  });
});
