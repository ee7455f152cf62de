/**
 * The verdict of a life under faults: did every promise that can be seen from outside hold, by what visitors and
 * the site wrote down? Pure. Each breach is named after its promise; a good record doctored in one place is
 * refused by that name, which its own tests show.
 */
import type { ChaosRecord, PlayedFault } from './chaos-history.ts';
import { findStandstill, findUnjoined, findUnplayed, orderJudged, progressAfter } from './chaos-coverage.ts';
import { withKnownPresence } from './chaos-presence.ts';
import { isCutOfMaster, losesData } from './chaos-schedule.ts';
import { peakHeld } from './chaos-seats.ts';
import type { HistoryRecord } from './rush-history.ts';
import { readStories, type VisitorStory } from './rush-presence.ts';
import {
  type BreachOf,
  countFinals,
  countUnrecorded,
  findAdmittedTwice,
  findInversions,
  findTwoTickets,
  type PromiseFigures,
  peakInside,
  worstBurst,
} from './rush-promises.ts';

export type ChaosBreachName =
  /** Two admissions without a lapse between, one after the end, two sessions, a hand-over redeemed twice. */
  | 'twice'
  /** Two tickets for one key. */
  | 'key'
  /** Two tickets under one number. */
  | 'number'
  | 'lost'
  /** Somebody's join was refused for good, or never answered. */
  | 'joins'
  | 'capacity'
  | 'pace'
  | 'order'
  | 'closed'
  | 'ledger'
  /** Nobody was admitted for too long after the last fault, or nobody came in at all. */
  | 'progress'
  /** Not everyone's story came to an end. */
  | 'through'
  /** A fault that was drawn was not played. */
  | 'faults'
  /** Order was demanded of too little of the time waited. */
  | 'judged';

export type ChaosFigures = PromiseFigures & {
  twoTicketsForOneKey: number;
  sameNumber: number;
  /** Came and never got a ticket. */
  unjoined: number;
  /** Of turns and sessions together, by what visitors were told. */
  peakHeld: number;
  /** Not through when the crowd was ended. */
  underWay: number;
  /** Of the time that visitors waited, the share in which order was demanded of it. */
  orderJudged: number;
  admittedWhilePaused: number;
  /** From the end of the last fault to the next admission; null: nobody was waiting any more. */
  progressMs: number | null;
  /** Cuts of the master with visitors and a replica on either side. */
  cutsWithBothSides: number;
};
export type ChaosVerdict = { figures: ChaosFigures; breaches: BreachOf<ChaosBreachName>[] };

/**
 * A release is the same by its number whenever it is told; but where data is lost, releases are counted from an older
 * number, and the same one is another later.
 */
const oneReleaseWithinMs = { kept: 60_000, lost: 5_000 };
/** A replica's and the store's wall clocks, and the room clock, are read one after the other. */
const roundingMs = 100;
/** The room clock believes a step of so much at once. */
const stepBelievedMs = 3_000;
/** For so long after a release it is told for the first time. */
const acrossStepMs = 5_000;

export function judgeChaos(record: ChaosRecord): ChaosVerdict {
  const { policy } = record;
  const history = record.history.flatMap((one) => unstepped(one, record.step));
  const within = oneReleaseWithinMs[isDataLost(record) ? 'lost' : 'kept'];
  const read = readStories(history, policy.presentWithinMs, within);
  const stories = withKnownPresence(read, record);
  const found = findCases(stories, record);
  const finals = countFinals(stories, record.visitors);
  const inversions = findInversions(stories);
  return {
    figures: {
      visitors: record.visitors,
      completed: finals.completed,
      // Who never got a ticket had nothing to give up.
      gaveUp: finals.gaveUp - found.joins.length,
      admittedTwice: found.twice.length,
      twoTicketsForOneKey: found.key.length,
      sameNumber: found.number.length,
      lost: found.lost.length,
      unjoined: found.joins.length,
      underWay: finals.lost.length - found.lost.length,
      capacity: policy.capacity,
      peakInside: peakInside(record),
      peakHeld: peakHeld(stories, record),
      orderInversions: inversions.count,
      orderJudged: orderJudged(stories).share,
      admittedWhilePaused: found.closed.length,
      progressMs: progressAfter(stories, record.faults.at(-1)),
      cutsWithBothSides: record.faults.filter(hasBothSides).length,
    },
    breaches: Object.entries(found).flatMap(([name, cases]) =>
      cases.length === 0 ? [] : [{ name: name as ChaosBreachName, detail: `${cases.length}: ${cases[0]}` }],
    ),
  };
}

