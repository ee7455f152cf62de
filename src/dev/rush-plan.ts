/**
 * The crowd of a rush, as a pure function of the seed: when each visitor arrives, how long each thinks, and what each
 * does that a careful site must survive. The same visitor does the same in the queue and straight at the site.
 */
import { type Random, randomStream } from './random.ts';

/** What a visitor does while waiting, once, this long after having joined. */
export type WaitingAct = { afterMs: number; act: 'reload' | 'leave' | 'close-tab' | 'sleep' };

export type VisitorPlan = {
  arriveAfterMs: number;
  /** By polling: where WebSockets are blocked. */
  polls: boolean;
  /** In order of time. */
  acts: WaitingAct[];
  /** Longer than the time within which one counts as present. */
  sleepMs: number;
  /** Sees nothing when the turn comes, and presses "I am here" once it has lapsed. */
  sleepsThroughTurn: boolean;
  /** Closes the tab at the sight of the turn. */
  closesAtTurn: boolean;
  /** Asks for more time once before entering. */
  extends: boolean;
  /** From seeing the turn to pressing the button. */
  reactionMs: number;
  /** On the site: before the first step, before the second, before confirming. */
  thinkMs: [number, number, number];
  /** On the site: does not finish; the tab is closed, or "log out" is pressed, in the middle of the form. */
  leavesSite: 'close-tab' | 'log-out' | null;
  /** Opens the address of the hand-over a second time, as another browser would. */
  sharesHandOver: boolean;
  /** After the end, sends the same join again, as the browser's back button would. */
  joinsAgain: boolean;
  /** Straight at the site: gives up when it has not worked by then. */
  patienceMs: number;
  /** Draws made while playing: back-off and jitter. */
  random: Random;
};

/** What the plan depends on besides the seed. `expectedMs`: how long the crowd takes to get through. */
export type CrowdShape = {
  visitors: number;
  expectedMs: number;
  presentWithinMs: number;
  /** How many times as long people think on the site as those of a rush; 1 if absent. */
  thinkFactor?: number;
};

/** The average time from admission to `finish` of this crowd, in a queue: what the expected duration follows from. */
export const averageHoldMs = 4_300;

/** Of the expected duration: how long the burst at the opening takes, the mean of the tail behind it, its end. */
const burstShare = 0.12;
const tailMeanShare = 0.15;
export const lastArrivalShare = 0.55;

const shares = {
  burst: 0.6,
  polls: 0.03,
  reloads: 0.15,
  leaves: 0.05,
  closesTab: 0.04,
  sleeps: 0.04,
  sleepsThroughTurn: 0.03,
  closesAtTurn: 0.01,
  extends: 0.02,
  closesTabOnSite: 0.01,
  logsOut: 0.02,
  sharesHandOver: 0.02,
  joinsAgain: 0.04,
};

/** The plan of one visitor; the same for the same seed, visitor and shape. */
export function planVisitor(seed: number, visitor: number, shape: CrowdShape): VisitorPlan {
  const random = randomStream(seed, visitor);
  const arriveAfterMs = arrival(random, shape.expectedMs);
  const polls = random.chance(shares.polls);
  const acts = planActs(random, shape);
  const sleepMs = shape.presentWithinMs + random.between(2_000, 8_000);
  const siteDraw = random.next();
  const { thinkFactor = 1 } = shape;
  const think = (from: number, to: number): number => random.between(from, to) * thinkFactor;
  const { closesTabOnSite, logsOut } = shares;
  return {
    arriveAfterMs,
    polls,
    acts,
    sleepMs,
    sleepsThroughTurn: random.chance(shares.sleepsThroughTurn),
    closesAtTurn: random.chance(shares.closesAtTurn),
    extends: random.chance(shares.extends),
    reactionMs: random.between(150, 900),
    thinkMs: [think(300, 1_000), think(300, 1_300), think(200, 900)],
    leavesSite:
      siteDraw < closesTabOnSite ? 'close-tab' : siteDraw < closesTabOnSite + logsOut ? 'log-out' : null,
    sharesHandOver: random.chance(shares.sharesHandOver),
    joinsAgain: random.chance(shares.joinsAgain),
    patienceMs: random.between(15_000, 60_000),
    random,
  };
}

/** Most come at once when registration opens; the rest trickle in during the first half. */
function arrival(random: Random, expectedMs: number): number {
  if (random.chance(shares.burst)) return random.between(0, expectedMs * burstShare);
  const tail = Math.min(random.exponential(tailMeanShare), lastArrivalShare - burstShare);
  return expectedMs * (burstShare + tail);
}

function planActs(random: Random, { expectedMs }: CrowdShape): WaitingAct[] {
  const acts: WaitingAct[] = [];
  const sometime = (): number => random.between(1_000, expectedMs * 0.8);
  if (random.chance(shares.reloads)) {
    const times = 1 + Math.floor(random.next() * 3);
    for (let time = 0; time < times; time += 1) acts.push({ afterMs: sometime(), act: 'reload' });
  }
  if (random.chance(shares.sleeps)) acts.push({ afterMs: sometime(), act: 'sleep' });
  if (random.chance(shares.leaves)) acts.push({ afterMs: sometime(), act: 'leave' });
  if (random.chance(shares.closesTab)) acts.push({ afterMs: sometime(), act: 'close-tab' });
  return acts.toSorted((a, b) => a.afterMs - b.afterMs);
}
