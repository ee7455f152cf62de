/** What a page says below its headline, in a few sentences: one place for every situation, as for the headlines. */
import type { RoomState } from '../domain/room.ts';
import type { Html } from './html.ts';
import type { PlainKey } from './phrases/phrases.ts';
import type { RoomPage, StandingReason } from './room-page-model.ts';
import {
  canJoin,
  type HowEnded,
  howEnded,
  operatorReason,
  roomHeadline,
  situationOf,
} from './room-page-situation.ts';
import { Moment, type Wording } from './wording.ts';

/** A phrase, or what is not always known. */
type Sentence = PlainKey | ((page: RoomPage, say: Wording) => Html | null);

const bypass: readonly Sentence[] = ['bypass-text', operatorReason];

/** To someone without a number. */
const rooms: { readonly [state in RoomState]: readonly Sentence[] } = {
  scheduled: [openingTime, operatorReason, joiningTime, crowd],
  open: ['join-text', crowd],
  paused: ['paused-text', operatorReason, 'join-while-paused', crowd],
  draining: ['draining-text', operatorReason],
  closed: ['closed-text', operatorReason],
  bypass,
};

/** To someone who waits. */
const standings: { readonly [reason in StandingReason]: readonly Sentence[] } = {
  queued: [queuedText],
  returned: ['returned-text'],
  recovered: ['recovered-text'],
  'not-open-yet': [openingTime, operatorReason, 'place-kept', 'queued-text'],
  paused: ['paused-text', operatorReason, 'place-kept'],
  closed: ['waiting-closed-text', operatorReason],
  bypass,
  holding: ['holding-text'],
  'in-trouble': ['in-trouble-text', operatorReason],
  'no-places-left': ['waiting-no-places-text'],
  'beyond-places': ['beyond-places-text'],
  'updates-interrupted': ['interrupted-text'],
};

/** To someone whose ticket is over. */
const ends: { readonly [how in HowEnded]: Sentence } = {
  completed: 'completed-text',
  'gave-up': 'gave-up-text',
  left: 'left-text',
  expired: 'expired-text',
  ended: 'ended-text',
  over: 'over-text',
  forgotten: 'over-text',
  'earlier-run': 'earlier-run-text',
  moved: 'moved-text',
};

/** The sentences, in their order. */
export function sentencesOf(page: RoomPage, say: Wording): Html[] {
  return said(tellingOf(page), page, say);
}

/** What is said of a room to someone without a number. */
export function roomSentences(page: RoomPage, say: Wording): Html[] {
  return said(ofRoom(page), page, say);
}

function said(sentences: readonly Sentence[], page: RoomPage, say: Wording): Html[] {
  const told = sentences.map((sentence) =>
    typeof sentence === 'string' ? say.html(sentence) : sentence(page, say),
  );
  return told.filter((sentence) => sentence !== null);
}

function ofRoom(page: RoomPage): readonly Sentence[] {
  return roomHeadline(page) === 'no-places-headline' ? ['no-places-text'] : rooms[page.room.state];
}

function tellingOf(page: RoomPage): readonly Sentence[] {
  const { room, ticket, problem } = page;
  // What was refused is the whole of the matter, then.
  if (ticket === null && problem !== null) return [];
  if (ticket === null) return ofRoom(page);
  const { view } = ticket;
  switch (view.kind) {
    case 'waiting':
      return standings[view.standing.reason];
    case 'admitted':
      return ['turn-text'];
    case 'entered':
      return ['entered-text', until('entered-until', view.expiresAt)];
    case 'lapsed':
      if (room.state === 'closed') return standings.closed;
      return ['lapsed-text', until('lapsed-until', view.returnUntil)];
    default:
      return [ends[howEnded(view) ?? 'over']];
  }
}

/** In a queue that moves. */
function queuedText(page: RoomPage, say: Wording): Html {
  const { headline } = situationOf(page);
  if (headline === 'next-headline' || headline === 'near-headline') return say.html('near-text');
  return say.html(headline === 'far-headline' ? 'far-text' : 'queued-text');
}

function until(key: 'entered-until' | 'lapsed-until', iso: string): Sentence {
  return (_page, say) => say.html(key, { time: new Moment(iso) });
}

function crowd(page: RoomPage, say: Wording): Html | null {
  const { waiting } = page.room;
  if (waiting === null || !canJoin(page)) return null;
  return waiting === 0 ? say.html('nobody-waits') : say.html('people-wait', { count: waiting });
}

function openingTime({ room: { opensAt } }: RoomPage, say: Wording): Html {
  // A widget may hear of its ticket before it hears of the room.
  return opensAt ? say.html('opens-at', { time: new Moment(opensAt) }) : say.html('not-open-text');
}

function joiningTime(page: RoomPage, say: Wording): Html | null {
  const { joinFrom } = page.room;
  if (canJoin(page)) return say.html('join-before-opening');
  return joinFrom ? say.html('join-opens-at', { time: new Moment(joinFrom) }) : null;
}
