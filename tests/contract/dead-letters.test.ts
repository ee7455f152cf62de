import { describe, expect, it } from 'vitest';
import { deadLettersPageMax, deliveryLeaseMs, resendMax } from '../../src/store/delivery-store.ts';
import { elsewhere, giveUpAfterMs, numbersOf, outboxesIn } from '../support/outbox.ts';
import { type HeldTicket, newRoom, type RoomUnderTest } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('dead letters (%s)', (kind) => {
  const test = useStore(kind);
  const { deliveringRoom, releases, claim, lease, settle, deliverAll, stateOf } = outboxesIn(test);
  const failed = { kind: 'failed', againInMs: 5_000, error: 'timeout' } as const;
  const disabled = { kind: 'disabled', error: 'answered 410' } as const;
  const resend = (
    { roomId }: RoomUnderTest,
    letterIds: string[] | null = null,
    lastId: string | null = null,
  ) => test.deliveries.resend(roomId, { letterIds, lastId });

  /** So many batches that were given up. */
  async function buried(count: number): Promise<RoomUnderTest> {
    const room = await deliveringRoom({}, { holdAfterMs: 0 });
    await releases(room, count);
    await room.pass(giveUpAfterMs);
    while ((await claim(room)).kind !== 'none');
    return room;
  }

  it('are batches that were given up, with what went wrong, or that they were never tried', async () => {
    const room = await deliveringRoom({ enterWithinMs: 100_000 });
    const releasedAtMs = test.time.ms;
    await releases(room, 2);
    const { batch } = await lease(room);
    await settle(room, batch, failed);
    await room.pass(giveUpAfterMs);
    expect(await claim(room)).toMatchObject({ kind: 'none', buried: 2, deadLetters: 2 });
    const { letters, pending } = await stateOf(room);
    expect(pending).toBe(0);
    expect(letters[0]).toEqual({
      letterId: expect.stringMatching(/^\d+-\d+$/),
      messageId: batch.messageId,
      releaseNumber: 1,
      releasedAtMs,
      deadlineMs: releasedAtMs + 100_000,
      tickets: 1,
      buriedAtMs: test.time.ms,
      reason: 'given-up',
      error: 'timeout',
    });
    expect(letters[1]).toMatchObject({ releaseNumber: 2, error: null });
  });

  it('are never what someone is just delivering: it is given up when that failed, too', async () => {
    const room = await deliveringRoom();
    await releases(room, 1);
    await room.pass(giveUpAfterMs - 1_000);
    const { batch } = await lease(room);
    test.time.passMs(2_000);
    expect(await claim(room, { claimId: 'claim-2' })).toMatchObject({ kind: 'later', buried: 0 });
    expect(await settle(room, batch, failed)).toBe('buried');
    expect((await stateOf(room)).letters).toMatchObject([{ reason: 'given-up', error: 'timeout' }]);
  });

  it('are all batches, without a try, when the address wants no more; until there is another', async () => {
    const room = await deliveringRoom();
    await releases(room, 3);
    const { batch } = await lease(room);
    expect(await settle(room, batch, disabled)).toBe('buried');
    expect(await claim(room)).toMatchObject({ kind: 'none', buried: 2, deadLetters: 3 });
    await releases(room, 1);
    expect(await claim(room, { claimId: 'claim-2' })).toMatchObject({ kind: 'none', buried: 1 });
    const { letters, isOff, address, lastError } = await stateOf(room);
    expect(letters.map(({ reason, error }) => [reason, error])).toEqual([
      ['disabled', 'answered 410'],
      ['disabled', null],
      ['disabled', null],
      ['disabled', null],
    ]);
    expect({ isOff, address, what: lastError?.what }).toEqual({
      isOff: true,
      address: 'here',
      what: 'answered 410',
    });
    await releases(room, 1);
    expect((await lease(room, { address: elsewhere })).batch.releaseNumber).toBe(5);
  });

  it('sent again are the newest batches, under the same ids, in the order they were released', async () => {
    const room = await buried(3);
    const ids = (await stateOf(room)).letters.map(({ messageId }) => messageId);
    await releases(room, 1);
    expect(await resend(room)).toEqual({ resent: 3, deadLetters: 0, isFull: false });
    const batches = await deliverAll(room);
    expect(batches.map(({ releaseNumber }) => releaseNumber)).toEqual([4, 1, 2, 3]);
    expect(batches.slice(1).map(({ messageId }) => messageId)).toEqual(ids);
    expect(numbersOf(batches)).toEqual([4, 1, 2, 3]);
    await releases(room, 1);
    expect(numbersOf(await deliverAll(room))).toEqual([5]);
  });

  it('can be sent again one by one; those that are not there are left out', async () => {
    const room = await buried(3);
    const [, second] = (await stateOf(room)).letters;
    const id = second?.letterId as string;
    expect(await resend(room, [id, id, '999999-0'])).toMatchObject({ resent: 1, deadLetters: 2 });
    expect(await resend(room, [id])).toMatchObject({ resent: 0, deadLetters: 2 });
    expect(numbersOf(await deliverAll(room))).toEqual([2]);
  });

  it('sent again have all their time anew, and an address that wanted no more is tried again', async () => {
    const room = await deliveringRoom();
    await releases(room, 1);
    await settle(room, (await lease(room)).batch, disabled);
    await room.pass(giveUpAfterMs * 2);
    await resend(room);
    expect(await lease(room)).toMatchObject({ oldestAgeMs: 0, tries: 1, buried: 0 });
    expect((await stateOf(room)).isOff).toBe(false);
    // The room is not held by what is old but was only just sent again.
    expect(await room.joinIds(crypto.randomUUID())).toMatchObject([{ kind: 'admitted' }]);
  });

  it('are read and sent again in parts', async () => {
    const room = await buried(deadLettersPageMax + 5);
    const first = await stateOf(room);
    expect(first.letters).toHaveLength(deadLettersPageMax);
    const rest = await stateOf(room, first.letters.at(-1)?.letterId);
    expect(rest.letters.map(({ releaseNumber }) => releaseNumber)).toEqual(
      Array.from({ length: 5 }, (_, index) => deadLettersPageMax + 1 + index),
    );
    const lastId = rest.letters[2]?.letterId as string;
    expect(await resend(room, null, lastId)).toMatchObject({ resent: resendMax, deadLetters: 5 });
    expect(await resend(room, null, lastId)).toMatchObject({ resent: 3, deadLetters: 2 });
    expect(await resend(room, null, lastId)).toMatchObject({ resent: 0, deadLetters: 2 });
    expect(await deliverAll(room)).toHaveLength(deadLettersPageMax + 3);
    await expect(test.deliveries.read(room.roomId, { after: null, limit: 51 })).rejects.toThrow(RangeError);
    const tooMany = Array.from({ length: resendMax + 1 }, (_, index) => `${index}-0`);
    await expect(resend(room, tooMany)).rejects.toThrow(RangeError);
    await expect(resend(room, [])).rejects.toThrow(RangeError);
  });

  describe('and batches on their way', () => {
    const delivery = { url: 'https://a.example/', holdAfterMs: 10_000, giveUpAfterMs };

    it('when the room tells nobody any more: what was on its way is gone, dead letters stay', async () => {
      const room = await buried(1);
      await releases(room, 2);
      await settle(room, (await lease(room)).batch, { ...failed, againInMs: 30_000 });
      await room.change({ delivery: null });
      expect(await claim(room)).toMatchObject({ kind: 'none', pending: 0, deadLetters: 1 });
      expect(await stateOf(room)).toMatchObject({ lastError: null, tries: 0, nextTryInMs: 0 });
      await releases(room, 1);
      expect((await claim(room)).pending).toBe(0);
      await room.change({ delivery });
      await releases(room, 1);
      expect((await lease(room)).batch.releaseNumber).toBe(5);
    });

    it('outlive the process of the store: leases and ids stay what they were', async () => {
      const room = await deliveringRoom();
      await releases(room, 2);
      const { batch } = await lease(room);
      await test.restart(room.roomId);
      await room.tick();
      expect(await claim(room, { claimId: 'claim-2' })).toMatchObject({ kind: 'later' });
      expect(await settle(room, batch, { kind: 'delivered' })).toBe('settled');
      expect(numbersOf(await deliverAll(room))).toEqual([2]);
    });

    it('after a loss: a stale copy delivers nothing of its own, and dead letters stay', async () => {
      const room = await buried(1);
      const early = (await releases(room, 2)) as [HeldTicket, HeldTicket];
      const copy = await test.copy(room.roomId);
      await releases(room, 2);
      await deliverAll(room);
      await room.tick();
      await copy.restore();
      await room.tick();
      expect(await claim(room)).toMatchObject({ kind: 'none', pending: 0, deadLetters: 1 });
      // Whoever was admitted comes back as their token says, and the next release is told again.
      await room.sight(...early);
      await room.pass(room.room?.policy.recoverWithinMs ?? 0);
      await room.ticks(2);
      const [late] = await room.join(1);
      expect(await room.stateOf(late as HeldTicket)).toBe('admitted');
      const batches = await deliverAll(room);
      expect(numbersOf(batches)).toEqual([(late as HeldTicket).number]);
    });

    it('after the loss of everything, and in a room made anew, there are none', async () => {
      const room = await buried(1);
      await releases(room, 1);
      await room.tick();
      await test.wipe(room.roomId);
      await room.tick();
      expect(await stateOf(room)).toMatchObject({ pending: 0, deadLetters: 0 });

      const other = await buried(1);
      await releases(other, 1);
      await other.call((store, cursor) => store.remove(other.roomId, cursor));
      test.time.passMs(1_000);
      await test.store.create(newRoom(other.roomId, { delivery }), test.time.us);
      expect(await stateOf(other)).toMatchObject({ pending: 0, deadLetters: 0 });
    });

    it('a lease that ended while nobody was there is given to the next who asks', async () => {
      const room = await deliveringRoom();
      await releases(room, 1);
      await lease(room);
      // Each call moves the room clock by 3 s at most.
      test.time.passMs(3_600_000);
      expect(await claim(room, { claimId: 'claim-2' })).toMatchObject({ kind: 'later', afterMs: 2_000 });
      test.time.passMs(deliveryLeaseMs);
      expect(await claim(room, { claimId: 'claim-2' })).toMatchObject({ kind: 'leased' });
    });
  });
});
