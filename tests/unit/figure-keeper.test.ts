import { expect, onTestFinished, test } from 'vitest';
import { FigureKeeper } from '../../src/service/figure-keeper.ts';
import { ReplicaMemory } from '../../src/service/replica-memory.ts';
import { Rooms } from '../../src/service/rooms.ts';
import type { FiguresStore, NoteAnswer } from '../../src/store/figures-store.ts';
import { memoryFiguresStore } from '../../src/store/figures-store-memory.ts';
import { StoreUnknownError } from '../../src/store/queue-store.ts';
import { memoryQueueStore } from '../../src/store/queue-store-memory.ts';
import { frameOf, headWith, roomWith, startUs, tickAnswer } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A keeper whose store answers as told, and a room ticked every second. */
async function stage(answer: () => NoteAnswer) {
  const clock = new ManualClock(startUs / 1_000);
  const asked: string[] = [];
  const beats: number[] = [];
  const store: FiguresStore = {
    ...memoryFiguresStore({ rooms: new Map() }),
    async note(roomId) {
      asked.push(roomId);
      return answer();
    },
    async beat(replica) {
      beats.push(replica.sockets);
    },
  };
  const rooms = new Rooms(memoryQueueStore(), new ReplicaMemory(clock), clock);
  const board = rooms.add('pool');
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const many = Array.from({ length: 250 }, (_, index): [string, number] => [`room-${index}`, index]);
  const sockets = () => new Map(many);
  const keeper = new FigureKeeper({ store, rooms, replicaId: 'one', version: '1', sockets, clock, log });
  const running = new AbortController();
  const over = keeper.run(running.signal);
  onTestFinished(async () => {
    running.abort();
    await over;
  });
  const tick = (waiting: number, changes = {}): void => {
    const orders = Array.from({ length: waiting }, (_, index) => startUs + index);
    const frame = frameOf(orders, clock.wallUs(), changes);
    board.applyTick(headWith({ wallMs: clock.wallMs() }), tickAnswer(frame, { room: roomWith() }));
  };
  const seconds = async (count: number, waiting: number, changes = {}): Promise<number> => {
    const before = asked.length;
    for (let second = 0; second < count; second += 1) {
      tick(waiting, changes);
      await clock.advance(1_000);
    }
    return asked.length - before;
  };
  return { keeper, clock, asked, beats, seconds };
}

test('a room that somebody is in is noted once an interval, and every two seconds there is a beat', async () => {
  const { seconds, beats } = await stage(() => 'noted');
  await seconds(5, 3);
  expect(await seconds(60, 3)).toBe(12);
  expect(beats.length).toBeGreaterThanOrEqual(32);
  expect(beats.length).toBeLessThanOrEqual(34);
});

test('a room that nobody is in costs nothing once the store has it all, until something changes', async () => {
  let answer: NoteAnswer = 'noted';
  const { seconds } = await stage(() => answer);
  await seconds(11, 0);
  answer = 'same';
  expect(await seconds(10, 0)).toBeLessThanOrEqual(2);
  expect(await seconds(600, 0)).toBe(0);
  answer = 'noted';
  expect(await seconds(10, 0, { joinedTotal: 1, endedTotal: 1 })).toBeGreaterThanOrEqual(1);
});

test('what was not noted is tried again each second; while no tick comes, nothing is tried', async () => {
  let isAway = true;
  const { seconds, clock, asked } = await stage(() => {
    if (isAway) throw new StoreUnknownError('away');
    return 'noted';
  });
  expect(await seconds(10, 1)).toBeGreaterThanOrEqual(9);
  isAway = false;
  expect(await seconds(10, 1)).toBeLessThanOrEqual(3);
  // The interval under way when the last tick came may still be noted, and the one after.
  const { length } = asked;
  await clock.advance(60_000);
  expect(asked.length - length).toBeLessThanOrEqual(1);
});

test('a replica names the 200 rooms with most connections, and all of its connections', async () => {
  const { keeper } = await stage(() => 'noted');
  const { sockets, rooms } = keeper.itself;
  expect(sockets).toBe((249 * 250) / 2);
  expect(Object.keys(rooms)).toHaveLength(200);
  expect(rooms['room-249']).toBe(249);
  expect(rooms['room-49']).toBeUndefined();
});
