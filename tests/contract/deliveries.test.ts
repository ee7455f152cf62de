import { describe, expect, it } from 'vitest';
import { outboxMax } from '../../src/domain/delivery.ts';
import { deliveryLeaseMs } from '../../src/store/delivery-store.ts';
import { elsewhere, giveUpAfterMs, heldBy, holdAfterMs, numbersOf, outboxesIn } from '../support/outbox.ts';
import { type HeldTicket, openRoom } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('batches on their way (%s)', (kind) => {
  const test = useStore(kind);
  const { deliveringRoom, releases, claim, lease, settle, deliverAll, stateOf } = outboxesIn(test);
  const failed = { kind: 'failed', againInMs: 5_000, error: 'answered 500' } as const;

  describe('a release', () => {
    it('is told whole: who, until when, and how the room stood', async () => {
      const room = await deliveringRoom({ capacity: 3, enterWithinMs: 60_000 });
      const tickets = await room.join(5);
      const { batch, tries, pending, oldestAgeMs, deadLetters } = await lease(room);
      expect(batch).toEqual({
        entryId: expect.stringMatching(/^\d+-\d+$/),
        messageId: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
        releaseNumber: 1,
        releasedAtMs: test.time.ms,
        deadlineMs: test.time.ms + 60_000,
        tickets: tickets.slice(0, 3).map(({ ticketId, number }) => ({ ticketId, number })),
        room: { waiting: 2, admitted: 3, inside: 0 },
      });
      expect({ tries, pending, oldestAgeMs, deadLetters }).toEqual({
        tries: 1,
        pending: 1,
        oldestAgeMs: 0,
        deadLetters: 0,
      });
    });

    it('by a tick is told like one by a join, and each has an id and a number of its own', async () => {
      const room = await deliveringRoom({ capacity: 2 });
      const [first] = (await room.join(4)) as [HeldTicket];
      await room.enter(first);
      await room.finish(first);
      await room.ticks(2);
      const batches = await deliverAll(room);
      expect(batches.map(({ releaseNumber }) => releaseNumber)).toEqual([1, 2]);
      expect(numbersOf(batches)).toEqual([1, 2, 3]);
      expect(new Set(batches.map(({ messageId }) => messageId)).size).toBe(2);
      expect(batches[1]?.room).toEqual({ waiting: 1, admitted: 2, inside: 0 });
    });

    it('of thousands is told in parts of at most a thousand, in order', async () => {
      const room = await deliveringRoom({ outflowPerMinute: 600_000 });
      await room.setState('paused');
      const tickets = await room.join(2_500);
      await room.setState('open');
      test.time.passMs(1_000);
      await room.tickUntilDone();
      const batches = await deliverAll(room);
      expect(Math.max(...batches.map((batch) => batch.tickets.length))).toBe(1_000);
      expect(numbersOf(batches)).toEqual(tickets.map(({ number }) => number));
    });

    it('of a room that tells nobody leaves nothing', async () => {
      const room = await openRoom(test, { capacity: 5 });
      await room.join(2);
      expect(await claim(room)).toEqual({
        kind: 'none',
        pending: 0,
        oldestAgeMs: -1,
        deadLetters: 0,
        buried: 0,
      });
      expect((await room.tick()).frame).toMatchObject({ undelivered: 0, undeliveredMs: -1, deadLetters: 0 });
    });
  });

  describe('a claim', () => {
    it('gets the oldest batch, and nobody else gets any while its lease lasts', async () => {
      const room = await deliveringRoom();
      await releases(room, 2);
      const { batch } = await lease(room);
      const other = { claimId: 'claim-2' };
      expect(await claim(room, other)).toMatchObject({ kind: 'later', afterMs: deliveryLeaseMs, pending: 2 });
      test.time.passMs(2_000);
      expect(await claim(room, other)).toMatchObject({ kind: 'later', afterMs: deliveryLeaseMs - 2_000 });
      expect(await settle(room, batch, { kind: 'delivered' })).toBe('settled');
      expect((await lease(room, other)).batch.releaseNumber).toBe(2);
    });

    it('by eight replicas at once goes to one', async () => {
      const room = await deliveringRoom();
      await releases(room, 3);
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, index) => claim(room, { claimId: `claim-${index}` })),
      );
      expect(claims.filter((one) => one.kind === 'leased')).toHaveLength(1);
    });

    it('gets the same batch under the same id when the lease of a dead replica has ended', async () => {
      const room = await deliveringRoom();
      await releases(room, 2);
      const { batch } = await lease(room);
      await room.pass(deliveryLeaseMs);
      const again = await lease(room, { claimId: 'claim-2' });
      expect(again).toMatchObject({ batch, tries: 2 });
      // The first comes back to life.
      expect(await test.deliveries.renew(room.roomId, heldBy('claim-1', batch))).toBe(false);
      expect(await settle(room, batch, failed)).toBe('gone');
      expect(await settle(room, batch, { kind: 'unsent' })).toBe('gone');
      expect(await settle(room, batch, { kind: 'delivered' }, { claimId: 'claim-2' })).toBe('settled');
      expect(numbersOf(await deliverAll(room))).toEqual([2]);
    });

    it('finds a lease that was renewed still held', async () => {
      const room = await deliveringRoom();
      await releases(room, 1);
      const { batch } = await lease(room);
      for (let round = 0; round < 4; round += 1) {
        await room.pass(deliveryLeaseMs - 1_000);
        expect(await test.deliveries.renew(room.roomId, heldBy('claim-1', batch))).toBe(true);
        expect(await claim(room, { claimId: 'claim-2' })).toMatchObject({ kind: 'later' });
      }
    });

    it('of a room that is not there, or was deleted, gets none', async () => {
      const room = await deliveringRoom();
      await releases(room, 2);
      await room.call((store, cursor) => store.remove(room.roomId, cursor));
      expect(await claim(room)).toMatchObject({ kind: 'none', pending: 0 });
      expect(await test.deliveries.read(room.roomId, { after: null, limit: 1 })).toBeNull();
      const options = { claimId: 'x', address: 'y', giveUpAfterMs };
      expect(await test.deliveries.claim('no-such-room', options)).toMatchObject({ kind: 'none' });
      const answer = await test.deliveries.resend('no-such-room', { letterIds: null, lastId: null });
      expect(answer).toEqual({ resent: 0, deadLetters: 0, isFull: false });
    });
  });

  describe('a try', () => {
    it('that failed is made again when it is time, before any later batch', async () => {
      const room = await deliveringRoom();
      await releases(room, 2);
      const { batch } = await lease(room);
      expect(await settle(room, batch, failed)).toBe('settled');
      expect(await claim(room, { claimId: 'claim-2' })).toMatchObject({ kind: 'later', afterMs: 5_000 });
      expect(await stateOf(room)).toMatchObject({
        pending: 2,
        tries: 1,
        nextTryInMs: 5_000,
        lastError: { atMs: test.time.ms, what: 'answered 500' },
      });
      await room.pass(5_000);
      expect(await lease(room, { claimId: 'claim-2' })).toMatchObject({ batch, tries: 2 });
      await settle(room, batch, { kind: 'delivered' }, { claimId: 'claim-2' });
      expect(await stateOf(room)).toMatchObject({ pending: 1, tries: 0, nextTryInMs: 0, lastError: null });
      expect((await lease(room)).batch.releaseNumber).toBe(2);
    });

    it('that was not made does not count, and anybody may make it at once', async () => {
      const room = await deliveringRoom();
      await releases(room, 1);
      const { batch } = await lease(room);
      expect(await settle(room, batch, { kind: 'unsent' })).toBe('settled');
      expect(await lease(room, { claimId: 'claim-2' })).toMatchObject({ batch, tries: 1 });
    });

    it('that went well counts, whoever says so, and once', async () => {
      const room = await deliveringRoom();
      await releases(room, 2);
      const { batch } = await lease(room);
      await room.pass(deliveryLeaseMs);
      await lease(room, { claimId: 'claim-2' });
      expect(await settle(room, batch, { kind: 'delivered' })).toBe('settled');
      expect(await settle(room, batch, { kind: 'delivered' }, { claimId: 'claim-2' })).toBe('gone');
      expect(numbersOf(await deliverAll(room))).toEqual([2]);
    });

    it('at another address is made at once: what the first answered says nothing of it', async () => {
      const room = await deliveringRoom();
      await releases(room, 1);
      const { batch } = await lease(room);
      await settle(room, batch, failed);
      expect(await lease(room, { address: elsewhere })).toMatchObject({ batch, tries: 1 });
    });
  });

  describe('a room whose origin does not hear', () => {
    it('releases nobody while the oldest batch is older than its limit, and goes on when it was delivered', async () => {
      const room = await deliveringRoom();
      const [inside] = await releases(room, 1);
      await room.pass(holdAfterMs);
      // As old as the limit is not older.
      expect(await room.joinIds(crypto.randomUUID())).toMatchObject([{ kind: 'admitted' }]);
      test.time.passMs(1);
      const late = await room.join(3);
      await room.ticks(5);
      expect(await room.statesOf(late)).toEqual(['waiting', 'waiting', 'waiting']);
      expect(room.frame).toMatchObject({ undelivered: 2, undeliveredMs: holdAfterMs + 5_001 });
      expect((await room.enter(inside as HeldTicket)).kind).toBe('entered');

      await settle(room, (await lease(room)).batch, { kind: 'delivered' });
      await room.ticks(1);
      expect(await room.statesOf(late)).toEqual(['admitted', 'admitted', 'admitted']);
      expect(numbersOf(await deliverAll(room))).toEqual([2, 3, 4, 5]);
    });

    it('goes on when the batch was given up', async () => {
      const room = await deliveringRoom();
      await releases(room, 1);
      await room.pass(giveUpAfterMs - 1);
      const late = await room.join(1);
      expect(await claim(room)).toMatchObject({ kind: 'leased', buried: 0 });
      await room.pass(deliveryLeaseMs);
      expect(await claim(room)).toMatchObject({ kind: 'none', buried: 1, deadLetters: 1 });
      await room.ticks(1);
      expect(await room.statesOf(late)).toEqual(['admitted']);
    });

    it('never holds with a limit of 0', async () => {
      const room = await deliveringRoom({}, { holdAfterMs: 0 });
      await releases(room, 1);
      await room.pass(giveUpAfterMs * 2);
      const late = await room.join(2);
      expect(await room.statesOf(late)).toEqual(['admitted', 'admitted']);
    });

    it('holds for as long as nobody reaches the store, and no longer: the room clock stands still', async () => {
      const room = await deliveringRoom();
      await releases(room, 1);
      test.time.passMs(3_600_000);
      await room.tick();
      expect(room.frame).toMatchObject({ undeliveredMs: 3_000 });
      expect(await room.joinIds(crypto.randomUUID())).toMatchObject([{ kind: 'admitted' }]);
      expect(await claim(room)).toMatchObject({ kind: 'leased', buried: 0 });
    });

    it('that never holds puts what exceeds the outbox among the dead letters', async () => {
      const room = await deliveringRoom({}, { holdAfterMs: 0 });
      const names = Array.from({ length: outboxMax + 2 }, () => crypto.randomUUID());
      for (let from = 0; from < names.length; from += 200) {
        await Promise.all(names.slice(from, from + 200).map((name) => room.joinIds(name)));
      }
      const { pending, deadLetters, letters } = await stateOf(room);
      expect([pending, deadLetters]).toEqual([outboxMax, 2]);
      expect(letters).toMatchObject([
        { releaseNumber: outboxMax + 1, reason: 'outbox-full', error: null, tickets: 1 },
        { releaseNumber: outboxMax + 2, reason: 'outbox-full' },
      ]);
      // One that may hold does so instead.
      await room.change({ delivery: { url: 'https://a.example/', holdAfterMs, giveUpAfterMs } });
      const [late] = await room.join(1);
      expect(await room.stateOf(late as HeldTicket)).toBe('waiting');
      expect(await test.deliveries.resend(room.roomId, { letterIds: null, lastId: null })).toEqual({
        resent: 0,
        deadLetters: 2,
        isFull: true,
      });
    }, 60_000);
  });
});
