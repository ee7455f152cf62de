/**
 * The parts of the waiting page that change while it is open. The server puts them into its document, the script
 * renders them again and replaces those whose markup changed: no word and no form is written twice.
 *
 * A part that holds a button changes only when the button does, so that nobody loses the focus to a number that moved.
 */
import { type HtmlPart, html } from './html.ts';
import { awayPart, folded } from './room-page-away.ts';
import type { RoomPage } from './room-page-model.ts';
import { countdownPart, figuresPart, positionPart } from './room-page-place.ts';
import {
  canJoin,
  isPlaceKept,
  isPointless,
  localized,
  localizedHtml,
  type Situation,
  situationOf,
  wordingOf,
} from './room-page-situation.ts';
import { alertPart, extendPart, timeLeftPart, turnPart } from './room-page-turn.ts';
import { formOf, roomUrl } from './room-page-urls.ts';
import type { Wording } from './wording.ts';

/** The parts, by the id of their element. */
export type PartId =
  | 'alert'
  | 'turn'
  | 'time-left'
  | 'extend'
  | 'notice'
  | 'situation'
  | 'countdown'
  | 'position'
  | 'action'
  | 'figures'
  | 'updates'
  | 'help'
  | 'away'
  | 'leave';

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
    situation: situationPart(page, situation, say),
    countdown: countdownPart(page, say),
    position: positionPart(page, say),
    action: actionPart(page, say, resumeLink(page, say)),
    figures: figuresPart(page, say),
    updates: situation.kind === 'over' ? null : updatesPart(page, say),
    help: helpPart(page, situation, say),
    away: awayPart(page, situation, say),
    leave: leavePart(page, situation, say),
  };
  return markupOf(parts);
}

/** Each part as it is written out. */
export function markupOf<Id extends string>(
  parts: { readonly [id in Id]: HtmlPart },
): {
  readonly [id in Id]: string;
} {
  const entries = Object.entries<HtmlPart>(parts).map(([id, part]) => [id, html`${part}`.markup]);
  return Object.fromEntries(entries) as { [id in Id]: string };
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
  // A refusal, or an end, is what such a page is about.
  const { kind, headline } = situationOf(page);
  if (kind === 'over' || (page.ticket === null && page.problem !== null))
    return say.text('title-state', { state: say.text(headline), room });
  return say.text('title-plain', { room });
}

export function roomName({ room, language }: RoomPage): string {
  return localized(room.name, language)?.text ?? room.roomId;
}

export function noticePart({ room, language }: RoomPage, say: Wording): HtmlPart {
  const notice = localizedHtml(room.notice, language);
  return notice && html`<h2>${say.html('notice-label')}</h2><p>${notice}</p>`;
}

export function updatesPart(page: RoomPage, say: Wording): HtmlPart {
  const { updates } = page;
  const isCut = updates === 'interrupted' || updates === 'offline';
  return html`${say.html(`updates-${updates}`)}${isCut && isPlaceKept(page) && html` ${say.html('place-kept')}`}`;
}

export function situationPart(
  { ticket, problem }: RoomPage,
  { kind, headline, texts }: Situation,
  say: Wording,
): HtmlPart {
  // Said by the alert.
  if (kind === 'turn' || (ticket === null && problem !== null)) return null;
  return html`<h2>${say.html(headline)}</h2>${texts.map((text) => html`<p>${text}</p>`)}`;
}

function resumeLink(page: RoomPage, say: Wording): HtmlPart {
  return html`<p class="aside"><a href="${roomUrl(page, 'resume')}">${say.html('resume-link')}</a></p>`;
}

/** What one can do here other than enter: take a number or, by `resume`, an older one; come back; go on to the site. */
export function actionPart(page: RoomPage, say: Wording, resume: HtmlPart): HtmlPart {
  const { ticket, room, joinKey } = page;
  const view = ticket?.view;
  if (view?.kind === 'lapsed' && room.state === 'closed') return null;
  if (view?.kind === 'lapsed')
    return formOf(page, 'return', html`<button class="main">${say.html('return-button')}</button>`);
  const target = page.target ?? room.targetUrl;
  if (view?.kind === 'entered') {
    return (
      target !== null && formOf(page, 'enter', html`<button class="main">${say.html('site-button')}</button>`)
    );
  }
  const isBypassed =
    view === undefined
      ? room.state === 'bypass'
      : view.kind === 'waiting' && view.standing.reason === 'bypass';
  if (isBypassed && target !== null) {
    return html`<p><a class="button main" href="${target}">${say.html('bypass-button')}</a></p>`;
  }
  if (view !== undefined && view.kind !== 'ended' && view.kind !== 'gone') return null;
  if (!canJoin(page)) return room.state === 'bypass' || room.state === 'closed' ? null : resume;
  const label = ticket === null ? say.html('join-button') : say.html('join-again-button');
  const button = html`<input type="hidden" name="key" value="${joinKey}"><button class="main">${label}</button>`;
  return html`${formOf(page, 'join', button)}${resume}`;
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
    prepare && say.html('prepare', { text: prepare }),
  ];
  const shown = points.filter((point) => point !== null && point !== false);
  if (shown.length === 0) return null;
  return html`<h2>${say.html('help-headline')}</h2><ul>${shown.map((point) => html`<li>${point}</li>`)}</ul>`;
}

export function leavePart(page: RoomPage, { kind }: Situation, say: Wording): HtmlPart {
  if (kind !== 'waiting' && kind !== 'turn' && kind !== 'missed') return null;
  const button = html`<button>${say.html('leave-button')}</button>`;
  const content = html`<p>${say.html('leave-text')}</p>${formOf(page, 'leave', button)}`;
  return folded('leaving', say.html('leave-summary'), content);
}
