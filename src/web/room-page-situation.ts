/**
 * The situation a visitor is in, told in a headline: one place for every room state, every reason to wait and every
 * state of a ticket, so that *full*, *in trouble*, *paused*, *not open yet* and *closed* never share their words. What a
 * page says below it is in room-page-sentences.ts.
 */
import type { LocalizedText, RoomState } from '../domain/room.ts';
import type { EndOutcome } from '../domain/ticket.ts';
import { type Html, html } from './html.ts';
import type { Language, PlainKey } from './phrases/phrases.ts';
import type { RoomPage, Standing, StandingReason, TicketView } from './room-page-model.ts';
import { Wording } from './wording.ts';

/** What the page is about: its colours and the order of its parts follow. */
export type SituationKind = 'join' | 'waiting' | 'turn' | 'inside' | 'missed' | 'over';

export type Situation = { kind: SituationKind; headline: PlainKey };

export type HowEnded = EndOutcome | 'ended' | Extract<TicketView, { kind: 'gone' }>['reason'];

/** Near: so few are ahead, or so short is the wait. */
const nearPosition = 10;
const nearWaitMs = 2 * 60_000;
/** Far: so long is the wait, or so many are ahead while it is not known. */
const farWaitMs = 30 * 60_000;
const farPosition = 1_000;

/** The words of a page, on its clocks. */
export function wordingOf({ language, nowMs, room, visitorTimeZone }: RoomPage): Wording {
  return new Wording(language, { nowMs, roomTimeZone: room.timeZone, visitorTimeZone });
}

/** An operator's text in the visitor's language, else in the first it was written in; null when there is none. */
export function localized(
  text: LocalizedText | null,
  language: Language,
): { text: string; language: string } | null {
  const texts = typeof text === 'string' ? { [language]: text } : (text ?? {});
  const tag = language in texts ? language : Object.keys(texts)[0];
  const found = tag === undefined ? '' : texts[tag];
  return found ? { text: found, language: tag as Language } : null;
}

/** The same as markup, marked with its language where that is not the page's. */
export function localizedHtml(text: LocalizedText | null, language: Language): Html | null {
  const found = localized(text, language);
  if (!found) return null;
  const lang = found.language !== language && html` lang="${found.language}"`;
  return html`<bdi class="said"${lang}>${found.text}</bdi>`;
}

/** What the room is called. */
export function roomName({ room, language }: RoomPage): string {
  return localized(room.name, language)?.text ?? room.roomId;
}

/** To someone without a number. */
const rooms: { readonly [state in RoomState]: PlainKey } = {
  scheduled: 'not-open-headline',
  open: 'join-headline',
  paused: 'paused-headline',
  draining: 'draining-headline',
  closed: 'closed-headline',
  bypass: 'bypass-headline',
};
/** Of these, numbers can be given in. */
const numbersGivenIn: readonly RoomState[] = ['scheduled', 'open', 'paused'];

/** To someone who waits. */
const standings: { readonly [reason in StandingReason]: PlainKey } = {
  queued: 'queued-headline',
  returned: 'queued-headline',
  recovered: 'queued-headline',
  'not-open-yet': 'not-open-headline',
  paused: 'paused-headline',
  closed: 'closed-headline',
  bypass: 'bypass-headline',
  holding: 'holding-headline',
  'in-trouble': 'in-trouble-headline',
  'no-places-left': 'no-places-headline',
  'beyond-places': 'beyond-places-headline',
  'updates-interrupted': 'interrupted-headline',
};

/** To someone whose ticket is over. */
const ends: { readonly [how in HowEnded]: PlainKey } = {
  completed: 'completed-headline',
  'gave-up': 'gave-up-headline',
  left: 'left-headline',
  expired: 'expired-headline',
  ended: 'ended-headline',
  over: 'over-headline',
  forgotten: 'over-headline',
  'earlier-run': 'earlier-run-headline',
  moved: 'moved-headline',
};

/** How a ticket ended; null while it has not. */
export function howEnded(view: TicketView): HowEnded | null {
  if (view.kind === 'ended') return view.outcome ?? 'ended';
  return view.kind === 'gone' ? view.reason : null;
}

/** What a room is to someone without a number. */
export function roomHeadline({ room }: RoomPage): PlainKey {
  const areAllGiven = room.placesLeft?.count === 0 && numbersGivenIn.includes(room.state);
  return areAllGiven ? 'no-places-headline' : rooms[room.state];
}

/** Where the visitor stands, whatever was refused. */
export function situationOf(page: RoomPage): Situation {
  const { room, ticket } = page;
  if (ticket === null) return { kind: 'join', headline: roomHeadline(page) };
  const { view } = ticket;
  if (view.kind === 'waiting') return { kind: 'waiting', headline: headlineOf(view.standing) };
  if (view.kind === 'admitted') return { kind: 'turn', headline: 'turn-headline' };
  if (view.kind === 'entered') return { kind: 'inside', headline: 'entered-headline' };
  const end = howEnded(view);
  if (end !== null) return { kind: 'over', headline: ends[end] };
  if (room.state === 'closed') return { kind: 'over', headline: 'closed-headline' };
  return { kind: 'missed', headline: 'lapsed-headline' };
}

/** In a queue that moves: next, near, far back, or simply in line. */
function headlineOf({ reason, position, expectedWaitMs: wait }: Standing): PlainKey {
  const headline = standings[reason];
  if (headline !== 'queued-headline') return headline;
  if (position === 1) return 'next-headline';
  if (position !== null && (position <= nearPosition || (wait !== null && wait.high <= nearWaitMs)))
    return 'near-headline';
  const isFar = wait === null ? (position ?? 0) > farPosition : wait.low >= farWaitMs;
  return isFar ? 'far-headline' : headline;
}

/** Why the room is in its state, in the operator's words. */
export function operatorReason({ room, language }: RoomPage, say: Wording): Html | null {
  const reason = localizedHtml(room.reason, language);
  return reason && say.html('reason-given', { reason });
}

/** Where a waiting ticket stands; null where nobody waits. */
export function standingOf({ ticket }: RoomPage): Standing | null {
  return ticket?.view.kind === 'waiting' ? ticket.view.standing : null;
}

/** Whether there is nothing left to wait for. */
export function isPointless(reason: StandingReason): boolean {
  return reason === 'closed' || reason === 'bypass' || reason === 'no-places-left';
}

/** Whether the place in the queue is kept for someone who goes away now. */
export function isPlaceKept(page: RoomPage): boolean {
  const { kind } = situationOf(page);
  const standing = standingOf(page);
  return standing === null ? kind === 'turn' || kind === 'missed' : !isPointless(standing.reason);
}

/** What is said while no news comes in; null while it does. */
export function updatesCut({ updates }: RoomPage): 'updates-cut' | 'updates-offline' | null {
  if (updates === 'interrupted') return 'updates-cut';
  return updates === 'offline' ? 'updates-offline' : null;
}

/** Whether a number can be taken now, as far as this page knows. */
export function canJoin({ room, ticket, nowMs }: RoomPage): boolean {
  const isFree = ticket === null || ticket.view.kind === 'ended' || ticket.view.kind === 'gone';
  const isEarly = room.state === 'scheduled' && Date.parse(room.joinFrom ?? '') > nowMs;
  return isFree && !isEarly && room.placesLeft?.count !== 0 && numbersGivenIn.includes(room.state);
}
