/**
 * The situation a visitor is in, told in a headline and a few sentences: one place for every room state, every reason
 * to wait and every state of a ticket, so that *full*, *in trouble*, *paused*, *not open yet* and *closed* never share
 * their words.
 */
import type { LocalizedText } from '../domain/room.ts';
import { type Html, html } from './html.ts';
import type { Language, PlainKey } from './phrases/phrases.ts';
import type {
  PageProblem,
  PageRoom,
  RoomPage,
  Standing,
  StandingReason,
  TicketView,
} from './room-page-model.ts';
import { Moment, Wording } from './wording.ts';

/** What the page is about: its colours and the order of its parts follow. */
export type SituationKind = 'join' | 'waiting' | 'turn' | 'inside' | 'missed' | 'over';

export type Situation = { kind: SituationKind; headline: PlainKey; texts: readonly Html[] };

/** Near: so few are ahead, or so short is the wait. */
const nearPosition = 10;
const nearWaitMs = 2 * 60_000;
/** Far: so long is the wait, or so many are ahead while it is not known. */
const farWaitMs = 30 * 60_000;
const farPosition = 1_000;

/** The headlines of refusals that are a state of the queue or of the device; all others share one. */
const problemHeadlines: { readonly [code in PageProblem]?: PlainKey } = {
  'room-full': 'full-headline',
  'room-closed': 'closed-headline',
  'room-not-open-yet': 'not-open-headline',
  'room-bypassed': 'bypass-headline',
  'no-places-left': 'no-places-headline',
  'rate-limited': 'too-many-headline',
  'store-unavailable': 'no-answer-headline',
  'room-unknown': 'no-room-headline',
  'token-refused': 'over-headline',
  'ticket-over': 'over-headline',
  'ticket-moved': 'moved-headline',
  'cookies-refused': 'cookies-headline',
  'target-refused': 'target-headline',
  'code-unknown': 'code-unknown-headline',
  'code-used': 'code-used-headline',
};

/** What a refusal is called. */
export function problemHeadline(code: PageProblem): PlainKey {
  return problemHeadlines[code] ?? 'problem-headline';
}

/** The words of a page, on its clocks. */
export function wordingOf({ language, nowMs, room, visitorTimeZone }: RoomPage): Wording {
  return new Wording(language, { nowMs, roomTimeZone: room.timeZone, visitorTimeZone });
}

/** An operator's text in the visitor's language, else in the first it was written in; null when there is none. */
export function localized(
  text: LocalizedText | null,
  language: Language,
): { text: string; language: string } | null {
  if (text === null) return null;
  if (typeof text === 'string') return { text, language };
  const own = text[language];
  const [found, other] = own === undefined ? (Object.entries(text)[0] ?? []) : [language, own];
  return found === undefined || other === undefined || other === '' ? null : { text: other, language: found };
}

/** The same as markup, marked with its language where that is not the page's. */
export function localizedHtml(text: LocalizedText | null, language: Language): Html | null {
  const found = localized(text, language);
  if (!found) return null;
  return found.language === language
    ? html`<bdi class="said">${found.text}</bdi>`
    : html`<bdi class="said" lang="${found.language}">${found.text}</bdi>`;
}

/** Where the visitor stands. */
export function situationOf(page: RoomPage): Situation {
  const view = page.ticket?.view;
  const say = wordingOf(page);
  switch (view?.kind) {
    case undefined:
      // A refusal is what the page is about, then.
      return page.problem === null
        ? { kind: 'join', ...beforeJoining(page, say) }
        : { kind: 'join', headline: problemHeadline(page.problem.code), texts: [] };
    case 'waiting':
      return { kind: 'waiting', ...whileWaiting(page, view.standing, say) };
    case 'admitted':
      return { kind: 'turn', headline: 'turn-headline', texts: [say.html('turn-text')] };
    case 'entered': {
      const until = say.html('entered-until', { time: new Moment(view.expiresAt) });
      return { kind: 'inside', headline: 'entered-headline', texts: [say.html('entered-text'), until] };
    }
    case 'lapsed': {
      if (page.room.state === 'closed') {
        const texts = [say.html('waiting-closed-text'), ...operatorReason(page, say)];
        return { kind: 'over', headline: 'closed-headline', texts };
      }
      const until = say.html('lapsed-until', { time: new Moment(view.returnUntil) });
      return { kind: 'missed', headline: 'lapsed-headline', texts: [say.html('lapsed-text'), until] };
    }
    case 'ended':
    case 'gone':
      return { kind: 'over', ...afterwards(view, say) };
  }
}

type Told = Omit<Situation, 'kind'>;

