/**
 * What a language is: a file of its own under languages/, the same keys and placeholders in each. French is the file
 * that names them. The server reads every file there (languages.ts); a browser gets the one of its page. How a sentence
 * gets its numbers and times is wording.ts.
 */
import type { VisitorErrorCode } from '../../domain/errors.ts';
import type {
  language as french,
  mail as frenchMail,
  slip as frenchSlip,
  widget as frenchWidget,
} from './languages/fr.ts';

/** A language by its primary tag, as in `lang`. */
export type Language = string;

/** One text per plural form of `{count}`; a form that is not there is read as `other`. */
export type PluralForms = { readonly [form in Exclude<Intl.LDMLPluralRule, 'other'>]?: string } & {
  readonly other: string;
};
export type Phrase = string | PluralForms;

type FrenchPage = (typeof french)['phrases'];
type French = FrenchPage & typeof frenchMail & typeof frenchSlip & typeof frenchWidget;
export type PhraseKey = keyof French;
/** Every key, with plural forms where French has them. */
export type Translation = {
  readonly [key in keyof FrenchPage]: FrenchPage[key] extends string ? string : PluralForms;
};
/** What only an e-mail says: the export `mail` of a language's file, which browsers do not get. */
export type MailTranslation = { readonly [key in keyof typeof frenchMail]: string };
/** What only a printed slip says: the export `slip` of a language's file, which browsers do not get. */
export type SlipTranslation = { readonly [key in keyof typeof frenchSlip]: string };
/** What only the widget says: the export `widget` of a language's file. */
export type WidgetTranslation = { readonly [key in keyof typeof frenchWidget]: string };
/** A sentence for every code that a refusal may carry: the export `problems` of a language's file. */
export type ProblemSentences = { readonly [code in VisitorErrorCode]: string };

/** The export `language` of a language's file. */
export type LanguageFile = {
  readonly tag: Language;
  /** Which way it is written. */
  readonly direction: 'ltr' | 'rtl';
  /** What `Intl` writes numbers and durations with. */
  readonly locale: string;
  /** The same for times and days, where another one writes them better. */
  readonly clockLocale?: string;
  /** A locale whose plural rule is the same, where `Intl` does not know the language: `ja` where nothing changes. */
  readonly pluralLocale?: string;
  /** Durations with `{count}`, where `Intl` does not know the language's words. */
  readonly units?: { readonly [unit in DurationUnit]: PluralForms };
  /** Between hours and minutes; a space, unless it says otherwise. */
  readonly unitJoiner?: string;
  readonly phrases: Translation;
};
export type DurationUnit = 'second' | 'minute' | 'hour';

type TextOf<P> = P extends string ? P : P[keyof P];
type NamesIn<T> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
/** The names that a phrase must be given. */
export type PlaceholderOf<K extends PhraseKey> = NamesIn<TextOf<French[K]>>;

/** Phrases that need no values. */
export type PlainKey = { [K in PhraseKey]: [PlaceholderOf<K>] extends [never] ? K : never }[PhraseKey];

/** A language whose words can be used. */
export type OfferedLanguage = LanguageFile & {
  readonly phrases: MailTranslation & SlipTranslation & WidgetTranslation;
};
const offered = new Map<Language, OfferedLanguage>();

/** From now on it can be written in. Whoever has not all of the phrases must not ask for the others. */
export function offerLanguage(file: LanguageFile): void {
  offered.set(file.tag, file as OfferedLanguage);
}

/** A language that is offered. Throws for any other: whoever asks has chosen among those offered. */
export function languageFile(language: Language): OfferedLanguage {
  const file = offered.get(language);
  if (!file) throw new Error(`no language ${language}`);
  return file;
}
