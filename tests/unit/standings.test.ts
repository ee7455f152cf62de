import { beforeEach, describe, expect, test } from 'vitest';
import type { PolicyInput, Room } from '../../src/domain/room.ts';
import type { LocalTicket } from '../../src/service/local-ticket.ts';
import { RoomBoard } from '../../src/service/room-board.ts';
import { type StandingListener, Standings } from '../../src/service/standings.ts';
import type { Standing } from '../../src/service/ticket-view.ts';
import { claimsOf, frameOf, headWith, roomWith, startUs, tickAnswer } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock = new ManualClock();
let board = new RoomBoard('pool', clock, () => undefined);
let standings = new Standings(clock);

beforeEach(() => {
  clock = new ManualClock(startUs / 1_000);
  board = new RoomBoard('pool', clock, () => undefined);
  standings = new Standings(clock);
});

type Heard = { atMs: number; standing: Standing }[];

/** A visitor who listens, after having been shown where they stand. */
function listener(number: number): { ticket: LocalTicket; heard: Heard; listener: StandingListener } {
  const ticket = board.ticket(claimsOf(number));
  board.standing(ticket);
  const heard: Heard = [];
  const listening = {
    standing: (_: LocalTicket, standing: Standing) => heard.push({ atMs: clock.monotonicMs(), standing }),
  };
  standings.subscribe(board, ticket, listening);
  return { ticket, heard, listener: listening };
}

/** A queue of which `gone` have been let in; each second one more second's worth. */
function queueWithout(gone: number, length = 6_000): number[] {
  return Array.from({ length }, (_, index) => startUs + gone + index + 1);
}

/** Lets `seconds` go by with a tick each; `perSecond` are let in meanwhile. */
async function ticks(seconds: number, perSecond: number, policy: PolicyInput = {}, from = 0): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await clock.advance(1_000);
    applyTick((from + second) * perSecond, { room: second === 0 && from === 0 ? roomWith(policy) : null });
  }
}

function applyTick(
  gone: number,
  { room = null, length, placesUsed = 0 }: { room?: Room | null; length?: number; placesUsed?: number } = {},
): void {
  const nowMs = clock.monotonicMs();
  const nowUs = startUs + 10_000_000 + nowMs * 1_000;
  const head = headWith({ clockMs: nowMs, wallMs: clock.wallMs(), placesUsed });
  board.applyTick(head, tickAnswer(frameOf(queueWithout(gone, length), nowUs, { clockMs: nowMs }), { room }));
  standings.push(board);
}

describe('the pace deserved by a position', () => {
  test.each([
    ['among the first 100, every tick', 90, 1_000],
    ['up to 1,000, every 5 s', 900, 5_000],
    ['further back, every 10 s', 4_000, 10_000],
  ])('%s', async (_, number, everyMs) => {
    applyTick(0, { room: roomWith() });
    const { heard } = listener(number);
    // Everyone moves up by one each second, so that there is something to say with every tick.
    for (let second = 1; second <= 41; second += 1) {
      await clock.advance(1_000);
      applyTick(second);
    }
    const gaps = heard.slice(1).map(({ atMs }, index) => atMs - (heard[index]?.atMs ?? 0));
    expect(gaps.length).toBeGreaterThanOrEqual(40_000 / everyMs - 2);
    expect(new Set(gaps)).toEqual(new Set([everyMs]));
  });

  test('who comes near is told at the pace of those who are near', async () => {
    applyTick(0, { room: roomWith() });
    const { heard } = listener(150);
    for (let second = 1; second <= 30; second += 1) {
      await clock.advance(1_000);
      applyTick(second * 5);
    }
    const near = heard.filter(({ standing }) => (standing.position ?? 999) <= 100);
    const gaps = near.slice(1).map(({ atMs }, index) => atMs - (near[index]?.atMs ?? 0));
    expect(gaps.length).toBeGreaterThanOrEqual(14);
    expect(new Set(gaps)).toEqual(new Set([1_000]));
  });

  test('who joined after the frame was made, with the first frame that knows them', async () => {
    applyTick(0, { room: roomWith(), length: 5 });
    const late = 20_000_000;
    const { ticket, heard } = listener(late);
    expect(ticket.shownPosition).toBeNull();
    for (let second = 1; second <= 12; second += 1) {
      await clock.advance(1_000);
      applyTick(0, { length: 5 });
    }
    expect(heard.map(({ atMs, standing }) => [atMs, standing.position])).toEqual([
      [1_000, null],
      [10_000, 6],
    ]);
  });

  test('those who connect together are not told together', async () => {
    applyTick(0, { room: roomWith() });
    const all = Array.from({ length: 500 }, (_, index) => listener(3_000 + index));
    const told = [];
    for (let second = 1; second <= 10; second += 1) {
      const before = all.reduce((sum, { heard }) => sum + heard.length, 0);
      await clock.advance(1_000);
      applyTick(second);
      told.push(all.reduce((sum, { heard }) => sum + heard.length, 0) - before);
    }
    expect(Math.max(...told)).toBeLessThan(200);
    expect(all.every(({ heard }) => heard.length > 0)).toBe(true);
  });
});

