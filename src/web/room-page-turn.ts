/** The parts of the page that speak of one's turn: the alert, the button that enters, the time left, more time. */
import { durationText, timeLeftText } from './durations.ts';
import { type Html, type HtmlPart, html } from './html.ts';
import type { RoomPage } from './room-page-model.ts';
import type { Situation } from './room-page-situation.ts';
import type { Form } from './room-page-urls.ts';
import { Moment, type Wording } from './wording.ts';

/** Extensions of a turn (WCAG 2.2.1). */
const extensionsMax = 10;
/** A turn's end is announced this long before, or a third of the turn if that is less, but never less than 20 s. */
const warnBeforeMs = 60_000;
const warnBeforeMinMs = 20_000;

/** What is said once, aloud, without moving the focus: a problem, below its headline if it has one, or one's turn. */
export function alertPart(
  { ticket, problem, nowMs }: RoomPage,
  { headline, texts }: Situation & { texts: readonly Html[] },
  say: Wording,
  problemHeadline: HtmlPart,
): HtmlPart {
  const box = problem && html`<div class="problem">${problemHeadline}<p>${problem.text}</p></div>`;
  const view = ticket?.view;
  if (view?.kind !== 'admitted') return box;
  const warnMs = Math.max(warnBeforeMinMs, Math.min(warnBeforeMs, view.enterWithinMs / 3));
  const isEnding = Date.parse(view.expiresAt) - nowMs <= warnMs;
  const told = isEnding ? [say.html('turn-ends-soon', { duration: durationText(warnMs, say) })] : texts;
  return html`${box}<h2>${say.html(headline)}</h2>${told.map((text) => html`<p>${text}</p>`)}`;
}

/** The button that enters, the time left for it, and more time. */
export function turnParts(
  page: RoomPage,
  say: Wording,
  form: Form,
): { readonly [id in 'turn' | 'time-left' | 'extend']: HtmlPart } {
  const view = page.ticket?.view;
  if (view?.kind !== 'admitted') return { turn: null, 'time-left': null, extend: null };
  const { expiresAt, extensionsLeft, enterWithinMs } = view;
  const left = timeLeftText(Date.parse(expiresAt) - page.nowMs, say);
  const extension = html`<input type="hidden" name="extension" value="${extensionsMax - extensionsLeft + 1}">
<button>${say.html('extend-button', { duration: durationText(enterWithinMs, say) })}</button>`;
  return {
    turn: form('enter', html`<button class="main">${say.html('enter-button')}</button>`),
    'time-left': say.html('time-left-text', { duration: left, time: new Moment(expiresAt) }),
    extend:
      extensionsLeft <= 0
        ? html`<p>${say.html('no-extensions-left')}</p>`
        : html`${form('extend', extension)}<p>${say.html('extensions-left', { count: extensionsLeft })}</p>`,
  };
}
