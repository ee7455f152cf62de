import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { filledRoom } from '../support/filled-room.ts';
import type { Room } from '../../src/domain/room.ts';
import { queueTokenTtlMs } from '../../src/domain/ticket.ts';
import { connectTo } from '../support/redis.ts';
import { nothingKnown } from '../support/replica.ts';
import { newRoom, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, type TestStore, useStore } from '../support/stores.ts';

const dayMs = 86_400_000;
/** What ends by itself, at the latest with the token that it belongs to. */
const endsByItself = /^(resume:|redeemed:|email-named-by:|offers$|redeemed$)/;

/** When the last of these keys ends; Infinity where one does not. */
async function endsWithinMs(roomId: string, names: readonly string[]): Promise<number> {
  const redis = connectTo(inject('adminRedisUrl'));
  expect(names.length).toBe(3);
  const ends = await Promise.all(names.map((name) => redis.pttl(`guichet:{${roomId}}:${name}`)));
  return Math.max(...ends.map((ms) => (ms < 0 ? Number.POSITIVE_INFINITY : ms)));
}

const staying = async (test: TestStore, room: RoomUnderTest): Promise<string[]> =>
  (await test.keysOf(room.roomId)).filter((name) => !endsByItself.test(name));

describe.each(storeKinds)('retention (%s)', (kind) => {
  const test = useStore(kind);

  /** Closed, and so long ago that nothing is kept of people. */
  async function emptied(): Promise<Awaited<ReturnType<typeof filledRoom>>> {
    const busy = await filledRoom(test);
    await busy.room.setState('closed');
    await busy.room.ticks(1);
    test.time.passMs(2 * dayMs);
    await busy.room.ticks(1);
    return busy;
  }

  it('a room closed for retainDays keeps its counts, and nothing else; until then it keeps all', async () => {
    const { room, tickets } = await filledRoom(test);
    const named =
      kind === 'redis'
        ? ['queue', 'sessions', 'dead-letters', 'emails:records']
        : ['waiting', 'entered', 'deadLetters'];
    for (const [state, ticket] of Object.entries(tickets)) {
      expect([state, await room.stateOf(ticket)]).toEqual([state, state]);
    }
    const sets = [
      'tickets',
      'completed',
      'spent',
      'events',
      'frame',
      'outbox',
      'parked',
      'lapsed',
      'admitted',
      ...named,
    ];
    expect(await test.keysOf(room.roomId)).toEqual(expect.arrayContaining(sets));
    await room.setState('closed');
    await room.ticks(1);
    test.time.passMs(2 * dayMs - 2_000);
    await room.ticks(1);
    const before = await room.observe();
    const keysBefore = await staying(test, room);
    expect(keysBefore).toEqual(expect.arrayContaining(sets));
    expect(
      (await room.stateOf(tickets.waiting)) + (await test.emails.kept(room.roomId, tickets.waiting.ticketId)),
    ).toBe('waiting5');

    await room.ticks(2);
    expect(await staying(test, room)).toEqual(['room']);
    expect(await test.emails.kept(room.roomId, tickets.waiting.ticketId)).toBeNull();
    const { counters, ...kept } = await room.observe();
    expect(kept).toMatchObject({ state: 'closed', tickets: [], spent: [], completed: [], broken: [] });
    const { placesUsed, admittedTotal, lastNumber, releaseNumber, skippedTotal, version } = before.counters;
    expect(counters).toMatchObject({
      placesUsed,
      admittedTotal,
      lastNumber,
      releaseNumber,
      skippedTotal,
      version,
    });
    expect(counters).toMatchObject({
      placesUsed: 1,
      admittedTotal: 5,
      lastNumber: 7,
      freedTotal: 5,
      assumed: 0,
    });
    expect(room.frame).toMatchObject({
      waiting: 0,
      parked: 0,
      lapsed: 0,
      admitted: 0,
      inside: 0,
      placesUsed: 1,
    });
    // Neither is the frame kept, or anything else, from then on.
    await room.ticks(3);
    expect(await staying(test, room)).toEqual(['room']);
    expect((await room.observe()).counters.purgedUs).toBe(counters.purgedUs);
  });

  it('what a room keeps longer than a token lives ends by itself', async () => {
    const { room } = await emptied();
    test.time.passMs(2 * dayMs);
    await room.ticks(1);
    // The keys of Redis end on its own clock.
    const rest = (await test.keysOf(room.roomId)).filter((name) => name !== 'room');
    if (kind === 'memory') expect(rest).toEqual([]);
    else expect(await endsWithinMs(room.roomId, rest)).toBeLessThanOrEqual(queueTokenTtlMs);
  });

  it('one clock that runs ahead deletes nothing: the store’s and the caller’s both have to say so', async () => {
    const { room } = await filledRoom(test);
    await room.setState('closed');
    await room.ticks(1);
    const tickAt = (callerWallMs: number): Promise<unknown> =>
      room.call((store, cursor) =>
        store.tick(room.roomId, cursor, { readFrom: 0, knownVersion: 0, callerWallMs }),
      );
    await tickAt(test.time.ms + 40 * dayMs);
    const closedMs = test.time.ms;
    test.time.passMs(40 * dayMs);
    await tickAt(closedMs);
    expect((await room.observe()).counters.purgedUs).toBe(0);
    expect((await staying(test, room)).length).toBeGreaterThan(5);
    await tickAt(test.time.ms);
    expect(await staying(test, room)).toEqual(['room']);
  });

  it('its days are the policy’s, and begin when it is closed: opened in between, they begin anew', async () => {
    const room = await openRoom(test, { retainDays: 2 });
    await room.join();
    await room.setState('closed');
    await room.ticks(1);
    test.time.passMs(1.5 * dayMs);
    await room.setState('open');
    await room.setState('closed');
    await room.ticks(1);
    test.time.passMs(1.5 * dayMs);
    await room.ticks(1);
    expect((await room.observe()).counters.purgedUs).toBe(0);
    await room.change({ retainDays: 1 });
    await room.ticks(1);
    expect(await staying(test, room)).toEqual(['room']);
  });

  it('a token, a code, a pass or a wish for an e-mail from before brings nothing back', async () => {
    const { room, tickets } = await emptied();
    const before = (await room.observe()).counters;
    for (const ticket of Object.values(tickets)) {
      const [answer] = await room.sight(ticket);
      expect(answer).toEqual({ kind: 'gone' });
      const renewed = { ...room.sightingOf(ticket), expiresAtMs: test.time.ms + dayMs };
      const [seen] = await room.call((store, cursor) => store.sight(room.roomId, cursor, [renewed]));
      expect(seen).toEqual({ kind: 'gone' });
      expect(await room.enter(ticket)).toEqual({ kind: 'unknown' });
      expect(await room.offerMoveBy(renewed, randomUUID())).toEqual({ kind: 'unknown' });
      expect(await room.keepAlive(ticket, 'pass')).toEqual({ kind: 'ended' });
      const asked = { sealed: 'a.b', addressName: 'name', underMinutes: 5 as const };
      expect(await test.emails.ask(room.roomId, { ...renewed, ...asked })).toBe('not-waiting');
    }
    expect((await room.observe()).counters).toEqual({ ...before, lastOrder: expect.any(Number) as number });
    expect(await staying(test, room)).toEqual(['room']);
  });

  it('a room opened again counts on, and a ticket of the same key is another one', async () => {
    const { room, tickets } = await emptied();
    const { lastNumber, purgedUs } = (await room.observe()).counters;
    await room.setState('open');
    const { ticketId } = tickets.waiting;
    const [again] = await room.joinIds(ticketId);
    expect(again).toMatchObject({ kind: 'admitted', number: lastNumber + 1 });
    if (!again || !('order' in again)) throw new Error('no ticket');
    expect(again.order).toBeGreaterThan(purgedUs);
    expect(await room.sight(tickets.waiting)).toEqual([{ kind: 'gone' }]);
    expect(await room.sight({ ...tickets.waiting, ...again, ticketId })).toMatchObject([
      { kind: 'admitted' },
    ]);
    expect(await room.enter({ ticketId })).toMatchObject({ kind: 'entered' });
    await room.setState('closed');
    await room.ticks(1);
    expect((await staying(test, room)).length).toBeGreaterThan(1);
    test.time.passMs(2 * dayMs);
    await room.ticks(1);
    expect(await staying(test, room)).toEqual(['room']);
    expect((await room.observe()).counters).toMatchObject({ lastNumber: lastNumber + 1, admittedTotal: 6 });
  });

  it('what comes in late is counted, and is deleted by the next tick', async () => {
    const { room, tickets } = await emptied();
    expect(await room.finish(tickets.entered, 'completed', 1)).toMatchObject({
      kind: 'finished',
      placesUsed: 1,
    });
    expect((await staying(test, room)).length).toBeGreaterThan(1);
    await room.ticks(1);
    expect(await staying(test, room)).toEqual(['room']);
    expect((await room.observe()).counters.placesUsed).toBe(2);
  });

  it('another replica that ticks at the same time finds nothing to do, and hears that it missed events', async () => {
    const { room } = await filledRoom(test);
    await room.setState('closed');
    await room.ticks(1);
    const other = room.another();
    await other.tick();
    test.time.passMs(2 * dayMs);
    await room.tick();
    const { purgedUs } = (await room.observe()).counters;
    expect(await other.tick()).toMatchObject({ gap: true, events: [] });
    expect((await room.observe()).counters.purgedUs).toBe(purgedUs);
    expect([room.head?.purgedUs, other.head?.purgedUs]).toEqual([purgedUs, purgedUs]);
  });

  it('a room that a newer run replaces starts with nothing deleted', async () => {
    const { room } = await emptied();
    await test.store.remove(room.roomId, nothingKnown);
    const later: Room = newRoom(room.roomId);
    expect(await test.store.create(later, test.time.us)).toBe('created');
    expect((await room.observe()).counters).toMatchObject({ purgedUs: 0, closedAtMs: 0 });
  });
});

/** In memory a tick does all of it at once. */
describe('between the tick that finds its time come and the deletion', () => {
  const test = useStore('redis');

  it('a room that is opened as its data is about to go keeps it', async () => {
    const { room } = await filledRoom(test);
    await room.setState('closed');
    await room.ticks(1);
    test.time.passMs(2 * dayMs);
    const before = await staying(test, room);
    const { version } = (await room.observe()).counters;
    const opened: Room = { ...(room.room as Room), state: 'open', version: version + 1 };
    // The tick finds that its time has come; the room is opened before anything is deleted.
    const ticked = room.tick();
    const answer = room.call((store, cursor) => store.setRoom(opened, cursor, randomUUID()));
    await Promise.all([ticked, answer]);
    expect(await answer).toBe('changed');
    expect((await room.observe()).counters.purgedUs).toBe(0);
    expect(await staying(test, room)).toEqual(expect.arrayContaining(before));
  });
});
