/**
 * The parts that say where one stands: position, figures, and the countdown to an opening.
 */
import { timeLeftText, waitText } from './durations.ts';
import { type HtmlPart, html } from './html.ts';
import type { PlainKey } from './phrases/phrases.ts';
import type { RoomPage, Standing, StandingReason } from './room-page-model.ts';
import { isPointless, standingOf } from './room-page-situation.ts';
import { Moment, type Wording } from './wording.ts';

/** An opening further away is told by its time alone. */
const countdownMaxMs = 24 * 3_600_000;
const soonMs = 10_000;
/** Nobody is let in now, but later. */
const stopped: readonly StandingReason[] = ['paused', 'holding', 'in-trouble', 'not-open-yet'];

/** Position and people ahead; `picture` stands below them. */
export function positionPart(page: RoomPage, say: Wording, picture: HtmlPart = null): HtmlPart {
  const standing = standingOf(page);
  if (!standing || isPointless(standing.reason)) return null;
  const { position, reason } = standing;
  if (position === null)
    return reason !== 'updates-interrupted' && html`<p>${say.html('position-unknown')}</p>`;
  return html`<p class="label">${say.html('position-label')}</p>
<div class="position">${say.value(position)}</div>
<p class="ahead">${say.html(...peopleAhead(position))}</p>
${picture}
<p class="note">${say.html('position-obtained')}</p>`;
}

/** The phrase for the people ahead, and its count. */
export function peopleAhead(position: number): ['nobody-ahead' | 'people-ahead', { count: number }] {
  return [position === 1 ? 'nobody-ahead' : 'people-ahead', { count: position - 1 }];
}

export function figuresPart(page: RoomPage, say: Wording): HtmlPart {
  const { ticket, room } = page;
  const { placesLeft } = room;
  const figure = (label: PlainKey, value: HtmlPart): HtmlPart =>
    value !== null && html`<div><dt>${say.html(label)}</dt><dd>${value}</dd></div>`;
  const standing = standingOf(page);
  const areOffered = ticket === null || standing !== null || ticket.view.kind === 'lapsed';
  const number = ticket?.number ?? null;
  const figures = [
    number !== null && figure('number-label', say.value(number)),
    standing && figure('wait-label', expectedWait(standing, say)),
    standing && figure('as-of-label', say.value(new Moment(standing.asOf))),
    placesLeft !== null &&
      areOffered &&
      figure(
        'places-label',
        say.html('places-left', { count: placesLeft.count, time: new Moment(placesLeft.asOf) }),
      ),
  ];
  return figures.some(Boolean) && html`<dl>${figures}</dl>`;
}

/** The wait in words; null where the situation already says that there is nothing to wait for. */
export function expectedWait({ expectedWaitMs, reason }: Standing, say: Wording): string | null {
  if (expectedWaitMs !== null) return waitText(expectedWaitMs, say);
  if (isPointless(reason) || reason === 'updates-interrupted') return null;
  return say.text(stopped.includes(reason) ? 'wait-stopped' : 'wait-unknown');
}

/** How long until numbers are given, or the room opens; `asOf` stands below it. */
export function countdownPart(page: RoomPage, say: Wording, asOf: HtmlPart = null): HtmlPart {
  const { room, ticket, problem, nowMs } = page;
  const isToldOf = ticket === null ? problem === null : standingOf(page)?.reason === 'not-open-yet';
  if (room.state !== 'scheduled' || !isToldOf) return null;
  const joinsInMs = ticket === null && room.joinFrom !== null ? Date.parse(room.joinFrom) - nowMs : 0;
  const opensInMs = room.opensAt === null ? Infinity : Date.parse(room.opensAt) - nowMs;
  const leftMs = joinsInMs > 0 ? joinsInMs : opensInMs;
  if (leftMs > countdownMaxMs) return null;
  const duration = timeLeftText(leftMs, say);
  const isSoon = joinsInMs <= 0 && leftMs < soonMs;
  const countdown = isSoon
    ? say.html('opens-soon')
    : say.html(joinsInMs > 0 ? 'joins-in' : 'opens-in', { duration });
  return html`<p class="countdown">${countdown}</p>${asOf}`;
}
