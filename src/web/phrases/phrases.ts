/**
 * The words on screen: one file per language, one key per sentence, the same keys and placeholders in each. French is
 * the file that names them, so a phrase missing or misspelt in another language does not compile. How a sentence gets
 * its numbers and times is wording.ts.
 */
import type { ErrorCode } from '../../domain/errors.ts';
import { en, englishProblems } from './en.ts';
import { fr, frenchProblems } from './fr.ts';

/** Languages the page speaks; the first is for those who ask for none of them. */
export const languages = ['fr', 'en'] as const;
export type Language = (typeof languages)[number];

/** Which way each language is written. */
export const directions: { readonly [language in Language]: 'ltr' | 'rtl' } = { fr: 'ltr', en: 'ltr' };

/** One text per plural form of `{count}`; a form that is not there is read as `other`. */
export type PluralForms = { readonly [form in Exclude<Intl.LDMLPluralRule, 'other'>]?: string } & {
  readonly other: string;
};
export type Phrase = string | PluralForms;
export type PhraseKey = keyof typeof fr;
/** A language file: every key, with plural forms where French has them. */
export type Translation = {
  readonly [key in PhraseKey]: (typeof fr)[key] extends string ? string : PluralForms;
};
/** A sentence for every code that a refusal may carry. */
export type ProblemSentences = { readonly [code in ErrorCode]: string };

type TextOf<P> = P extends string ? P : P[keyof P];
type NamesIn<T> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
/** The names that a phrase must be given. */
export type PlaceholderOf<K extends PhraseKey> = NamesIn<TextOf<(typeof fr)[K]>>;

/** Phrases that need no values. */
export type PlainKey = { [K in PhraseKey]: [PlaceholderOf<K>] extends [never] ? K : never }[PhraseKey];

export const phrases: { readonly [language in Language]: Translation } = { fr, en };

const problems: { readonly [language in Language]: ProblemSentences } = {
  fr: frenchProblems,
  en: englishProblems,
};

/** The plain sentence for an error code. */
export function problemSentence(code: ErrorCode, language: Language): string {
  return problems[language][code];
}

/** The language among those offered that `Accept-Language` prefers, else the first offered. */
export function preferredLanguage(
  acceptLanguage: string | undefined,
  offered: readonly Language[],
): Language {
  const wishes = (acceptLanguage ?? '')
    .split(',')
    .slice(0, wishesMax)
    .map((wish, index) => {
      const [tag = '', ...parameters] = wish.trim().toLowerCase().split(';');
      const quality = parameters.find((parameter) => parameter.trim().startsWith('q='));
      const weight = quality === undefined ? 1 : Number(quality.trim().slice(2));
      return { primary: tag.split('-')[0] ?? '', weight: Number.isFinite(weight) ? weight : 0, index };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight || one.index - other.index);
  for (const { primary } of wishes) {
    const found = offered.find((language) => language === primary);
    if (found) return found;
  }
  return offered[0] ?? languages[0];
}

/** Languages read of an `Accept-Language` header. */
const wishesMax = 20;

/** The languages of a room that the page speaks, in the room's order; all when it speaks none of them. */
export function spokenLanguages(roomLanguages: readonly string[]): readonly Language[] {
  const spoken = roomLanguages.flatMap((tag) =>
    languages.filter((language) => language === tag.split('-')[0]),
  );
  return spoken.length > 0 ? [...new Set(spoken)] : languages;
}
