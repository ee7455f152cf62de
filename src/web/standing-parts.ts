/**
 * The parts that the waiting page and the widget share: what is said of where one stands, and the forms that lead on.
 * A part that holds a button changes only when the button does, so that nobody loses the focus to a number that moved.
 */
import { type Html, type HtmlPart, html } from './html.ts';
import type { PlainKey } from './phrases/phrases.ts';
import type { RoomPage } from './room-page-model.ts';
import { countdownPart, figuresPart, positionPart } from './room-page-place.ts';
import {
  canJoin,
  isPlaceKept,
  localizedHtml,
  type Situation,
  standingOf,
  updatesCut,
} from './room-page-situation.ts';
import { alertPart, turnParts } from './room-page-turn.ts';
import type { Form } from './room-page-urls.ts';
import type { Wording } from './wording.ts';

/** A situation, and what is said of it. */
export type Told = Situation & { texts: readonly Html[] };

/** What only the page has: the headline of a refusal, the time of what does not move, the picture of the queue, what its form carries, the way to the page of a code. */
export type PageOnly = {
  problemHeadline: HtmlPart;
  asOf: HtmlPart;
  picture: HtmlPart;
  joinKey: HtmlPart;
  resume: HtmlPart;
};

export type StandingPartId = keyof ReturnType<typeof standingParts>;

export function standingParts(
  page: RoomPage,
  situation: Told,
  say: Wording,
  form: Form,
  {
    problemHeadline = null,
    asOf = null,
    picture = null,
    joinKey = null,
    resume = null,
  }: Partial<PageOnly> = {},
) {
  const { kind, headline, texts } = situation;
  // Said by the alert.
  const isSaid = kind === 'turn' || (page.ticket === null && page.problem !== null);
  const mayLeave = kind === 'waiting' || kind === 'turn' || kind === 'missed';
  const leave = html`<p>${say.html('leave-text')}</p>${form('leave', html`<button>${say.html('leave-button')}</button>`)}`;
  return {
    alert: alertPart(page, situation, say, problemHeadline),
    ...turnParts(page, say, form),
    notice: noticePart(page, say),
    situation: !isSaid && html`<h2>${say.html(headline)}</h2>${texts.map((text) => html`<p>${text}</p>`)}`,
    countdown: countdownPart(page, say, asOf),
    position: positionPart(page, say, picture),
    action: actionPart(page, say, form, { joinKey, resume }),
    figures: figuresPart(page, say),
    leave: mayLeave && folded('leaving', say.html('leave-summary'), leave),
  };
}

export function noticePart({ room, language }: RoomPage, say: Wording): HtmlPart {
  const notice = localizedHtml(room.notice, language);
  return notice && html`<h2>${say.html('notice-label')}</h2><p>${notice}</p>`;
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

/** That no news comes in; null while it does. */
export function cutPart(page: RoomPage, say: Wording): Html | null {
  const cut = updatesCut(page);
  return cut && html`${say.html(cut)}${isPlaceKept(page) && html` ${say.html('place-kept')}`}`;
}

type ToJoin = Pick<PageOnly, 'joinKey' | 'resume'>;

/** What one can do here other than enter: take a number or, by `resume`, an older one; come back; go on to the site. */
function actionPart(page: RoomPage, say: Wording, form: Form, more: ToJoin): HtmlPart {
  const { ticket, room } = page;
  const view = ticket?.view;
  const button = (action: string, label: PlainKey): Html =>
    form(action, html`<button class="main">${say.html(label)}</button>`);
  if (view?.kind === 'lapsed') return room.state !== 'closed' && button('return', 'return-button');
  if (view?.kind === 'entered') return targetOf(page) !== null && button('enter', 'site-button');
  if (standingOf(page)?.reason === 'bypass') return siteLink(page, say);
  if (view?.kind === 'waiting' || view?.kind === 'admitted') return null;
  return joinPart(page, say, form, more);
}

/** A number to take, or an older one by `resume`; or straight to the site. */
export function joinPart(page: RoomPage, say: Wording, form: Form, { joinKey, resume }: ToJoin): HtmlPart {
  const { ticket, room } = page;
  if (ticket === null && room.state === 'bypass') return siteLink(page, say);
  if (!canJoin(page)) return room.state !== 'bypass' && room.state !== 'closed' && resume;
  const label = say.html(ticket === null ? 'join-button' : 'join-again-button');
  return html`${form('join', html`${joinKey}<button class="main">${label}</button>`)}${resume}`;
}

function siteLink(page: RoomPage, say: Wording): HtmlPart {
  const target = targetOf(page);
  return (
    target !== null && html`<p><a class="button main" href="${target}">${say.html('site-button')}</a></p>`
  );
}

function targetOf({ target, room }: RoomPage): string | null {
  return target ?? room.targetUrl;
}

/** Something to unfold, which needs no script. */
export function folded(id: string, summary: HtmlPart, content: HtmlPart, isOpen = false): Html {
  return html`<details id="${id}"${isOpen && ' open'}><summary>${summary}</summary>${content}</details>`;
}
