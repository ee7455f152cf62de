/**
 * The parts of the waiting page that change while it is open. The server puts them into its document, the script
 * renders them again and replaces those whose markup changed: no word and no form is written twice.
 *
 * A part that holds a button changes only when the button does, so that nobody loses the focus to a number that moved.
 */
import { type HtmlPart, html } from './html.ts';
import type { Language } from './phrases/phrases.ts';
import type { RoomPage, StandingReason, TicketView } from './room-page-model.ts';
import {
  canJoin,
  localized,
  localizedHtml,
  type Situation,
  situationOf,
  wordingOf,
} from './room-page-situation.ts';
import { Moment, type Wording } from './wording.ts';

/** The parts, by the id of their element, in the order in which they stand on the page. */
export const partIds = [
  'alert',
  'turn',
  'time-left',
  'extend',
  'notice',
  'situation',
  'position',
  'figures',
  'action',
  'updates',
  'help',
  'leave',
] as const;
export type PartId = (typeof partIds)[number];

/** Extensions of a turn (WCAG 2.2.1). */
const extensionsMax = 10;
/** A turn's end is announced this long before, or a third of the turn if that is less, but never less than 20 s. */
const warnBeforeMs = 60_000;
const warnBeforeMinMs = 20_000;

/** The markup of every part. */
export function pageParts(page: RoomPage): { readonly [id in PartId]: string } {
  const situation = situationOf(page);
  const say = wordingOf(page);
  const parts: { readonly [id in PartId]: HtmlPart } = {
    alert: alertPart(page, situation, say),
    turn: turnPart(page, say),
    'time-left': timeLeftPart(page, say),
    extend: extendPart(page, say),
    notice: noticePart(page, say),
    situation: situationPart(situation, say),
    position: positionPart(page, say),
    figures: figuresPart(page, say),
    action: actionPart(page, say),
    updates: situation.kind === 'over' ? null : say.html(`updates-${page.updates}`),
    help: helpPart(page, situation, say),
    leave: leavePart(page, situation, say),
  };
  return Object.fromEntries(Object.entries(parts).map(([id, part]) => [id, html`${part}`.markup])) as {
    [id in PartId]: string;
  };
}

/** The document's title: in a row of tabs, the turn shows first. */
export function pageTitle(page: RoomPage): string {
  const say = wordingOf(page);
  const room = roomName(page);
  const view = page.ticket?.view;
  if (view?.kind === 'admitted') return say.text('title-turn', { room });
  if (view?.kind === 'lapsed') return say.text('title-missed', { room });
  if (view?.kind === 'waiting' && view.standing.position !== null) {
    return say.text('title-waiting', { position: view.standing.position, room });
  }
  return say.text('title-plain', { room });
}

export function roomName({ room, language }: RoomPage): string {
  return localized(room.name, language)?.text ?? room.roomId;
}

/** What every address of the page carries along. */
export type PageAddress = { room: { roomId: string }; language: Language; target: string | null };

/** The page's own address, or one of its actions, with language and target kept. */
export function roomUrl({ room, language, target }: PageAddress, action: string | null = null): string {
  const query = new URLSearchParams({ lang: language });
  if (target !== null) query.set('t', target);
  return `/rooms/${room.roomId}${action === null ? '' : `/${action}`}?${query.toString()}`;
}

/** What is said once, aloud, without moving the focus: a problem, or one's turn. */
function alertPart(page: RoomPage, situation: Situation, say: Wording): HtmlPart {
  const problem = page.problem !== null && html`<p class="problem">${page.problem}</p>`;
  if (page.ticket?.view.kind !== 'admitted') return problem;
  const ending = endsSoon(page.ticket.view, page.nowMs);
  return html`${problem}<h2>${say.html(situation.headline)}</h2>${
    ending === null
      ? situation.texts.map((text) => html`<p>${text}</p>`)
      : html`<p>${say.html('turn-ends-soon', { duration: say.duration(ending) })}</p>`
  }`;
}

/** How long the warning says is left; null before it is due. */
function endsSoon(
  { expiresAt, enterWithinMs }: Extract<TicketView, { kind: 'admitted' }>,
  nowMs: number,
): number | null {
  const warnMs = Math.max(warnBeforeMinMs, Math.min(warnBeforeMs, enterWithinMs / 3));
  return Date.parse(expiresAt) - nowMs <= warnMs ? warnMs : null;
}

function turnPart(page: RoomPage, say: Wording): HtmlPart {
  if (page.ticket?.view.kind !== 'admitted') return null;
  return form(page, 'enter', html`<button class="main">${say.html('enter-button')}</button>`);
}

function timeLeftPart({ ticket, nowMs }: RoomPage, say: Wording): HtmlPart {
  if (ticket?.view.kind !== 'admitted') return null;
  const { expiresAt } = ticket.view;
  const duration = say.timeLeft(Date.parse(expiresAt) - nowMs);
  return say.html('time-left', { duration, time: new Moment(expiresAt) });
}

