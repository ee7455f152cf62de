/** What the widget shows to someone with a number: the waiting page's own parts, fewer of them. */
import { type HtmlPart, html } from '../html.ts';
import type { RoomPage } from '../room-page-model.ts';
import { sentencesOf } from '../room-page-sentences.ts';
import { isPlaceKept, situationOf, wordingOf } from '../room-page-situation.ts';
import { cutPart, folded, markupOf, standingParts } from '../standing-parts.ts';
import { Moment, type Wording } from '../wording.ts';
import { form } from './room-parts.ts';
import type { WidgetParts, WidgetState } from './widget-state.ts';

/** The markup of every part. */
export function ticketParts(page: RoomPage, { isKept, hasClosed }: WidgetState): WidgetParts {
  const say = wordingOf(page);
  const paragraph = (content: HtmlPart): HtmlPart => content && html`<p>${content}</p>`;
  return markupOf({
    ...standingParts(page, { ...situationOf(page), texts: sentencesOf(page, say) }, say, form),
    // Only what is not as it should be.
    updates: [
      paragraph(cutPart(page, say)),
      !isKept && page.queueToken !== null && paragraph(say.html('not-kept')),
    ],
    guarded: hasClosed && isPlaceKept(page) && paragraph(say.html('guarded-page')),
    device: devicePart(page, say),
  });
}

/** The place from here to another device. */
function devicePart(page: RoomPage, say: Wording): HtmlPart {
  const { resume } = page;
  if (!isPlaceKept(page)) return null;
  const code = resume
    ? html`<div class="code"><bdi>${resume.code}</bdi></div><p>${say.html('code-text')} <bdi>${resume.address}</bdi></p>
<p>${say.html('code-once', { time: new Moment(resume.until) })}</p>`
    : form('code', html`<button>${say.html('code-link')}</button>`);
  return folded('device-fold', say.html('device-summary'), html`<p>${say.html('device-text')}</p>${code}`);
}
