/** Waiting pages in every situation, as values: for tests that render them. */
// Pages can be written in the languages that have been read.
import '../../src/web/languages.ts';
import type { Language } from '../../src/web/phrases/phrases.ts';
import type {
  PageProblem,
  PageRoom,
  RoomPage,
  StandingReason,
  TicketView,
} from '../../src/web/room-page-model.ts';
import { RoomPageStates } from '../../src/web/room-page-states.ts';

/** When all of them were made. */
const pageNowMs = Date.parse('2026-11-22T19:05:12Z');

/** An instant so many minutes later. */
export function inMinutes(minutes: number): string {
  return new Date(pageNowMs + minutes * 60_000).toISOString();
}

/** A town's arms, as small as a test needs them. */
const logo =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#7a1f3d" d="M3 3h26v14q0 9-13 13Q3 26 3 17z"/><path fill="#fff" d="M7 20l9-12 9 12z"/></svg>',
  );

const room: PageRoom = {
  roomId: 'loisirs',
  name: {
    fr: 'Loisirs d’hiver',
    en: 'Winter recreation',
    es: 'Actividades de invierno',
    ar: 'أنشطة الشتاء',
  },
  owner: { fr: 'Ville de Bellerive', en: 'City of Bellerive', es: 'Ciudad de Bellerive', ar: 'مدينة بلريف' },
  contact: {
    fr: 'téléphone 819 555-0100, ou au comptoir, du lundi au vendredi de 8 h à 18 h',
    en: 'phone 819 555-0100, or at the counter, Monday to Friday from 8 to 6',
    es: 'teléfono 819 555-0100 o en ventanilla, de lunes a viernes de 8 a 18',
    ar: 'الهاتف \u2066819 555-0100\u2069، أو في المكتب من الإثنين إلى الجمعة',
  },
  rule: null,
  prepare: { fr: 'la carte de citoyen', en: 'your citizen card', es: 'su tarjeta', ar: 'بطاقة المواطن' },
  privacyUrl: 'https://example.org/privacy',
  accessibilityUrl: 'https://example.org/accessibility',
  logo,
  accent: null,
  timeZone: 'America/Toronto',
  languages: ['fr', 'en', 'es', 'ar'],
  state: 'open',
  reason: null,
  notice: null,
  joinFrom: null,
  opensAt: null,
  closesAt: null,
  waiting: 1_834,
  placesLeft: null,
  enterWithinMs: 300_000,
  targetUrl: 'https://example.org/register',
};

/** The page of someone who has no number yet. */
export function roomPage(language: Language, changes: Partial<PageRoom> = {}): RoomPage {
  return {
    language,
    nowMs: pageNowMs,
    room: { ...room, ...changes },
    ticket: null,
    queueToken: null,
    target: null,
    joinKey: '3b9f6f64-8c5e-4d52-9a1b-2f3c4d5e6f70',
    problem: null,
    resume: null,
    email: 'offered',
    updates: 'by-hand',
    visitorTimeZone: null,
  };
}

const states = (language: Language, changes: Partial<PageRoom> = {}): RoomPageStates =>
  new RoomPageStates(roomPage(language, changes));

/** The page of someone with a number. */
export function ticketPage(language: Language, view: TicketView, changes: Partial<PageRoom> = {}): RoomPage {
  return states(language, changes).with(view);
}

/** A waiting ticket. */
export function waiting(
  position: number | null,
  reason: StandingReason = 'queued',
  expectedWaitMs: { low: number; high: number } | null = null,
): TicketView {
  return states('fr').waiting(position, reason, expectedWaitMs);
}

/** A turn that has come, with so many minutes left. */
export function turn(minutesLeft = 5, extensionsLeft = 10): TicketView {
  return states('fr').turn(minutesLeft, extensionsLeft);
}

/** The page of someone without a number whose request was refused. */
export function refusedPage(
  language: Language,
  code: PageProblem,
  retryAfterMs: number | null = null,
  changes: Partial<PageRoom> = {},
): RoomPage {
  return states(language, changes).refused(code, retryAfterMs);
}

/** Every situation of the waiting page, by a name; one room among them has few languages, one a colour of its own. */
export function everyPage(language: Language): Map<string, RoomPage> {
  const pages = states(language).all();
  pages.set('join: nobody waits', roomPage(language, { waiting: 0, languages: ['fr', 'en'] }));
  pages.set('a colour of its own', roomPage(language, { accent: '#7a1f3d', notice: 'Retour à midi.' }));
  return pages;
}
