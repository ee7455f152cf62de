import { describe, expect, it } from 'vitest';
import { clockStepMs, openRoom } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('releases (%s)', (kind) => {
  const test = useStore(kind);

  it('nobody is admitted while admitted and inside have reached the capacity', async () => {
    const room = await openRoom(test, { capacity: 3 });
    const tickets = await room.join(5);
    await room.enter({ ticketId: tickets[0]?.ticketId ?? '' });
    await room.ticks(5);
    expect(await room.statesOf(tickets)).toEqual(['entered', 'admitted', 'admitted', 'waiting', 'waiting']);
    await room.finish({ ticketId: tickets[0]?.ticketId ?? '' });
    await room.ticks(1);
    expect(await room.statesOf(tickets)).toEqual(['spent', 'admitted', 'admitted', 'admitted', 'waiting']);
  });

  it('the pace is kept: one batch at once, then outflowPerMinute, fractions kept', async () => {
    const room = await openRoom(test, { capacity: 100, outflowPerMinute: 90, batchSizeMax: 4 });
    await room.setState('paused');
    await room.join(20);
    await room.pass(60_000);
    await room.setState('open');
    const admitted: number[] = [];
    for (let tick = 0; tick < 5; tick += 1) {
      await room.ticks(1);
      admitted.push(await room.countOf('admitted'));
    }
    expect(admitted).toEqual([4, 5, 7, 8, 10]);
  });

  it('an outage builds up no burst: the bucket holds one batch, however long the silence', async () => {
    const room = await openRoom(test, { capacity: 100, outflowPerMinute: 600, batchSizeMax: 10 });
    await room.join(60);
    test.time.passMs(3_600_000);
    await room.sight(...(await room.join(1)));
    const before = (await room.observe()).counters.admittedTotal;
    await room.tick();
    expect((await room.observe()).counters.admittedTotal - before).toBeLessThanOrEqual(10);
  });

  it('ticks a tenth early still release; ticks of many replicas release no more than one would', async () => {
    const room = await openRoom(test, { capacity: 100, outflowPerMinute: 60, batchSizeMax: 2 });
    await room.join(20);
    await room.ticks(2);
    const before = (await room.observe()).counters.releaseNumber;
    test.time.passMs(900);
    await room.tick();
    test.time.passMs(300);
    await room.another().tick();
    expect((await room.observe()).counters.releaseNumber - before).toBe(0);
    test.time.passMs(600);
    await room.tick();
    expect((await room.observe()).counters.releaseNumber - before).toBe(1);
  });

  it('among the present the lowest order goes first; the away are parked and cost nobody a turn', async () => {
    const room = await openRoom(test, { capacity: 2, presentWithinMs: 5_000, batchSizeMax: 10 });
    await room.setState('paused');
    const tickets = await room.join(5);
    await room.pass(4_000);
    const [, second, , fourth, fifth] = tickets;
    if (!second || !fourth || !fifth) throw new Error('no tickets');
    await room.sight(second, fourth, fifth);
    await room.pass(2_000);
    await room.setState('open');
    await room.ticks(1);
    expect(await room.statesOf(tickets)).toEqual(['parked', 'admitted', 'parked', 'admitted', 'waiting']);
  });

  it('a parked ticket seen again is back at its order, ahead of all who came later', async () => {
    const room = await openRoom(test, { capacity: 1, presentWithinMs: 5_000 });
    const [inside] = await room.join(1);
    const [sleeper, other] = await room.join(2);
    if (!inside || !sleeper || !other) throw new Error('no tickets');
    await room.pass(6_000);
    await room.sight(other);
    await room.finish(inside);
    await room.ticks(1);
    expect(await room.statesOf([sleeper, other])).toEqual(['parked', 'admitted']);
    const [later] = await room.join(1);
    expect(await room.sight(sleeper)).toMatchObject([{ kind: 'waiting', order: sleeper.order, number: 2 }]);
    await room.finish(other);
    await room.ticks(1);
    expect(await room.statesOf([sleeper, later ?? sleeper])).toEqual(['admitted', 'waiting']);
  });

  it('who sleeps at the head is parked, 150 in one tick, and more says that there are others', async () => {
    const room = await openRoom(test, { capacity: 100, presentWithinMs: 5_000, abandonAfterMs: 600_000 });
    await room.setState('paused');
    await room.join(375);
    await room.pass(6_000);
    const [present] = await room.join(1);
    await room.setState('open');
    test.time.passMs(1_000);
    expect((await room.tick()).more).toBe(true);
    expect(await room.countOf('parked')).toBe(150);
    expect((await room.tick()).more).toBe(true);
    await room.tick();
    expect(await room.countOf('parked')).toBe(375);
    expect(await room.stateOf({ ticketId: present?.ticketId ?? '' })).toBe('admitted');
  });

  it('a batch of 20,000 goes out in steps of a thousand, complete and in order', async () => {
    const room = await openRoom(test, {
      capacity: 1_000_000,
      outflowPerMinute: 600_000,
      batchSizeMax: 20_000,
      presentWithinMs: 600_000,
    });
    await room.setState('paused');
    const tickets = await room.join(20_100);
    await room.pass(clockStepMs);
    await room.setState('open');
    const seen: string[] = [];
    test.time.passMs(1_000);
    for (let more = true; more; ) {
      const answer = await room.tick();
      const ids = answer.events.flatMap((event) => ('ticketIds' in event ? event.ticketIds : []));
      expect(ids.length).toBeLessThanOrEqual(1_000);
      seen.push(...ids);
      more = answer.more;
    }
    expect(seen).toEqual(tickets.slice(0, 20_000).map(({ ticketId }) => ticketId));
    expect(await room.countOf('admitted')).toBe(20_000);
  }, 60_000);

  it('places bound admissions by what is left for those already inside', async () => {
    const room = await openRoom(test, { capacity: 100, places: 5, placesPerVisitorMax: 2 });
    const tickets = await room.join(6);
    await room.ticks(3);
    // Five places at most two each: the third may find one, and is told so.
    expect(await room.countOf('admitted')).toBe(3);
    const [first] = tickets;
    if (!first) throw new Error('no ticket');
    await room.finish(first, 'completed', 0);
    await room.ticks(2);
    expect(await room.countOf('admitted')).toBe(3);
  });

  it.each(['scheduled', 'paused', 'closed', 'bypass'] as const)('a %s room admits nobody', async (state) => {
    const room = await openRoom(test, { capacity: 0 });
    await room.join(3);
    await room.change({ capacity: 10 }, state);
    await room.ticks(3);
    expect(await room.countOf('admitted')).toBe(0);
  });

  it('a draining room admits those who wait, then closes by itself', async () => {
    const room = await openRoom(test, { capacity: 1 });
    const [first, second] = await room.join(2);
    if (!first || !second) throw new Error('no tickets');
    await room.setState('draining');
    await room.enter(first);
    await room.ticks(2);
    expect((await room.observe()).state).toBe('draining');
    await room.finish(first);
    await room.ticks(1);
    expect(await room.stateOf(second)).toBe('admitted');
    await room.enter(second);
    await room.ticks(1);
    expect((await room.observe()).state).toBe('closed');
    expect(room.room).toMatchObject({ state: 'closed', version: 3 });
    expect(await room.stateOf(second)).toBe('entered');
  });

  it('another process behind the store moves the epoch on and holds releases while it settles', async () => {
    const room = await openRoom(test, { capacity: 5 });
    const before = room.cursor;
    await test.restart(room.roomId);
    const [ticket] = await room.join(1);
    expect(room.cursor.epochNumber).toBe(before.epochNumber + 1);
    expect(room.cursor.epochId).not.toBe(before.epochId);
    if (!ticket) throw new Error('no ticket');
    expect(await room.stateOf(ticket)).toBe('waiting');
    await room.ticks(2);
    expect(await room.stateOf(ticket)).toBe('waiting');
    await room.ticks(1);
    expect(await room.stateOf(ticket)).toBe('admitted');
  });
});
