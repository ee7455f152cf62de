/**
 * Every state of the widget: those of the waiting page that it has as well, from the same pages, and its own. Each is
 * what the service answers and what a visitor presses, so that the widget itself makes the state of it.
 */
import { type ErrorCode, errorCatalogue } from '../../src/domain/errors.ts';
import type { PublicRoom } from '../../src/web/client/room-watch.ts';
import type { Language } from '../../src/web/phrases/phrases.ts';
import type { PageRoom, RoomPage, TicketView } from '../../src/web/room-page-model.ts';
import { problemText } from '../../src/web/room-page-problem.ts';
import { canJoin, localized, situationOf, updatesCut, wordingOf } from '../../src/web/room-page-situation.ts';
import { everyPage, inMinutes, roomPage, ticketPage, turn, waiting } from './room-pages.ts';

/** What is pressed, by the last word of its form's address, and how that is answered. */
export type Press = {
  action: 'join' | 'enter' | 'leave' | 'code';
  status: number;
  body: object;
};

export type WidgetDocument = {
  /** The page's own. */
  language: Language;
  /** The widget's: where the room does not offer the page's, its first one. */
  spoken: Language;
  /** What the service says of the room; or it cannot be reached, never answers, or knows of no such room. */
  room: PublicRoom | 'unreachable' | 'silent' | 'unknown';
  /** What it says of the ticket that this browser keeps; null: none is kept, and one that is taken becomes the first. */
  view: TicketView | null;
  updates: RoomPage['updates'];
  press: Press | null;
  /** The element's, beside the room and the server. */
  attributes: string;
  storage: 'open' | 'shut';
  /** The page takes the widget's script. */
  hasScript: boolean;
  /** What it then says, in its own words: it is in its state no sooner. */
  says: readonly string[];
};

const guards = 'guards="#register, #order"';
/** What the widget never shows, or never gets: e-mails, cookies, a pass or a target in an address, a number to forget. */
const ofThePageAlone = /^e-mail|^too early$|cookies|pass-not-kept|target|token-refused|forgotten/;

/** By a name. A state that everyPage() gains is here as well. */
export function everyWidget(language: Language): Map<string, WidgetDocument> {
  const pages = [...everyPage(language)].filter(([name]) => !ofThePageAlone.test(name));
  return new Map([...pages.map(([name, page]) => [name, widgetOf(page)] as const), ...ownStates(language)]);
}

/** Of the waiting page in that situation. */
function widgetOf(situation: RoomPage): WidgetDocument {
  const page = { ...situation, language: spokenIn(situation) };
  const { language } = situation;
  return { ...inSituation(page), language };
}

function spokenIn({ language, room: { languages } }: RoomPage): Language {
  return languages.includes(language) ? language : (languages[0] ?? language);
}

function inSituation(page: RoomPage): WidgetDocument {
  const { language, problem, resume, updates } = page;
  const say = wordingOf(page);
  const { kind, headline } = situationOf(page);
  const notice = localized(page.room.notice, language)?.text ?? [];
  const state = plain(page, [say.text(headline), notice].flat());
  const cut = updatesCut(page);
  if (cut) return { ...state, updates, says: [...state.says, say.text(cut)] };
  if (resume !== null) {
    const body = { code: resume.code, resumeUrl: resume.address, expiresAt: resume.until };
    return { ...state, press: { action: 'code', status: 200, body }, says: [resume.code] };
  }
  if (problem === null) return state;
  return refused(state, kind === 'join' ? 'join' : 'leave', problem.code as ErrorCode, problem.text);
}

function plain(page: RoomPage, says: string[]): WidgetDocument {
  return {
    language: page.language,
    spoken: page.language,
    room: publicRoom(page),
    view: page.ticket?.view ?? null,
    updates: 'live',
    press: null,
    attributes: guards,
    storage: 'open',
    hasScript: true,
    says,
  };
}

function refused(
  state: WidgetDocument,
  action: Press['action'],
  code: ErrorCode,
  text = problemText(code, state.spoken),
): WidgetDocument {
  const body = { code, detail: text };
  return { ...state, press: { action, status: errorCatalogue[code].status, body }, says: [text] };
}

/** What anyone is told of the page's room. A room that refuses had not said so before. */
function publicRoom(page: RoomPage): PublicRoom {
  const isSurprising = page.problem !== null && !canJoin(page);
  const room: PageRoom = isSurprising ? { ...page.room, state: 'open', placesLeft: null } : page.room;
  const { name, languages, timeZone, targetUrl, enterWithinMs } = room;
  const { state, reason, notice, joinFrom, opensAt, closesAt, waiting } = room;
  return {
    name,
    languages,
    timeZone,
    targetUrl,
    enterWithinMs,
    state,
    reason,
    notice,
    joinFrom,
    opensAt,
    closesAt,
    waiting,
    placesLeft: room.placesLeft?.count ?? null,
    asOf: inMinutes(0),
    now: inMinutes(0),
  };
}

/** Those that the waiting page does not know. */
function ownStates(language: Language): [name: string, state: WidgetDocument][] {
  const page = roomPage(language);
  const say = wordingOf(page);
  const join = widgetOf(page);
  const inLine = ticketPage(language, waiting(212));
  const away = { ...join, says: [say.text('no-answer-headline')] };
  const longWord = 'https://www.example.org/inscriptions/activites-d-hiver/2027/bellerive/enfants';
  const long = { reason: longWord, notice: longWord, name: longWord };
  return [
    ['nothing heard yet', { ...join, room: 'silent', says: [] }],
    ['unreachable, held', { ...away, room: 'unreachable' }],
    ['unreachable, open', { ...away, room: 'unreachable', attributes: `${guards} when-unreachable="open"` }],
    ['no such room', { ...away, room: 'unknown' }],
    ['without the script', { ...join, hasScript: false, says: [] }],
    ['guarding nothing', { ...join, attributes: '' }],
    [
      'the page around it is guarded',
      { ...join, attributes: 'guards="#booking"', says: [say.text('guarded-page')] },
    ],
    ['storage shut', storageShut(inLine)],
    ['leaving refused', refused(widgetOf(inLine), 'leave', 'store-unavailable')],
    ['entering refused', refused(widgetOf(ticketPage(language, turn())), 'enter', 'store-unavailable')],
    ['long words', widgetOf(roomPage(language, { ...long, state: 'paused' }))],
  ];
}

/** The number is taken, and cannot be kept. */
function storageShut(page: RoomPage): WidgetDocument {
  const body = { ...page.ticket?.view, number: page.ticket?.number, queueToken: 'a.queue.token' };
  const says = [wordingOf(page).text('not-kept')];
  return { ...plain(page, says), storage: 'shut', press: { action: 'join', status: 201, body } };
}
