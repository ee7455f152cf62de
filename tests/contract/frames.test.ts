import { describe, expect, it } from 'vitest';
import { type Frame, gridRank, positionOf } from '../../src/domain/frame.ts';
import { type HeldTicket, openRoom } from '../support/room-under-test.ts';
import { storeKinds, useStore } from '../support/stores.ts';

describe.each(storeKinds)('frames (%s)', (kind) => {
  const test = useStore(kind);

  it('say what the room holds', async () => {
    const room = await openRoom(test, {
      capacity: 3,
      enterWithinMs: 5_000,
      presentWithinMs: 5_000,
      places: 50,
    });
    const [inside, lapsing, parking] = (await room.join(5)) as [HeldTicket, HeldTicket, HeldTicket];
    await room.enter(inside);
    await room.finish(inside, 'completed', 1);
    await room.pass(4_000);
    const [last] = (await room.join(1)) as [HeldTicket];
    await room.pass(2_000);
    await room.tick();
    await room.enter(lapsing);
    await room.ticks(1);
    const { frame } = await room.tick();
    const states = await room.statesOf([lapsing, parking, last]);
    expect(states).toEqual(['lapsed', 'lapsed', 'admitted']);
    const { counters } = await room.observe();
    expect(frame).toEqual({
      clockMs: 10_000,
      nowUs: counters.lastOrder,
      waiting: 0,
      parked: 2,
      lapsed: 2,
      admitted: 1,
      inside: 0,
      assumed: 0,
      placesUsed: 1,
      admittedTotal: 4,
      freedTotal: 3,
      skippedTotal: 2,
      holdUntilMs: 3_000,
      frontier: last.order,
      undelivered: 0,
      undeliveredMs: -1,
      deadLetters: 0,
      joinedTotal: 6,
      lapsedTotal: 2,
      returnedTotal: 0,
      enteredTotal: 1,
      completedTotal: 1,
      endedTotal: 1,
      present: 0,
      presentAtMs: 10_000,
      checkpoints: [],
    } satisfies Frame);
  });

  it('are kept for 900 ms, however many replicas ask', async () => {
    const room = await openRoom(test, { capacity: 0 });
    await room.join(1);
    const { frame } = await room.tick();
    await room.join(1);
    test.time.passMs(899);
    expect((await room.another().tick()).frame).toEqual(frame);
    test.time.passMs(1);
    expect((await room.tick()).frame).toMatchObject({ waiting: 2, clockMs: frame.clockMs + 900 });
  });

  it.each([0, 1, 999, 1_000, 1_009, 1_010, 1_011, 3_000])(
    'with %i waiting, hold the order at each rank of the grid, and everyone’s position',
    async (waiting) => {
      const room = await openRoom(test, { capacity: 0 });
      const tickets = waiting === 0 ? [] : await room.join(waiting);
      const { frame } = await room.tick();
      const expected: number[] = [];
      for (let index = 0; gridRank(index) <= waiting; index += 1) {
        expected.push(tickets[gridRank(index) - 1]?.order ?? 0);
      }
      expect(frame.checkpoints).toEqual(expected);
      for (const [index, { order }] of tickets.entries()) {
        const shown = positionOf(frame, order) ?? 0;
        const allowed = index < 1_000 ? 0 : Math.ceil((index + 1) * 0.01);
        if (Math.abs(shown - (index + 1)) > allowed) expect({ shown, index }).toBe('within the promise');
      }
      expect(positionOf(frame, frame.nowUs + 1)).toBeNull();
    },
  );

  it('a shown position never rises while nobody returns, not even when the clock is set back', async () => {
    const room = await openRoom(test, { capacity: 1_000_000, outflowPerMinute: 600, batchSizeMax: 20 });
    await room.setState('paused');
    const tickets = await room.join(1_400);
    await room.setState('open');
    const shown = new Map<string, number>();
    let random = 7;
    for (let round = 0; round < 25; round += 1) {
      random = (random * 48_271) % 2_147_483_647;
      test.time.passMs(1_000 + (random % 500));
      const { frame } = await room.tick();
      const setBack = round % 5 === 3;
      if (setBack) test.time.passMs(-20_000);
      tickets.push(...(await room.join(setBack ? 100 : 1 + (random % 40))));
      for (let leaving = 0; leaving < 15; leaving += 1) {
        const [gone] = tickets.splice((random * (leaving + 1)) % tickets.length, 1);
        if (gone) await room.leave(gone);
      }
      const late = (await room.tick()).frame;
      for (const seen of [frame, late]) {
        for (const { ticketId, order } of tickets) {
          const position = positionOf(seen, order);
          if (position === null) continue;
          const before = shown.get(ticketId) ?? Number.POSITIVE_INFINITY;
          if (position > before) expect({ round, before, position }).toBe('never rising');
          shown.set(ticketId, position);
        }
      }
    }
    expect(shown.size).toBeGreaterThan(1_400);
  });
});
