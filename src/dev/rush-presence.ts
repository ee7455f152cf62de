/**
 * When was a visitor there, when were they waiting, and when were they let in: the history of one visitor, as
 * intervals. Pure; the checkers are built on it.
 */
import { type HistoryRecord, twoTicksMs } from './rush-history.ts';

/** Both ends included, ms. */
export type Interval = { from: number; until: number };

/** One admission of one visitor, told at `toldAt`; `releasedAt` is the earliest time any of its batch was told. */
export type Admission = {
  visitor: number;
  number: number;
  releaseNumber: number | null;
  releasedAt: number;
  toldAt: number;
  bySocket: boolean;
};

/**
 * A stretch of waiting, from being told so until the admission was told; one that ended another way (`admission` null)
 * until two ticks before it was last told: a replica hears of a release that late, and with the data of a store all word
 * of a turn may go that had come by then. So a loss, after which they were told that their place was recovered, makes two
 * stretches of one. One whose admission was told later than two ticks after its release ends like that, too: the room clock
 * stood still meanwhile, and the release told may be later than the true one.
 */
export type WaitingStretch = Interval & { admission: Admission | null };

export type VisitorStory = {
  visitor: number;
  /** Null when no join was ever answered. */
  ticketId: string | null;
  number: number;
  joinedAt: number;
  records: readonly HistoryRecord[];
  /** With an answered socket open. */
  connected: Interval[];
  /** Connected, or looked within `presentWithinMs`; intervals that touch are one. */
  present: Interval[];
  waiting: WaitingStretch[];
  admissions: Admission[];
};

/**
 * Server times of one release, told at different moments, differ by rounding, and by an outage in between (the room
 * clock stood still); an older number used again after a loss comes later than this, since the room holds first.
 */
const sameReleaseWithinMs = 5_000;
/** Releases are a second apart; admissions closer than this are of one, whatever number they were told under. */
const roundingMs = 50;

/**
 * The stories of all visitors that left a record, in order of visitor. `oneReleaseWithinMs`: how far apart one release
 * may be told.
 */
export function readStories(
  history: readonly HistoryRecord[],
  presentWithinMs: number,
  oneReleaseWithinMs = sameReleaseWithinMs,
): VisitorStory[] {
  const byVisitor = new Map<number, HistoryRecord[]>();
  for (const record of history) {
    const records = byVisitor.get(record.visitor);
    if (records === undefined) byVisitor.set(record.visitor, [record]);
    else records.push(record);
  }
  const stories = [...byVisitor]
    .toSorted(([a], [b]) => a - b)
    .map(([visitor, records]) => readStory(visitor, records, { presentWithinMs, oneReleaseWithinMs }));
  alignReleases(
    stories.flatMap((story) => story.admissions),
    oneReleaseWithinMs,
  );
  return stories;
}

function readStory(
  visitor: number,
  records: readonly HistoryRecord[],
  { presentWithinMs, oneReleaseWithinMs }: { presentWithinMs: number; oneReleaseWithinMs: number },
): VisitorStory {
  const joined = records.find((record) => record.op === 'join' && record.outcome === 'ok');
  const named = joined?.op === 'join' && joined.outcome === 'ok' ? joined : null;
  const finalAt = records.find((record) => record.op === 'final')?.t ?? Number.POSITIVE_INFINITY;
  const number = named?.number ?? 0;
  const admissions = readAdmissions(records, { visitor, number, oneReleaseWithinMs });
  const connected = readConnected(records, Math.min(finalAt, records.at(-1)?.t ?? 0));
  const looked = records.flatMap((record) =>
    record.op === 'look' ? [{ from: record.t, until: Math.min(record.t + presentWithinMs, finalAt) }] : [],
  );
  return {
    visitor,
    ticketId: named?.ticketId ?? null,
    number,
    joinedAt: named?.t ?? 0,
    records,
    connected,
    present: union([...connected, ...looked]),
    waiting: readWaiting(records, admissions),
    admissions,
  };
}

/**
 * The same admission is told again on each look, and after its lapse by a replica that was cut off; another one has
 * another release number, or came after a lapse or a loss of data.
 */
function readAdmissions(
  records: readonly HistoryRecord[],
  { visitor, number, oneReleaseWithinMs }: { visitor: number; number: number; oneReleaseWithinMs: number },
): Admission[] {
  const admissions: Admission[] = [];
  let current: Admission | null = null;
  for (const record of records) {
    if (record.op === 'lapsed' || isToldRecovered(record)) current = null;
    if (record.op !== 'admitted') continue;
    const { releaseNumber, releasedAt, bySocket } = record;
    if (current !== null && sameRelease(current.releaseNumber, releaseNumber)) continue;
    const isToldAgain = admissions.some(
      (known) =>
        known.releaseNumber !== null &&
        known.releaseNumber === releaseNumber &&
        Math.abs(known.releasedAt - releasedAt) <= oneReleaseWithinMs,
    );
    if (isToldAgain) continue;
    current = { visitor, number, releaseNumber, releasedAt, toldAt: record.t, bySocket };
    admissions.push(current);
  }
  return admissions;
}

