/**
 * The languages of a widget: those that come with it, and those that it asks for when a page is in one of them. They are
 * data, and shown as text: whoever serves them says what is on the screen anyway.
 */
import { type Language, offerLanguage, type OfferedLanguage } from '../phrases/phrases.ts';
import { type PackedLanguage, widgetBuild } from './widget-build.ts';

const { version, languages, others } = widgetBuild;
const carried = languages.map(offer);
/** Whether each that was asked for is there. */
const asked = new Map(carried.map((language) => [language, Promise.resolve(true)]));

/** The language to speak where these are wished for, the first one most; the first of all where none of them is there. */
export function chosenLanguage(wishes: readonly string[]): Language {
  const primary = wishes.map((wish) => wish.split('-')[0]?.toLowerCase() ?? '');
  return primary.find((language) => [...carried, ...others].includes(language)) ?? (carried[0] as Language);
}

/** Resolves when the language can be spoken, or with false when it cannot be had now. Never rejects. */
export function hasLanguage(language: Language, server: string): Promise<boolean> {
  const known = asked.get(language) ?? ask(`${server}/widget.v${version}.${language}.json`);
  asked.set(language, known);
  void known.then((isThere) => isThere || asked.delete(language));
  return known;
}

async function ask(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { credentials: 'omit' });
    offer((await response.json()) as PackedLanguage);
    return true;
  } catch {
    return false;
  }
}

function offer({ phrases, ...file }: PackedLanguage): Language {
  // The script's keys are the phrases' numbers.
  offerLanguage({ ...file, phrases: phrases as unknown as OfferedLanguage['phrases'] });
  return file.tag;
}
