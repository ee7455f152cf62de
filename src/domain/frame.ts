/**
 * A frame: what a tick says of a room at one moment. From it a replica answers every look without asking
 * the store.
 *
 * Positions come from checkpoints: the order found at each rank of a fixed grid (each of 1…1,000, then
 * about 1 % apart), with the first rank beyond the end pinned to the store's now; straight lines between.
 * Exact to 1,000, within half a percent at a million. The grid is a constant so that a shown position
 * never rises while nobody returns; a grid spread over the queue's length would make it.
 */
export type Frame = RoomTallies & {
  /** Room clock, ms: when the frame was made. */
  clockMs: number;
  /** Store's wall clock, µs: when the frame was made; the order of the knot beyond the end. */
  nowUs: number;
  waiting: number;
  parked: number;
  lapsed: number;
  admitted: number;
  inside: number;
  /** People who may be inside but have not been seen since data was lost. */
  assumed: number;
  /** Admissions wait until this room-clock time, ms. */
  holdUntilMs: number;
  /** Highest order released so far. */
  frontier: number;
  /** Batches that the origin has not been told of; 0 in a room without delivery. */
  undelivered: number;
  /** Room-clock age of the oldest of them, ms; -1: none. */
  undeliveredMs: number;
  /** Batches that are tried no more; 0 in a room without delivery. */
  deadLetters: number;
  /** Orders at the grid's ranks, ascending; as many as the queue reaches. */
  checkpoints: number[];
};

/** What a room has counted of itself; a frame tells it as it is. */
export type RoomTallies = {
  placesUsed: number;
  /**
   * Running totals since the room began, this one and all others of that name: they give the pace. After a loss they go
   * on from what the store has left, and begin at 0 in an empty one: a total that falls says so.
   */
  admittedTotal: number;
  /** Seats given back: finished, expired, left while admitted, lapsed. */
  freedTotal: number;
  /** Parked because their holders were away when their turn came. */
  skippedTotal: number;
  /** Tickets made by joins. */
  joinedTotal: number;
  /** Turns that ran out unanswered. */
  lapsedTotal: number;
  /** Lapsed tickets whose holders came back to their order. */
  returnedTotal: number;
  /** Times that somebody came inside: by entering, or by a pass that the store did not know of. */
  enteredTotal: number;
  /** Sessions that ended as completed. */
  completedTotal: number;
  /** Tickets that are over, whatever ended them; one that holds its seat a while longer, once that is free. */
  endedTotal: number;
  /** Of those who wait, the ones present: as found on the last whole way through the queue, 500 a tick. */
  present: number;
  /** Room clock at the end of that way, ms; 0: there was none yet. */
  presentAtMs: number;
};

/** What a frame says of the room as a whole. */
export type FrameFigures = Omit<Frame, 'checkpoints'>;

/** Each rank up to here is a knot. */
export const exactRanks = 1_000;
const ranks: number[] = [];

/** The grid's rank at an index, from 0. Also in store/lua/tick.lua; a contract test compares them. */
export function gridRank(index: number): number {
  while (ranks.length <= index) {
    const last = ranks.at(-1) ?? 0;
    ranks.push(last < exactRanks ? last + 1 : Math.floor(last * 1.01));
  }
  return ranks[index] as number;
}

/**
 * The position shown for an order: 1 for the head; null for an order later than the frame, of which the
 * frame cannot know yet. O(log n).
 */
export function positionOf(frame: Frame, order: number): number | null {
  if (order > frame.nowUs) return null;
  const { checkpoints } = frame;
  let low = 0;
  let high = checkpoints.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((checkpoints[middle] as number) < order) low = middle + 1;
    else high = middle;
  }
  // `low` is the first knot at or after the order.
  if (low < checkpoints.length && checkpoints[low] === order) return gridRank(low);
  const nextRank = gridRank(low);
  if (low === 0) return 1;
  const rankBefore = gridRank(low - 1);
  const orderBefore = checkpoints[low - 1] as number;
  const orderNext = low < checkpoints.length ? (checkpoints[low] as number) : frame.nowUs;
  if (orderNext <= orderBefore) return nextRank;
  const share = (order - orderBefore) / (orderNext - orderBefore);
  return Math.min(nextRank, Math.ceil(rankBefore + share * (nextRank - rankBefore)));
}
