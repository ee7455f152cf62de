import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type HeldTicket, newRoom, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('moves and a loss (%s)', (kind) => {
  const test = useStore(kind);
  const onNext = (ticket: HeldTicket): HeldTicket => ({ ...ticket, gen: ticket.gen + 1 });

  /** Somebody who waits, and has a code. */
  async function offered(): Promise<{ room: RoomUnderTest; ticket: HeldTicket; code: string }> {
    const room = await openRoom(test, { capacity: 0 });
    const [ticket] = (await room.join(1)) as [HeldTicket];
    const code = randomUUID();
    await room.offerMove(ticket, code);
    return { room, ticket, code };
  }

  /** The store has lost its tickets, and knows so: the codes are all it kept. */
  async function loseTickets(room: RoomUnderTest): Promise<void> {
    await room.tick();
    const memory = room.memory();
    await test.store.recover({ ...memory, eventNumber: memory.eventNumber + 10 }, test.time.ms);
    room.head = null;
    expect((await room.observe()).tickets).toEqual([]);
  }

  it('a code that the store kept brings its ticket back where the token said', async () => {
    const { room, ticket, code } = await offered();
    await loseTickets(room);
    expect(await room.move(code, 'a')).toMatchObject({
      kind: 'waiting',
      ticketId: ticket.ticketId,
      number: 1,
      order: ticket.order,
      gen: 1,
    });
    expect(await room.sight(ticket)).toEqual([{ kind: 'moved' }]);
    expect((await room.observe()).counters.lastNumber).toBeGreaterThan(1_000);
  });

  it('a call that moved the ticket before finds its own answer again', async () => {
    const { room, ticket, code } = await offered();
    await room.move(code, 'a');
    await loseTickets(room);
    // The first device was seen first.
    expect(await room.sight(ticket)).toMatchObject([{ kind: 'waiting', gen: 0 }]);
    await room.offerMove(ticket, code);
    expect(await room.move(code, 'b')).toEqual({ kind: 'used' });
    expect(await room.move(code, 'a')).toMatchObject({ kind: 'waiting', gen: 1 });
    expect(await room.sight(ticket)).toEqual([{ kind: 'moved' }]);
  });

  it('the highest generation that is seen counts, whichever comes first', async () => {
    const { room, ticket } = await offered();
    const second = onNext(ticket);
    await loseTickets(room);
    expect(await room.sight(ticket)).toMatchObject([{ kind: 'waiting', gen: 0 }]);
    expect(await room.sight(second)).toMatchObject([{ kind: 'waiting', gen: 1, order: ticket.order }]);
    expect(await room.sight(ticket)).toEqual([{ kind: 'moved' }]);
    await loseTickets(room);
    expect(await room.sight(second, ticket)).toMatchObject([{ kind: 'waiting', gen: 1 }, { kind: 'moved' }]);
    expect((await room.observe()).tickets).toHaveLength(1);
  });

  it('somebody inside whom only the pass brought back gets a token that tells the order again', async () => {
    const room = await openRoom(test, { capacity: 1 });
    const ticket = await room.joinAndEnter();
    const code = randomUUID();
    await room.offerMove(ticket, code);
    await loseTickets(room);
    await room.keepAlive(ticket, 'pass', ticket.number);
    expect(await room.observeTicket(ticket)).toMatchObject({ state: 'entered', order: 0 });
    expect(await room.move(code, 'a')).toMatchObject({ kind: 'entered', order: ticket.order, gen: 1 });
  });

  it('a code of an earlier run of the room moves nothing', async () => {
    const { room, ticket, code } = await offered();
    await test.store.remove(room.roomId, room.cursor);
    test.time.passMs(1_000);
    await test.store.create(newRoom(room.roomId, { capacity: 0 }), test.time.us);
    const later = room.another();
    expect(await later.move(code, 'a')).toEqual({ kind: 'gone' });
    // Also where the same key made a ticket of the same id.
    const [again] = await later.joinIds(ticket.ticketId);
    expect(await later.move(code, 'a')).toEqual({ kind: 'gone' });
    const { order } = again as HeldTicket & typeof again;
    expect(await later.observeTicket(ticket)).toMatchObject({ order, gen: 0 });
  });
});
