/**
 * What visitors will see, for operators before an opening: every state of a room's page in each of its languages, as the
 * real page renders it, in one file that asks for nothing. A browser sends no API key by itself, so the file is meant to be
 * fetched, saved and opened.
 *
 * Each page stands in a frame of its own without scripts or forms, says that it is a preview, and leads nowhere.
 */
import { readFileSync } from 'node:fs';
import { renderSVG } from 'uqr';
import { html } from './html.ts';
import type { AssetUrls } from './page-document.ts';
import { type Language, languageFile, type PlainKey } from './phrases/phrases.ts';
import { pageSituation, problemHeadline } from './problem-headlines.ts';
import { renderResumePage } from './resume-page.ts';
import { renderRoomPage } from './room-page.ts';
import { coloursStyle } from './room-colours.ts';
import type { RoomPage } from './room-page-model.ts';
import { resumeStates, RoomPageStates } from './room-page-states.ts';
import { Wording } from './wording.ts';

const roomStyle = readFileSync(new URL('assets/room.css', import.meta.url), 'utf8');
const markStyle =
  '.preview-mark{margin:0;padding:.5rem 1rem;border-block-end:3px dashed;background:#fff4d6;color:#12211e;font-weight:700}';
const indexStyle =
  ':root{color-scheme:light dark}body{max-width:82rem;margin:0 auto;padding:1rem;font:1.0625rem/1.55 system-ui,sans-serif}iframe{display:block;width:100%;height:46rem;border:1px solid;background:#fff}summary{cursor:pointer;padding:.4rem 0}code{margin-inline:.5rem;font-size:.875rem}';

/** `title` comes before the room’s name. */
type PreviewWords = { mark: string; title: string; note: string };
const english: PreviewWords = {
  mark: 'Preview: nobody is waiting here, and nothing on this page works.',
  title: 'Preview: ',
  note: 'Figures and times are examples. Texts, logo and colours are the room’s own.',
};
const wordsIn: { readonly [language: Language]: PreviewWords } = {
  en: english,
  fr: {
    mark: 'Aperçu\u00a0: personne n’attend ici, et rien ne fonctionne sur cette page.',
    title: 'Aperçu\u00a0: ',
    note: 'Les chiffres et les heures sont des exemples. Les textes, le logo et les couleurs sont ceux de la salle.',
  },
  es: {
    mark: 'Vista previa: aquí no espera nadie y nada de esta página funciona.',
    title: 'Vista previa: ',
    note: 'Las cifras y las horas son ejemplos. Los textos, el logotipo y los colores son los de la sala.',
  },
  ar: {
    mark: 'معاينة: لا أحد ينتظر هنا، ولا شيء يعمل في هذه الصفحة.',
    title: 'معاينة: ',
    note: 'الأرقام والأوقات أمثلة. النصوص والشعار والألوان هي الخاصة بالغرفة.',
  },
};

/** A state of the page: what it says at its top, and all of it. */
export type PreviewDocument = { headline: string; document: string };

/** Every state of the page by name. `page` is that of someone without a number. */
export function previewDocuments(page: RoomPage): Map<string, PreviewDocument> {
  const { language } = page;
  const say = new Wording(language);
  const states = new RoomPageStates(page);
  const assets = assetsFor(page);
  const shown = (headline: PlainKey, document: string): PreviewDocument => ({
    headline: say.text(headline),
    document: marked(document, language),
  });
  return new Map([
    ...[...states.all()].map(
      ([name, one]) => [name, shown(pageSituation(one).headline, renderRoomPage(one, assets))] as const,
    ),
    ...[...resumeStates(states)].map(([name, { page: one, code, replaces }]) => {
      const key = '3b9f6f64-8c5e-4d52-9a1b-2f3c4d5e6f71';
      const headline = one.problem ? problemHeadline(one.problem.code) : 'resume-headline';
      return [name, shown(headline, renderResumePage(one, { code, key, replaces }, assets))] as const;
    }),
  ]);
}

/** Styles are in the address itself; there are no scripts. */
function assetsFor({ room: { accent } }: RoomPage): AssetUrls {
  return {
    style: styleUrl(roomStyle + markStyle),
    scripts: new Map(),
    ...(accent === null ? {} : { colours: styleUrl(coloursStyle(accent)) }),
  };
}

function styleUrl(style: string): string {
  return `data:text/css;base64,${Buffer.from(style).toString('base64')}`;
}

/** Leads where the code that the page shows would lead. */
const codePicture = `data:image/svg+xml,${encodeURIComponent(renderSVG('https://attente.example.org/rooms/loisirs/resume?code=K7QXM2PD93'))}`;

/** Says what it is; without data for a script; links and forms lead nowhere. */
function marked(document: string, language: Language): string {
  const { mark } = wordsIn[language] ?? english;
  return document
    .replace(/<script\b[^>]*>[^]*?<\/script>/g, '')
    .replace(/(<a\b[^>]*? href=)"[^"]*"/g, '$1"#content"')
    .replace(/(<img\b[^>]*? src=)"\/[^"]*"/g, `$1"${codePicture}"`)
    .replace(/(<form\b[^>]*?) action="[^"]*"/g, '$1')
    .replace('<body>', html`<body>\n<p class="preview-mark" role="note">${mark}</p>`.markup);
}

/** The file with all of them. `byLanguage`: pages by state. */
export function renderPreview(
  roomName: string,
  byLanguage: ReadonlyMap<Language, ReadonlyMap<string, PreviewDocument>>,
): string {
  const [language = 'en'] = byLanguage.keys();
  const { title, note } = wordsIn[language] ?? english;
  const sections = [...byLanguage].map(([one, documents]) => {
    const name = new Wording(one).text('language-name');
    const frames = [...documents].map(
      ([state, { headline, document }]) =>
        html`<details><summary>${headline} <code lang="en" dir="ltr">${state}</code></summary>
<iframe sandbox loading="lazy" title="${`${state} (${name})`}" srcdoc="${document}"></iframe></details>`,
    );
    return html`<section lang="${one}" dir="${languageFile(one).direction}"><h2>${name}</h2>${frames}</section>`;
  });
  return html`<!doctype html>
<html lang="${language}" dir="${languageFile(language).direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}${roomName}</title>
<link rel="stylesheet" href="${styleUrl(indexStyle)}">
</head>
<body>
<main>
<h1>${title}${roomName}</h1>
<p>${note}</p>
${sections}
</main>
</body>
</html>
`.markup;
}
