import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { type HeldTicket, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('sessions (%s)', (kind) => {
  const test = useStore(kind);

  async function inside(policy: PolicyInput = {}): Promise<{ room: RoomUnderTest; ticket: HeldTicket }> {
    const room = await openRoom(test, { capacity: 1, sessionTtlMs: 60_000, enterWithinMs: 5_000, ...policy });
    return { room, ticket: await room.joinAndEnter() };
  }

  /** The room after its data was lost and recovered, with as many people assumed inside as it may hold. */
  async function recovered(policy: PolicyInput = {}): Promise<{ room: RoomUnderTest; ticket: HeldTicket }> {
    const { room, ticket } = await inside(policy);
    await room.tick();
    await test.wipe(room.roomId);
    await room.tick();
    return { room, ticket };
  }

  it('a session that nobody renews expires, frees its seat, and its ticket is over', async () => {
    const { room, ticket } = await inside();
    await room.pass(59_999);
    await room.tick();
    expect(await room.stateOf(ticket)).toBe('entered');
    await room.pass(1);
    const { events } = await room.tick();
    expect(await room.stateOf(ticket)).toBe('spent');
    expect(events).toMatchObject([{ type: 'ended', outcome: 'expired', ticketIds: [ticket.ticketId] }]);
  });

  it('not more than 200 expire in one tick', async () => {
    const { room } = await inside({ capacity: 300, outflowPerMinute: 60_000, batchSizeMax: 2_000 });
    const tickets = await room.join(250);
    await room.ticks(1);
    for (const ticket of tickets) await room.enter(ticket);
    await room.pass(61_000);
    await room.tick();
    expect((await room.observe()).spent).toHaveLength(200);
    await room.tick();
    expect((await room.observe()).spent).toHaveLength(251);
  });

  it('finished by a gate, it holds its seat until every gate has heard of it, and is renewed by nobody', async () => {
    const { room, ticket } = await inside();
    const [next] = await room.join();
    expect(await room.finish(ticket, 'completed', 1, 3_000)).toMatchObject({
      kind: 'finished',
      placesUsed: 1,
    });
    const { events } = await room.tick();
    expect(events.at(-1)).toMatchObject({
      type: 'ended',
      outcome: 'completed',
      ticketIds: [ticket.ticketId],
    });
    for (const proof of ['pass', 'origin'] as const)
      expect(await room.keepAlive(ticket, proof)).toEqual({ kind: 'ended' });
    // A repeat after a lost reply counts nothing again and prolongs nothing.
    await room.pass(2_000);
    expect(await room.finish(ticket, 'completed', 1, 3_000)).toMatchObject({
      kind: 'finished',
      placesUsed: 1,
    });
    await room.pass(999);
    await room.tick();
    expect(await room.stateOf(next as HeldTicket)).toBe('waiting');
    await room.pass(1);
    await room.tick();
    await room.pass(1_000);
    await room.tick();
    expect(await room.stateOf(next as HeldTicket)).toBe('admitted');
    expect((await room.observe()).counters.placesUsed).toBe(1);
  });

  it('finished by a gate just before its end, it holds its seat no longer than it would have', async () => {
    const { room, ticket } = await inside();
    await room.pass(59_500);
    await room.finish(ticket, 'gave-up', 0, 3_000);
    await room.pass(500);
    await room.tick();
    expect(await room.stateOf(ticket)).toBe('spent');
  });

  describe('keeping alive', () => {
    it.each(['pass', 'origin'] as const)(
      'by the %s, a session lasts its full length again',
      async (proof) => {
        const { room, ticket } = await inside();
        await room.pass(30_000);
        expect(await room.keepAlive(ticket, proof, 99)).toEqual({
          kind: 'kept',
          expiryMs: 93_000,
          number: 1,
        });
        await room.pass(59_000);
        await room.tick();
        expect(await room.stateOf(ticket)).toBe('entered');
      },
    );

    it('what has ended stays ended, whatever is shown', async () => {
      const { room, ticket } = await inside();
      await room.finish(ticket);
      expect(await room.keepAlive(ticket, 'pass')).toEqual({ kind: 'ended' });
      expect(await room.keepAlive(ticket, 'origin')).toEqual({ kind: 'ended' });
    });

    it('by a pass, a person whom the store has lost is inside again, even above the capacity', async () => {
      const { room, ticket } = await recovered({ batchSizeMax: 10 });
      expect((await room.observe()).counters.assumed).toBe(1);
      expect(await room.keepAlive(ticket, 'pass', 42)).toMatchObject({ kind: 'kept', number: 42 });
      expect((await room.observe()).counters.assumed).toBe(0);
      const other = { ticketId: randomUUID() };
      expect(await room.keepAlive(other, 'pass')).toMatchObject({ kind: 'kept' });
      expect(await room.countOf('entered')).toBe(2);
      expect((await room.tick()).events.map(({ type }) => type)).toEqual(['entered', 'entered']);
    });

    it('by a pass, a person who was sighted as lapsed after a loss is inside all the same', async () => {
      const { room, ticket } = await recovered();
      expect(await room.sight(ticket)).toMatchObject([{ kind: 'lapsed' }]);
      expect(await room.keepAlive(ticket, 'origin')).toEqual({ kind: 'ended' });
      expect(await room.keepAlive(ticket, 'pass')).toMatchObject({ kind: 'kept', number: 1 });
      expect(await room.observeTicket(ticket)).toMatchObject({ state: 'entered', order: ticket.order });
      expect((await room.observe()).counters.assumed).toBe(0);
    });

    it("by the origin's word, an unknown one is inside only while some are assumed", async () => {
      const { room, ticket } = await recovered();
      expect(await room.keepAlive(ticket, 'origin')).toMatchObject({ kind: 'kept' });
      expect(await room.keepAlive({ ticketId: randomUUID() }, 'origin')).toEqual({ kind: 'ended' });
    });

    it('answers each of many in the order given', async () => {
      const { room, ticket } = await inside();
      const other = { ticketId: randomUUID(), number: 8 };
      const answers = await room.call((store, cursor) =>
        store.keepAlive(room.roomId, cursor, [other, { ...ticket }], 'origin'),
      );
      expect(answers.map((answer) => answer.kind)).toEqual(['ended', 'kept']);
    });
  });

  describe('finishing', () => {
    it('frees the seat at once and counts the places once', async () => {
      const { room, ticket } = await inside({ places: 10, placesPerVisitorMax: 3 });
      const [next] = (await room.join(1)) as [HeldTicket];
      expect(await room.finish(ticket, 'completed', 2)).toEqual({
        kind: 'finished',
        outcome: 'completed',
        placesUsed: 2,
      });
      const before = await room.observe();
      expect(before.counters.placesUsed).toBe(2);
      expect(await room.finish(ticket, 'completed', 3)).toMatchObject({
        outcome: 'completed',
        placesUsed: 2,
      });
      expect(await room.finish(ticket, 'gave-up')).toMatchObject({ outcome: 'completed', placesUsed: 2 });
      expect(await room.observe()).toEqual(before);
      await room.ticks(1);
      expect(await room.stateOf(next)).toBe('admitted');
    });

    it('giving up uses no place; again: the same answer', async () => {
      const { room, ticket } = await inside({ places: 10 });
      const gaveUp = { kind: 'finished', outcome: 'gave-up', placesUsed: 0 };
      expect(await room.finish(ticket, 'gave-up', 5)).toEqual(gaveUp);
      const before = await room.observe();
      expect(await room.finish(ticket, 'gave-up', 5)).toEqual(gaveUp);
      expect(await room.observe()).toEqual(before);
    });

    it.each(['waiting', 'parked', 'lapsed', 'admitted', 'entered', 'left', 'unknown'] as const)(
      'from %s is the end',
      async (state) => {
        const room = await openRoom(test, { capacity: 1, enterWithinMs: 5_000, presentWithinMs: 5_000 });
        let ticket = ((await room.join(1)) as [HeldTicket])[0];
        if (state === 'waiting' || state === 'parked') {
          const [inside] = [ticket];
          ticket = ((await room.join(1)) as [HeldTicket])[0];
          if (state === 'parked') {
            await room.finish(inside);
            await room.pass(6_000);
            await room.tick();
          }
        } else if (state === 'lapsed') {
          await room.pass(6_000);
          await room.tick();
        } else if (state === 'entered' || state === 'left') {
          await room.enter(ticket);
          if (state === 'left') await room.leave(ticket);
        } else if (state === 'unknown') ticket = { ...ticket, ticketId: randomUUID() };
        expect(await room.stateOf(ticket)).toBe(state === 'left' ? 'entered' : state);
        expect(await room.finish(ticket, 'completed', 1)).toMatchObject({
          outcome: 'completed',
          placesUsed: 1,
        });
        expect(await room.stateOf(ticket)).toBe('spent');
        const { events } = await room.tick();
        expect(
          events.filter((event) => event.type === 'ended' && event.outcome === 'completed'),
        ).toMatchObject([{ ticketIds: [ticket.ticketId], placesUsed: 1 }]);
      },
    );

    it('a first, late completion counts while places last, after whatever end', async () => {
      const { room, ticket } = await inside({ places: 3, placesPerVisitorMax: 2 });
      await room.pass(61_000);
      await room.tick();
      expect(await room.stateOf(ticket)).toBe('spent');
      expect(await room.finish(ticket, 'gave-up')).toMatchObject({ outcome: 'gave-up' });
      expect(await room.finish(ticket, 'completed', 2)).toMatchObject({
        outcome: 'completed',
        placesUsed: 2,
      });
      expect((await room.observe()).counters.placesUsed).toBe(2);
      const late = await room.joinAndEnter();
      await room.leave(late);
      expect(await room.finish(late, 'completed', 2)).toEqual({ kind: 'none-left' });
      expect((await room.observe()).counters.placesUsed).toBe(2);
    });

    it('never counts beyond the places: the session ends, nothing is counted', async () => {
      const { room, ticket } = await inside({ places: 1, placesPerVisitorMax: 2 });
      expect(await room.finish(ticket, 'completed', 2)).toEqual({ kind: 'none-left' });
      expect(await room.stateOf(ticket)).toBe('spent');
      const before = await room.observe();
      expect(before.counters.placesUsed).toBe(0);
      expect(await room.finish(ticket, 'completed', 2)).toEqual({ kind: 'none-left' });
      expect(await room.observe()).toEqual(before);
      expect(await room.finish(ticket, 'completed', 1)).toMatchObject({ placesUsed: 1 });
    });

    it('lowers the count of those assumed inside, as does a pass', async () => {
      const { room, ticket } = await recovered({ capacity: 3 });
      expect((await room.observe()).counters.assumed).toBe(3);
      await room.finish({ ticketId: randomUUID() });
      expect((await room.observe()).counters.assumed).toBe(2);
      await room.sight(ticket);
      expect(await room.stateOf(ticket)).toBe('lapsed');
      await room.finish(ticket);
      expect((await room.observe()).counters.assumed).toBe(1);
    });
  });

  describe('redeeming a hand-over', () => {
    it('works for the first call only; the same call again has the same answer', async () => {
      const { room, ticket } = await inside();
      const jti = randomUUID();
      const redeemed = { kind: 'redeemed', expiryMs: 63_000, number: 1 };
      expect(await room.redeem(ticket, jti, 'call 1')).toEqual(redeemed);
      expect(await room.redeem(ticket, jti, 'call 2')).toEqual({ kind: 'used' });
      expect(await room.redeem(ticket, jti, 'call 1')).toEqual(redeemed);
      expect(await room.redeem(ticket, randomUUID(), 'call 2')).toEqual(redeemed);
    });

    it('of a hundred at once, one', async () => {
      const { room, ticket } = await inside();
      const jti = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, call) => room.redeem(ticket, jti, `call ${call}`)),
      );
      expect(answers.filter(({ kind }) => kind === 'redeemed')).toHaveLength(1);
      expect(answers.filter(({ kind }) => kind === 'used')).toHaveLength(99);
    });

    it('signed under another epoch is stale, and for a session that is over, ended', async () => {
      const { room, ticket } = await inside();
      expect(await room.redeem(ticket, randomUUID(), 'call', 'another epoch')).toEqual({ kind: 'stale' });
      await room.leave(ticket);
      expect(await room.redeem(ticket, randomUUID(), 'call')).toEqual({ kind: 'ended' });
      expect(await room.redeem({ ticketId: randomUUID() }, randomUUID(), 'call')).toEqual({ kind: 'ended' });
    });
  });
});
