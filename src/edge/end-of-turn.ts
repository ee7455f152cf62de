/**
 * Answers that are worked out in one turn of the event loop leave together at its end. Written one by one, each would
 * wake the network's other side for itself: of looks on loopback, half the CPU time went there.
 */
let turn: Promise<void> | null = null;

/** Resolves, for all who asked in this turn, when every request that has arrived was read: after a millisecond or so. */
export function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = null;
      resolve();
    });
  });
  return turn;
}