/** A replica that learnt of an admission by a sighting does not know its release number. */
function sameRelease(known: number | null, told: number | null): boolean {
  return known === null || told === null || known === told;
}

function readConnected(records: readonly HistoryRecord[], end: number): Interval[] {
  const intervals: Interval[] = [];
  let from: number | null = null;
  for (const record of records) {
    if (record.op === 'connect') from ??= record.t;
    if (record.op !== 'disconnect' || from === null) continue;
    intervals.push({ from, until: record.t });
    from = null;
  }
  if (from !== null) intervals.push({ from, until: Math.max(from, end) });
  return intervals;
}

const endsWaiting = new Set(['lapsed', 'entered', 'ended', 'gone', 'final']);

function readWaiting(records: readonly HistoryRecord[], admissions: readonly Admission[]): WaitingStretch[] {
  const stretches: WaitingStretch[] = [];
  let beforeLosses: Interval[] = [];
  let from: number | null = null;
  let lastTold = 0;
  /** Before `lastTold`: a look and what it shows are two words of one moment. */
  let toldBefore = 0;
  let isRecovered = false;
  const close = (until: number, admission: Admission | null): void => {
    const last = from === null ? [] : [{ from, until }];
    for (const part of [...beforeLosses, ...last]) {
      if (part.until > part.from) stretches.push({ ...part, admission });
    }
    beforeLosses = [];
    from = null;
  };
  for (const record of records) {
    const wasRecovered = isRecovered;
    if (record.op === 'standing') isRecovered = isToldRecovered(record);
    if (from !== null && isRecovered && !wasRecovered) {
      beforeLosses.push({ from, until: (lastTold < record.t ? lastTold : toldBefore) - twoTicksMs });
      from = null;
    }
    if (isToldToWait(record)) {
      from ??= record.t;
      if (lastTold < record.t) toldBefore = lastTold;
      lastTold = record.t;
    }
    if (record.op === 'admitted') {
      const isLate = record.t - record.releasedAt > twoTicksMs;
      const admission = admissions.find(({ toldAt }) => toldAt === record.t) ?? null;
      close(isLate ? lastTold - twoTicksMs : record.t, admission);
    }
    const left = record.op === 'leave' && record.outcome === 'invoke';
    if (left || endsWaiting.has(record.op)) close(lastTold - twoTicksMs, null);
  }
  close(lastTold - twoTicksMs, null);
  return stretches;
}

/** After a loss of data: whoever had a turn that went with it waits again. */
function isToldRecovered(record: HistoryRecord): boolean {
  return record.op === 'standing' && record.reason === 'recovered';
}

function isToldToWait(record: HistoryRecord): boolean {
  if (record.op === 'standing') return true;
  return (
    (record.op === 'join' || record.op === 'look') && record.outcome === 'ok' && record.kind === 'waiting'
  );
}

/** Gives each admission the earliest server time known of its release: a late reply can only have told a later one. */
function alignReleases(admissions: Admission[], oneReleaseWithinMs: number): void {
  const numbered = admissions.filter((admission) => admission.releaseNumber !== null);
  numbered.sort((a, b) => (a.releaseNumber ?? 0) - (b.releaseNumber ?? 0) || a.releasedAt - b.releasedAt);
  let first: Admission | null = null;
  for (const admission of numbered) {
    // After a loss the store may count its releases from an older number: the same number then means another release.
    const same =
      first !== null &&
      first.releaseNumber === admission.releaseNumber &&
      admission.releasedAt - first.releasedAt <= oneReleaseWithinMs;
    if (same && first !== null) admission.releasedAt = first.releasedAt;
    else first = admission;
  }
  let releasedAt = Number.NEGATIVE_INFINITY;
  for (const admission of admissions.toSorted((a, b) => a.releasedAt - b.releasedAt)) {
    if (admission.releasedAt - releasedAt > roundingMs) releasedAt = admission.releasedAt;
    admission.releasedAt = releasedAt;
  }
}

/** The same times as fewer, disjoint intervals in order. */
export function union(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const interval of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && interval.from <= last.until) last.until = Math.max(last.until, interval.until);
    else merged.push({ ...interval });
  }
  return merged;
}
