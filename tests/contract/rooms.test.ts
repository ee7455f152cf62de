import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clockStepMs, makeRoom, newRoom, openRoom } from '../support/room-under-test.ts';
import { newRoomId, storeKinds, useStore } from '../support/stores.ts';
import { nothingKnown } from '../support/replica.ts';

describe.each(storeKinds)('rooms (%s)', (kind) => {
  const test = useStore(kind);

  it('a room is created once; creating it again leaves it alone', async () => {
    const room = await openRoom(test, { capacity: 5 });
    const before = await room.observe();
    const again = newRoom(room.roomId, { capacity: 9 }, 'closed');
    expect(await test.store.create(again, test.time.us)).toBe('exists');
    expect(await room.observe()).toEqual(before);
  });

  it('a room just created holds its settling time, with an empty bucket', async () => {
    const room = await makeRoom(test, { capacity: 5 });
    expect((await room.observe()).counters).toMatchObject({ bucket: 0, holdUntilMs: 3_000, clockUs: 0 });
    await room.pass(clockStepMs - 1);
    const [early] = await room.join();
    expect(await room.stateOf({ ticketId: early?.ticketId ?? '' })).toBe('waiting');
    await room.ticks(1);
    expect(await room.stateOf({ ticketId: early?.ticketId ?? '' })).toBe('admitted');
  });

  it('no ticket is older than the run of its room, whatever the clocks say', async () => {
    const roomId = newRoomId();
    const startedUs = test.time.us + 60_000_000;
    await test.store.create(newRoom(roomId), startedUs);
    const reply = await test.store.join(roomId, nothingKnown, [randomUUID()]);
    if (reply.kind !== 'served') throw new Error(reply.kind);
    expect(reply.answer[0]).toMatchObject({ kind: 'waiting', order: startedUs + 1 });
  });

  it('every method refuses a room that is not there and writes nothing', async () => {
    const { store, time } = test;
    const roomId = newRoomId();
    const ticket = { ticketId: randomUUID(), gen: 0 };
    const sighting = { ...ticket, number: 1, order: time.us, expiresAtMs: time.ms + 1_000 };
    const replies = await Promise.all([
      store.remove(roomId, nothingKnown),
      store.setRoom({ ...newRoom(roomId), version: 2 }, nothingKnown, randomUUID()),
      store.join(roomId, nothingKnown, [ticket.ticketId]),
      store.tick(roomId, nothingKnown, { readFrom: 0, knownVersion: 0, callerWallMs: time.ms }),
      store.sight(roomId, nothingKnown, [sighting]),
      store.enter(roomId, nothingKnown, ticket),
      store.extend(roomId, nothingKnown, { ...ticket, extension: 1 }),
      store.return(roomId, nothingKnown, ticket),
      store.leave(roomId, nothingKnown, ticket),
      store.offerMove(roomId, nothingKnown, { codeName: 'code', ticket: sighting }),
      store.move(roomId, nothingKnown, { codeName: 'code', callId: 'call' }),
      store.keepAlive(roomId, nothingKnown, [{ ticketId: ticket.ticketId, number: 1 }], 'pass'),
      store.finish(roomId, nothingKnown, { ...ticket, outcome: 'completed', placesUsed: 1 }),
      store.redeem(roomId, nothingKnown, { ...ticket, jti: randomUUID(), callId: 'a', epochId: 'b' }),
    ]);
    expect(replies).toEqual(replies.map(() => ({ kind: 'no-room' })));
    expect(await test.observe(roomId)).toBeNull();
  });

  it('batches have their bounds', async () => {
    const room = await openRoom(test);
    const ids = Array.from({ length: 501 }, () => randomUUID());
    const sightings = ids.map((ticketId) => room.sightingOf({ ticketId, number: 1, order: 1, gen: 0 }));
    const sessions = ids.map((ticketId) => ({ ticketId, number: 1 }));
    const ended = ids.map((ticketId) => ({ ticketId, outcome: 'left' as const, placesUsed: 0 }));
    await expect(test.store.join(room.roomId, nothingKnown, ids)).rejects.toThrow(RangeError);
    await expect(test.store.join(room.roomId, nothingKnown, [])).rejects.toThrow(RangeError);
    await expect(test.store.sight(room.roomId, nothingKnown, sightings)).rejects.toThrow(RangeError);
    await expect(test.store.keepAlive(room.roomId, nothingKnown, sessions, 'pass')).rejects.toThrow(
      RangeError,
    );
    await expect(test.store.recover({ ...room.memory(), ended }, test.time.ms)).rejects.toThrow(RangeError);
  });

  describe('changing a room', () => {
    it('takes the next version, and its event carries it', async () => {
      const room = await openRoom(test, { capacity: 5 });
      await room.change({ capacity: 7 }, 'paused');
      const { answer } = (await test.store.tick(room.roomId, room.cursor, {
        readFrom: 0,
        knownVersion: 1,
        callerWallMs: test.time.ms,
      })) as { answer: { room: unknown; events: unknown[] } };
      expect(answer.room).toMatchObject({ version: 2, state: 'paused', policy: { capacity: 7 } });
      expect(answer.events).toEqual([
        { type: 'room', version: 2, change: null, eventNumber: 1, atMs: 3_000 },
      ]);
    });

    it('keeps notice and reason in every language, and null as null', async () => {
      const room = await openRoom(test);
      const notice = { fr: 'Panne « paiement »', en: 'Payment is down; 100 % "soon"' };
      const changed = { ...newRoom(room.roomId, {}, 'paused'), version: 2, notice, reason: 'maintenance' };
      await room.call((store, cursor) => store.setRoom(changed, cursor, randomUUID()));
      const other = room.another();
      expect((await other.tick()).room).toEqual(changed);
    });

    it('refuses any version but the next: someone else was first', async () => {
      const room = await openRoom(test);
      const attempt = async (version: number): Promise<string> =>
        room.call((store, cursor) =>
          store.setRoom({ ...newRoom(room.roomId, {}, 'paused'), version }, cursor, randomUUID()),
        );
      expect(await attempt(1)).toBe('conflict');
      expect(await attempt(3)).toBe('conflict');
      expect((await room.observe()).state).toBe('open');
      expect(await attempt(2)).toBe('changed');
      expect(await attempt(2)).toBe('conflict');
    });

    it('repeated after a lost reply is the same change, made once', async () => {
      const room = await openRoom(test);
      const changed = { ...newRoom(room.roomId, {}, 'paused'), version: 2 };
      const changeId = randomUUID();
      const change = (): Promise<string> =>
        room.call((store, cursor) => store.setRoom(changed, cursor, changeId));
      expect(await change()).toBe('changed');
      const before = await room.observe();
      expect(await change()).toBe('changed');
      expect(await room.observe()).toEqual(before);
    });

    it('to a smaller batch cuts the bucket at once', async () => {
      const room = await openRoom(test, { batchSizeMax: 20, outflowPerMinute: 600 });
      expect((await room.observe()).counters.bucket).toBe(20_000_000);
      await room.change({ batchSizeMax: 10 });
      expect((await room.observe()).counters.bucket).toBe(10_000_000);
    });

    it('to a lower capacity evicts nobody', async () => {
      const room = await openRoom(test, { capacity: 3 });
      const tickets = await room.join(3);
      await room.change({ capacity: 1 });
      await room.ticks(2);
      expect(await room.statesOf(tickets)).toEqual(['admitted', 'admitted', 'admitted']);
    });
  });

  describe('deleting a room', () => {
    it('leaves a tombstone: every method says so, and what it held is gone', async () => {
      const room = await openRoom(test);
      const [ticket] = await room.join();
      const remove = (): Promise<{ kind: string }> => test.store.remove(room.roomId, room.cursor);
      expect(await remove()).toMatchObject({ kind: 'served', answer: 'removed' });
      expect(await remove()).toEqual({ kind: 'deleted' });
      expect(
        await test.store.enter(room.roomId, room.cursor, { ticketId: ticket?.ticketId ?? '', gen: 0 }),
      ).toEqual({
        kind: 'deleted',
      });
      expect(await test.store.recover(room.memory(), test.time.ms)).toEqual({ kind: 'deleted' });
    });

    it('a rooms file does not bring it back; a later run does, and its old tickets are gone', async () => {
      const room = await openRoom(test);
      const [ticket] = await room.join();
      await test.store.remove(room.roomId, room.cursor);
      expect(await test.store.create(newRoom(room.roomId), 0)).toBe('deleted');
      test.time.passMs(1_000);
      expect(await test.store.create(newRoom(room.roomId), test.time.us)).toBe('created');
      const later = room.another();
      expect(await later.sight(...(ticket ? [ticket] : []))).toEqual([{ kind: 'gone' }]);
    });
  });

  it('the index of rooms lists what was put in, with the start of each run', async () => {
    const [one, other] = [newRoomId(), newRoomId()];
    await test.store.addToIndex(
      new Map([
        [one, 1_763_761_234_567_890],
        [other, 0],
      ]),
    );
    await test.store.addToIndex(new Map());
    const index = await test.store.readIndex();
    expect([index.get(one), index.get(other)]).toEqual([1_763_761_234_567_890, 0]);
    await test.store.removeFromIndex(one);
    expect((await test.store.readIndex()).has(one)).toBe(false);
    await test.store.removeFromIndex(other);
  });

  it('a store that answers is ready', async () => {
    expect(await test.store.ready()).toMatchObject({ ready: true });
  });
});
