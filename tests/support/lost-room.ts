/** What a caller finds when the store has lost a room or some of it, and gives it back. */
import { randomUUID } from 'node:crypto';
import type { RoomMemory } from '../../src/store/queue-store.ts';
import type { RoomUnderTest } from './room-under-test.ts';
import type { TestStore } from './stores.ts';

/** Gives the store what a caller remembers; what it made of that. */
export async function giveBack(
  { store, time }: TestStore,
  memory: RoomMemory,
  callerWallMs = time.ms,
): Promise<string> {
  const reply = await store.recover(memory, callerWallMs);
  return reply.kind === 'served' ? reply.answer : reply.kind;
}

/** Whether a call of someone who knows as much is served. */
export async function kindOf({ store }: TestStore, { roomId, cursor }: RoomUnderTest): Promise<string> {
  return (await store.enter(roomId, cursor, { ticketId: randomUUID(), gen: 0 })).kind;
}
