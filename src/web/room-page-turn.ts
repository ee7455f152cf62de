/** The parts of the page that speak of one's turn: the alert, the button that enters, the time left, more time. */
import { type HtmlPart, html } from './html.ts';
import type { RoomPage, TicketView } from './room-page-model.ts';
import { problemHeadline, type Situation } from './room-page-situation.ts';
import { formOf } from './room-page-urls.ts';
import { Moment, type Wording } from './wording.ts';

/** Extensions of a turn (WCAG 2.2.1). */
const extensionsMax = 10;
/** A turn's end is announced this long before, or a third of the turn if that is less, but never less than 20 s. */
const warnBeforeMs = 60_000;
const warnBeforeMinMs = 20_000;

/** What is said once, aloud, without moving the focus: a problem, or one's turn. */
export function alertPart(page: RoomPage, situation: Situation, say: Wording): HtmlPart {
  const problem = problemBox(page, say);
  if (page.ticket?.view.kind !== 'admitted') return problem;
  const ending = endsSoon(page.ticket.view, page.nowMs);
  return html`${problem}<h2>${say.html(situation.headline)}</h2>${
    ending === null
      ? situation.texts.map((text) => html`<p>${text}</p>`)
      : html`<p>${say.html('turn-ends-soon', { duration: say.duration(ending) })}</p>`
  }`;
}

/** To those without a ticket a refusal is the whole of the matter, so it has a headline. */
function problemBox({ problem, ticket }: RoomPage, say: Wording): HtmlPart {
  if (problem === null) return null;
  const headline = ticket === null && html`<h2>${say.html(problemHeadline(problem.code))}</h2>`;
  return html`<div class="problem">${headline}<p>${problem.text}</p></div>`;
}

/** How long the warning says is left; null before it is due. */
function endsSoon(
  { expiresAt, enterWithinMs }: Extract<TicketView, { kind: 'admitted' }>,
  nowMs: number,
): number | null {
  const warnMs = Math.max(warnBeforeMinMs, Math.min(warnBeforeMs, enterWithinMs / 3));
  return Date.parse(expiresAt) - nowMs <= warnMs ? warnMs : null;
}

export function turnPart(page: RoomPage, say: Wording): HtmlPart {
  if (page.ticket?.view.kind !== 'admitted') return null;
  return formOf(page, 'enter', html`<button class="main">${say.html('enter-button')}</button>`);
}

export function timeLeftPart({ ticket, nowMs }: RoomPage, say: Wording): HtmlPart {
  if (ticket?.view.kind !== 'admitted') return null;
  const { expiresAt } = ticket.view;
  const duration = say.timeLeft(Date.parse(expiresAt) - nowMs);
  return say.html('time-left', { duration, time: new Moment(expiresAt) });
}

export function extendPart(page: RoomPage, say: Wording): HtmlPart {
  if (page.ticket?.view.kind !== 'admitted') return null;
  const { extensionsLeft, enterWithinMs } = page.ticket.view;
  if (extensionsLeft <= 0) return html`<p>${say.html('no-extensions-left')}</p>`;
  const extension = extensionsMax - extensionsLeft + 1;
  const button = html`<input type="hidden" name="extension" value="${extension}">
<button>${say.html('extend-button', { duration: say.duration(enterWithinMs) })}</button>`;
  return html`${formOf(page, 'extend', button)}<p>${say.html('extensions-left', { count: extensionsLeft })}</p>`;
}
