/** What the build puts into the widget's script (src/dev/build-widget.ts): data, so that it is written once. */
import type { Language, LanguageFile, Phrase } from '../phrases/phrases.ts';

/** A language with the widget's phrases alone, by their numbers. */
export type PackedLanguage = Omit<LanguageFile, 'phrases'> & { readonly phrases: readonly Phrase[] };

export type WidgetBuild = {
  /** Of the widget's script and of its languages' files. */
  version: number;
  style: string;
  /** The languages that come with the script. */
  languages: readonly PackedLanguage[];
  /** The hash of the second script, for those with a number: whoever pins the first has pinned both. */
  ticketCode: string;
  /** Those that it can ask for. */
  others: readonly Language[];
};

declare const guichetWidgetBuild: WidgetBuild;

export const widgetBuild = guichetWidgetBuild;