function beforeJoining(page: RoomPage, say: Wording): Told {
  const { room } = page;
  const reason = operatorReason(page, say);
  const crowd = crowdText(room, say);
  if (room.state === 'bypass')
    return { headline: 'bypass-headline', texts: [say.html('bypass-text'), ...reason] };
  if (room.state === 'closed')
    return { headline: 'closed-headline', texts: [say.html('closed-text'), ...reason] };
  if (room.state === 'draining') {
    return { headline: 'draining-headline', texts: [say.html('draining-text'), ...reason] };
  }
  if (room.placesLeft?.count === 0) {
    return { headline: 'no-places-headline', texts: [say.html('no-places-text')] };
  }
  if (room.state === 'paused') {
    const texts = [say.html('paused-text'), ...reason, say.html('join-while-paused'), ...crowd];
    return { headline: 'paused-headline', texts };
  }
  if (room.state === 'scheduled') {
    const texts = [
      ...openingTime(room, say),
      ...reason,
      canJoin(page) ? say.html('join-before-opening') : html`${joiningTime(room, say)}`,
      ...(canJoin(page) ? crowd : []),
    ];
    return { headline: 'not-open-headline', texts };
  }
  return { headline: 'join-headline', texts: [say.html('join-text'), ...crowd] };
}

function crowdText({ waiting }: PageRoom, say: Wording): Html[] {
  if (waiting === null) return [];
  return [waiting === 0 ? say.html('nobody-waits') : say.html('people-wait', { count: waiting })];
}

function openingTime({ opensAt }: PageRoom, say: Wording): Html[] {
  return opensAt === null
    ? [say.html('not-open-text')]
    : [say.html('opens-at', { time: new Moment(opensAt) })];
}

function joiningTime({ joinFrom }: PageRoom, say: Wording): Html | null {
  return joinFrom === null ? null : say.html('join-opens-at', { time: new Moment(joinFrom) });
}

function operatorReason({ room, language }: RoomPage, say: Wording): Html[] {
  const reason = localizedHtml(room.reason, language);
  return reason === null ? [] : [say.html('reason-given', { reason })];
}

function whileWaiting(page: RoomPage, standing: Standing, say: Wording): Told {
  const reason = operatorReason(page, say);
  const place = placeInLine(standing);
  switch (standing.reason) {
    case 'queued':
      return { headline: place.headline, texts: [say.html(place.text)] };
    case 'returned':
      return { headline: place.headline, texts: [say.html('returned-text')] };
    case 'recovered':
      return { headline: place.headline, texts: [say.html('recovered-text')] };
    case 'not-open-yet': {
      const texts = [
        ...openingTime(page.room, say),
        ...reason,
        say.html('place-kept'),
        say.html('queued-text'),
      ];
      return { headline: 'not-open-headline', texts };
    }
    case 'paused': {
      const texts = [say.html('paused-text'), ...reason, say.html('place-kept')];
      return { headline: 'paused-headline', texts };
    }
    case 'closed':
      return { headline: 'closed-headline', texts: [say.html('waiting-closed-text'), ...reason] };
    case 'bypass':
      return { headline: 'bypass-headline', texts: [say.html('bypass-text'), ...reason] };
    case 'holding':
      return { headline: 'holding-headline', texts: [say.html('holding-text')] };
    case 'in-trouble': {
      const texts = [say.html('in-trouble-text'), ...reason];
      return { headline: 'in-trouble-headline', texts };
    }
    case 'no-places-left':
      return { headline: 'no-places-headline', texts: [say.html('waiting-no-places-text')] };
    case 'beyond-places':
      return { headline: 'beyond-places-headline', texts: [say.html('beyond-places-text')] };
    case 'updates-interrupted':
      return { headline: 'interrupted-headline', texts: [say.html('interrupted-text')] };
  }
}

/** In a queue that moves: next, near, far back, or simply in line. */
function placeInLine({ position, expectedWaitMs: wait }: Standing): { headline: PlainKey; text: PlainKey } {
  if (position === 1) return { headline: 'next-headline', text: 'near-text' };
  const isNear =
    position !== null && (position <= nearPosition || (wait !== null && wait.high <= nearWaitMs));
  if (isNear) return { headline: 'near-headline', text: 'near-text' };
  const isFar = wait === null ? (position ?? 0) > farPosition : wait.low >= farWaitMs;
  return isFar
    ? { headline: 'far-headline', text: 'far-text' }
    : { headline: 'queued-headline', text: 'queued-text' };
}

function afterwards(view: Extract<TicketView, { kind: 'ended' | 'gone' }>, say: Wording): Told {
  const words = view.kind === 'gone' ? view.reason : (view.outcome ?? 'ended');
  return { headline: `${words}-headline`, texts: [say.html(`${words}-text`)] };
}

/** Whether there is nothing left to wait for. */
export function isPointless(reason: StandingReason): boolean {
  return reason === 'closed' || reason === 'bypass' || reason === 'no-places-left';
}

/** Whether the place in the queue is kept for someone who goes away now. */
export function isPlaceKept({ ticket, room }: RoomPage): boolean {
  const view = ticket?.view;
  if (view?.kind === 'waiting') return !isPointless(view.standing.reason);
  return view?.kind === 'admitted' || (view?.kind === 'lapsed' && room.state !== 'closed');
}

/** Whether a number can be taken now, as far as this page knows. */
export function canJoin({ room, ticket, nowMs }: RoomPage): boolean {
  if (ticket !== null && ticket.view.kind !== 'ended' && ticket.view.kind !== 'gone') return false;
  if (room.placesLeft?.count === 0) return false;
  if (room.state === 'open' || room.state === 'paused') return true;
  return room.state === 'scheduled' && (room.joinFrom === null || Date.parse(room.joinFrom) <= nowMs);
}
