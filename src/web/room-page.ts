/**
 * The waiting page as the server sends it: complete without a script, which only keeps it up to date. Nothing in it
 * reloads, moves the focus or leads away by itself, and nothing in it comes from elsewhere.
 */
import { Html, html, jsonData } from './html.ts';
import { type Language, languageFile } from './phrases/phrases.ts';
import type { RoomPage } from './room-page-model.ts';
import { type PartId, pageParts, pageTitle, roomName, roomUrl } from './room-page-parts.ts';
import { localizedHtml, situationOf, wordingOf } from './room-page-situation.ts';
import { statusSentence } from './spoken-status.ts';
import { Wording } from './wording.ts';

/** Where the style sheet and each language's script are served. */
export type AssetUrls = { style: string; scripts: ReadonlyMap<Language, string> };

/** A ticket, so that a tab is found again; a data URL costs no request. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%230b5a50' d='M1 3h14v3a2 2 0 0 0 0 4v3H1v-3a2 2 0 0 0 0-4z'/%3E%3C/svg%3E";

/** The whole document of a room. */
export function renderRoomPage(page: RoomPage, assets: AssetUrls): string {
  const { room, language } = page;
  const say = wordingOf(page);
  const parts = pageParts(page);
  const part = (id: PartId): Html => html`<div id="${id}">${new Html(parts[id])}</div>`;
  const owner = localizedHtml(room.owner, language);
  const body = html`<header>
<p class="owner">${owner ?? say.html('site-kind')}</p>
<h1>${localizedHtml(room.name, language) ?? roomName(page)}</h1>
${languageMenu(page, say)}
</header>
<main id="content" data-kind="${situationOf(page).kind}" tabindex="-1">
<div class="turn">
<div id="alert" role="alert" aria-atomic="true">${new Html(parts.alert)}</div>
${part('turn')}
${part('time-left')}
${part('extend')}
</div>
${part('notice')}
<p id="status" class="unseen" role="status" aria-atomic="true">${statusSentence(page)}</p>
<div class="ticket">
<div class="ticket-body">
${part('situation')}
${part('position')}
${part('action')}
</div>
${part('figures')}
</div>
<div class="updates">${part('updates')}<a href="${roomUrl(page)}">${say.html('refresh-link')}</a></div>
${part('help')}
${part('leave')}
</main>
${footer(page, say)}
<script type="application/json" id="page-data">${jsonData(page)}</script>`;
  return documentOf({ language, title: pageTitle(page), assets, hasScript: true, say }, body);
}

/** A page for a request that no room can answer. */
export function renderProblemPage(
  { language, problem, retryUrl }: { language: Language; problem: string; retryUrl: string | null },
  assets: AssetUrls,
): string {
  const say = new Wording(language);
  const body = html`<header>
<p class="owner">${say.html('site-kind')}</p>
<h1>${say.html('problem-headline')}</h1>
</header>
<main id="content" data-kind="problem" tabindex="-1">
<div role="alert"><p class="problem">${problem}</p></div>
${retryUrl !== null && html`<div class="updates"><a href="${retryUrl}">${say.html('refresh-link')}</a></div>`}
</main>`;
  return documentOf({ language, title: say.text('problem-title'), assets, hasScript: false, say }, body);
}

function documentOf(
  {
    language,
    title,
    assets,
    hasScript,
    say,
  }: { language: Language; title: string; assets: AssetUrls; hasScript: boolean; say: Wording },
  body: Html,
): string {
  const script = hasScript ? assets.scripts.get(language) : undefined;
  return html`<!doctype html>
<html lang="${language}" dir="${languageFile(language).direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${new Html(icon)}">
<link rel="stylesheet" href="${assets.style}">
${script !== undefined && html`<script src="${script}" defer></script>`}
</head>
<body>
<a class="skip" href="#content">${say.html('skip-to-content')}</a>
${body}
</body>
</html>
`.markup;
}

function languageMenu(page: RoomPage, say: Wording): Html | null {
  const { room, language } = page;
  if (room.languages.length < 2) return null;
  const items = room.languages.map((offered) => {
    const name = nameOf(offered);
    return offered === language
      ? html`<li><span aria-current="true">${name}</span></li>`
      : html`<li><a href="${roomUrl({ ...page, language: offered })}" lang="${offered}" hreflang="${offered}">${name}</a></li>`;
  });
  return html`<nav aria-label="${say.text('language-menu')}"><ul>${items}</ul></nav>`;
}

function nameOf(language: Language): string {
  return new Wording(language).text('language-name');
}

function footer({ room, language }: RoomPage, say: Wording): Html {
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