describe('what is worth a message', () => {
  test('an unchanged standing is said again after 30 s only', async () => {
    applyTick(0, { room: roomWith({}, { state: 'paused' }) });
    const { heard } = listener(5);
    await ticks(65, 0, {}, 1);
    expect(heard.map(({ atMs }) => Math.round(atMs / 1_000))).toEqual([1, 31, 61]);
  });

  test('another reason is said at once to those who are near', async () => {
    applyTick(0, { room: roomWith() });
    const { heard } = listener(5);
    await ticks(3, 0, {}, 1);
    await clock.advance(1_000);
    applyTick(0, { room: roomWith({}, { version: 2, state: 'paused' }) });
    expect(heard.at(-1)).toMatchObject({ atMs: clock.monotonicMs(), standing: { reason: 'paused' } });
  });

  test('fewer places are told, also to those who stay where they are', async () => {
    applyTick(0, { room: roomWith({ places: 40 }, { state: 'paused' }) });
    const { heard } = listener(5);
    for (const placesUsed of [0, 0, 3, 3, 4]) {
      await clock.advance(1_000);
      applyTick(0, { placesUsed });
    }
    expect(heard.map(({ atMs, standing }) => [atMs, standing.placesLeft])).toEqual([
      [1_000, 40],
      [3_000, 37],
      [5_000, 36],
    ]);
  });

  test('who is admitted, inside or over hears no standing', async () => {
    applyTick(0, { room: roomWith() });
    const { ticket, heard } = listener(5);
    const { number, order } = ticket.claims;
    for (const kind of ['admitted', 'entered', 'lapsed'] as const) {
      board.applySighting(ticket, { kind, number, order, gen: 0, extensions: 0, atMs: 99_000 }, 1);
      await ticks(12, 1, {}, 1);
    }
    board.applySighting(ticket, { kind: 'ended' }, 2);
    await ticks(12, 1, {}, 1);
    expect(heard).toEqual([]);
  });

  test('who unsubscribed hears nothing more', async () => {
    applyTick(0, { room: roomWith() });
    const { heard, listener: listening } = listener(5);
    await ticks(2, 1, {}, 1);
    const before = heard.length;
    standings.unsubscribe(board, listening);
    await ticks(12, 1, {}, 5);
    expect(heard.length).toBe(before);
  });
});

test('a large room is told in slices, and one round at a time', async () => {
  applyTick(0, { room: roomWith() });
  const all = Array.from({ length: 2_400 }, () => listener(5));
  await clock.advance(1_000);
  // Two ticks in one turn of the event loop: the second round is left out while the first is under way.
  applyTick(1);
  applyTick(2);
  expect(all.filter(({ heard }) => heard.length > 0)).toHaveLength(2_000);
  await clock.advance(0);
  expect(all.every(({ heard }) => heard.length === 1)).toBe(true);
});
