import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { ReplicaMemory } from '../../src/service/replica-memory.ts';
import { RoomLink } from '../../src/service/room-link.ts';
import type { MemoryRoom } from '../../src/store/memory-room.ts';
import { type QueueStore, StoreUnknownError } from '../../src/store/queue-store.ts';
import { memoryQueueStore } from '../../src/store/queue-store-memory.ts';
import { roomWith } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const measures = { answered: () => {}, unknown: () => {} };
const roomId = 'pool';

test('what a replica remembers is given back whole, also when a later part of it stays unknown at first', async () => {
  const clock = new ManualClock();
  const rooms = new Map<string, MemoryRoom>();
  const store = memoryQueueStore({ rooms, nowUs: () => clock.wallMs() * 1_000 });
  const lost = { from: Number.POSITIVE_INFINITY, calls: 0 };
  const flaky: QueueStore = new Proxy(store, {
    get:
      (target, name: keyof QueueStore) =>
      async (...given: never[]) => {
        lost.calls += name === 'recover' ? 1 : 0;
        const isLost = name === 'recover' && lost.calls >= lost.from;
        if (isLost) throw new StoreUnknownError('confirmed by 0 of 1 replicas');
        return (target[name] as (...all: never[]) => unknown).apply(target, given);
      },
  });
  const memory = new ReplicaMemory(clock);
  const link = new RoomLink(flaky, memory, { clock, log: silent, metrics: measures });
  const recoveries: string[] = [];
  link.onRecovered = (recovered) => recoveries.push(recovered);
  const room = roomWith({}, { roomId });
  await store.create(room, clock.wallMs() * 1_000);
  const look = () =>
    link.call(roomId, (one, cursor) => one.enter(roomId, cursor, { ticketId: randomUUID(), gen: 0 }), 0);
  await look();
  memory.learnRoom(room);
  const ticketIds = Array.from({ length: 1_200 }, () => randomUUID());
  const ended = { type: 'ended', outcome: 'left', placesUsed: 0, ticketIds } as const;
  memory.learnEvents(roomId, [{ ...ended, eventNumber: 1, atMs: clock.wallMs() }]);

  rooms.clear();
  lost.from = 2;
  await expect(look()).rejects.toMatchObject({ code: 'store-unavailable' });
  expect(recoveries).toEqual([]);
  lost.from = Number.POSITIVE_INFINITY;
  await look();
  expect(recoveries).toEqual([roomId]);
  expect(new Set(rooms.get(roomId)?.spent.scores.keys())).toEqual(new Set(ticketIds));
});
