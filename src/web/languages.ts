/**
 * The languages that pages speak: every file under phrases/languages/, read when the service starts, so that a new
 * language is one new file. Which of them a visitor gets is decided here.
 */
import { readdir } from 'node:fs/promises';
import { type ErrorCode, errorCatalogue, isForVisitors } from '../domain/errors.ts';
import {
  type Language,
  type LanguageFile,
  type MailTranslation,
  offerLanguage,
  type ProblemSentences,
  type SlipTranslation,
  type WidgetTranslation,
} from './phrases/phrases.ts';

const folder = new URL('./phrases/languages/', import.meta.url);
/** Offered first, and to those who ask for none; the others follow by their tags. */
const first: readonly Language[] = ['fr', 'en'];
const problems = new Map<Language, ProblemSentences>();

/** Offers every language of a folder; resolves with their tags in the order of the menu. */
export async function readLanguages(from: URL = folder): Promise<Language[]> {
  const names = (await readdir(from)).filter((name) => name.endsWith('.ts'));
  const tags: Language[] = [];
  for (const name of names.toSorted()) {
    const file = (await import(new URL(name, from).href)) as {
      language: LanguageFile;
      mail: MailTranslation;
      slip: SlipTranslation;
      widget: WidgetTranslation;
      problems: ProblemSentences;
    };
    const phrases = { ...file.language.phrases, ...file.mail, ...file.slip, ...file.widget };
    offerLanguage({ ...file.language, phrases });
    problems.set(file.language.tag, file.problems);
    tags.push(file.language.tag);
  }
  return [...first.filter((tag) => tags.includes(tag)), ...tags.filter((tag) => !first.includes(tag))];
}

/** Those that ship with the service; the first is for visitors who ask for none of them. */
export const languages: readonly Language[] = await readLanguages();

/** The plain sentence for an error code; for one that no visitor meets, its title. */
export function problemSentence(code: ErrorCode, language: Language): string {
  const title = errorCatalogue[code].title;
  return isForVisitors(code) ? (problems.get(language)?.[code] ?? title) : title;
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
  return offered[0] ?? (languages[0] as Language);
}

/** Languages read of an `Accept-Language` header. */
const wishesMax = 20;

/** The languages of a room that pages speak, in the room's order; all when it speaks none of them. */
export function spokenLanguages(roomLanguages: readonly string[]): readonly Language[] {
  const spoken = roomLanguages.flatMap((tag) =>
    languages.filter((language) => language === tag.split('-')[0]),
  );
  return spoken.length > 0 ? [...new Set(spoken)] : languages;
}