function extendPart(page: RoomPage, say: Wording): HtmlPart {
  if (page.ticket?.view.kind !== 'admitted') return null;
  const { extensionsLeft, enterWithinMs } = page.ticket.view;
  if (extensionsLeft <= 0) return html`<p>${say.html('no-extensions-left')}</p>`;
  const extension = extensionsMax - extensionsLeft + 1;
  const button = html`<input type="hidden" name="extension" value="${extension}">
<button>${say.html('extend-button', { duration: say.duration(enterWithinMs) })}</button>`;
  return html`${form(page, 'extend', button)}<p>${say.html('extensions-left', { count: extensionsLeft })}</p>`;
}

function noticePart({ room, language }: RoomPage, say: Wording): HtmlPart {
  const notice = localizedHtml(room.notice, language);
  return notice && html`<h2>${say.html('notice-label')}</h2><p>${notice}</p>`;
}

function situationPart({ kind, headline, texts }: Situation, say: Wording): HtmlPart {
  // Said by the alert.
  if (kind === 'turn') return null;
  return html`<h2>${say.html(headline)}</h2>${texts.map((text) => html`<p>${text}</p>`)}`;
}

function positionPart({ ticket }: RoomPage, say: Wording): HtmlPart {
  if (ticket?.view.kind !== 'waiting') return null;
  const { position, reason } = ticket.view.standing;
  if (isPointless(reason)) return null;
  if (position === null)
    return reason === 'updates-interrupted' ? null : html`<p>${say.html('position-unknown')}</p>`;
  return html`<p class="label">${say.html('position-label')}</p>
<p class="position"><bdi>${say.number(position)}</bdi></p>
<p class="ahead">${peopleAhead(position, say)}</p>
<p class="note">${say.html('position-obtained')}</p>`;
}

/** Whether there is nothing left to wait for. */
function isPointless(reason: StandingReason): boolean {
  return reason === 'closed' || reason === 'bypass' || reason === 'no-places-left';
}

function peopleAhead(position: number, say: Wording): HtmlPart {
  return position === 1 ? say.html('nobody-ahead') : say.html('people-ahead', { count: position - 1 });
}

function figuresPart({ ticket, room }: RoomPage, say: Wording): HtmlPart {
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
    case 'not-open-yet':
      return say.text('wait-stopped');
    default:
      return say.text('wait-unknown');
  }
}

/** What one can do here other than enter: take a number, come back, go on to the site. */
function actionPart(page: RoomPage, say: Wording): HtmlPart {
  const { ticket, room, joinKey } = page;
  const view = ticket?.view;
  if (view?.kind === 'lapsed')
    return form(page, 'return', html`<button class="main">${say.html('return-button')}</button>`);
  const target = page.target ?? room.targetUrl;
  if (view?.kind === 'entered') {
    return (
      target !== null && form(page, 'enter', html`<button class="main">${say.html('site-button')}</button>`)
    );
  }
  const isBypassed =
    view === undefined
      ? room.state === 'bypass'
      : view.kind === 'waiting' && view.standing.reason === 'bypass';
  if (isBypassed && target !== null) {
    return html`<p><a class="button main" href="${target}">${say.html('bypass-button')}</a></p>`;
  }
  if (!canJoin(page)) return null;
  const label = ticket === null ? say.html('join-button') : say.html('join-again-button');
  return form(
    page,
    'join',
    html`<input type="hidden" name="key" value="${joinKey}"><button class="main">${label}</button>`,
  );
}

function helpPart(page: RoomPage, { kind }: Situation, say: Wording): HtmlPart {
  const { room, language, ticket } = page;
  if (kind === 'over' || kind === 'inside') return null;
  if (ticket === null && !canJoin(page) && room.state !== 'scheduled') return null;
  if (ticket?.view.kind === 'waiting' && isPointless(ticket.view.standing.reason)) return null;
  const prepare = localizedHtml(room.prepare, language);
  const points: HtmlPart[] = [
    kind !== 'turn' && (localizedHtml(room.rule, language) ?? say.html('rule-default')),
    kind !== 'turn' && say.html('my-turn-text', { duration: say.duration(room.enterWithinMs) }),
    kind !== 'turn' && say.html('may-close'),
    ticket !== null &&
      ticket.keptUntil !== null &&
      say.html('kept-until', { time: new Moment(ticket.keptUntil) }),
    prepare && say.html('prepare', { text: prepare }),
  ];
  const shown = points.filter((point) => point !== null && point !== false);
  return html`<h2>${say.html('help-headline')}</h2><ul>${shown.map((point) => html`<li>${point}</li>`)}</ul>`;
}

function leavePart(page: RoomPage, { kind }: Situation, say: Wording): HtmlPart {
  if (kind !== 'waiting' && kind !== 'turn' && kind !== 'missed') return null;
  return html`<details><summary>${say.html('leave-summary')}</summary>
<p>${say.html('leave-text')}</p>
${form(page, 'leave', html`<button>${say.html('leave-button')}</button>`)}</details>`;
}

function form(page: RoomPage, action: string, content: HtmlPart): HtmlPart {
  return html`<form method="post" action="${roomUrl(page, action)}">${content}</form>`;
}
