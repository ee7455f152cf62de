/**
 * Who was present, as far as anyone can demand that it was known? In a partition somebody may sit before an open page
 * and yet be away for the side that admits, which is right: it has not heard of them. So, stricter than in a rush, a
 * visitor counts as present only while three things hold, and only `sightLagMs` after the last of them came true again:
 *
 * 1. Their socket was answered its hello, is open and something still comes over it (a ping is due every two seconds): one
 *    whose other end is gone looks open for long; or a look of theirs was answered within the time of presence less a
 *    heartbeat: a replica tells the store of a look only where it told of none within the heartbeat before.
 * 2. The replica at the other end was confirming: asked from the hub, it had shown another frame (made by the store, and
 *    shown only once confirmed) within `frameFreshMs`. A replica on the side of a master that can confirm nothing goes on
 *    showing the same frame; one that was cut off from the hub shows nothing.
 * 3. No fault lay on the visitor's own place or on that replica's: a link that is cut, slow, or loses answers.
 *
 * This errs towards "not present": it demands nothing that could not be known, and everything in quiet times. Pure.
 */
import type { ChaosRecord, Disturbance, FrameSample } from './chaos-history.ts';
import { type Interval, union, type VisitorStory } from './rush-presence.ts';

/** A replica ticks once a second, and shows a frame that another's tick made up to a second before. */
const frameFreshMs = 2_500;
/** A third of the time of presence. */
const heartbeatMs = 2_000;
/** A heartbeat, and a call that fails on a dead connection first. */
const sightLagMs = 5_000;

/** The stories with `present` as said above. */
export function withKnownPresence(
  stories: readonly VisitorStory[],
  record: Pick<ChaosRecord, 'samples' | 'faults' | 'placeOf' | 'policy' | 'replicas'>,
): VisitorStory[] {
  const confirming = Array.from({ length: record.replicas }, (_, node) => confirmingOf(record.samples, node));
  const disturbances = record.faults.flatMap((played) => played.disturbances);
  return stories.map((story) => {
    const place = record.placeOf[story.visitor] ?? null;
    const present = seenBy(story, record.policy.presentWithinMs).flatMap(({ node, ...interval }) => {
      const troubled = disturbances.filter((one) => one.place === place || one.node === node);
      return without(overlap([interval], confirming[node] ?? []), troubled);
    });
    return { ...story, present: union(present) };
  });
}

/** When this replica was known to confirm, and for long enough that sightings had caught up. */
function confirmingOf(samples: readonly FrameSample[], node: number): Interval[] {
  const fresh: Interval[] = [];
  let newest: number | null = null;
  for (const { t, node: of, asOf } of samples) {
    if (of !== node || asOf === null || asOf === newest) continue;
    newest = asOf;
    fresh.push({ from: t, until: t + frameFreshMs });
  }
  return union(fresh).map(({ from, until }, index) => ({
    from: index === 0 ? from : from + sightLagMs,
    until,
  }));
}

type Seen = Interval & { node: number };

/** With an answered socket open, or for a while after a look, each by the replica that answered. */
function seenBy({ records }: VisitorStory, presentWithinMs: number): Seen[] {
  const end = records.find(({ op }) => op === 'final')?.t ?? records.at(-1)?.t ?? 0;
  const seen: Seen[] = [];
  let open: { from: number; node: number } | null = null;
  for (const record of records) {
    const { op, t, node = 0 } = record;
    if (op === 'look') seen.push({ from: t, until: Math.min(t + presentWithinMs - heartbeatMs, end), node });
    if (op === 'connect') open ??= { from: t, node };
    if (op !== 'disconnect' || open === null) continue;
    const { silentMs = 0 } = record;
    seen.push({ ...open, until: Math.max(open.from, t - silentMs) });
    open = null;
  }
  if (open !== null) seen.push({ ...open, until: Math.max(open.from, end) });
  return seen;
}

function overlap(some: readonly Interval[], others: readonly Interval[]): Interval[] {
  return some.flatMap((one) =>
    others.flatMap((other) => {
      const from = Math.max(one.from, other.from);
      const until = Math.min(one.until, other.until);
      return until > from ? [{ from, until }] : [];
    }),
  );
}

function without(intervals: readonly Interval[], troubled: readonly Disturbance[]): Interval[] {
  return troubled.reduce<Interval[]>(
    (left, { from, until }) =>
      left.flatMap((one) =>
        [
          { from: one.from, until: Math.min(one.until, from) },
          { from: Math.max(one.from, until + sightLagMs), until: one.until },
        ].filter((part) => part.until > part.from),
      ),
    [...intervals],
  );
}
