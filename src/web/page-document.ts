/** What every page of a room has around its content: the document, the head of the page, the language menu, the foot. */
import { localizedHtml, roomName, wordingOf } from './room-page-situation.ts';
import { Html, html } from './html.ts';
import { type Language, languageFile } from './phrases/phrases.ts';
import type { RoomPage } from './room-page-model.ts';
import { roomUrl } from './room-page-urls.ts';
import { Wording } from './wording.ts';

/** Where the style sheet and each language's script are served. */
export type AssetUrls = {
  style: string;
  scripts: ReadonlyMap<Language, string>;
  /** The room's own colours; absent: at the room's address. */
  colours?: string;
};

/** A ticket, so that a tab is found again; a data URL costs no request. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%230b5a50' d='M1 3h14v3a2 2 0 0 0 0 4v3H1v-3a2 2 0 0 0 0-4z'/%3E%3C/svg%3E";

export type DocumentParts = {
  language: Language;
  title: string;
  /** The style sheets, the last one wins. */
  styles: readonly string[];
  /** Null: the page needs none. */
  script: string | null;
  body: Html;
};

/** The whole document. */
export function documentOf({ language, title, styles, script, body }: DocumentParts): string {
  return html`<!doctype html>
<html lang="${language}" dir="${languageFile(language).direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${new Html(icon)}">
${styles.map((style) => html`<link rel="stylesheet" href="${style}">`)}
${script !== null && html`<script src="${script}" defer></script>`}
</head>
<body>
<a class="skip" href="#content">${new Wording(language).html('skip-to-content')}</a>
${body}
</body>
</html>
`.markup;
}

/** The style sheets of a room's pages: ours, then its own colour. */
export function stylesOf({ room: { roomId, accent } }: RoomPage, assets: AssetUrls): string[] {
  if (accent === null) return [assets.style];
  if (assets.colours !== undefined) return [assets.style, assets.colours];
  return [assets.style, `/rooms/${roomId}/colours.css?${new URLSearchParams({ accent }).toString()}`];
}

/** Owner, room and languages; `action` and `more` are the page's own, so that another language shows the same page. */
export function pageHeader(
  page: RoomPage,
  action: string | null = null,
  more: Readonly<Record<string, string>> = {},
): Html {
  const { room, language } = page;
  const say = wordingOf(page);
  const logo = room.logo !== null && html`<img class="logo" src="${room.logo}" alt="">`;
  return html`<header>
<p class="owner">${logo}<span>${localizedHtml(room.owner, language) ?? say.html('site-kind')}</span></p>
${languageMenu(page, (language) => roomUrl({ ...page, language }, action, more), say)}
<h1>${localizedHtml(room.name, language) ?? roomName(page)}</h1>
</header>`;
}

function languageMenu(page: RoomPage, urlIn: (language: Language) => string, say: Wording): Html | null {
  const { room, language } = page;
  if (room.languages.length < 2) return null;
  const items = room.languages.map((offered) => {
    const name = new Wording(offered).text('language-name');
    return offered === language
      ? html`<li><span aria-current="true">${name}</span></li>`
      : html`<li><a href="${urlIn(offered)}" lang="${offered}" hreflang="${offered}">${name}</a></li>`;
  });
  return html`<nav aria-label="${say.text('language-menu')}"><ul>${items}</ul></nav>`;
}

/** The other ways, privacy and accessibility: the same in every state, in the same order (WCAG 3.2.6). */
export function pageFooter(page: RoomPage): Html {
  const { room, language } = page;
  const say = wordingOf(page);
  const contact = localizedHtml(room.contact, language);
  const links = (
    [
      [room.accessibilityUrl, say.text('accessibility-link')],
      [room.privacyUrl, say.text('privacy-link')],
    ] as const
  ).filter(([url]) => url !== null);
  return html`<footer>
${contact && html`<p>${say.html('contact', { text: contact })}</p>`}
<p>${say.html('privacy-note')}</p>
${links.length > 0 && html`<ul>${links.map(([url, text]) => html`<li><a href="${url}">${text}</a></li>`)}</ul>`}
</footer>`;
}
