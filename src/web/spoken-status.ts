/**
 * What a screen reader is told while the page is open (WCAG 4.1.3, 2.2.2): the sentence of `role="status"`. What is
 * seen may change every second; what is spoken changes at once when the situation does and at a few positions worth
 * knowing, and otherwise at most once a minute. Minutes are counted by a clock that is never set: neither a device's
 * time put right nor the server's heard anew makes one be spoken to sooner, or not at all.
 */
import type { RoomPage, StandingReason } from './room-page-model.ts';
import { expectedWait, peopleAhead } from './room-page-place.ts';
import {
  localized,
  type Situation,
  situationOf,
  standingOf,
  updatesCut,
  wordingOf,
} from './room-page-situation.ts';

/** How often news may be spoken, in minutes, as its hearer chooses; 0: not at all. */
export const spokenEveryMinutes = [1, 5, 15, 0] as const;
/** A matter that was spoken of is not spoken of again for so long, unless it is time anyway. */
const newsRestMs = 60_000;
/** Positions at which one is told, besides half of the first. */
const thresholds: readonly number[] = [100, 50, 10, 1];

/** Reasons that may come and go by the second while one simply waits. */
const passingReasons: readonly (StandingReason | null)[] = [
  'queued',
  'returned',
  'recovered',
  'holding',
  'updates-interrupted',
];

const nowhere = { position: null, reason: null };

/** The whole sentence as of now; empty where the alert says it all. */
export function statusSentence(page: RoomPage, { kind, headline } = situationOf(page)): string {
  if (kind === 'turn') return '';
  const say = wordingOf(page);
  const sentences = [`${say.text(headline)}.`];
  const standing = standingOf(page);
  if (standing && standing.position !== null) {
    const { position, asOf } = standing;
    const ahead = say.text(...peopleAhead(position));
    const known = expectedWait(standing, say);
    const wait = known === null ? '' : say.text('spoken-wait', { wait: known });
    sentences.push(say.text('spoken-position', { time: say.clock(asOf), position, ahead, wait }));
  }
  const cut = updatesCut(page);
  if (cut) sentences.push(say.text(cut));
  const notice = localized(page.room.notice, page.language)?.text;
  if (notice) sentences.push(say.text('notice-spoken', { notice }));
  return sentences.join(' ').trim();
}

/** Decides when the sentence is said again. */
export class SpokenStatus {
  /** What is no news of its own is repeated after so many minutes; 0: nothing is spoken but one's turn. */
  everyMinutes: number = spokenEveryMinutes[0];
  readonly #situationOf: (page: RoomPage) => Situation;
  readonly #nowMs: () => number;
  /** When each matter was last spoken of: what comes and goes is not said each time. */
  readonly #matters = new Map<string, number>();
  #matter = '';
  #position: number | null = null;
  #thresholds = thresholds;
  #spokenAtMs = Number.NEGATIVE_INFINITY;
  #sentence: string | null = null;

  /** What the server's document says counts as spoken. */
  constructor(
    page: RoomPage,
    situation: (page: RoomPage) => Situation = situationOf,
    nowMs = (): number => performance.now(),
  ) {
    this.#situationOf = situation;
    this.#nowMs = nowMs;
    this.next(page);
    if (this.#position !== null) this.#thresholds = [...thresholds, Math.floor(this.#position / 2)];
  }

  /** The sentence to put on the page now; null: nothing worth saying yet. */
  next(page: RoomPage): string | null {
    const nowMs = this.#nowMs();
    const kind = page.ticket?.view.kind;
    const sentence = statusSentence(page, this.#situationOf(page));
    if (sentence === this.#sentence || (this.everyMinutes === 0 && kind !== 'admitted')) return null;
    const { position, reason } = standingOf(page) ?? nowhere;
    // Said at once when it changes. A connection that comes and goes is not: it waits for its minute.
    const matter = JSON.stringify([
      kind,
      passingReasons.includes(reason) ? null : reason,
      localized(page.room.notice, page.language)?.text,
    ]);
    const before = this.#position;
    const isDue = nowMs - this.#spokenAtMs >= this.everyMinutes * 60_000;
    const isNews =
      matter !== this.#matter &&
      nowMs - (this.#matters.get(matter) ?? Number.NEGATIVE_INFINITY) >= newsRestMs;
    const isNear =
      position !== null && (before === null || this.#thresholds.some((at) => before > at && position <= at));
    if (!isDue && !isNews && !isNear) return null;
    this.#matter = matter;
    this.#matters.set(matter, nowMs);
    this.#position = position ?? before;
    this.#spokenAtMs = nowMs;
    this.#sentence = sentence;
    return sentence;
  }
}
