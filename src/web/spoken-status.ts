/**
 * What a screen reader is told while the page is open (WCAG 4.1.3, 2.2.2): the sentence of `role="status"`. What is
 * seen may change every second; what is spoken changes at once when the situation does and at a few positions worth
 * knowing, and otherwise at most once a minute.
 */
import type { RoomPage, StandingReason } from './room-page-model.ts';
import { aheadText, expectedWait } from './room-page-place.ts';
import { localized, situationOf, wordingOf } from './room-page-situation.ts';

/** How often news may be spoken, in minutes, as its hearer chooses; 0: not at all. */
export const spokenEveryMinutes = [1, 5, 15, 0] as const;
/** A matter that was spoken of is not spoken of again for so long, unless it is time anyway. */
const newsRestMs = 60_000;
/** Positions at which one is told, besides half of the first. */
const thresholds = [100, 50, 10, 1];

/** The whole sentence as of now; empty where the alert says it all. */
export function statusSentence(page: RoomPage): string {
  const say = wordingOf(page);
  const { kind, headline } = situationOf(page);
  if (kind === 'turn') return '';
  const sentences = [`${say.text(headline)}.`];
  const view = page.ticket?.view;
  if (view?.kind === 'waiting' && view.standing.position !== null) {
    const { position, asOf } = view.standing;
    const ahead = aheadText(position, say);
    const wait = expectedWait(view, say);
    sentences.push(
      say.text('spoken-position', {
        time: say.clock(asOf),
        position,
        ahead,
        wait: wait === null ? '' : say.text('spoken-wait', { wait }),
      }),
    );
  }
  if (page.updates === 'interrupted' || page.updates === 'offline') {
    sentences.push(say.text(`updates-${page.updates}`));
  }
  const notice = localized(page.room.notice, page.language);
  if (notice) sentences.push(say.text('notice-spoken', { notice: notice.text }));
  return sentences.join(' ').trim();
}

/** Decides when the sentence is said again. */
export class SpokenStatus {
  /** What is no news of its own is repeated after so many minutes; 0: nothing is spoken but one's turn. */
  everyMinutes: number = spokenEveryMinutes[0];
  readonly #halfway: number | null;
  /** When each matter was last spoken of: what comes and goes is not said each time. */
  readonly #matters = new Map<string, number>();
  #matter: string;
  #position: number | null;
  #spokenAtMs: number;
  #sentence: string;

  /** What the server's document says counts as spoken. */
  constructor(page: RoomPage) {
    this.#position = positionOn(page);
    this.#halfway = this.#position === null ? null : Math.floor(this.#position / 2);
    this.#matter = matterOf(page);
    this.#matters.set(this.#matter, page.nowMs);
    this.#spokenAtMs = page.nowMs;
    this.#sentence = statusSentence(page);
  }

  /** The sentence to put on the page now; null: nothing worth saying yet. */
  next(page: RoomPage): string | null {
    const sentence = statusSentence(page);
    if (sentence === this.#sentence) return null;
    if (this.everyMinutes === 0 && page.ticket?.view.kind !== 'admitted') return null;
    const isDue = page.nowMs - this.#spokenAtMs >= this.everyMinutes * 60_000;
    if (!isDue && !this.#isNews(page) && !this.#passedThreshold(positionOn(page))) return null;
    this.#matter = matterOf(page);
    this.#matters.set(this.#matter, page.nowMs);
    this.#position = positionOn(page) ?? this.#position;
    this.#spokenAtMs = page.nowMs;
    this.#sentence = sentence;
    return sentence;
  }

  /** Another matter than the one spoken of last, and not one that was within the last minute. */
  #isNews(page: RoomPage): boolean {
    const matter = matterOf(page);
    const spokenAtMs = this.#matters.get(matter) ?? Number.NEGATIVE_INFINITY;
    return matter !== this.#matter && page.nowMs - spokenAtMs >= newsRestMs;
  }

  #passedThreshold(position: number | null): boolean {
    const before = this.#position;
    if (position === null || before === null) return position !== null;
    return [this.#halfway, ...thresholds].some((at) => at !== null && before > at && position <= at);
  }
}

function positionOn({ ticket }: RoomPage): number | null {
  return ticket?.view.kind === 'waiting' ? ticket.view.standing.position : null;
}

/** Reasons that may come and go by the second while one simply waits. */
const passingReasons: readonly (StandingReason | null)[] = [
  'queued',
  'returned',
  'recovered',
  'holding',
  'updates-interrupted',
];

/** What is said at once when it changes. A connection that comes and goes is not: it waits for its minute. */
function matterOf({ ticket, room, language }: RoomPage): string {
  const view = ticket?.view;
  const reason = view?.kind === 'waiting' ? view.standing.reason : null;
  const matter = passingReasons.includes(reason) ? 'queued' : reason;
  return JSON.stringify([view?.kind, matter, localized(room.notice, language)?.text]);
}
