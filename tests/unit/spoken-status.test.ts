import { describe, expect, test } from 'vitest';
import type { RoomPage } from '../../src/web/room-page-model.ts';
import { situationOf } from '../../src/web/room-page-situation.ts';
import { SpokenStatus, statusSentence } from '../../src/web/spoken-status.ts';
import { inMinutes, ticketPage, turn, waiting } from '../support/room-pages.ts';

const start = ticketPage('en', waiting(1_500));
const plain = (text: string | null): string | null => text && text.replace(/[\u00a0\u202f]/g, ' ');

const at = (position: number): RoomPage => ticketPage('en', waiting(position));

/** What is spoken of a page, and to a hearer whose clock a test moves. */
function hearer(page = start): {
  spoken: SpokenStatus;
  after: (seconds: number, page: RoomPage) => string | null;
} {
  let nowMs = 5_000;
  const firstMs = nowMs;
  const spoken = new SpokenStatus(page, situationOf, () => nowMs);
  return {
    spoken,
    after: (seconds, next) => {
      nowMs = firstMs + seconds * 1_000;
      return spoken.next(next);
    },
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
    const { after } = hearer();
    const saidAt: number[] = [];
    for (let second = 1; second <= 300; second += 1) {
      if (after(second, at(1_500 - second)) !== null) saidAt.push(second);
    }
    expect(saidAt).toEqual([60, 120, 180, 240, 300]);
  });

  test('is spoken no sooner and no later where the device’s time, or the server’s, is put right', () => {
    const { after } = hearer();
    const hourMs = 3_600_000;
    expect(after(30, { ...at(1_400), nowMs: start.nowMs + hourMs })).toBeNull();
    expect(after(60, { ...at(1_300), nowMs: start.nowMs - hourMs })).not.toBeNull();
  });

  test('is spoken at once half-way, at 100, 50 and 10, and when one is next', () => {
    const { after } = hearer();
    const said: number[] = [];
    for (const [second, position] of [751, 750, 101, 99, 98, 51, 50, 49, 11, 10, 2, 1].entries()) {
      if (after(second, at(position)) !== null) said.push(position);
    }
    expect(said).toEqual([750, 99, 50, 10, 1]);
  });

  test('is spoken at once when the reason or the notice changes, and not again while it stays', () => {
    const { after } = hearer();
    const paused = ticketPage('en', waiting(1_500, 'paused'));
    expect(after(1, paused)).toContain('Paused.');
    expect(after(2, paused)).toBeNull();
    const noticed = {
      ...paused,
      room: { ...paused.room, notice: { en: 'Back at noon.', fr: 'Retour à midi.' } },
    };
    expect(after(3, noticed)).toContain('Message: Back at noon.');
  });

  test('does not chatter about a connection that comes and goes', () => {
    const { after } = hearer();
    const interrupted: RoomPage = { ...start, updates: 'interrupted' };
    expect(after(1, interrupted)).toBeNull();
    expect(after(2, start)).toBeNull();
    expect(after(61, interrupted)).toContain('The connection is interrupted.');
  });

  test('is said again after a missed turn', () => {
    const { after } = hearer(ticketPage('en', turn()));
    const missed = ticketPage('en', { kind: 'lapsed', returnUntil: inMinutes(60) });
    expect(after(1, missed)).toContain('Your turn has passed, but you keep your place.');
  });
});

describe('as its hearer chooses, the status is spoken', () => {
  test('at most every five minutes', () => {
    const { spoken, after } = hearer();
    spoken.everyMinutes = 5;
    expect(after(61, at(1_400))).toBeNull();
    expect(after(299, at(1_300))).toBeNull();
    expect(after(300, at(1_200))).not.toBeNull();
  });

  test('not at all until one’s turn', () => {
    const { spoken, after } = hearer();
    spoken.everyMinutes = 0;
    expect(after(3_600, at(40))).toBeNull();
    expect(after(3_601, ticketPage('en', waiting(1_500, 'paused')))).toBeNull();
  });
});

test('what comes and goes by the second is not spoken each time', () => {
  const { after } = hearer(at(61));
  let times = 0;
  for (let second = 1; second < 60; second += 1) {
    const isBack = second % 2 === 1;
    const reasons = ['returned', 'holding', 'updates-interrupted', 'recovered', 'paused'] as const;
    const reason = isBack ? (reasons[second % 5] ?? 'returned') : 'queued';
    const view = waiting(isBack ? 61 : 60, reason);
    if (after(second, ticketPage('en', view)) !== null) times += 1;
  }
  // The pause is news, once.
  expect(times).toBe(1);
});
