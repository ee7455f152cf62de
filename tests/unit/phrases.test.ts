import { describe, expect, test } from 'vitest';
import { errorCatalogue, type ErrorCode, isForVisitors } from '../../src/domain/errors.ts';
import { languages, preferredLanguage, problemSentence, spokenLanguages } from '../../src/web/languages.ts';
import { languageFile, type Phrase, type PhraseKey } from '../../src/web/phrases/phrases.ts';

const codes = (Object.keys(errorCatalogue) as ErrorCode[]).filter(isForVisitors);

function textsOf(phrase: Phrase): string[] {
  return typeof phrase === 'string' ? [phrase] : Object.values(phrase).filter((text) => text !== undefined);
}

function placeholdersOf(phrase: Phrase): string[] {
  return [...new Set(textsOf(phrase).flatMap((text) => text.match(/\{[a-z]+\}/gi) ?? []))].toSorted();
}

const french = languageFile('fr').phrases;

function everyText(language: string): string[] {
  const sentences = codes.map((code) => problemSentence(code, language));
  return [...Object.values<Phrase>(languageFile(language).phrases).flatMap(textsOf), ...sentences];
}

describe.each(languages)('the words in %s', (language) => {
  const { phrases, direction } = languageFile(language);
  const keys = Object.keys(french) as PhraseKey[];

  test('have the keys of French, in its order', () => {
    expect(Object.keys(phrases)).toEqual(keys);
  });

  test.each(keys)('%s: have the placeholders of French', (key) => {
    expect(placeholdersOf(phrases[key])).toEqual(placeholdersOf(french[key]));
  });

  test('have every plural form that the language distinguishes in whole numbers below a million', () => {
    const counted = keys.map((key) => phrases[key]).filter((phrase) => typeof phrase !== 'string');
    const forms = new Set(
      [0, 1, 2, 3, 5, 11, 100].map((count) => new Intl.PluralRules(language).select(count)),
    );
    expect(counted.length).toBeGreaterThan(0);
    for (const phrase of counted) expect(Object.keys(phrase)).toEqual(expect.arrayContaining([...forms]));
  });

  test('have a sentence of their own for every error code', () => {
    const sentences = codes.map((code) => problemSentence(code, language));
    expect(new Set(sentences).size).toBe(codes.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^[\p{Lu}\p{Lo}].*\.$/u);
  });

  test('keep full, in trouble, paused, not open yet, closed, no places and too many requests apart', () => {
    const apart = (
      [
        'room-full',
        'store-unavailable',
        'room-not-open-yet',
        'room-closed',
        'no-places-left',
        'rate-limited',
      ] as const
    )
      .map((code) => problemSentence(code, language))
      .concat(
        (['paused', 'not-open', 'closed', 'no-places', 'interrupted', 'holding'] as const).map(
          (word) => phrases[`${word}-headline`],
        ),
      );
    expect(new Set(apart).size).toBe(apart.length);
  });

  test('blame nobody and hide behind nothing', () => {
    const forbidden = [
      /pop-?up/i,
      /fenêtres? (surgissante|contextuelle)/i,
      /high traffic|heavy traffic|trafic|affluence|victime de/i,
      /erreur de votre part|votre faute|your fault|your mistake|your error/i,
      /vous devez|vous auriez dû|you must|you should have/i,
      /\binvalid|invalide|illegal|interdit/i,
      /file d’attente virtuelle|virtual waiting/i,
      /oops|oups|désolé|sorry/i,
      /ventanas? emergentes?|mucho tráfico|tráfico elevado|su culpa|debe usted|lo sentimos|inválid/i,
      /نافذة منبثقة|ازدحام شديد|خطأ منك|خطؤك|يجب عليك|نأسف|عذرًا/,
    ];
    const blamed = everyText(language).filter((text) => forbidden.some((pattern) => pattern.test(text)));
    expect(blamed).toEqual([]);
  });

  test('are plain: no sentence is longer than 24 words', () => {
    const sentences = everyText(language).flatMap((text) => text.split(/(?<=[.:])\s/));
    expect(sentences.filter((sentence) => sentence.split(/\s+/).length > 24)).toEqual([]);
  });

  test('are set in the language’s own type', () => {
    const wrongIn: { [language: string]: RegExp } = {
      fr: /['"“”]| [:;!?»]|« |[^\u00a0]:/,
      en: /['"\u00a0«»]/,
      es: /['"“”\u00a0]/,
      ar: /['"“”?,;]|[٠-٩]/,
    };
    expect(everyText(language).filter((text) => wrongIn[language]?.test(text))).toEqual([]);
  });

  test('are written the way the language goes', () => {
    const isRightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(phrases['queued-text']);
    expect(direction).toBe(isRightToLeft ? 'rtl' : 'ltr');
  });
});

test('French and English come first, Spanish and Arabic are there', () => {
  expect(languages.slice(0, 2)).toEqual(['fr', 'en']);
  expect(languages).toEqual(expect.arrayContaining(['ar', 'es']));
});

describe('the language', () => {
  test('is the one preferred among those offered', () => {
    expect(preferredLanguage('en-CA,en;q=0.9,fr;q=0.8', languages)).toBe('en');
    expect(preferredLanguage('de, en;q=0.3, fr-CA;q=0.7', languages)).toBe('fr');
    expect(preferredLanguage('en', ['fr'])).toBe('fr');
    expect(preferredLanguage('en;q=0, fr;q=0.1', languages)).toBe('fr');
  });

  test('is the first offered when nothing fits or nothing can be read', () => {
    for (const header of [undefined, '', '*', 'de', ';;;', 'q=1', 'en;q=x', 'x'.repeat(10_000)]) {
      expect(preferredLanguage(header, ['fr', 'en'])).toBe('fr');
    }
    expect(preferredLanguage('de', ['en', 'fr'])).toBe('en');
  });

  test('is one that the room offers and the page speaks', () => {
    expect(spokenLanguages(['en', 'fr'])).toEqual(['en', 'fr']);
    expect(spokenLanguages(['fr-CA', 'fr', 'de'])).toEqual(['fr']);
    expect(spokenLanguages(['ht'])).toEqual(languages);
  });
});
