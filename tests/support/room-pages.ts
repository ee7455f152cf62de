/** Waiting pages in every situation, as values: for tests that render them. */
// Pages can be written in the languages that have been read.
import '../../src/web/languages.ts';
import type { Language } from '../../src/web/phrases/phrases.ts';
import type { PageRoom, RoomPage, StandingReason, TicketView } from '../../src/web/room-page-model.ts';

/** When all of them were made. */
const pageNowMs = Date.parse('2026-11-22T19:05:12Z');

/** An instant so many minutes later. */
export function inMinutes(minutes: number): string {
  return new Date(pageNowMs + minutes * 60_000).toISOString();
}

const room: PageRoom = {
  roomId: 'loisirs',
  name: { fr: 'Loisirs d’hiver', en: 'Winter recreation' },
  owner: { fr: 'Ville de Bellerive', en: 'City of Bellerive' },
  contact: { fr: 'téléphone 819 555-0100', en: 'phone 819 555-0100' },
  rule: null,
  prepare: { fr: 'la carte de citoyen', en: 'your citizen card' },
  privacyUrl: 'https://example.org/privacy',
  accessibilityUrl: 'https://example.org/accessibility',
  timeZone: 'America/Toronto',
  languages: ['fr', 'en'],
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
  const standing = { position, waiting: 1_834, expectedWaitMs, reason, asOf: inMinutes(0) };
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
  'no-places-left': true,
  'beyond-places': true,
  'updates-interrupted': true,
  returned: true,
  recovered: true,
};
/** Every reason that the page has words for. */
export const pageReasons = Object.keys(reasons) as StandingReason[];

/** Every situation there is, by a name. */
export function everyPage(language: Language): Map<string, RoomPage> {
  const pages = new Map<string, RoomPage>([
    ['join', roomPage(language)],
    ['join: nobody waits', roomPage(language, { waiting: 0 })],
    ['join: refused', { ...roomPage(language), problem: 'A problem.' }],
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
    ['next', ticketPage(language, waiting(1, 'queued', { low: 0, high: 40_000 }))],
    ['position unknown', ticketPage(language, waiting(null))],
    ['turn', ticketPage(language, turn())],
    ['turn, last minute', ticketPage(language, turn(0.8, 1))],
    ['turn, no extension left', ticketPage(language, turn(4, 0))],
    ['inside', ticketPage(language, { kind: 'entered', expiresAt: inMinutes(20) })],
    ['missed', ticketPage(language, { kind: 'lapsed', returnUntil: inMinutes(1_200) })],
  ]);
  for (const reason of pageReasons)
    pages.set(`waiting: ${reason}`, ticketPage(language, waiting(212, reason)));
  for (const outcome of ['completed', 'gave-up', 'left', 'expired', null] as const) {
    pages.set(`ended: ${outcome}`, ticketPage(language, { kind: 'ended', outcome }));
  }
  for (const reason of ['over', 'earlier-run', 'moved'] as const) {
    pages.set(`gone: ${reason}`, ticketPage(language, { kind: 'gone', reason }));
  }
  return pages;
}
