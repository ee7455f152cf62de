/** What the widget shows to someone without a number: the room, and the way to one. */
import { type HtmlPart, html } from '../html.ts';
import type { RoomPage } from '../room-page-model.ts';
import { roomSentences } from '../room-page-sentences.ts';
import { canJoin, roomHeadline, updatesCut, wordingOf } from '../room-page-situation.ts';
import type { Form } from '../room-page-urls.ts';
import { joinPart, markupOf, noticePart } from '../standing-parts.ts';
import { partIds, type WidgetPartId, type WidgetParts, type WidgetState } from './widget-state.ts';

/** Answered by the element: none is sent. */
export const form: Form = (action, content) => html`<form action="${action}">${content}</form>`;

const nothing = Object.fromEntries(partIds.map((id) => [id, null])) as { [id in WidgetPartId]: HtmlPart };

/** The markup of every part; `resumeUrl` is where a code is taken. */
export function roomParts(page: RoomPage, state: WidgetState, resumeUrl: string): WidgetParts {
  const { isKnown, isUnreachable, isOpen, hasClosed } = state;
  const say = wordingOf(page);
  const { problem } = page;
  const cut = updatesCut(page);
  const unanswered = [say.html(isOpen ? 'bypass-text' : 'updates-cut')];
  const headline = isKnown ? roomHeadline(page) : 'no-answer-headline';
  const texts = isKnown ? roomSentences(page, say) : unanswered;
  const resume = html`<p><a href="${resumeUrl}">${say.html('resume-link')}</a></p>`;
  return markupOf({
    ...nothing,
    alert: problem && html`<div class="problem"><p>${problem.text}</p></div>`,
    notice: noticePart(page, say),
    situation:
      (isKnown || isUnreachable) &&
      html`<h2>${say.html(headline)}</h2>${texts.map((text) => html`<p>${text}</p>`)}`,
    action: isKnown && joinPart(page, say, form, { joinKey: null, resume }),
    updates: isKnown && cut && html`<p>${say.html(cut)}</p>`,
    guarded: hasClosed && canJoin(page) && html`<p>${say.html('guarded-page')}</p>`,
  });
}
