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
import { problemText } from '../../src/web/room-page-problem.ts';

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

/** The page of someone with a number. */
export function ticketPage(language: Language, view: TicketView, changes: Partial<PageRoom> = {}): RoomPage {
  const ticket = { number: 2_047, view, keptUntil: inMinutes(72 * 60) };
  return { ...roomPage(language, changes), ticket, queueToken: 'a.queue.token' };
}

/** A waiting ticket. */
export function waiting(
  position: number | null,
  reason: StandingReason = 'queued',
  expectedWaitMs: { low: number; high: number } | null = null,
): TicketView {
  const standing = {
    position,
    waiting: 1_834,
    expectedWaitMs,
    reason,
    placesLeft: null,
    asOf: inMinutes(0),
  };
  return { kind: 'waiting', standing };
}

/** A turn that has come, with so many minutes left. */
export function turn(minutesLeft = 5, extensionsLeft = 10): TicketView {
  return { kind: 'admitted', expiresAt: inMinutes(minutesLeft), enterWithinMs: 300_000, extensionsLeft };
}

const reasons: { [reason in StandingReason]: true } = {
  queued: true,
  'not-open-yet': true,
  paused: true,
  closed: true,
  bypass: true,
  holding: true,
  'in-trouble': true,
  'no-places-left': true,
  'beyond-places': true,
  'updates-interrupted': true,
  returned: true,
  recovered: true,
};
/** Every reason that the page has words for. */
export const pageReasons = Object.keys(reasons) as StandingReason[];

/** The page of someone without a number whose request was refused. */
export function refusedPage(
  language: Language,
  code: PageProblem,
  retryAfterMs: number | null = null,
  changes: Partial<PageRoom> = {},
): RoomPage {
  return {
    ...roomPage(language, changes),
    problem: { code, text: problemText(code, language, retryAfterMs) },
  };
}

/** Every situation of the waiting page, by a name. */
export function everyPage(language: Language): Map<string, RoomPage> {
  const pages = new Map<string, RoomPage>([
    ['join', roomPage(language)],
    ['join: nobody waits', roomPage(language, { waiting: 0, languages: ['fr', 'en'] })],
    ['scheduled', roomPage(language, { state: 'scheduled', opensAt: inMinutes(3_000) })],
    [
      'scheduled, joining later',
      roomPage(language, { state: 'scheduled', joinFrom: inMinutes(25), opensAt: inMinutes(85) }),
    ],
    ['paused', roomPage(language, { state: 'paused', reason: 'Payment is down.' })],
    ['draining', roomPage(language, { state: 'draining' })],
    ['closed', roomPage(language, { state: 'closed' })],
    ['bypass', roomPage(language, { state: 'bypass' })],
    ['no places', roomPage(language, { placesLeft: { count: 0, asOf: inMinutes(0) } })],
    ['a colour of its own', roomPage(language, { accent: '#7a1f3d', notice: 'Retour à midi.' })],
    ['next', ticketPage(language, waiting(1, 'queued', { low: 0, high: 40_000 }))],
    ['near', ticketPage(language, waiting(8, 'queued', { low: 60_000, high: 220_000 }))],
    ['in line', ticketPage(language, waiting(212, 'queued', { low: 740_000, high: 1_030_000 }))],
    ['far back', ticketPage(language, waiting(1_702, 'queued', { low: 5_900_000, high: 8_100_000 }))],
    ['position unknown', ticketPage(language, waiting(null))],
    ['waiting: places are scarce', withPlacesLeft(language)],
    ['offline', { ...ticketPage(language, waiting(212)), updates: 'offline' }],
    ['connection interrupted', { ...ticketPage(language, waiting(212)), updates: 'interrupted' }],
    ['waiting: not open yet, soon', waitingForOpening(language)],
    ['turn', ticketPage(language, turn())],
    ['turn, last minute', ticketPage(language, turn(0.8, 1))],
    ['turn, no extension left', ticketPage(language, turn(4, 0))],
    ['inside', ticketPage(language, { kind: 'entered', expiresAt: inMinutes(20) })],
    ['missed', ticketPage(language, { kind: 'lapsed', returnUntil: inMinutes(1_200) })],
    [
      'too early',
      { ...ticketPage(language, waiting(3)), problem: refusedPage(language, 'not-admitted').problem },
    ],
    ['code shown', withCode(language)],
    ['e-mail noted', { ...ticketPage(language, waiting(212)), email: { underMinutes: 15 } }],
    ['e-mail sent before', { ...ticketPage(language, waiting(212)), email: 'sent' }],
    ['e-mail withdrawn', { ...ticketPage(language, waiting(212)), email: 'withdrawn' }],
  ]);
  for (const reason of pageReasons)
    pages.set(`waiting: ${reason}`, ticketPage(language, waiting(212, reason)));
  for (const outcome of ['completed', 'gave-up', 'left', 'expired', null] as const) {
    pages.set(`ended: ${outcome}`, ticketPage(language, { kind: 'ended', outcome }));
  }
  for (const reason of ['over', 'earlier-run', 'moved', 'forgotten'] as const) {
    pages.set(`gone: ${reason}`, ticketPage(language, { kind: 'gone', reason }));
  }
  for (const [code, changes] of refusals)
    pages.set(`refused: ${code}`, refusedPage(language, code, null, changes));
  pages.set('refused: rate-limited', refusedPage(language, 'rate-limited', 8_000));
  return pages;
}

const refusals: readonly (readonly [code: PageProblem, changes: Partial<PageRoom>])[] = [
  ['room-full', {}],
  ['no-places-left', { placesLeft: { count: 0, asOf: inMinutes(0) } }],
  ['room-closed', { state: 'closed' }],
  ['room-not-open-yet', { state: 'scheduled', joinFrom: inMinutes(25) }],
  ['token-refused', {}],
  ['cookies-refused', {}],
  ['pass-not-kept', {}],
  ['target-refused', {}],
  ['store-unavailable', {}],
  ['internal-error', {}],
];

function withPlacesLeft(language: Language): RoomPage {
  const view = waiting(212, 'queued', { low: 740_000, high: 1_030_000 });
  if (view.kind === 'waiting') view.standing.placesLeft = 940;
  return ticketPage(language, view, { placesLeft: { count: 940, asOf: inMinutes(0) } });
}

function waitingForOpening(language: Language): RoomPage {
  const opensAt = inMinutes(42);
  return ticketPage(language, waiting(212, 'not-open-yet'), { state: 'scheduled', opensAt });
}

function withCode(language: Language): RoomPage {
  const address = 'https://attente.example.org/rooms/loisirs/resume';
  const resume = { code: 'K7QXM-2PD93', address, until: inMinutes(72 * 60) };
  return { ...ticketPage(language, waiting(212)), resume };
}
