import { beforeEach, expect, test } from 'vitest';
import { GuichetError } from '../../src/domain/errors.ts';
import { ReplicaMemory } from '../../src/service/replica-memory.ts';
import { Rooms } from '../../src/service/rooms.ts';
import { type QueueStore, StoreUnknownError } from '../../src/store/queue-store.ts';
import { frameOf, headWith, roomWith, startUs, tickAnswer } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock = new ManualClock();
let memory = new ReplicaMemory(clock);
let index = new Map<string, number>();
let isAway = false;
let rooms = new Rooms({} as QueueStore, memory, clock);

beforeEach(() => {
  clock = new ManualClock();
  memory = new ReplicaMemory(clock);
  index = new Map();
  isAway = false;
  const store: Pick<QueueStore, 'readIndex' | 'addToIndex'> = {
    readIndex: async () => {
      if (isAway) throw new StoreUnknownError('away');
      return new Map(index);
    },
    addToIndex: async (added) => {
      for (const [roomId, startedUs] of added) index.set(roomId, startedUs);
    },
  };
  rooms = new Rooms(store as QueueStore, memory, clock);
  // A room that appears is ticked, which reads its policy.
  rooms.onRoom = (board) => {
    const room = roomWith({}, { roomId: board.roomId });
    board.applyTick(headWith(), tickAnswer(frameOf([], startUs), { room }));
  };
});

/** What the replica does once a second. */
async function round(): Promise<void> {
  await rooms.refresh().catch(() => {});
  rooms.announce();
}

/** The code that a request for the room ends with, or `found`. */
function asked(roomId: string): Promise<string> {
  return rooms.resolve(roomId).then(
    () => 'found',
    (error: unknown) => (error instanceof GuichetError ? error.code : String(error)),
  );
}

test('a room that another replica made meanwhile is found by the next read of the index', async () => {
  const answer = asked('pool');
  index.set('pool', 0);
  await round();
  expect(await answer).toBe('found');
});

test('a room that is nowhere is unknown after the next read', async () => {
  const answer = asked('nowhere');
  await round();
  expect(await answer).toBe('room-unknown');
});

test('a read that began before the request says nothing: the one after it counts', async () => {
  await rooms.refresh();
  const answer = asked('pool');
  // The round of before ends; the room was made after it had read.
  rooms.announce();
  index.set('pool', 0);
  await round();
  expect(await answer).toBe('found');
});

test('another room that is announced meanwhile says nothing of this one', async () => {
  const answer = asked('pool');
  rooms.add('other');
  rooms.announce();
  index.set('pool', 0);
  await round();
  expect(await answer).toBe('found');
});

test('while the store is away nobody is told that a room does not exist', async () => {
  isAway = true;
  const answer = asked('pool');
  await round();
  await clock.advance(1_000);
  await round();
  await clock.advance(2_000);
  expect(await answer).toBe('store-unavailable');
});

test('a room whose policy was never read is not told to be missing', async () => {
  rooms.onRoom = () => {};
  index.set('pool', 0);
  const answer = asked('pool');
  await round();
  await clock.advance(3_000);
  expect(await answer).toBe('store-unavailable');
});

test('a known room is answered at once', async () => {
  rooms.add('pool');
  expect((await rooms.resolve('pool')).room).toMatchObject({ roomId: 'pool' });
});

test('a thousand requests may wait; more are told at once to come back, and never that there is no room', async () => {
  const waiting = Array.from({ length: 1_000 }, () => asked('nowhere'));
  expect(await asked('nowhere')).toBe('store-unavailable');
  index.set('nowhere', 0);
  await round();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['found']));
});

test('a room that only this replica remembers goes back into the index', async () => {
  memory.learn('pool', headWith({ startedUs: 77 }));
  await round();
  expect(index).toEqual(new Map([['pool', 77]]));
  expect(await asked('pool')).toBe('found');
});
