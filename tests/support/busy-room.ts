/** A room in the middle of things, and two replicas that know all of it: what the recovery tests lose. */
import { type HeldTicket, openRoom, type RoomUnderTest } from './room-under-test.ts';
import type { TestStore } from './stores.ts';

/** A room with one inside, one admitted and three waiting; two replicas know all of it. */
export async function busyRoom(
  test: TestStore,
): Promise<{ room: RoomUnderTest; other: RoomUnderTest; tickets: HeldTicket[] }> {
  const room = await openRoom(test, {
    capacity: 2,
    outflowPerMinute: 60,
    batchSizeMax: 2,
    sessionTtlMs: 60_000,
    enterWithinMs: 20_000,
    recoverWithinMs: 30_000,
    places: 10,
  });
  const done = await room.joinAndEnter();
  await room.finish(done, 'completed', 2);
  await room.ticks(1);
  const inside = await room.joinAndEnter();
  const tickets = [inside, ...(await room.join(4))];
  await room.ticks(2);
  const other = room.another();
  await other.tick();
  return { room, other, tickets };
}
