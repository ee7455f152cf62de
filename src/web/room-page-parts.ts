/**
 * The parts of the waiting page that change while it is open. The server puts them into its document, the script
 * renders them again and replaces those whose markup changed: no word and no form is written twice.
 *
 * A part that holds a button changes only when the button does, so that nobody loses the focus to a number that moved.
 */
import { durationText } from './durations.ts';
import { type Html, type HtmlPart, html } from './html.ts';
import { pageSituation } from './problem-headlines.ts';
import { queuePicture } from './queue-picture.ts';
import { awayPart } from './room-page-away.ts';
import type { RoomPage } from './room-page-model.ts';
import { sentencesOf } from './room-page-sentences.ts';
import {
  canJoin,
  isPointless,
  localizedHtml,
  roomHeadline,
  roomName,
  type Situation,
  standingOf,
  wordingOf,
} from './room-page-situation.ts';
import { formOf, roomUrl } from './room-page-urls.ts';
import { cutPart, markupOf, type StandingPartId, standingParts } from './standing-parts.ts';
import { Moment, type Wording } from './wording.ts';

/** The parts, by the id of their element. */
export type PartId = StandingPartId | 'updates' | 'help' | 'away';

/** The markup of every part. */
export function pageParts(page: RoomPage): { readonly [id in PartId]: string } {
  const situation = pageSituation(page);
  const { kind, headline } = situation;
  const say = wordingOf(page);
  const texts = textsOf(page, situation, say);
  const isRefused = page.ticket === null && page.problem !== null;
  return markupOf<PartId>({
    ...standingParts(page, { ...situation, texts }, say, (action, content) => formOf(page, action, content), {
      problemHeadline: isRefused && html`<h2>${say.html(headline)}</h2>`,
      asOf:
        page.updates === 'by-hand' &&
        html`<p class="note">${say.html('as-of-label')} ${say.value(new Moment(new Date(page.nowMs).toISOString()))}</p>`,
      picture: queuePicture(page, say),
      joinKey: html`<input type="hidden" name="key" value="${page.joinKey}">`,
      resume: resumeLink(page, say),
    }),
    updates:
      kind === 'over'
        ? null
        : (cutPart(page, say) ?? say.html(page.updates === 'live' ? 'updates-live' : 'updates-by-hand')),
    help: helpPart(page, situation, say),
    away: awayPart(page, situation, say),
  });
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
  const { kind, headline } = pageSituation(page);
  if (kind === 'over' || (page.ticket === null && page.problem !== null))
    return say.text('title-state', { state: say.text(headline), room });
  return say.text('title-plain', { room });
}

/** Also what only a page says. */
function textsOf(page: RoomPage, { headline }: Situation, say: Wording): Html[] {
  if (headline === 'forgotten-headline') return [say.html('forgotten-text')];
  return [...sentencesOf(page, say), closingTime(page, say)].filter((text) => text !== null);
}

/** When the room closes, to those who wait or may come; null where nobody is let in before, or that time is over. */
function closingTime(page: RoomPage, say: Wording): Html | null {
  const { room, nowMs } = page;
  if (room.closesAt === null || Date.parse(room.closesAt) <= nowMs || !mayBeLetIn(page)) return null;
  return say.html('closes-at', { time: new Moment(room.closesAt) });
}

function mayBeLetIn(page: RoomPage): boolean {
  const standing = standingOf(page);
  if (standing) return !isPointless(standing.reason);
  const isNew = page.ticket === null && page.problem === null;
  return isNew && (canJoin(page) || roomHeadline(page) === 'not-open-headline');
}

function resumeLink(page: RoomPage, say: Wording): HtmlPart {
  return html`<p class="aside"><a href="${roomUrl(page, 'resume')}">${say.html('resume-link')}</a></p>`;
}

function helpPart(page: RoomPage, { kind }: Situation, say: Wording): HtmlPart {
  const { room, language, ticket } = page;
  if (kind === 'over' || kind === 'inside') return null;
  if (ticket === null && !canJoin(page) && room.state !== 'scheduled') return null;
  if (ticket?.view.kind === 'waiting' && isPointless(ticket.view.standing.reason)) return null;
  const prepare = localizedHtml(room.prepare, language);
  const points: HtmlPart[] = [
    kind !== 'turn' && (localizedHtml(room.rule, language) ?? say.html('rule-default')),
    kind !== 'turn' && say.html('my-turn-text', { duration: durationText(room.enterWithinMs, say) }),
    prepare && say.html('prepare', { text: prepare }),
  ];
  const shown = points.filter((point) => point !== null && point !== false);
  if (shown.length === 0) return null;
  return html`<h2>${say.html('help-headline')}</h2><ul>${shown.map((point) => html`<li>${point}</li>`)}</ul>`;
}
