import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { queueTokenTtlMs } from '../../src/domain/ticket.ts';
import { codeKey } from '../../src/store/redis-keys.ts';
import { connectTo } from '../support/redis.ts';
import { type HeldTicket, openRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { openRedisStore, storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('moves (%s)', (kind) => {
  const test = useStore(kind);

  async function waiting(): Promise<{ room: RoomUnderTest; ticket: HeldTicket; code: string }> {
    const room = await openRoom(test, { capacity: 0, presentWithinMs: 5_000, abandonAfterMs: 5_000 });
    const [ticket] = (await room.join(1)) as [HeldTicket];
    return { room, ticket, code: newCode() };
  }

  /** A name that no other ticket has. */
  const newCode = (): string => randomUUID().slice(0, 22);
  const onNext = (ticket: HeldTicket): HeldTicket => ({ ...ticket, gen: ticket.gen + 1 });

  async function answersToOld(room: RoomUnderTest, ticket: HeldTicket): Promise<string[]> {
    const answers = [
      ...(await room.sight(ticket)),
      await room.enter(ticket),
      await room.extend(ticket, 1),
      await room.comeBack(ticket),
      await room.offerMove(ticket, newCode()),
      await room.leave(ticket),
    ];
    return answers.map(({ kind }) => kind);
  }

  describe('offering', () => {
    it('answers as the ticket is and changes nothing else; again: the same', async () => {
      const { room, ticket, code } = await waiting();
      const { codes, ...before } = await room.observe();
      expect(codes).toEqual([]);
      const first = await room.offerMove(ticket, code);
      expect(first).toMatchObject({ kind: 'waiting', number: 1, order: ticket.order, gen: 0 });
      expect(await room.offerMove(ticket, code)).toEqual(first);
      const after = await room.observe();
      expect(after).toMatchObject(before);
      expect(after.codes).toEqual([[code, { ...room.sightingOf(ticket), usedBy: null }]]);
    });

    it('of a ticket that is over, not known or elsewhere gives no code', async () => {
      const { room, ticket, code } = await waiting();
      const [ended] = (await room.join(1)) as [HeldTicket];
      await room.leave(ended);
      await room.sight(onNext(ticket));
      expect(await room.offerMove(ended, code)).toEqual({ kind: 'ended' });
      expect(await room.offerMove({ ...ended, ticketId: randomUUID() }, code)).toEqual({ kind: 'unknown' });
      expect(await room.offerMove(ticket, code)).toEqual({ kind: 'moved' });
      const over = { ...room.sightingOf(onNext(ticket)), expiresAtMs: test.time.ms };
      expect(await room.offerMoveBy(over, code)).toEqual({ kind: 'gone' });
      expect((await room.observe()).codes).toEqual([]);
    });

    it('of somebody inside who left, and whose seat is still held, gives no code', async () => {
      const room = await openRoom(test, { capacity: 1 });
      const ticket = await room.joinAndEnter();
      const codes = [newCode(), newCode()] as const;
      expect(await room.offerMove(ticket, codes[0])).toMatchObject({ kind: 'entered' });
      await room.leave(ticket);
      expect(await room.offerMove(ticket, codes[1])).toEqual({ kind: 'ended' });
      expect(await room.move(codes[0], 'a')).toEqual({ kind: 'ended' });
      expect(await room.observeTicket(ticket)).toMatchObject({ gen: 0, left: true });
    });

    it('a code that is another ticket’s is taken, and stays that one’s', async () => {
      const { room, ticket, code } = await waiting();
      const [other] = (await room.join(1)) as [HeldTicket];
      await room.offerMove(ticket, code);
      expect(await room.offerMove(other, code)).toEqual({ kind: 'taken' });
      expect(await room.move(code, 'a')).toMatchObject({ ticketId: ticket.ticketId });
      expect(await room.offerMove(other, code)).toEqual({ kind: 'taken' });
    });

    it('lasts as long as the newest token that asked for it, and no longer', async () => {
      const { room, ticket, code } = await waiting();
      await room.offerMove(ticket, code);
      const token = room.sightingOf(ticket);
      await room.offerMoveBy({ ...token, expiresAtMs: token.expiresAtMs + 1_000 }, code);
      test.time.us = (token.expiresAtMs + 999) * 1_000;
      expect(await room.move(code, 'a')).toMatchObject({ kind: 'waiting' });
      test.time.passMs(1);
      expect(await room.move(code, 'a')).toEqual({ kind: 'unknown-code' });
    });
  });

  describe('moving', () => {
    it('gives the ticket to the device that shows the code; the earlier token is answered moved', async () => {
      const { room, ticket, code } = await waiting();
      const [other] = (await room.join(1)) as [HeldTicket];
      await room.offerMove(ticket, code);
      expect(await room.move(code, 'a')).toMatchObject({
        kind: 'waiting',
        ticketId: ticket.ticketId,
        number: 1,
        order: ticket.order,
        gen: 1,
      });
      expect(await answersToOld(room, ticket)).toEqual(Array<string>(6).fill('moved'));
      expect(await room.sight(onNext(ticket), other)).toMatchObject([{ gen: 1 }, { gen: 0 }]);
      expect(await room.stateOf(ticket)).toBe('waiting');
    });

    it('a repeat after a lost reply is answered alike; another call finds the code used', async () => {
      const { room, ticket, code } = await waiting();
      await room.offerMove(ticket, code);
      const first = await room.move(code, 'a');
      const before = await room.observe();
      expect(await room.move(code, 'a')).toEqual(first);
      expect(await room.observe()).toEqual(before);
      expect(await room.move(code, 'b')).toEqual({ kind: 'used' });
      expect(await room.move(newCode(), 'a')).toEqual({ kind: 'unknown-code' });
      expect(await room.observe()).toEqual(before);
    });

    it('replicas are told by an event, once', async () => {
      const { room, ticket, code } = await waiting();
      await room.offerMove(ticket, code);
      await room.tick();
      for (const callId of ['a', 'a', 'b']) await room.move(code, callId);
      const { events } = await room.tick();
      expect(events).toMatchObject([{ type: 'moved', ticketIds: [ticket.ticketId], gen: 1 }]);
    });

    it('of two codes of one generation, as under two signing keys, the first counts', async () => {
      const { room, ticket, code } = await waiting();
      const other = newCode();
      await room.offerMove(ticket, code);
      await room.offerMove(ticket, other);
      expect(await room.move(code, 'a')).toMatchObject({ gen: 1 });
      expect(await room.move(other, 'b')).toEqual({ kind: 'used' });
      expect(await room.move(code, 'a')).toMatchObject({ gen: 1 });
    });

    it('works from device to device, and a device that it left long ago does not get it back', async () => {
      const { room, ticket } = await waiting();
      const codes = [newCode(), newCode(), newCode()];
      let held = ticket;
      for (const code of codes) {
        await room.offerMove(held, code);
        expect(await room.move(code, code)).toMatchObject({ gen: held.gen + 1 });
        held = onNext(held);
      }
      expect(await room.move(codes[0] as string, codes[0] as string)).toEqual({ kind: 'moved' });
      expect(await answersToOld(room, onNext(ticket))).toEqual(Array<string>(6).fill('moved'));
      expect(await room.observeTicket(ticket)).toMatchObject({ gen: 3 });
    });

    it('a parked ticket is present again, at its order', async () => {
      const { room, ticket, code } = await waiting();
      await room.offerMove(ticket, code);
      await room.pass(6_000);
      await room.tick();
      const [later] = (await room.join(1)) as [HeldTicket];
      expect(await room.stateOf(ticket)).toBe('parked');
      expect(await room.move(code, 'a')).toMatchObject({ kind: 'waiting', order: ticket.order });
      await room.change({ capacity: 1 });
      await room.ticks(1);
      expect(await room.statesOf([ticket, later])).toEqual(['admitted', 'waiting']);
    });

    it('keeps a turn, a missed one and a session as they are; the new device goes on', async () => {
      const room = await openRoom(test, { capacity: 1, enterWithinMs: 5_000, sessionTtlMs: 60_000 });
      const [first] = (await room.join(1)) as [HeldTicket];
      const codes = [newCode(), newCode(), newCode()] as [string, string, string];
      await room.extend(first, 1);
      await room.offerMove(first, codes[0]);
      const turn = { kind: 'admitted', atMs: 13_000, extensions: 1, gen: 1 };
      expect(await room.move(codes[0], 'a')).toMatchObject(turn);
      expect(await room.enter(first)).toEqual({ kind: 'moved' });
      await room.pass(10_000);
      await room.tick();
      await room.offerMove(onNext(first), codes[1]);
      expect(await room.move(codes[1], 'b')).toMatchObject({ kind: 'lapsed', atMs: 13_000, gen: 2 });
      const third = { ...first, gen: 2 };
      expect(await room.comeBack(third)).toMatchObject({ kind: 'waiting', order: first.order, gen: 2 });
      await room.ticks(1);
      const session = await room.enter(third);
      await room.offerMove(third, codes[2]);
      expect(await room.move(codes[2], 'c')).toEqual({ ...session, ticketId: first.ticketId, gen: 3 });
      expect(await room.enter({ ...first, gen: 3 })).toEqual({ ...session, gen: 3 });
      expect(await room.countOf('entered')).toBe(1);
    });

    it('a ticket that ended meanwhile is over', async () => {
      const { room, ticket, code } = await waiting();
      await room.offerMove(ticket, code);
      await room.finish(ticket, 'gave-up', 0);
      expect(await room.move(code, 'a')).toEqual({ kind: 'ended' });
      expect(await room.move(code, 'b')).toEqual({ kind: 'ended' });
    });

    it('a code of another room is unknown', async () => {
      const { room, ticket, code } = await waiting();
      const elsewhere = await openRoom(test);
      await room.offerMove(ticket, code);
      expect(await elsewhere.move(code, 'a')).toEqual({ kind: 'unknown-code' });
      expect(await room.move(code, 'a')).toMatchObject({ kind: 'waiting' });
    });

    it('joining again with the key of the first device does not bring the ticket back there', async () => {
      const { room, ticket, code } = await waiting();
      expect(await room.joinIds(ticket.ticketId)).toMatchObject([{ kind: 'waiting', number: 1 }]);
      await room.offerMove(ticket, code);
      await room.move(code, 'a');
      const before = await room.observe();
      expect(await room.joinIds(ticket.ticketId)).toEqual([{ kind: 'moved' }]);
      expect(await room.observe()).toEqual(before);
    });
  });

  it('codes that are over are forgotten', async () => {
    const { room, ticket } = await waiting();
    const early = Array.from({ length: 6 }, newCode);
    const soonMs = test.time.ms + 1_000;
    for (const code of early)
      await room.offerMoveBy({ ...room.sightingOf(ticket), expiresAtMs: soonMs }, code);
    test.time.passMs(1_000);
    const late = Array.from({ length: 9 }, newCode);
    for (const code of late) {
      await room.offerMoveBy(
        { ...room.sightingOf(ticket), expiresAtMs: test.time.ms + queueTokenTtlMs },
        code,
      );
    }
    if (kind === 'memory') {
      expect((await room.observe()).codes.map(([name]) => name).toSorted()).toEqual(late.toSorted());
    }
    for (const code of early) expect(await room.move(code, 'a')).toEqual({ kind: 'unknown-code' });
    expect(await room.move(late[0] as string, 'a')).toMatchObject({ kind: 'waiting' });
  });
});

it('Redis itself forgets a code when its token ends, used or not', async () => {
  const test = await openRedisStore();
  onTestFinished(() => test.close());
  const redis = connectTo(inject('adminRedisUrl'));
  const room = await openRoom(test, { capacity: 0 });
  const [ticket] = (await room.join(1)) as [HeldTicket];
  const leftMs = room.sightingOf(ticket).expiresAtMs - test.time.ms;
  for (const ask of [() => room.offerMove(ticket, 'code'), () => room.move('code', 'a')]) {
    await ask();
    const ttlMs = await redis.pttl(codeKey(room.roomId, 'code'));
    expect(ttlMs).toBeLessThanOrEqual(leftMs);
    expect(ttlMs).toBeGreaterThan(leftMs - 20_000);
  }
});
