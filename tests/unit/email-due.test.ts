import { describe, expect, test } from 'vitest';
import { emailMinutes } from '../../src/domain/email.ts';
import type { PolicyInput } from '../../src/domain/room.ts';
import { dueOrders } from '../../src/service/email-due.ts';
import { RoomBoard } from '../../src/service/room-board.ts';
import { frameOf, headWith, roomWith, startUs, tickAnswer } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

const outflow: PolicyInput = { capacity: 100_000, outflowPerMinute: 10 };

/** A room in which these orders wait, 1 s apart. */
function boardOf(waiting: number, policy: PolicyInput = outflow, changes: object = {}): RoomBoard {
  const board = new RoomBoard('pool', new ManualClock(), () => undefined);
  const orders = Array.from({ length: waiting }, (_, index) => startUs + (index + 1) * 1_000_000);
  const frame = frameOf(orders, startUs + (waiting + 1) * 1_000_000);
  board.applyTick(headWith(), tickAnswer(frame, { room: roomWith(policy, changes) }));
  return board;
}

describe('who is due', () => {
  test('is everybody up to the last whose whole range lies under the choice, and nobody behind', () => {
    const board = boardOf(5_000);
    const due = dueOrders(board);
    for (const minutes of emailMinutes) {
      const isUnder = (order: number): boolean =>
        (board.outlook(order)?.expectedWaitMs.high ?? Infinity) <= minutes * 60_000;
      expect(isUnder(due[minutes])).toBe(true);
      expect(isUnder(due[minutes] + 1)).toBe(false);
    }
    // At ten a minute the 43rd waits 4.3 minutes, and 15 % more at most.
    expect((due[5] - startUs) / 1_000_000).toBeCloseTo(43, 0);
    expect(due[5] < due[15] && due[15] < due[30] && due[30] < due[60]).toBe(true);
  });

  test('is everybody whom the frame knows, where the queue is short', () => {
    const board = boardOf(10);
    expect(dueOrders(board)[60]).toBe(board.frame?.nowUs);
    expect(board.outlook((board.frame?.nowUs ?? 0) + 1)).toBeNull();
  });

  test('is who is next, however long seats are kept', () => {
    const board = boardOf(50, { capacity: 1, sessionTtlMs: 86_400_000 });
    const due = dueOrders(board);
    expect(due[5]).toBeGreaterThanOrEqual(startUs + 1_000_000);
    expect(due[60]).toBeLessThan(startUs + 2_000_000);
  });

  test('is nobody while nobody is let in, or before anything is known', () => {
    const none = { 5: 0, 15: 0, 30: 0, 60: 0 };
    for (const state of ['scheduled', 'paused', 'closed', 'bypass'] as const) {
      expect(dueOrders(boardOf(10, outflow, { state }))).toEqual(none);
    }
    expect(dueOrders(boardOf(10, { capacity: 0 }))).toEqual(none);
    expect(dueOrders(new RoomBoard('pool', new ManualClock(), () => undefined))).toEqual(none);
  });
});
