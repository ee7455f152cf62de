/**
 * The parts that say where one stands: position, the picture of the queue, figures, and the countdown to an opening.
 * The picture shows the standing and nothing else, so it moves only when the queue does.
 */
import { type Html, type HtmlPart, html } from './html.ts';
import type { RoomPage, TicketView } from './room-page-model.ts';
import { isPointless } from './room-page-situation.ts';
import { Moment, type Wording } from './wording.ts';

/** An opening further away is told by its time alone. */
const countdownMaxMs = 24 * 3_600_000;
const soonMs = 10_000;

export function positionPart({ ticket }: RoomPage, say: Wording): HtmlPart {
  if (ticket?.view.kind !== 'waiting') return null;
  const { position, waiting, reason } = ticket.view.standing;
  if (isPointless(reason)) return null;
  if (position === null)
    return reason === 'updates-interrupted' ? null : html`<p>${say.html('position-unknown')}</p>`;
  return html`<p class="label">${say.html('position-label')}</p>
<div class="position"><bdi>${say.number(position)}</bdi></div>
<p class="ahead">${aheadHtml(position, say)}</p>
${queuePicture(position, waiting, say)}
<p class="note">${say.html('position-obtained')}</p>`;
}

/** The people ahead as plain text. */
export function aheadText(position: number, say: Wording): string {
  return position === 1 ? say.text('nobody-ahead') : say.text('people-ahead', { count: position - 1 });
}

function aheadHtml(position: number, say: Wording): Html {
  return position === 1 ? say.html('nobody-ahead') : say.html('people-ahead', { count: position - 1 });
}

/** The whole queue as a line, those ahead filled in, and oneself in it. A screen reader hears it in words. */
function queuePicture(position: number, waiting: number, say: Wording): Html | null {
  const behind = Math.max(0, waiting - position);
  const ahead = position - 1;
  if (ahead + behind === 0) return null;
  const share = `${Math.round((1_000 * ahead) / (ahead + behind)) / 10}%`;
  const isLast = behind === 0;
  const behindText = isLast ? say.text('nobody-behind') : say.text('people-behind', { count: behind });
  const behindHtml = isLast ? say.html('nobody-behind') : say.html('people-behind', { count: behind });
  const words = say.text('progress-text', { ahead: aheadText(position, say), behind: behindText });
  return html`<div class="queue" role="progressbar" aria-label="${say.text('progress-label')}" aria-valuemin="0"
 aria-valuemax="${ahead + behind}" aria-valuenow="${behind}" aria-valuetext="${words}">
<svg aria-hidden="true" focusable="false" height="20"><line x1="0" x2="100%" y1="10" y2="10"/><line
 class="before" x1="0" x2="${share}" y1="10" y2="10"/><circle cx="${share}" cy="10" r="8"/></svg>
<p class="note">${behindHtml}</p></div>`;
}

export function figuresPart({ ticket, room }: RoomPage, say: Wording): HtmlPart {
  const figures: [name: HtmlPart, value: HtmlPart][] = [];
  const view = ticket?.view;
  if (ticket && ticket.number !== null)
    figures.push([say.html('number-label'), html`<bdi>${say.number(ticket.number)}</bdi>`]);
  if (view?.kind === 'waiting') {
    const wait = expectedWait(view, say);
    if (wait !== null) figures.push([say.html('wait-label'), wait]);
    figures.push([say.html('as-of-label'), say.moment(view.standing.asOf)]);
  }
  const areOffered = view === undefined || view.kind === 'waiting' || view.kind === 'lapsed';
  if (room.placesLeft !== null && areOffered) {
    const { count, asOf } = room.placesLeft;
    figures.push([say.html('places-label'), say.html('places-left', { count, time: new Moment(asOf) })]);
  }
  if (figures.length === 0) return null;
  return html`<dl>${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** The wait in words; null where the situation already says that there is nothing to wait for. */
export function expectedWait(
  { standing }: Extract<TicketView, { kind: 'waiting' }>,
  say: Wording,
): string | null {
  const { expectedWaitMs, reason } = standing;
  if (expectedWaitMs !== null) return say.wait(expectedWaitMs);
  switch (reason) {
    case 'closed':
    case 'bypass':
    case 'no-places-left':
    case 'updates-interrupted':
      return null;
    case 'paused':
    case 'holding':
    case 'in-trouble':
    case 'not-open-yet':
      return say.text('wait-stopped');
    default:
      return say.text('wait-unknown');
  }
}

/** How long until numbers are given, or the room opens. Where nothing moves it on, it says when that was. */
export function countdownPart({ room, ticket, problem, nowMs, updates }: RoomPage, say: Wording): HtmlPart {
  const isWaiting = ticket?.view.kind === 'waiting' && ticket.view.standing.reason === 'not-open-yet';
  if (room.state !== 'scheduled' || !(isWaiting || (ticket === null && problem === null))) return null;
  const untilJoinMs = leftUntil(room.joinFrom, nowMs);
  const untilOpenMs = leftUntil(room.opensAt, nowMs);
  const countdown =
    ticket === null && untilJoinMs > 0
      ? untilJoinMs <= countdownMaxMs && say.html('joins-in', { duration: say.timeLeft(untilJoinMs) })
      : room.opensAt !== null && untilOpenMs <= countdownMaxMs && opening(untilOpenMs, say);
  if (countdown === false) return null;
  const asOf =
    updates === 'by-hand' &&
    html`<p class="note">${say.html('as-of-label')} ${say.moment(new Date(nowMs).toISOString())}</p>`;
  return html`<p class="countdown">${countdown}</p>${asOf}`;
}

function opening(leftMs: number, say: Wording): Html {
  return leftMs < soonMs ? say.html('opens-soon') : say.html('opens-in', { duration: say.timeLeft(leftMs) });
}

function leftUntil(iso: string | null, nowMs: number): number {
  return iso === null ? 0 : Date.parse(iso) - nowMs;
}
