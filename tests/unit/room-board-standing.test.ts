import { beforeEach, describe, expect, test } from 'vitest';
import type { PolicyInput, Room } from '../../src/domain/room.ts';
import { randomStream } from '../../src/dev/random.ts';
import { RoomBoard } from '../../src/service/room-board.ts';
import type { RememberedEnd } from '../../src/store/queue-store.ts';
import type { RoomEvent } from '../../src/store/room-events.ts';
import { claimsOf, frameOf, headWith, roomWith, startUs, tickAnswer } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock = new ManualClock();
let board = new RoomBoard('pool', clock, () => undefined);
let eventNumber = 0;
const ends = new Map<string, RememberedEnd>();

beforeEach(() => {
  clock = new ManualClock(startUs / 1_000);
  ends.clear();
  board = new RoomBoard('pool', clock, (ticketId) => ends.get(ticketId));
  eventNumber = 0;
});

const secondUs = 1_000_000;
const orders = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => startUs + from + index);

type Tick = Partial<{
  queue: number[];
  nowUs: number;
  frontier: number;
  clockMs: number;
  events: RoomEvent[];
  room: Room;
}>;

/** A tick of the room: who waits, up to where it was released, what happened. */
function tick({ queue = [], nowUs, frontier = 0, clockMs = 0, events = [], room }: Tick): {
  resight: boolean;
} {
  const newest = Math.max(eventNumber, ...events.map((event) => event.eventNumber));
  eventNumber = newest;
  const head = headWith({ clockMs, frontier, eventNumber: newest, wallMs: startUs / 1_000 + clockMs });
  const frame = frameOf(queue, nowUs ?? startUs + secondUs + clockMs * 1_000, { clockMs, frontier });
  return board.applyTick(head, tickAnswer(frame, { events, room: room ?? null }));
}

function open(policy: PolicyInput = {}, changes: Partial<Room> = {}): Room {
  return roomWith(policy, changes);
}

describe('a shown position', () => {
  test('is the rank in the queue, and null for who joined after the frame was made', () => {
    tick({ queue: orders(1, 50), nowUs: startUs + 60, room: open() });
    expect(board.standing(board.ticket(claimsOf(1))).position).toBe(1);
    expect(board.standing(board.ticket(claimsOf(50))).position).toBe(50);
    expect(board.standing(board.ticket(claimsOf(61))).position).toBeNull();
  });

  test('stays what the join said until a frame knows better', () => {
    tick({ queue: orders(1, 50), nowUs: startUs + 60, room: open() });
    const ticket = board.ticket(claimsOf(70));
    ticket.shownPosition = 55;
    expect(board.standing(ticket)).toMatchObject({ position: 55, waiting: 55 });
    tick({ queue: [...orders(1, 50), startUs + 70], nowUs: startUs + 80, clockMs: 1_000 });
    expect(board.standing(ticket).position).toBe(51);
  });

  test('never rises while nobody returns, however the queue shrinks and grows', () => {
    const random = randomStream(20_260_504, 1);
    let queue = orders(1, 5_000);
    const tickets = [1, 90, 900, 1_500, 2_500, 4_999].map((number) => board.ticket(claimsOf(number)));
    let next = 5_001;
    let before = tickets.map(() => Number.POSITIVE_INFINITY);
    for (let second = 0; second < 60; second += 1) {
      // Some are let in, some leave from anywhere, some join.
      const headGone = Math.floor(random.next() * 30);
      queue = queue
        .slice(headGone)
        .filter((order) => random.next() > 0.01 || tickets.some(({ claims }) => claims.order === order));
      const joined = Math.floor(random.next() * 80);
      queue.push(...orders(next, next + joined));
      next += joined + 1;
      tick({
        queue,
        nowUs: startUs + next,
        clockMs: second * 1_000,
        ...(second === 0 ? { room: open() } : {}),
      });
      const after = tickets.map((ticket) => board.standing(ticket));
      expect(after.map(({ position }, index) => (position ?? 0) <= (before[index] as number))).not.toContain(
        false,
      );
      expect(after.some(({ reason }) => reason !== 'queued')).toBe(false);
      before = after.map(({ position }) => position ?? Number.POSITIVE_INFINITY);
    }
  });

  test('that rises says why: someone came back before them', () => {
    const ticket = board.ticket(claimsOf(40));
    tick({ queue: orders(20, 60), room: open() });
    expect(board.standing(ticket)).toMatchObject({ position: 21, reason: 'queued' });
    tick({ queue: orders(10, 60), clockMs: 1_000 });
    expect(board.standing(ticket)).toMatchObject({ position: 31, reason: 'returned' });
    tick({ queue: orders(10, 60), clockMs: 2_000 });
    expect(board.standing(ticket).reason).toBe('returned');
    tick({ queue: orders(11, 60), clockMs: 3_000 });
    expect(board.standing(ticket)).toMatchObject({ position: 30, reason: 'queued' });
  });

  test('that rises after a loss says so', () => {
    const ticket = board.ticket(claimsOf(40));
    tick({ queue: orders(30, 60), room: open({ recoverWithinMs: 20_000 }) });
    board.standing(ticket);
    const recovered: RoomEvent = { type: 'recovered', eventNumber: 1, atMs: 5_000, epochNumber: 2 };
    tick({ queue: orders(20, 60), clockMs: 6_000, events: [recovered] });
    expect(board.standing(ticket)).toMatchObject({ position: 21, reason: 'recovered', expectedWaitMs: null });
  });
});