function isDataLost({ faults }: ChaosRecord): boolean {
  return faults.some(({ fault }) => losesData(fault.kind));
}

/** What speaks against each promise, a sentence a case. */
function findCases(
  stories: readonly VisitorStory[],
  record: ChaosRecord,
): Record<ChaosBreachName, readonly string[]> {
  const { policy } = record;
  const admissions = stories.flatMap((story) => story.admissions);
  const lost = countFinals(stories, record.visitors).lost;
  const isUnderWay = (one: string): boolean => record.stoppedAt !== null && one.includes(underWay);
  const inside = peakInside(record);
  const held = peakHeld(stories, record);
  const burst = worstBurst(admissions, {
    ...policy,
    batchSizeMax: policy.batchSizeMax + stepAllowance(record),
  });
  const unrecorded = countUnrecorded(stories, record);
  return {
    twice: findAdmittedTwice(stories, record, isDataLost(record)),
    key: findTwoTickets(stories),
    number: findSameNumber(stories),
    lost: lost.filter((one) => !isUnderWay(one)),
    joins: findUnjoined(stories, record.visitors),
    capacity: [
      ...(inside > policy.capacity ? [`${inside} were inside at once, for ${policy.capacity}`] : []),
      ...(held > policy.capacity ? [`${held} held a seat at once, for ${policy.capacity}`] : []),
    ],
    pace: burst.excess > 0 ? [`${burst.admitted} were admitted within ${burst.withinMs} ms`] : [],
    order: findInversions(stories).cases,
    closed: admissions
      .filter(({ releasedAt }) =>
        record.paused.some(({ from, until }) => releasedAt > from + roundingMs && releasedAt < until),
      )
      .map(({ visitor }) => `visitor ${visitor} admitted while the room was paused`),
    ledger: unrecorded > 0 ? [`${unrecorded} confirmed registrations are not in the ledger`] : [],
    progress: findStandstill(stories, record),
    through: lost.filter(isUnderWay),
    faults: findUnplayed(stories, record),
    judged: orderJudged(stories).isTooLittle ? ['order was judged of too little of the time waited'] : [],
  };
}

/** As `countFinals` says it. */
const underWay = 'still under way';

/** The room clock goes by the store's: one that steps ahead is believed for so long, and the pace goes by it. */
function stepAllowance({ step, policy }: ChaosRecord): number {
  return step !== null && step.byMs > 0 ? (stepBelievedMs * policy.outflowPerMinute) / 60_000 : 0;
}

/**
 * Times of the store as a clock would have told them that never stepped. What is told soon after the step of a release
 * before it, or of one that is still to come, may mix both. There the time of telling stands for that of the release, which
 * others of its number know better; a turn told by a sighting, which knows no number, is left out as one never told of.
 */
function unstepped(record: HistoryRecord, step: ChaosRecord['step']): HistoryRecord[] {
  if (record.op !== 'admitted' || step === null) return [record];
  const right = record.releasedAt - step.byMs;
  const isStepped = Math.abs(record.t - right) < Math.abs(record.t - record.releasedAt);
  const releasedAt = isStepped ? right : record.releasedAt;
  const isToldAcross = releasedAt < step.at && record.t - releasedAt <= acrossStepMs;
  const isMixed = record.t >= step.at && (isToldAcross || releasedAt > record.t + roundingMs);
  if (isMixed && record.releaseNumber === null) return [];
  return [{ ...record, releasedAt: isMixed ? record.t : releasedAt }];
}

/** A number is a ticket's own for ever, whatever was confirmed under another master. */
function findSameNumber(stories: readonly VisitorStory[]): string[] {
  const holders = new Map<number, string>();
  const cases: string[] = [];
  for (const { records, visitor } of stories) {
    for (const record of records) {
      if (record.op !== 'join' || record.outcome !== 'ok') continue;
      const holder = holders.get(record.number);
      if (holder === undefined) holders.set(record.number, record.ticketId);
      else if (holder !== record.ticketId)
        cases.push(`number ${record.number}, of visitor ${visitor} and of another`);
    }
  }
  return cases;
}

function hasBothSides({ fault, sides }: PlayedFault): boolean {
  if (!isCutOfMaster(fault.kind) || sides === null) return false;
  const { withMaster, others } = sides;
  return [withMaster, others].every(({ visitors, replicas }) => visitors > 0 && replicas > 0);
}
