import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { type HeldTicket, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('turns (%s)', (kind) => {
  const test = useStore(kind);

  async function admitted(policy: PolicyInput = {}): Promise<{ room: RoomUnderTest; ticket: HeldTicket }> {
    const room = await openRoom(test, { capacity: 1, enterWithinMs: 5_000, sessionTtlMs: 60_000, ...policy });
    const [ticket] = (await room.join(1)) as [HeldTicket];
    return { room, ticket };
  }

  async function lapsed(policy: PolicyInput = {}): Promise<{ room: RoomUnderTest; ticket: HeldTicket }> {
    const { room, ticket } = await admitted(policy);
    await room.pass(5_000);
    await room.tick();
    expect(await room.stateOf(ticket)).toBe('lapsed');
    return { room, ticket };
  }

  describe('entering', () => {
    it('turns an admitted ticket into a session of the full length; again: the same answer', async () => {
      const { room, ticket } = await admitted();
      const first = await room.enter(ticket);
      expect(first).toMatchObject({ kind: 'entered', number: 1, order: ticket.order, atMs: 63_000 });
      await room.pass(1_000);
      const before = await room.observe();
      expect(await room.enter(ticket)).toEqual(first);
      expect(await room.observe()).toEqual(before);
    });

    it('is possible until the ticket has lapsed, not after', async () => {
      const { room, ticket } = await admitted();
      await room.pass(6_000);
      expect(await room.enter(ticket)).toMatchObject({ kind: 'entered' });
      const other = await lapsed();
      expect(await other.room.enter(other.ticket)).toMatchObject({ kind: 'lapsed' });
    });

    it('in any other state answers that state and changes nothing', async () => {
      const { room } = await admitted({ presentWithinMs: 5_000 });
      const [waiting] = (await room.join(1)) as [HeldTicket];
      expect(await room.enter(waiting)).toMatchObject({ kind: 'waiting', order: waiting.order });
      expect(await room.enter({ ticketId: randomUUID() })).toEqual({ kind: 'unknown' });
      await room.leave(waiting);
      expect(await room.enter(waiting)).toEqual({ kind: 'ended' });
    });

    it('works in a paused and in a closed room: an admission given is kept', async () => {
      const { room, ticket } = await admitted();
      await room.setState('closed');
      expect(await room.enter(ticket)).toMatchObject({ kind: 'entered' });
    });
  });

  describe('extending', () => {
    it('gives enterWithinMs more, ten times, each asked for by its number', async () => {
      const { room, ticket } = await admitted();
      for (let extension = 1; extension <= 10; extension += 1) {
        expect(await room.extend(ticket, extension)).toMatchObject({
          kind: 'admitted',
          atMs: 8_000 + extension * 5_000,
          extensions: extension,
        });
      }
      expect(await room.extend(ticket, 11)).toEqual({ kind: 'refused' });
      await room.pass(54_000);
      await room.tick();
      expect(await room.stateOf(ticket)).toBe('admitted');
      await room.pass(1_000);
      await room.tick();
      expect(await room.stateOf(ticket)).toBe('lapsed');
    });

    it('asked for again, is the same extension', async () => {
      const { room, ticket } = await admitted();
      const first = await room.extend(ticket, 1);
      expect(await room.extend(ticket, 1)).toEqual(first);
      expect(await room.extend(ticket, 3)).toEqual({ kind: 'refused' });
    });

    it('in any other state answers that state', async () => {
      const { room, ticket } = await lapsed();
      expect(await room.extend(ticket, 1)).toMatchObject({ kind: 'lapsed' });
      expect(await room.extend({ ticketId: randomUUID() }, 1)).toEqual({ kind: 'unknown' });
    });
  });

  describe('lapsing and returning', () => {
    it('a turn that nobody took frees its seat at the deadline, and the ticket keeps its order', async () => {
      const { room, ticket } = await admitted();
      const [next] = (await room.join(1)) as [HeldTicket];
      await room.pass(4_999);
      await room.tick();
      expect(await room.statesOf([ticket, next])).toEqual(['admitted', 'waiting']);
      test.time.passMs(1);
      const { events } = await room.tick();
      expect(await room.observeTicket(ticket)).toMatchObject({
        state: 'lapsed',
        order: ticket.order,
        atMs: 8_000,
        extensions: 0,
      });
      expect(events).toMatchObject([{ type: 'lapsed', ticketIds: [ticket.ticketId], atMs: 8_000 }]);
      await room.ticks(1);
      expect(await room.stateOf(next)).toBe('admitted');
    });

    it('its holder brings it back to its order, ahead of those who came later', async () => {
      const { room, ticket } = await lapsed();
      const others = await room.join(2);
      const states = await room.statesOf(others);
      expect(states).toEqual(['admitted', 'waiting']);
      expect(await room.comeBack(ticket)).toMatchObject({ kind: 'waiting', order: ticket.order, number: 1 });
      expect(await room.comeBack(ticket)).toMatchObject({ kind: 'waiting', order: ticket.order });
      await room.finish(others[0] ?? ticket);
      await room.ticks(1);
      expect(await room.statesOf([ticket, ...others])).toEqual(['admitted', 'spent', 'waiting']);
      expect(await room.comeBack(ticket)).toMatchObject({ kind: 'admitted', extensions: 0 });
    });

    it('being seen is no return: an unattended tab takes no turn', async () => {
      const { room, ticket } = await lapsed();
      expect(await room.sight(ticket)).toMatchObject([{ kind: 'lapsed', order: ticket.order }]);
      await room.ticks(2);
      expect(await room.stateOf(ticket)).toBe('lapsed');
    });

    it('is too late after returnWithinMs, and once the room is closed', async () => {
      const { room, ticket } = await lapsed({ returnWithinMs: 10_000 });
      await room.pass(10_001);
      expect(await room.comeBack(ticket)).toEqual({ kind: 'too-late' });
      const other = await lapsed();
      await other.room.setState('closed');
      expect(await other.room.comeBack(other.ticket)).toEqual({ kind: 'too-late' });
      expect(await room.comeBack({ ticketId: randomUUID() })).toEqual({ kind: 'unknown' });
    });

    it('not more than 200 lapse in one tick; the rest in the next', async () => {
      const { room } = await admitted({ capacity: 300, outflowPerMinute: 60_000, batchSizeMax: 2_000 });
      await room.join(299);
      await room.ticks(1);
      expect(await room.countOf('admitted')).toBe(300);
      await room.pass(5_000);
      await room.tick();
      expect(await room.countOf('lapsed')).toBe(200);
      await room.tick();
      expect(await room.countOf('lapsed')).toBe(300);
    });
  });

  describe('leaving', () => {
    it.each(['waiting', 'parked', 'lapsed', 'admitted'] as const)(
      'from %s is the end at once',
      async (state) => {
        const { room, ticket } = await (state === 'lapsed' ? lapsed() : admitted({ presentWithinMs: 5_000 }));
        let leaving = ticket;
        if (state === 'waiting' || state === 'parked') {
          [leaving] = (await room.join(1)) as [HeldTicket];
          if (state === 'parked') {
            await room.finish(ticket);
            await room.pass(6_000);
            await room.tick();
          }
        }
        expect(await room.stateOf(leaving)).toBe(state);
        expect(await room.leave(leaving)).toEqual({ kind: 'ended' });
        expect(await room.stateOf(leaving)).toBe('spent');
        const before = await room.observe();
        expect(await room.leave(leaving)).toEqual({ kind: 'ended' });
        expect(await room.observe()).toEqual(before);
        expect(await room.sight(leaving)).toEqual([{ kind: 'ended' }]);
      },
    );

    it('from a session is said at once, but the seat is free only when the pass has run out', async () => {
      const { room, ticket } = await admitted();
      await room.enter(ticket);
      const [next] = (await room.join(1)) as [HeldTicket];
      expect(await room.leave(ticket)).toEqual({ kind: 'ended' });
      expect(await room.enter(ticket)).toEqual({ kind: 'ended' });
      expect(await room.keepAlive(ticket, 'pass')).toEqual({ kind: 'ended' });
      expect(await room.leave(ticket)).toEqual({ kind: 'ended' });
      await room.tickUntilDone();
      expect([...room.ended.values()]).toMatchObject([{ ticketId: ticket.ticketId, outcome: 'left' }]);
      await room.pass(58_000);
      await room.sight(next);
      await room.ticks(1);
      expect(await room.statesOf([ticket, next])).toEqual(['entered', 'waiting']);
      await room.ticks(1);
      expect(await room.statesOf([ticket, next])).toEqual(['spent', 'admitted']);
    });

    it('a ticket that is not known is not ended', async () => {
      const { room } = await admitted();
      expect(await room.leave({ ticketId: randomUUID() })).toEqual({ kind: 'unknown' });
    });
  });

  it('a ticket that moved to another device answers only that device', async () => {
    const { room, ticket } = await lapsed();
    await room.sight({ ...ticket, gen: 1 });
    const older = { ...ticket, gen: 0 };
    expect(await room.sight(older)).toEqual([{ kind: 'moved' }]);
    expect(await room.enter(older)).toEqual({ kind: 'moved' });
    expect(await room.extend(older, 1)).toEqual({ kind: 'moved' });
    expect(await room.comeBack(older)).toEqual({ kind: 'moved' });
    expect(await room.leave(older)).toEqual({ kind: 'moved' });
    expect(await room.comeBack({ ...ticket, gen: 1 })).toMatchObject({ kind: 'waiting', gen: 1 });
  });
});
