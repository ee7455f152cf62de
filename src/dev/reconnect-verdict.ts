/**
 * The verdict of a restart: did everyone come back elsewhere, when they were told to, spread evenly, and with their
 * order? Pure, and worked out from what the visitors wrote down.
 *
 * A window is a visitor's own: it opens `afterMs` after the goodbye was heard and lasts `withinMs`. An arrival is the
 * beginning of anything that reaches a server, a look as well as a socket. Seconds are not cut at whole ones: the
 * busiest is the busiest of all spans of one second, and none of them is a partial one.
 */
import { exactRanks } from '../domain/frame.ts';
import { quantile } from './bench/row.ts';

/** What one visitor wrote down; times are Unix ms with fractions. */
export type ReconnectRecord = {
  number: number;
  positionBefore: number | null;
  /** Null: the connection ended without one. */
  bye: { heardAt: number; afterMs: number; withinMs: number } | null;
  /** From the end of the connection on, in this order. */
  arrivals: { at: number; by: 'socket' | 'look' }[];
  /** When the standing was told again; null: never. */
  backAt: number | null;
  numberAfter: number | null;
  positionAfter: number | null;
};

export type ReconnectFigures = {
  sockets: number;
  afterMs: number;
  withinMs: number;
  /** From the first goodbye heard to the last. */
  tellingMs: number;
  early: number;
  shareInside: number;
  perSecondMean: number;
  busiestSecond: number;
  busiestByMean: number;
  looks: number;
  /** From the arrival until the standing was told. */
  greetedMsP99: number;
  greetedMsMax: number;
  awayMsMax: number;
};

type BreachName = 'told' | 'early' | 'inside' | 'even' | 'back' | 'order';
export type ReconnectVerdict = {
  figures: ReconnectFigures;
  breaches: { name: BreachName; detail: string }[];
};

const shareInsideMin = 0.99;
const busiestByMeanMax = 1.5;
const secondMs = 1_000;

/** Works out the verdict. Throws when nobody came back as told. */
export function judgeReconnect(records: readonly ReconnectRecord[]): ReconnectVerdict {
  const returns = records.flatMap(returnOf);
  const arrivals = records.flatMap((record) => record.arrivals);
  const opensAt = least(returns.map((one) => one.opensAt));
  const closesAt = most(returns.map((one) => one.closesAt));
  const early = returns.filter(({ arrivedAt, opensAt }) => arrivedAt < opensAt).length;
  const inside = returns.filter(
    ({ arrivedAt, opensAt, closesAt }) => arrivedAt >= opensAt && arrivedAt <= closesAt,
  ).length;
  const back = returns.flatMap(({ backAt, ...one }) => (backAt === null ? [] : [{ ...one, backAt }]));
  const greetedMs = back.map(({ arrivedAt, backAt }) => backAt - arrivedAt);
  const heard = returns.map(({ heardAt }) => heardAt);
  const perSecondMean = (records.length * secondMs) / (closesAt - opensAt);
  const busiestSecond = mostWithin(
    secondMs,
    arrivals.map(({ at }) => at),
  );
  const figures: ReconnectFigures = {
    sockets: records.length,
    afterMs: most(returns.map(({ afterMs }) => afterMs)),
    withinMs: most(returns.map(({ withinMs }) => withinMs)),
    tellingMs: most(heard) - least(heard),
    early,
    shareInside: inside / records.length,
    perSecondMean,
    busiestSecond,
    busiestByMean: busiestSecond / perSecondMean,
    looks: arrivals.filter(({ by }) => by === 'look').length,
    greetedMsP99: quantile(greetedMs, 0.99),
    greetedMsMax: most(greetedMs),
    awayMsMax: most(back.map(({ backAt, heardAt }) => backAt - heardAt)),
  };
  return { figures, breaches: breachesOf(records, figures) };
}

function breachesOf(
  records: readonly ReconnectRecord[],
  { early, shareInside, busiestByMean }: ReconnectFigures,
): ReconnectVerdict['breaches'] {
  const breaches: ReconnectVerdict['breaches'] = [];
  const check = (name: BreachName, holds: boolean, detail: string): void => {
    if (!holds) breaches.push({ name, detail });
  };
  const untold = records.filter(({ bye }) => bye === null).length;
  const away = records.filter(({ backAt }) => backAt === null).length;
  const displaced = records.filter(isDisplaced).length;
  check('told', untold === 0, `${untold} were cut off without a goodbye`);
  check('early', early === 0, `${early} arrived before their window`);
  check('inside', shareInside >= shareInsideMin, `${shareInside} arrived inside the window`);
  check('even', busiestByMean <= busiestByMeanMax, `one second got ${busiestByMean} × the mean`);
  check('back', away === 0, `${away} were never told of their standing again`);
  check('order', displaced === 0, `${displaced} came back with another number or behind where they were`);
  return breaches;
}

/** Of a visitor who was told and did something after it; all others are in the breaches. */
function returnOf({ bye, arrivals: [first], backAt }: ReconnectRecord) {
  if (bye === null || first === undefined) return [];
  const opensAt = bye.heardAt + bye.afterMs;
  const closesAt = opensAt + bye.withinMs;
  return [{ ...bye, opensAt, closesAt, arrivedAt: first.at, backAt }];
}

/** Back under another number, or further back than before. */
function isDisplaced({ number, numberAfter, positionBefore, positionAfter }: ReconnectRecord): boolean {
  if (numberAfter === null) return false;
  const isBehind = positionBefore !== null && (positionAfter ?? 0) > furthestShown(positionBefore);
  return numberAfter !== number || isBehind;
}

/** Behind the exact ranks a position is read between knots 1 % apart, by each replica from its own newest frame. */
function furthestShown(position: number): number {
  return position <= exactRanks ? position : Math.ceil(position * 1.01);
}

/** The most of these moments in any span of so many ms. */
function mostWithin(spanMs: number, moments: readonly number[]): number {
  const sorted = moments.toSorted((one, other) => one - other);
  let first = 0;
  return sorted.reduce((busiest, at, index) => {
    while ((sorted[first] as number) <= at - spanMs) first += 1;
    return Math.max(busiest, index - first + 1);
  }, 0);
}

function most(values: readonly number[]): number {
  return quantile(values, 1);
}

function least(values: readonly number[]): number {
  return quantile(values, 0);
}
