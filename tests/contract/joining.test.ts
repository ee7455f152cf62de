import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeRoom, openRoom } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('joining (%s)', (kind) => {
  const test = useStore(kind);

  it('gives each a number and a place behind all others, in the order asked', async () => {
    const room = await openRoom(test, { capacity: 0 });
    const first = await room.joinIds(...Array.from({ length: 3 }, () => randomUUID()));
    const second = await room.joinIds(randomUUID());
    expect(first.map((answer) => answer.kind === 'waiting' && [answer.number, answer.position])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(second).toMatchObject([{ kind: 'waiting', number: 4, position: 4, releaseNumber: null }]);
    const orders = [...first, ...second].map((answer) => ('order' in answer ? answer.order : 0));
    expect(orders).toEqual(orders.toSorted((one, other) => one - other));
    expect(new Set(orders).size).toBe(4);
  });

  it('orders never fall behind the last one, even when the wall clock is set back', async () => {
    const room = await openRoom(test, { capacity: 0 });
    const [before] = await room.join();
    test.time.passMs(-600_000);
    const [after] = await room.join();
    expect(after?.order).toBe((before?.order ?? 0) + 1);
  });

  it('a visitor who joins twice keeps the first number, whatever became of the ticket', async () => {
    const room = await openRoom(test, { capacity: 1, enterWithinMs: 5_000 });
    const id = randomUUID();
    const [first] = await room.joinIds(id);
    expect(first).toMatchObject({ kind: 'admitted', number: 1, position: null, releaseNumber: 1 });
    expect(await room.joinIds(id)).toMatchObject([{ kind: 'admitted', number: 1, releaseNumber: null }]);
    await room.enter({ ticketId: id });
    expect(await room.joinIds(id)).toMatchObject([{ kind: 'entered', number: 1, position: null }]);

    const [other] = await room.join();
    expect(await room.joinIds(other?.ticketId ?? '')).toMatchObject([{ kind: 'waiting', number: 2 }]);
    await room.finish({ ticketId: id });
    await room.ticks(1);
    await room.pass(6_000);
    await room.ticks(1);
    expect(await room.joinIds(other?.ticketId ?? '')).toMatchObject([{ kind: 'lapsed', number: 2 }]);
  });

  it('a repeat of a join changes nothing', async () => {
    const room = await openRoom(test, { capacity: 2 });
    const ids = Array.from({ length: 5 }, () => randomUUID());
    await room.joinIds(...ids);
    const before = await room.observe();
    const again = await room.joinIds(...ids);
    expect(again.map(({ kind }) => kind)).toEqual(['admitted', 'admitted', 'waiting', 'waiting', 'waiting']);
    expect(await room.observe()).toEqual(before);
  });

  it('the same id twice in one call is one ticket', async () => {
    const room = await openRoom(test, { capacity: 0 });
    const id = randomUUID();
    const answers = await room.joinIds(id, id);
    expect(answers).toMatchObject([
      { kind: 'waiting', number: 1, position: 1 },
      { kind: 'waiting', number: 1, position: 1 },
    ]);
    expect((await room.observe()).tickets).toHaveLength(1);
  });

  it('an ended ticket is gone, and one bad entry never fails the others', async () => {
    const room = await openRoom(test, { capacity: 1 });
    const inside = await room.joinAndEnter();
    const [left] = await room.join();
    await room.leave({ ticketId: left?.ticketId ?? '' });
    await room.leave(inside);
    const answers = await room.joinIds(left?.ticketId ?? '', inside.ticketId, randomUUID());
    expect(answers.map(({ kind }) => kind)).toEqual(['gone', 'gone', 'waiting']);
  });

  it('takes no more than ticketsMax, counting everything that is not over', async () => {
    const room = await openRoom(test, { capacity: 1, ticketsMax: 100 });
    await room.joinAndEnter();
    await room.join(98);
    const answers = await room.joinIds(randomUUID(), randomUUID());
    expect(answers.map(({ kind }) => kind)).toEqual(['waiting', 'full']);
    const waiting = (await room.observe()).tickets.find(([, { state }]) => state === 'waiting');
    await room.leave({ ticketId: waiting?.[0] ?? '' });
    expect((await room.joinIds(randomUUID()))[0]?.kind).toMatch(/waiting|admitted/);
  });

  it.each([
    ['closed', 'closed'],
    ['draining', 'closed'],
    ['bypass', 'bypass'],
  ] as const)('a room that is %s takes nobody new, and knows its own', async (state, refusal) => {
    const room = await openRoom(test, { capacity: 0 });
    const [known] = await room.join();
    await room.setState(state);
    const answers = await room.joinIds(randomUUID(), known?.ticketId ?? '');
    expect(answers.map(({ kind }) => kind)).toEqual([refusal, 'waiting']);
  });

  it('a paused or scheduled room takes joins and admits nobody', async () => {
    const room = await openRoom(test, { capacity: 5 });
    await room.setState('paused');
    const [paused] = await room.join();
    await room.setState('scheduled');
    const [scheduled] = await room.join();
    await room.ticks(3);
    expect(await room.statesOf([paused, scheduled].filter((ticket) => ticket !== undefined))).toEqual([
      'waiting',
      'waiting',
    ]);
  });

  it('before joinFrom a scheduled room takes nobody', async () => {
    const joinFrom = new Date(test.time.ms + 60_000).toISOString();
    const room = await makeRoom(test, { joinFrom }, 'scheduled');
    expect(await room.joinIds(randomUUID())).toEqual([{ kind: 'not-open-yet' }]);
    test.time.passMs(60_000);
    expect(await room.joinIds(randomUUID())).toMatchObject([{ kind: 'waiting', number: 1 }]);
  });

  it('once all places are used, nobody new is left to hope', async () => {
    const room = await openRoom(test, { places: 1 });
    const inside = await room.joinAndEnter();
    await room.finish(inside, 'completed', 1);
    expect(await room.joinIds(randomUUID())).toEqual([{ kind: 'no-places-left' }]);
  });

  it('where nobody waits, a room with room to spare is invisible', async () => {
    const room = await openRoom(test, { capacity: 2, enterWithinMs: 60_000 });
    const answers = await room.joinIds(randomUUID(), randomUUID(), randomUUID());
    expect(answers).toMatchObject([
      { kind: 'admitted', releaseNumber: 1, position: null, atMs: 63_000 },
      { kind: 'admitted', releaseNumber: 1, position: null, atMs: 63_000 },
      { kind: 'waiting', releaseNumber: null, position: 1 },
    ]);
  });

  it('where somebody waits, a newcomer is not let past', async () => {
    const room = await openRoom(test, { capacity: 1 });
    const [inside] = await room.join();
    const [waiting] = await room.join();
    await room.finish({ ticketId: inside?.ticketId ?? '' });
    expect(await room.joinIds(randomUUID())).toMatchObject([{ kind: 'waiting', position: 2 }]);
    expect(await room.stateOf({ ticketId: waiting?.ticketId ?? '' })).toBe('waiting');
  });
});
