import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { GuichetError } from '../../src/domain/errors.ts';
import { SessionEnds } from '../../src/service/session-ends.ts';
import type { FinishedSession } from '../../src/store/queue-store.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock = new ManualClock();
let lines: unknown[] = [];
let told: string[] = [];
let isAway = true;
let ends: SessionEnds;

const sessions = {
  async finish(roomId: string, { ticketId, outcome, placesUsed }: FinishedSession) {
    if (isAway) throw new GuichetError('store-unavailable');
    told.push(`${roomId} ${ticketId} ${outcome}`);
    return { outcome, placesUsed };
  },
};

beforeEach(() => {
  clock = new ManualClock();
  lines = [];
  told = [];
  isAway = true;
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) });
  ends = new SessionEnds({ sessions, clock, log });
});

describe('a stop', () => {
  test('does not wait where the store was told of all', async () => {
    isAway = false;
    ends.end('pool', { ticketId: 'one', outcome: 'completed' });
    await clock.advance(0);
    await ends.stop();
    expect(told).toEqual(['pool one completed']);
    expect(lines).toEqual([]);
  });

  test('waits while the store is away, and until it was told of each, once', async () => {
    ends.end('pool', { ticketId: 'one', outcome: 'completed' });
    await clock.advance(2_000);
    ends.end('rink', { ticketId: 'two', outcome: 'gave-up' });
    await clock.advance(1_000);
    let isStopped = false;
    const stopping = ends.stop().then(() => {
      isStopped = true;
    });
    isAway = false;
    await clock.advance(2_000);
    expect(told).toEqual(['pool one completed']);
    expect(isStopped).toBe(false);
    await clock.advance(2_000);
    expect(told).toEqual(['pool one completed', 'rink two gave-up']);
    await stopping;
    expect(lines).toEqual([]);
  });

  test('gives up after ten seconds, says how many ends of which rooms, and tries no more', async () => {
    ends.end('pool', { ticketId: 'one', outcome: 'completed' });
    ends.end('pool', { ticketId: 'two', outcome: 'completed' });
    ends.end('rink', { ticketId: 'three', outcome: 'gave-up' });
    const stopping = ends.stop();
    await clock.advance(9_999);
    expect(lines).toEqual([]);
    await clock.advance(1);
    await stopping;
    expect(lines).toMatchObject([{ level: 50, ends: 3, roomIds: ['pool', 'rink'] }]);
    isAway = false;
    await clock.advance(60_000);
    expect(told).toEqual([]);
    expect(lines).toHaveLength(1);
  });
});
