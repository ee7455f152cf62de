/**
 * Promise 1 by what visitors were told: a turn holds a seat as a session does, whether or not its holder ever comes in. A
 * seat is counted only while it cannot be doubted that it was held, so that what is found was given beyond the capacity:
 *
 * 1. A turn from when its holder heard of it: what is told is confirmed, and was given before.
 * 2. Until its deadline by the earliest time told of its release, less a margin; or, once its holder was answered that
 *    they have entered, until the session's length after they first asked to, less the margin. Never beyond being told of
 *    anything else, leaving, or the site's first asking for the end.
 * 3. What was told before a loss of data was recovered from, up to the loss only: the turn went with the data.
 * 4. A session at the site from its first request until the same end, through a loss, too: it is remembered there.
 *
 * So it does not see turns that nobody heard of, sessions that were renewed for longer than their first length, and what is
 * given after a loss for people who were let in before it and were not at the site yet. Pure.
 */
import type { ChaosRecord } from './chaos-history.ts';
import { losesData } from './chaos-schedule.ts';
import type { LedgerEntry } from './demo-origin-ledger.ts';
import type { HistoryRecord } from './rush-history.ts';
import { type Admission, type Interval, union, type VisitorStory } from './rush-presence.ts';

/**
 * The room clock, by which turns and sessions end, is never ahead of the visitors' but by what it believes of a step, 3 s;
 * and what is told within 5 s of a step leaves open by which clock.
 */
const marginMs = { steady: 2_000, stepping: 8_000 };

type Seated = Pick<ChaosRecord, 'origin' | 'policy' | 'faults' | 'step'>;

/** The most seats held at once by what visitors were told; 0 when nobody was told of a turn. */
export function peakHeld(stories: readonly VisitorStory[], record: Seated): number {
  const sessions = new Map(record.origin.entries.map((entry) => [entry.ticketId, entry]));
  const changes = stories.flatMap((story) => {
    const session = sessions.get(story.ticketId ?? '');
    const seats = story.admissions.flatMap((admission) => seatsOf(admission, story.records, session, record));
    return union(seats).flatMap(({ from, until }) => [
      { at: from, by: 1 },
      { at: until, by: -1 },
    ]);
  });
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let held = 0;
  return changes.reduce((peak, { by }) => {
    held += by;
    return Math.max(peak, held);
  }, 0);
}

/** Of one turn: its own seat, and the session's at the site. */
function seatsOf(
  admission: Admission,
  records: readonly HistoryRecord[],
  session: LedgerEntry | undefined,
  { policy, faults, step }: Seated,
): Interval[] {
  const { toldAt } = admission;
  const margin = step === null ? marginMs.steady : marginMs.stepping;
  const { askedAt, enteredAt, overAt } = readTurn(records, toldAt);
  const deadline = Math.min(admission.releasedAt, toldAt) + policy.enterWithinMs - margin;
  const sessionEnd = Math.min(
    (askedAt ?? toldAt) + policy.sessionTtlMs - margin,
    session?.finishAskedAt ?? session?.endedAt ?? Number.POSITIVE_INFINITY,
  );
  const until = Math.min(enteredAt === null ? deadline : sessionEnd, overAt);
  const lostAt = faults
    .filter(({ fault, wholeAt }) => losesData(fault.kind) && wholeAt + policy.recoverWithinMs > toldAt)
    .reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY);
  const turn = { from: toldAt, until: Math.min(until, lostAt) };
  const atSite =
    enteredAt === null || session === undefined ? [] : [{ from: Math.max(session.firstAt, toldAt), until }];
  return [turn, ...atSite].filter((seat) => seat.until > seat.from);
}

const endsTurn = new Set(['standing', 'lapsed', 'ended', 'gone', 'leave']);

/** What became of the turn that was told of then: asked to enter, answered, and told or chosen that it is over. */
function readTurn(
  records: readonly HistoryRecord[],
  toldAt: number,
): { askedAt: number | null; enteredAt: number | null; overAt: number } {
  let askedAt: number | null = null;
  let enteredAt: number | null = null;
  const told = records.findIndex(({ op, t }) => op === 'admitted' && t === toldAt);
  for (const { op, outcome, t } of records.slice(told + 1)) {
    if (endsTurn.has(op)) return { askedAt, enteredAt, overAt: t };
    if (op === 'enter') askedAt ??= t;
    if (op === 'entered' || (op === 'enter' && outcome === 'ok')) enteredAt ??= t;
  }
  return { askedAt, enteredAt, overAt: Number.POSITIVE_INFINITY };
}
