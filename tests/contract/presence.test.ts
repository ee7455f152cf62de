import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { queueTokenTtlMs } from '../../src/domain/ticket.ts';
import { type HeldTicket, openRoom } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('presence (%s)', (kind) => {
  const test = useStore(kind);

  it('a sighting makes a waiting ticket present for presentWithinMs and changes nothing else', async () => {
    const room = await openRoom(test, { capacity: 0, presentWithinMs: 10_000 });
    const tickets = (await room.join(3)) as [HeldTicket, HeldTicket, HeldTicket];
    await room.pass(5_000);
    expect(await room.sight(tickets[1])).toEqual([
      { kind: 'waiting', number: 2, order: tickets[1].order, atMs: 18_000, extensions: 0, gen: 0 },
    ]);
    const records = await Promise.all(tickets.map((ticket) => room.observeTicket(ticket)));
    expect(records.map((record) => record?.atMs)).toEqual([13_000, 18_000, 13_000]);
  });

  it('answers the state of those who no longer wait and writes nothing for them', async () => {
    const room = await openRoom(test, { capacity: 2 });
    const [inside, admitted, left] = (await room.join(3)) as [HeldTicket, HeldTicket, HeldTicket];
    await room.enter(inside);
    await room.leave(left);
    const before = await room.observe();
    expect((await room.sight(inside, admitted, left)).map((answer) => answer.kind)).toEqual([
      'entered',
      'admitted',
      'ended',
    ]);
    expect(await room.observe()).toEqual(before);
  });

  it('of two orders the lower counts', async () => {
    const room = await openRoom(test, { capacity: 0 });
    const [first, second] = (await room.join(2)) as [HeldTicket, HeldTicket];
    expect(await room.sight({ ...second, order: first.order - 5 })).toMatchObject([
      { order: first.order - 5 },
    ]);
    expect(await room.sight(second)).toMatchObject([{ order: first.order - 5 }]);
  });

  it('a token from before the room began says nothing of a ticket of the same id', async () => {
    const room = await openRoom(test, { capacity: 0 });
    const [first, second] = (await room.join(2)) as [HeldTicket, HeldTicket];
    const { startedUs } = (await room.observe()).counters;
    const before = await room.observe();
    expect(await room.sight({ ...second, order: startedUs - 1, gen: 3 })).toEqual([{ kind: 'gone' }]);
    expect(await room.observe()).toEqual(before);
    expect(await room.sight(first, second)).toMatchObject([{ kind: 'waiting' }, { order: second.order }]);
  });

  it('of those who wait, the present are counted with each tick, and 500 a tick when more wait', async () => {
    const room = await openRoom(test, { capacity: 0, presentWithinMs: 10_000, abandonAfterMs: 600_000 });
    const tickets = (await room.join(400)).slice(0, 150);
    await room.ticks(1);
    expect((await room.tick()).frame).toMatchObject({ present: 400, presentAtMs: 4_000 });
    await room.pass(8_000);
    await room.sight(...tickets);
    await room.ticks(2);
    expect((await room.tick()).frame).toMatchObject({ waiting: 400, present: 150, presentAtMs: 14_000 });
    await room.join(900);
    await room.ticks(2);
    expect((await room.tick()).frame).toMatchObject({ waiting: 1_300, present: 150, presentAtMs: 14_000 });
    await room.ticks(1);
    expect((await room.tick()).frame).toMatchObject({ present: 1_050, presentAtMs: 16_000 });
  });

  it('tickets away for abandonAfterMs are swept to parked, 500 a tick, going on where it stopped', async () => {
    const room = await openRoom(test, { capacity: 0, presentWithinMs: 5_000, abandonAfterMs: 20_000 });
    await room.join(1_200);
    await room.pass(15_000);
    const [late] = (await room.join(1)) as [HeldTicket];
    await room.pass(5_000);
    await room.tick();
    expect(await room.countOf('parked')).toBe(0);
    await room.pass(1);
    const parked: number[] = [];
    for (let tick = 0; tick < 5; tick += 1) {
      await room.tick();
      parked.push(await room.countOf('parked'));
    }
    // The tick before looked at the first 500.
    expect(parked).toEqual([500, 700, 1_200, 1_200, 1_200]);
    expect(await room.stateOf(late)).toBe('waiting');
  });

  describe('a ticket that the store has lost', () => {
    const lostTicket = (order: number): HeldTicket => ({
      ticketId: randomUUID(),
      number: 500,
      order,
      gen: 2,
    });

    it('above the frontier it waits at the order inside its token, present', async () => {
      const room = await openRoom(test, { capacity: 0 });
      const [known] = (await room.join(1)) as [HeldTicket];
      const lost = lostTicket(known.order - 1_000);
      expect(await room.sight(lost)).toEqual([
        { kind: 'waiting', number: 500, order: lost.order, atMs: 123_000, extensions: 0, gen: 2 },
      ]);
      await room.change({ capacity: 1 });
      await room.ticks(1);
      expect(await room.statesOf([lost, known])).toEqual(['admitted', 'waiting']);
    });

    it('at or below the frontier it may have had its turn: only its holder brings it back', async () => {
      const room = await openRoom(test, { capacity: 1 });
      const [inside] = (await room.join(1)) as [HeldTicket];
      for (const lost of [lostTicket(inside.order), lostTicket(inside.order - 1)]) {
        expect(await room.sight(lost)).toMatchObject([{ kind: 'lapsed', order: lost.order, atMs: 3_000 }]);
        expect(await room.comeBack({ ...lost, gen: 1 })).toEqual({ kind: 'moved' });
        expect(await room.comeBack(lost)).toMatchObject({ kind: 'waiting', order: lost.order });
      }
    });

    it('later tickets get later orders and numbers than it', async () => {
      const room = await openRoom(test, { capacity: 0 });
      const lost = lostTicket(test.time.us + 60_000_000);
      await room.sight(lost);
      expect(await room.join(1)).toMatchObject([{ order: lost.order + 1, number: 501 }]);
    });

    it('from before the room began, or with a token that is over, it is gone', async () => {
      const room = await openRoom(test, { capacity: 0 });
      const { startedUs } = (await room.observe()).counters;
      expect(await room.sight(lostTicket(startedUs - 1))).toEqual([{ kind: 'gone' }]);
      expect(await room.sight(lostTicket(startedUs))).toMatchObject([{ kind: 'waiting' }]);
      const over = { ...room.sightingOf(lostTicket(startedUs)), expiresAtMs: test.time.ms };
      const answers = await room.call((store, cursor) => store.sight(room.roomId, cursor, [over]));
      expect(answers).toEqual([{ kind: 'gone' }]);
    });

    it('sighted twice in one call, it comes back once', async () => {
      const room = await openRoom(test, { capacity: 0 });
      const lost = lostTicket(test.time.us);
      const [first, second] = await room.sight(lost, lost);
      expect(second).toEqual(first);
      expect((await room.observe()).tickets).toHaveLength(1);
    });
  });

  it('what no token can come back to is forgotten', async () => {
    const room = await openRoom(test, { capacity: 0, presentWithinMs: 5_000, abandonAfterMs: 5_000 });
    const [ended, parked] = (await room.join(2)) as [HeldTicket, HeldTicket];
    await room.finish(ended, 'completed', 1);
    await room.pass(6_000);
    await room.tick();
    expect(await room.statesOf([ended, parked])).toEqual(['spent', 'parked']);
    test.time.passMs(queueTokenTtlMs + 2 * 3_600_000 - 6_000);
    await room.tick();
    const observed = await room.observe();
    expect([observed.spent, observed.completed]).toEqual([[], []]);
    // Of the parked one the room clock must say so too, and that stood still.
    expect(await room.stateOf(parked)).toBe('parked');
  });
});
