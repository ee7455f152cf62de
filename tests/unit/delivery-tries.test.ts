import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../../src/service/delivery-tries.ts';

const wallMs = Date.UTC(2026, 4, 4, 18);
const answered = (status: number, retryAfter: string | null = null, tries = 1) =>
  outcomeOf({ kind: 'answered', status, retryAfter }, { tries, wallMs });

/** After how long the next try comes; null when there is none. */
const againIn = (status: number, retryAfter: string | null, tries = 1): number | null => {
  const { outcome } = answered(status, retryAfter, tries);
  return outcome.kind === 'failed' ? outcome.againInMs : null;
};

test('a batch is tried again after 1, 2, 5 and 10 s, and then every 30 s', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 100].map((tries) => againIn(500, null, tries));
  expect(pauses).toEqual([1_000, 2_000, 5_000, 10_000, 30_000, 30_000, 30_000]);
});

test.each([200, 201, 202, 204, 299])('%i: it has arrived', (status) => {
  expect(answered(status)).toEqual({ result: 'delivered', outcome: { kind: 'delivered' } });
});

test.each([100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 409, 429, 500, 502, 503])(
  '%i: it is tried again',
  (status) => {
    expect(answered(status)).toEqual({
      result: 'failed',
      outcome: { kind: 'failed', againInMs: 1_000, error: `answered ${status}` },
    });
  },
);

test('410: no more is wanted', () => {
  expect(answered(410)).toEqual({
    result: 'disabled',
    outcome: { kind: 'disabled', error: 'answered 410' },
  });
});

test('no answer, or an address that is not allowed: it is tried again', () => {
  const how = { tries: 2, wallMs };
  expect(outcomeOf({ kind: 'unanswered', code: 'ECONNREFUSED' }, how)).toEqual({
    result: 'failed',
    outcome: { kind: 'failed', againInMs: 2_000, error: 'no answer: ECONNREFUSED' },
  });
  expect(outcomeOf({ kind: 'refused' }, how)).toMatchObject({
    result: 'refused',
    outcome: { kind: 'failed', error: 'the address is not allowed' },
  });
});

describe('Retry-After', () => {
  const cases: [text: string | null, ms: number][] = [
    ['7', 7_000],
    [' 120 ', 120_000],
    ['0', 1_000],
    ['86400', 300_000],
    [new Date(wallMs + 42_000).toUTCString(), 42_000],
    [new Date(wallMs - 42_000).toUTCString(), 1_000],
    [new Date(wallMs + 86_400_000).toUTCString(), 300_000],
    ['Monday, 04-May-26 18:00:09 GMT', 9_000],
    // What is neither: as if it were not there, which after four tries is 10 s.
    ['-5', 10_000],
    ['1.5', 10_000],
    ['soon', 10_000],
    ['2026', 300_000],
    ['99999999999', 10_000],
    ['', 10_000],
    [null, 10_000],
  ];
  test.each(cases)('%s after 429 or 503: the next try in %i ms', (text, ms) => {
    expect(againIn(429, text, 4)).toBe(ms);
    expect(againIn(503, text, 4)).toBe(ms);
  });

  test('after anything else says nothing', () => {
    for (const status of [500, 301, 404]) expect(againIn(status, '120', 4)).toBe(10_000);
  });
});
