import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { queueTokenTtlMs } from '../../src/domain/ticket.ts';
import { type FoundTicket, historyPageMax, type TicketSearch } from '../../src/store/ticket-finder.ts';
import { filledRoom } from '../support/filled-room.ts';
import { nothingKnown } from '../support/replica.ts';
import { type HeldTicket, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { newRoomId, storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('finding a ticket (%s)', (kind) => {
  const test = useStore(kind);

  async function found(room: RoomUnderTest, search: TicketSearch): Promise<FoundTicket> {
    const answer = await test.finder.find(room.roomId, search);
    if (answer === null || 'kind' in answer) throw new Error(`not found: ${JSON.stringify(answer)}`);
    return answer;
  }
  const byId = async (room: RoomUnderTest, { ticketId }: HeldTicket): Promise<FoundTicket['ticket']> =>
    (await found(room, { by: 'id', ticketId })).ticket;

  it('tells each state as the store has it, by id and by number, and changes nothing', async () => {
    const { room, tickets } = await filledRoom(test);
    const before = await room.observe();
    test.time.passMs(5_000);
    for (const [state, ticket] of Object.entries(tickets)) {
      const { ticketId, number } = ticket;
      const ended = { kind: 'ended', ticketId, placesUsed: null };
      if (state === 'spent') expect(await byId(room, ticket)).toMatchObject(ended);
      else {
        const record = await room.observeTicket(ticket);
        const { atMs = 0, order = 0, left: isLeft } = record ?? {};
        const known = { kind: state, ticketId, number, order, atMs, isLeft };
        expect(await byId(room, ticket)).toMatchObject(known);
        expect((await found(room, { by: 'number', number })).ticket).toMatchObject(known);
      }
    }
    // Neither clock moved, and nobody was seen.
    expect(await room.observe()).toEqual(before);
    expect(await found(room, { by: 'number', number: 1 })).toMatchObject({
      clockMs: Math.floor(before.counters.clockUs / 1_000),
      wallMs: Math.floor(before.counters.wallUs / 1_000),
      startedUs: before.counters.startedUs,
      purgedUs: 0,
      code: null,
    });
  });

  it('by a code tells what is noted under it, whether it was used, and the ticket; not once it is over', async () => {
    const room = await openRoom(test, { capacity: 0 });
    const [ticket] = (await room.join()) as [HeldTicket];
    await room.offerMove(ticket, 'name');
    const search: TicketSearch = { by: 'code', codeName: 'name' };
    const { ticketId, number, order } = ticket;
    const expiresAtMs = Math.floor(order / 1_000) + queueTokenTtlMs;
    const code = { ticketId, number, order, gen: 0, expiresAtMs, isUsed: false };
    expect(await found(room, search)).toMatchObject({ code, ticket: { kind: 'waiting', gen: 0 } });
    await room.move('name', 'call');
    expect(await found(room, search)).toMatchObject({
      code: { ...code, isUsed: true },
      ticket: { kind: 'waiting', gen: 1 },
    });
    const unknown = await test.finder.find(room.roomId, { by: 'code', codeName: 'other' });
    expect(unknown).toEqual({ kind: 'unknown-code' });
    test.time.passMs(queueTokenTtlMs);
    await room.moveClock();
    expect(await test.finder.find(room.roomId, search)).toEqual({ kind: 'unknown-code' });
  });

  it('finds each number among many, wherever its ticket is, and none that nobody has', async () => {
    const room = await openRoom(test, { capacity: 700, presentWithinMs: 5_000, outflowPerMinute: 60_000 });
    const tickets = await room.join(1_500);
    await room.ticks(1);
    expect(await room.countOf('admitted')).toBe(700);
    for (const index of [0, 1, 350, 699, 700, 701, 1_100, 1_498, 1_499]) {
      const { ticketId, number } = tickets[index] as HeldTicket;
      expect((await found(room, { by: 'number', number })).ticket).toMatchObject({ ticketId });
    }
    for (const number of [1_501, 10 ** 15]) {
      const { ticket } = await found(room, { by: 'number', number });
      expect(ticket).toEqual({ kind: 'unknown', ticketId: null });
    }
  });

  it('counts who waits ahead; of one that is set aside, who would', async () => {
    const room = await openRoom(test, { capacity: 0, presentWithinMs: 5_000 });
    const [first, second, third] = (await room.join(3)) as [HeldTicket, HeldTicket, HeldTicket];
    expect(await byId(room, third)).toMatchObject({ rank: 3 });
    await room.leave(first);
    expect(await byId(room, third)).toMatchObject({ rank: 2 });
    await room.pass(6_000);
    await room.sight(third);
    await room.change({ capacity: 1 });
    await room.ticks(1);
    expect(await byId(room, second)).toMatchObject({ kind: 'parked', rank: 1 });
  });

  it('tells what the events say of it, newest first, a page at a time', async () => {
    const room = await openRoom(test, { capacity: 1_000, outflowPerMinute: 60_000 });
    const [ticket] = (await room.join()) as [HeldTicket];
    await room.ticks(1);
    await room.offerMove(ticket, 'name');
    await room.move('name', 'call');
    const moved = { ...ticket, gen: 1 };
    await room.enter(moved);
    const { eventNumber } = (await room.observe()).counters;
    const others = historyPageMax + 10;
    for (const other of await room.join(others)) await room.leave(other);
    await room.leave(moved);
    const { ticketId } = ticket;
    const first = await test.finder.history(room.roomId, ticketId, null);
    expect(first?.events).toEqual([
      { type: 'ended', outcome: 'left', placesUsed: 0, atMs: expect.any(Number) as number },
    ]);
    expect(first?.below).toBeGreaterThan(eventNumber);
    const second = await test.finder.history(room.roomId, ticketId, first?.below ?? null);
    expect(second?.below).toBeNull();
    expect(second?.events).toMatchObject([
      { type: 'entered' },
      { type: 'moved', gen: 1 },
      { type: 'admitted', releaseNumber: 1 },
    ]);
    expect(await test.finder.history(room.roomId, randomUUID(), null)).toMatchObject({ events: [] });
  });

  it('of a room that is not there, or deleted, there is nothing to find', async () => {
    const search: TicketSearch = { by: 'id', ticketId: randomUUID() };
    expect(await test.finder.find(newRoomId(), search)).toBeNull();
    expect(await test.finder.history(newRoomId(), randomUUID(), null)).toBeNull();
    const room = await openRoom(test);
    await test.store.remove(room.roomId, nothingKnown);
    expect(await test.finder.find(room.roomId, search)).toBeNull();
    expect(await test.finder.history(room.roomId, randomUUID(), null)).toBeNull();
  });
});
