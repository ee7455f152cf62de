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
const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) });

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
  ends = new SessionEnds({ sessions, clock, log });
});

test('what is beyond ten thousand waiting ends is given up, and counted in the log once a minute', async () => {
  isAway = false;
  const answering = Promise.withResolvers<void>();
  const finish = async (...call: Parameters<typeof sessions.finish>) => {
    await answering.promise;
    return sessions.finish(...call);
  };
  ends = new SessionEnds({ sessions: { finish }, clock, log });
  for (let each = 0; each < 10_000; each += 1)
    ends.end('pool', { ticketId: `early-${each}`, outcome: 'completed' });
  expect(lines).toEqual([]);
  ends.end('rink', { ticketId: 'late', outcome: 'completed' });
  ends.end('pool', { ticketId: 'early-0', outcome: 'completed' });
  ends.end('pool', { ticketId: 'later', outcome: 'gave-up' });
  expect(lines).toMatchObject([{ level: 50, ends: 1, roomId: 'rink' }]);
  await clock.advance(60_000);
  ends.end('pool', { ticketId: 'latest', outcome: 'completed' });
  expect(lines).toMatchObject([{ ends: 1 }, { level: 50, ends: 3, roomId: 'pool' }]);
  answering.resolve();
  await ends.stop();
  expect(told).toEqual(Array.from({ length: 10_000 }, (_, each) => `pool early-${each} completed`));
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