describe('the reason of a wait', () => {
  const reasonWith = (changes: Partial<Room>, policy: PolicyInput = {}): string => {
    tick({ queue: orders(1, 5), room: open(policy, changes) });
    return board.standing(board.ticket(claimsOf(3))).reason;
  };

  test.each([
    ['scheduled', 'not-open-yet'],
    ['open', 'queued'],
    ['paused', 'paused'],
    ['draining', 'queued'],
    ['closed', 'closed'],
    ['bypass', 'bypass'],
  ] as const)('in a room that is %s is %s', (state, reason) => {
    expect(reasonWith({ state })).toBe(reason);
  });

  test.each(['scheduled', 'paused', 'closed', 'bypass'] as const)(
    'no wait is promised in a room that is %s',
    (state) => {
      reasonWith({ state });
      expect(board.standing(board.ticket(claimsOf(3))).expectedWaitMs).toBeNull();
    },
  );

  test('is told when the places will not last, and when they are gone', () => {
    tick({ queue: orders(1, 5), room: open({ places: 10 }) });
    const frame = frameOf(orders(1, 5), startUs + secondUs);
    const told = (placesUsed: number): unknown[] => {
      board.applyTick(headWith({ placesUsed, eventNumber }), tickAnswer(frame));
      return [2, 3].map((number) => {
        const { reason, placesLeft } = board.standing(board.ticket(claimsOf(number)));
        return [reason, placesLeft];
      });
    };
    expect(told(0)).toEqual([
      ['queued', 10],
      ['queued', 10],
    ]);
    expect(told(8)).toEqual([
      ['queued', 2],
      ['beyond-places', 2],
    ]);
    expect(told(10)).toEqual([
      ['no-places-left', 0],
      ['no-places-left', 0],
    ]);
    expect(board.placesLeft).toBe(0);
  });

  test('while admissions hold is holding', () => {
    board.applyTick(
      headWith({ clockMs: 1_000 }),
      tickAnswer(frameOf(orders(1, 5), startUs + secondUs, { holdUntilMs: 3_000 }), { room: open() }),
    );
    expect(board.standing(board.ticket(claimsOf(3)))).toMatchObject({
      reason: 'holding',
      expectedWaitMs: null,
    });
  });

  test('while the site does not hear of releases is holding, unless its room never holds', () => {
    const behind = { undelivered: 1, undeliveredMs: 10_001 };
    const told = (holdAfterMs: number, changes = behind): [string, unknown] => {
      const room = open({ delivery: { url: 'https://site.example/batches', holdAfterMs } });
      board = new RoomBoard('pool', clock, () => undefined);
      const frame = frameOf(orders(1, 5), startUs + secondUs, changes);
      board.applyTick(headWith({ clockMs: 1_000 }), tickAnswer(frame, { room }));
      const { reason } = board.standing(board.ticket(claimsOf(3)));
      return [reason, board.outlook(startUs + 3)?.expectedWaitMs ?? null];
    };
    expect(told(10_000)).toEqual(['holding', null]);
    expect(told(10_000, { undelivered: 5_000, undeliveredMs: 0 })).toEqual(['holding', null]);
    for (const [reason] of [told(10_001), told(0)]) expect(reason).toBe('queued');
  });

  test('without a confirmed tick for some seconds is that updates are interrupted; position and time stay', async () => {
    tick({ queue: orders(1, 5), room: open() });
    const before = board.standing(board.ticket(claimsOf(3)));
    await clock.advance(5_000);
    expect(board.isFresh).toBe(true);
    await clock.advance(1);
    expect(board.isFresh).toBe(false);
    expect(board.standing(board.ticket(claimsOf(3)))).toEqual({
      ...before,
      reason: 'updates-interrupted',
      expectedWaitMs: null,
    });
  });
});

describe('how often to come back', () => {
  const pollAfterMs = (number: number, presentWithinMs: number): number => {
    tick({ queue: orders(1, 5_000), room: open({ presentWithinMs, abandonAfterMs: 3_600_000 }) });
    const view = board.view(board.ticket(claimsOf(number)));
    return view.kind === 'waiting' ? view.pollAfterMs : 0;
  };

  test.each([
    [1, 2_000],
    [100, 2_000],
    [101, 5_000],
    [1_000, 5_000],
    [1_100, 15_000],
    [9_999_999, 15_000],
  ])('at position %i is after %i ms', (number, ms) => {
    expect(pollAfterMs(number, 120_000)).toBe(ms);
  });

  test('never later than presence needs: a third of it, and at most 40 s', () => {
    expect(pollAfterMs(5_000, 9_000)).toBe(3_000);
    expect(board.heartbeatMs).toBe(3_000);
    board = new RoomBoard('pool', clock, () => undefined);
    pollAfterMs(1, 3_600_000);
    expect(board.heartbeatMs).toBe(40_000);
  });
});
