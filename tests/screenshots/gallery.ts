/** Which pictures of the waiting page and of the widget there are, and the page that shows them. */
import type { Language } from '../../src/web/phrases/phrases.ts';
import { everyDocument, mainDocuments, type PageDocument } from '../support/page-documents.ts';
import { everyWidget, type WidgetDocument } from '../support/widget-documents.ts';

export type Width = 320 | 1_280;
export type Colours = 'light' | 'dark';

/** One picture: a state as one visitor sees it, the whole page or what the first screen shows of it. */
export type Picture = {
  state: string;
  document: PageDocument | WidgetDocument;
  width: Width;
  colours: Colours;
  isWhole: boolean;
};

export const widths: readonly Width[] = [320, 1_280];

/**
 * Every state in two languages at both widths; the main ones from right to left, and in dark. The main states show the
 * whole page. The others differ in what the first screen shows, and the rest of them would double the weight.
 */
export function pictures(): Picture[] {
  return [
    ...['fr', 'en'].flatMap((language) => {
      const main = mainDocuments(language);
      const others = [...everyDocument(language)].filter(([state]) => !main.has(state));
      return [
        ...picturesOf(main, widths, 'light'),
        ...picturesOf(new Map(others), widths, 'light').map((picture) => ({ ...picture, isWhole: false })),
      ];
    }),
    ...picturesOf(mainDocuments('ar'), widths, 'light'),
    ...picturesOf(mainDocuments('fr'), [320], 'dark'),
    ...picturesOf(mainWidgets('fr'), widths, 'light'),
    ...picturesOf(mainWidgets('fr'), [320], 'dark'),
    ...picturesOf(mainWidgets('ar'), [320], 'light'),
  ];
}

const widgetStates = [
  'join',
  'in line',
  'code shown',
  'paused',
  'turn',
  'missed',
  'refused: room-full',
  'unreachable, held',
].map((state) => `widget: ${state}`);

function mainWidgets(language: Language): Map<string, WidgetDocument> {
  return new Map([...widgetsOf(language)].filter(([state]) => widgetStates.includes(state)));
}

/** Every state of the widget, under names that no state of the page has. */
export function widgetsOf(language: Language): Map<string, WidgetDocument> {
  return new Map([...everyWidget(language)].map(([state, document]) => [`widget: ${state}`, document]));
}

/** Whole pages of some documents. */
export function picturesOf(
  documents: ReadonlyMap<string, PageDocument | WidgetDocument>,
  widths: readonly Width[],
  colours: Colours,
): Picture[] {
  return [...documents].flatMap(([state, document]) =>
    widths.map((width) => ({ state, document, width, colours, isWhole: true })),
  );
}

/** `waiting-paused.fr.320.png`. */
export function fileName({ state, document, width, colours }: Picture): string {
  const slug = state
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${slug}.${document.language}.${width}${colours === 'dark' ? '.dark' : ''}.png`;
}

const introduction = `# The waiting page in pictures

Every state in French and English, on a phone (320 px) and on a wide screen (1,280 px); the main states whole, also in
Arabic, from right to left, and in dark, the others as far as the first screen shows them. Made by
\`npm run screenshots\` from the pages that the service sends, with their script running; this page too.

At the end the main states of the widget, in a municipality's plain page.
`;

/** The page that lists them by state. */
export function galleryPage(all: readonly Picture[]): string {
  const states = Map.groupBy(all, ({ state }) => state);
  const sections = [...states].map(([state, pictures]) => {
    const narrow = pictures.filter(({ width }) => width === 320).map(imageOf);
    const wide = pictures.filter(({ width }) => width === 1_280).map(linkOf);
    return `## ${state}\n\n${narrow.join('\n')}\n\nWide: ${wide.join(' · ')}\n`;
  });
  return [introduction, ...sections].join('\n');
}

function imageOf(picture: Picture): string {
  return `<img src="${fileName(picture)}" alt="${altOf(picture)}" width="200">`;
}

function linkOf(picture: Picture): string {
  return `[${languageNames[picture.document.language] ?? picture.document.language}](${fileName(picture)})`;
}

function altOf({ state, document, width, colours }: Picture): string {
  const language = languageNames[document.language] ?? document.language;
  return `${state}, ${language}, ${width} px${colours === 'dark' ? ', dark' : ''}`;
}

const languageNames: { readonly [language: Language]: string } = {
  fr: 'French',
  en: 'English',
  ar: 'Arabic',
};
