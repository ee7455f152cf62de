/**
 * The waiting page as the server sends it: complete without a script, which only keeps it up to date. Nothing in it
 * reloads, moves the focus or leads away by itself, and nothing in it comes from elsewhere.
 */
import type { LocalizedText } from '../domain/room.ts';
import { Html, html, jsonData } from './html.ts';
import { masked } from './masked-text.ts';
import { type AssetUrls, documentOf, pageFooter, pageHeader, stylesOf } from './page-document.ts';
import { pageSituation } from './problem-headlines.ts';
import type { RoomPage } from './room-page-model.ts';
import { type PartId, pageParts, pageTitle } from './room-page-parts.ts';
import { localized, wordingOf } from './room-page-situation.ts';
import { roomUrl } from './room-page-urls.ts';
import { statusSentence } from './spoken-status.ts';

/** The whole document of a room. */
export function renderRoomPage(page: RoomPage, assets: AssetUrls): string {
  const { language } = page;
  const say = wordingOf(page);
  const situation = pageSituation(page);
  const parts = pageParts(page);
  const part = (id: PartId): Html => html`<div id="${id}">${new Html(parts[id])}</div>`;
  const body = html`${pageHeader(page)}
<main id="content" data-kind="${situation.kind}" tabindex="-1">
<div class="turn">
<div id="alert" role="alert" aria-atomic="true">${new Html(parts.alert)}</div>
${part('turn')}
${part('time-left')}
${part('extend')}
</div>
${part('notice')}
<p id="status" class="unseen" role="status" aria-atomic="true">${statusSentence(page, situation)}</p>
<div class="ticket">
<div class="ticket-body">
${part('situation')}
${part('countdown')}
${part('position')}
${part('action')}
</div>
${part('figures')}
</div>
<div class="updates">${part('updates')}<a href="${roomUrl(page)}">${say.html('refresh-link')}</a></div>
<div id="options"></div>
${part('help')}
${part('away')}
${part('leave')}
</main>
${pageFooter(page)}
<script type="application/json" id="page-data">${jsonData(dataOf(page))}</script>`;
  const script = assets.scripts.get(language) ?? null;
  return documentOf({ language, title: pageTitle(page), styles: stylesOf(page, assets), script, body });
}

/** What the script needs of it: not what it never renders again, the texts in one language, the secret masked. */
function dataOf(page: RoomPage): RoomPage {
  const { language, room, queueToken } = page;
  const own = (text: LocalizedText | null): LocalizedText | null => {
    const found = localized(text, language);
    return found && { [found.language]: found.text };
  };
  const { name, rule, prepare, reason, notice } = room;
  const texts = {
    name: own(name) ?? name,
    rule: own(rule),
    prepare: own(prepare),
    reason: own(reason),
    notice: own(notice),
  };
  return {
    ...page,
    queueToken: queueToken === null ? null : masked(queueToken),
    room: { ...room, ...texts, logo: null, contact: null, owner: null },
  };
}
