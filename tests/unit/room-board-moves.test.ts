import { beforeEach, expect, test } from 'vitest';
import type { Room } from '../../src/domain/room.ts';
import type { LocalTicket } from '../../src/service/local-ticket.ts';
import { RoomBoard } from '../../src/service/room-board.ts';
import type { TicketAnswer } from '../../src/store/queue-store.ts';
import type { RoomEvent } from '../../src/store/room-events.ts';
import { claimsOf, frameOf, headWith, roomWith, startUs, tickAnswer } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

let board: RoomBoard;
beforeEach(() => {
  board = new RoomBoard('pool', new ManualClock(startUs / 1_000), () => undefined);
});

const secondUs = 1_000_000;
const orders = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => startUs + from + index);

type Tick = { queue?: number[]; frontier?: number; events?: RoomEvent[]; room?: Room };

/** A tick of the room: who waits, up to where it was released, what happened. */
function tick({ queue = [], frontier = 0, events = [], room }: Tick): void {
  const eventNumber = events.at(-1)?.eventNumber ?? 0;
  const frame = frameOf(queue, startUs + secondUs, { frontier });
  board.applyTick(headWith({ frontier, eventNumber }), tickAnswer(frame, { events, room: room ?? null }));
}

function admitted(number: number, eventNumber: number, releaseNumber = 1): RoomEvent {
  const ticketIds = [claimsOf(number).ticketId];
  return { type: 'admitted', eventNumber, atMs: 1_000, ticketIds, releaseNumber, deadlineMs: 61_000 };
}

function known(kind: 'waiting' | 'admitted', number: number): TicketAnswer {
  return { kind, number, order: startUs + number, atMs: 60_000, extensions: 0, gen: 0 };
}

/** What a watcher of the ticket is told from now on. */
function watched(ticket: LocalTicket): { told: string[] } {
  const told: string[] = [];
  const ticketChanged = (changed: LocalTicket): void => void told.push(board.view(changed).kind);
  board.tickets.watch(ticket, { ticketChanged, roomChanged: () => {} });
  return { told };
}

const moved = { kind: 'gone', reason: 'moved' };
const onSecond = claimsOf(1, { gen: 1 });

test('a move is told to those who watch it on the first, and goes on where it was on the second', () => {
  tick({ queue: orders(1, 5), room: roomWith() });
  const first = board.ticket(claimsOf(1));
  const { told } = watched(first);
  tick({ queue: orders(2, 5), events: [admitted(1, 1, 7)], frontier: startUs + 1 });
  const second = board.ticket(onSecond);
  expect(told).toEqual(['admitted', 'gone']);
  expect(board.view(first)).toEqual(moved);
  expect(board.view(second)).toMatchObject({ kind: 'admitted', releaseNumber: 7 });
  expect([first, second].map((ticket) => board.needsAsking(ticket))).toEqual([false, true]);
});

test('the ticket is the second device’s from then on, however the first goes on asking', () => {
  tick({ queue: orders(1, 5), room: roomWith() });
  const first = board.ticket(claimsOf(1));
  const second = board.ticket(onSecond);
  const onFirst = watched(first);
  const onSecondDevice = watched(second);
  const again = board.ticket(claimsOf(1, { expiresAtMs: claimsOf(1).expiresAtMs + 1 }));
  const late = watched(again);
  expect([board.view(again), board.needsAsking(again)]).toEqual([moved, false]);
  // What was asked for the first one before, and is answered now.
  board.applySighting(first, known('waiting', 1), 1);
  expect(board.view(first)).toEqual(moved);
  tick({ events: [admitted(1, 2)], frontier: startUs + 1 });
  expect(board.view(board.ticket(onSecond)).kind).toBe('admitted');
  expect(board.ticket(onSecond)).toBe(second);
  expect([onFirst.told, late.told, onSecondDevice.told]).toEqual([[], [], ['admitted']]);
});

test('a move is known by its event, where the first device is on another replica than the second', () => {
  tick({ queue: orders(1, 5), room: roomWith() });
  const first = board.ticket(claimsOf(1));
  const { told } = watched(first);
  const event: RoomEvent = {
    type: 'moved',
    eventNumber: 1,
    atMs: 0,
    ticketIds: [first.claims.ticketId],
    gen: 1,
  };
  tick({ queue: orders(1, 5), events: [event] });
  expect(told).toEqual(['gone']);
  tick({ events: [admitted(1, 2)], frontier: startUs + 1 });
  expect([told, board.view(first)]).toEqual([['gone'], moved]);
  // Shown here at last: nothing of the first one’s end is the second one’s.
  const second = board.ticket(onSecond);
  expect(board.view(second).kind).toBe('waiting');
  board.applySighting(second, known('admitted', 1), 2);
  expect(board.view(second).kind).toBe('admitted');
});

test('the event of a move says nothing to the device that has it already', () => {
  tick({ queue: orders(1, 5), room: roomWith() });
  const second = board.ticket(onSecond);
  const { told } = watched(second);
  const ticketIds = [second.claims.ticketId];
  tick({ queue: orders(1, 5), events: [{ type: 'moved', eventNumber: 1, atMs: 0, ticketIds, gen: 1 }] });
  expect([told, board.view(second).kind]).toEqual([[], 'waiting']);
});

test('of a room made anew, the same id begins anew, too', () => {
  tick({ queue: orders(1, 5), room: roomWith() });
  board.ticket(onSecond);
  board.applyTick(
    headWith({ startedUs: startUs + 10, epochId: 'new' }),
    tickAnswer(frameOf([], startUs + secondUs)),
  );
  const again = board.ticket(claimsOf(1, { order: startUs + 20 }));
  expect(board.view(again).kind).toBe('waiting');
});
