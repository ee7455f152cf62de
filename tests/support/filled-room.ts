/** A room in which a store keeps something of everything. */
import { expect } from 'vitest';
import { type HeldTicket, openRoom, type RoomUnderTest } from './room-under-test.ts';
import type { TestStore } from './stores.ts';

const dayMs = 86_400_000;

/** A room with somebody in every state, and something in all that is kept beside it. Its retention is two days. */
export async function filledRoom(test: TestStore): Promise<{
  room: RoomUnderTest;
  tickets: { [state in 'waiting' | 'parked' | 'lapsed' | 'admitted' | 'entered' | 'spent']: HeldTicket };
}> {
  const delivery = { url: 'https://town.example.org/batches', holdAfterMs: 0, giveUpAfterMs: 1_000 };
  const policy = {
    capacity: 3,
    presentWithinMs: 9_000,
    enterWithinMs: 20_000,
    places: 50,
    delivery,
    retainDays: 2,
  };
  const room = await openRoom(test, policy);
  const inside = await room.joinAndEnter();
  const completed = await room.joinAndEnter();
  await room.finish(completed, 'completed', 1);
  const [lapsed] = (await room.join()) as [HeldTicket];
  await room.pass(21_000);
  await room.ticks(1);
  const claim = { claimId: 'claim', address: delivery.url, giveUpAfterMs: 1_000 };
  await test.deliveries.claim(room.roomId, claim);
  const [one, other, parked, waiting] = (await room.join(4)) as [
    HeldTicket,
    HeldTicket,
    HeldTicket,
    HeldTicket,
  ];
  await room.ticks(1);
  await room.leave(other);
  await room.pass(9_100);
  await room.ticks(1);
  await room.sight(waiting);
  await room.offerMove(waiting, 'code');
  await room.redeem(inside, 'jti', 'call');
  const asked = { sealed: 'a.b', addressName: 'name', expiresAtMs: test.time.ms + dayMs };
  const request = { ...waiting, ...asked, underMinutes: 5 as const };
  expect(await test.emails.ask(room.roomId, request)).toBe('kept');
  const tickets = { waiting, parked, lapsed, admitted: one, entered: inside, spent: other };
  return { room, tickets };
}
