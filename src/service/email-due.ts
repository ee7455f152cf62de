/**
 * Whose e-mail is due: the highest order for each choice. The wait grows with the order, so everybody up to it is due,
 * and one number tells the store whom to give.
 */
import { type EmailMinutes, emailMinutes } from '../domain/email.ts';
import type { DueOrders } from '../store/email-store.ts';
import type { RoomBoard } from './room-board.ts';

/** What of a board is asked. */
export type Outlooks = Pick<RoomBoard, 'outlook' | 'frame' | 'head'>;

/**
 * Due is who would be told a range that lies wholly under the choice, and always who is next: where seats are kept for
 * long, the range of the first in line may never come under 5 minutes. Nobody is while nobody is let in.
 */
export function dueOrders(board: Outlooks): DueOrders {
  const orders = emailMinutes.map((minutes) => [minutes, dueOrder(board, minutes)] as const);
  return Object.fromEntries(orders) as DueOrders;
}

/** The highest order of which `isDue` holds, by halving; 0: none. About 40 steps. */
function dueOrder(board: Outlooks, minutes: EmailMinutes): number {
  const { frame, head } = board;
  if (!frame || !head || !isDue(board, head.startedUs, minutes)) return 0;
  let due = head.startedUs;
  let notDue = frame.nowUs + 1;
  while (notDue - due > 1) {
    const middle = Math.floor((due + notDue) / 2);
    if (isDue(board, middle, minutes)) due = middle;
    else notDue = middle;
  }
  return due;
}

function isDue(board: Outlooks, order: number, minutes: EmailMinutes): boolean {
  const outlook = board.outlook(order);
  return outlook !== null && (outlook.position === 1 || outlook.expectedWaitMs.high <= minutes * 60_000);
}
