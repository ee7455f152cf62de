import { describe, expect, test } from 'vitest';
import type { RoomPage } from '../../src/web/room-page-model.ts';
import { SpokenStatus, statusSentence } from '../../src/web/spoken-status.ts';
import { inMinutes, ticketPage, turn, waiting } from '../support/room-pages.ts';

const start = ticketPage('en', waiting(1_500));
const plain = (text: string | null): string | null => text && text.replace(/[\u00a0\u202f]/g, ' ');

/** The page so many seconds later, at that position. */
function after(seconds: number, position: number): RoomPage {
  return {
    ...start,
    nowMs: start.nowMs + seconds * 1_000,
    ticket: ticketPage('en', waiting(position)).ticket,
  };
}

describe('the status', () => {
  test('says in one sentence where one stands, and when that was', () => {
    const view = waiting(212, 'queued', { low: 720_000, high: 1_080_000 });
    expect(plain(statusSentence(ticketPage('en', view)))).toBe(
      'You are in the queue. 2:05 PM: position 212, 211 people ahead of you. Expected wait: between 12 and 18 minutes.',
    );
  });

  test('is silent at one’s turn: the alert says it', () => {
    expect(statusSentence(ticketPage('en', turn()))).toBe('');
  });

  test('is spoken at most once a minute while one only moves forward', () => {
    const spoken = new SpokenStatus(start);
    const saidAt: number[] = [];
    for (let second = 1; second <= 300; second += 1) {
      if (spoken.next(after(second, 1_500 - second)) !== null) saidAt.push(second);
    }
    expect(saidAt).toEqual([60, 120, 180, 240, 300]);
  });

  test('is spoken at once half-way, at 100, 50 and 10, and when one is next', () => {
    const spoken = new SpokenStatus(start);
    const said: number[] = [];
    for (const [second, position] of [751, 750, 101, 99, 98, 51, 50, 49, 11, 10, 2, 1].entries()) {
      if (spoken.next(after(second, position)) !== null) said.push(position);
    }
    expect(said).toEqual([750, 99, 50, 10, 1]);
  });

  test('is spoken at once when the reason or the notice changes, and not again while it stays', () => {
    const spoken = new SpokenStatus(start);
    const paused = { ...start, ticket: ticketPage('en', waiting(1_500, 'paused')).ticket };
    expect(spoken.next(paused)).toContain('Paused.');
    expect(spoken.next(paused)).toBeNull();
    const noticed = {
      ...paused,
      room: { ...paused.room, notice: { en: 'Back at noon.', fr: 'Retour à midi.' } },
    };
    expect(spoken.next(noticed)).toContain('Message: Back at noon.');
  });

  test('does not chatter about a connection that comes and goes', () => {
    const spoken = new SpokenStatus(start);
    const interrupted: RoomPage = { ...start, updates: 'interrupted' };
    expect(spoken.next(interrupted)).toBeNull();
    expect(spoken.next(start)).toBeNull();
    expect(spoken.next({ ...interrupted, nowMs: start.nowMs + 61_000 })).toContain(
      'The connection is interrupted.',
    );
  });

  test('is said again after a missed turn', () => {
    const spoken = new SpokenStatus(ticketPage('en', turn()));
    const missed = ticketPage('en', { kind: 'lapsed', returnUntil: inMinutes(60) });
    expect(spoken.next(missed)).toContain('Your turn has passed, but you keep your place.');
  });
});

describe('as its hearer chooses, the status is spoken', () => {
  test('at most every five minutes', () => {
    const spoken = new SpokenStatus(start);
    spoken.everyMinutes = 5;
    expect(spoken.next(after(61, 1_400))).toBeNull();
    expect(spoken.next(after(299, 1_300))).toBeNull();
    expect(spoken.next(after(300, 1_200))).not.toBeNull();
  });

  test('not at all until one’s turn', () => {
    const spoken = new SpokenStatus(start);
    spoken.everyMinutes = 0;
    expect(spoken.next(after(3_600, 40))).toBeNull();
    const paused = { ...start, ticket: ticketPage('en', waiting(1_500, 'paused')).ticket };
    expect(spoken.next(paused)).toBeNull();
  });
});

test('what comes and goes by the second is not spoken each time', () => {
  const page = ticketPage('en', waiting(61));
  const spoken = new SpokenStatus(page);
  let times = 0;
  for (let second = 1; second < 60; second += 1) {
    const isBack = second % 2 === 1;
    const reasons = ['returned', 'holding', 'updates-interrupted', 'recovered', 'paused'] as const;
    const reason = isBack ? (reasons[second % 5] ?? 'returned') : 'queued';
    const view = waiting(isBack ? 61 : 60, reason);
    const next = { ...page, nowMs: page.nowMs + second * 1_000, ticket: ticketPage('en', view).ticket };
    if (spoken.next(next) !== null) times += 1;
  }
  // The pause is news, once.
  expect(times).toBe(1);
});
