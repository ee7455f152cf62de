import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, inject, onTestFinished, test } from 'vitest';
import { completePolicy } from '../../src/domain/room.ts';
import { ReplicaMemory } from '../../src/service/replica-memory.ts';
import { openMemoryFile } from '../../src/service/replica-memory-file.ts';
import { roomKeys } from '../../src/store/redis-keys.ts';
import { headWith } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connectTo } from '../support/redis.ts';
import { newRoom, RoomUnderTest } from '../support/room-under-test.ts';
import { newRoomId, openRedisStore } from '../support/stores.ts';

const later = ['passAlgorithm', 'passThrough', 'completedOn', 'leftOn', 'stages', 'delivery', 'retainDays'];

/** As it was kept before there were gates and deliveries. */
function olderPolicy(roomId: string): object {
  return Object.fromEntries(
    Object.entries(completePolicy(roomId, {})).filter(([name]) => !later.includes(name)),
  );
}

test('a policy that an older version kept in Redis is read as a whole one', async () => {
  const store = await openRedisStore();
  onTestFinished(() => store.close());
  const room = new RoomUnderTest(store, newRoomId());
  await store.store.create(newRoom(room.roomId, {}), store.time.us);
  const [key = ''] = roomKeys(room.roomId);
  await connectTo(inject('adminRedisUrl')).hset(key, 'policy', JSON.stringify(olderPolicy(room.roomId)));
  const { room: read } = await room.tick();
  expect(read?.policy).toEqual(completePolicy(room.roomId, {}));
});

test('and so is one that an older version wrote to this replica’s memory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const clock = new ManualClock();
  const room = { ...newRoom('pool', {}), policy: olderPolicy('pool') };
  const { purgedUs: _, ...head } = headWith({});
  const rooms = [{ head, room, rememberedAtMs: clock.wallMs(), ended: [] }];
  await writeFile(join(directory, 'rooms.json'), JSON.stringify({ version: 1, rooms }));
  const memory = new ReplicaMemory(clock);
  const file = await openMemoryFile(memory, { directory, clock, log: pino({ level: 'silent' }) });
  await file.release();
  expect(memory.rooms.get('pool')?.room?.policy).toEqual(completePolicy('pool', {}));
  expect(memory.memoryOf('pool')?.purgedUs).toBe(0);
});
