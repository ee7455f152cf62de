import { timeLeftText, waitText } from '../../src/web/durations.ts';
import { describe, expect, test } from 'vitest';
import { Moment, Wording } from '../../src/web/wording.ts';
// Pages can be written in the languages that have been read.
import '../../src/web/languages.ts';

const minuteMs = 60_000;
const fr = new Wording('fr');
const en = new Wording('en');
/** Thin spaces are as good as wide ones here. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

function frenchAt(now: string, roomTimeZone: string, visitorTimeZone: string | null): Wording {
  return new Wording('fr', { nowMs: Date.parse(now), roomTimeZone, visitorTimeZone });
}

function opening(say: Wording, iso: string): string {
  return plain(say.text('opens-at', { time: new Moment(iso) }));
}

describe('times', () => {
  test('are the room’s, with its offset where the visitor’s clock is not known', () => {
    const say = frenchAt('2026-11-22T20:00:00Z', 'America/Toronto', null);
    expect(opening(say, '2026-11-22T23:00:00Z')).toBe('Ouverture : 18 h 00 (UTC−5)');
  });

  test('add the visitor’s where that is another, with the day only if it differs', () => {
    const say = frenchAt('2026-11-22T20:00:00Z', 'America/Toronto', 'Europe/Paris');
    expect(opening(say, '2026-11-22T22:00:00Z')).toBe('Ouverture : 17 h 00 (UTC−5) – chez vous 23 h 00');
    expect(opening(say, '2026-11-22T23:30:00Z')).toContain(
      '18 h 30 (UTC−5) – chez vous lundi 23 novembre à 0 h 30',
    );
  });

  test('say nothing more to someone on the room’s own time', () => {
    expect(
      opening(
        frenchAt('2026-11-22T20:00:00Z', 'America/Toronto', 'America/Montreal'),
        '2026-11-22T23:00:00Z',
      ),
    ).toBe('Ouverture : 18 h 00');
  });

  test('follow the clocks of Québec on 14 March 2027 and of France on 28 March 2027', () => {
    const quebec = frenchAt('2027-03-14T05:30:00Z', 'America/Toronto', null);
    expect(opening(quebec, '2027-03-14T06:59:00Z')).toContain('1 h 59 (UTC−5)');
    expect(opening(quebec, '2027-03-14T07:00:00Z')).toContain('3 h 00 (UTC−4)');
    const france = frenchAt('2027-03-28T00:30:00Z', 'Europe/Paris', 'America/Toronto');
    expect(opening(france, '2027-03-28T00:59:00Z')).toContain('1 h 59 (UTC+1) – chez vous 20 h 59');
    expect(opening(france, '2027-03-28T01:00:00Z')).toContain('3 h 00 (UTC+2)');
  });

  test('carry the instant for machines', () => {
    const say = frenchAt('2026-11-22T20:00:00Z', 'UTC', null);
    const { markup } = say.html('opens-at', { time: new Moment('2026-11-22T23:00:00Z') });
    expect(plain(markup)).toContain('<time datetime="2026-11-22T23:00:00Z">23 h 00 (UTC)</time>');
  });
});

describe('a wait', () => {
  test.each([
    [0, 0.5, 'moins d’une minute', 'less than a minute'],
    [0.2, 3, 'moins de 3 minutes', 'less than 3 minutes'],
    [12.4, 17.2, 'entre 12 et 18 minutes', 'between 12 and 18 minutes'],
    [4, 4, 'environ 4 minutes', 'about 4 minutes'],
    [52, 60, 'entre 52 minutes et 1 heure', 'between 52 minutes and 1 hour'],
    [62, 97, 'entre 1 heure et 1 heure 40 minutes', 'between 1 hour and 1 hour 40 minutes'],
    [120, 180, 'entre 2 et 3 heures', 'between 2 and 3 hours'],
    [2, 118, 'moins de 2 heures', 'less than 2 hours'],
    [720, 1_000, 'entre 12 et 17 heures', 'between 12 and 17 hours'],
  ])('of %d to %d minutes is told as a range that holds both', (low, high, french, english) => {
    const range = { low: low * minuteMs, high: high * minuteMs };
    expect(plain(waitText(range, fr))).toBe(french);
    expect(plain(waitText(range, en))).toBe(english);
  });
});

describe('the time left of a turn', () => {
  test.each([
    [300_000, '5 minutes'],
    [299_999, '4 minutes'],
    [119_999, '110 secondes'],
    [60_000, '1 minute'],
    [25_000, '20 secondes'],
    [9_999, 'moins de 10 secondes'],
    [-5_000, 'moins de 10 secondes'],
  ])('of %d ms is never told longer than it is', (ms, told) => {
    expect(plain(timeLeftText(ms, fr))).toBe(told);
  });
});

describe('a phrase', () => {
  test('escapes what is put into it and isolates its numbers', () => {
    expect(fr.html('reason-given', { reason: '<script>&"' }).markup).toContain('&#60;script&#62;&#38;&#34;');
    expect(plain(en.html('people-ahead', { count: 1_211 }).markup)).toBe(
      '<bdi>1,211</bdi> people ahead of you',
    );
  });

  test('takes the plural form of its count', () => {
    expect(fr.text('people-ahead', { count: 1 })).toBe('1 personne devant vous');
    expect(en.text('people-ahead', { count: 1 })).toBe('1 person ahead of you');
    expect(plain(fr.text('people-ahead', { count: 1_000_000 }))).toBe('1 000 000 personnes devant vous');
  });
});
