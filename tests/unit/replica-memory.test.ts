import { beforeEach, describe, expect, test } from 'vitest';
import { ReplicaMemory } from '../../src/service/replica-memory.ts';
import type { RoomEvent } from '../../src/store/room-events.ts';
import { claimsOf, headWith, roomWith, startUs } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock = new ManualClock();
let memory = new ReplicaMemory(clock);
beforeEach(() => {
  clock = new ManualClock();
  memory = new ReplicaMemory(clock);
});

const idOf = (number: number): string => claimsOf(number).ticketId;

function ended(eventNumber: number, numbers: number[], changes: Partial<RoomEvent> = {}): RoomEvent {
  const base = {
    type: 'ended',
    eventNumber,
    atMs: eventNumber * 1_000,
    outcome: 'gave-up',
    placesUsed: 0,
  } as const;
  return { ...base, ticketIds: numbers.map(idOf), ...changes } as RoomEvent;
}

describe('the newest reply counts', () => {
  test('of nothing known, the cursor is all zero', () => {
    expect(memory.cursor('pool')).toEqual({ epochNumber: 0, epochId: '', eventNumber: 0, lastOrder: 0 });
    expect(memory.memoryOf('pool')).toBeNull();
  });

  test('an older reply of the same epoch takes nothing back', () => {
    const newest = headWith({
      clockMs: 2_000,
      eventNumber: 7,
      lastOrder: startUs + 50,
      frontier: startUs + 40,
      held: 3,
    });
    memory.learn('pool', newest);
    memory.learn('pool', headWith({ clockMs: 1_999, eventNumber: 7, lastOrder: startUs + 10 }));
    memory.learn('pool', headWith({ clockMs: 2_001, eventNumber: 6, lastOrder: startUs + 60 }));
    expect(memory.cursor('pool')).toEqual(newest);
  });

  test('a later one replaces it, and the highest order stays', () => {
    memory.learn('pool', headWith({ clockMs: 1_000, lastOrder: startUs + 50 }));
    memory.learn('pool', headWith({ clockMs: 2_000, eventNumber: 1, lastOrder: startUs + 20 }));
    expect(memory.cursor('pool')).toMatchObject({ clockMs: 2_000, eventNumber: 1, lastOrder: startUs + 50 });
  });

  test('a later epoch counts even at an earlier clock; an earlier one, or a twin of the same number, does not', () => {
    memory.learn('pool', headWith({ epochNumber: 2, epochId: 'two', clockMs: 9_000, eventNumber: 9 }));
    memory.learn('pool', headWith({ epochNumber: 3, epochId: 'three', clockMs: 10, eventNumber: 10 }));
    expect(memory.cursor('pool')).toMatchObject({ epochId: 'three', eventNumber: 10 });
    memory.learn('pool', headWith({ epochNumber: 2, epochId: 'two', clockMs: 99_000, eventNumber: 99 }));
    memory.learn('pool', headWith({ epochNumber: 3, epochId: 'twin', clockMs: 99_000, eventNumber: 99 }));
    expect(memory.cursor('pool')).toMatchObject({ epochId: 'three', eventNumber: 10 });
  });

  test('a reply of an earlier run of the room is passed over', () => {
    memory.learn('pool', headWith({ startedUs: startUs, epochId: 'new' }));
    memory.learn(
      'pool',
      headWith({ startedUs: startUs - 1, epochNumber: 9, epochId: 'old', clockMs: 99_000 }),
    );
    expect(memory.cursor('pool')).toMatchObject({ epochId: 'new' });
  });

  test('a reply of a newer run replaces what was known of the earlier one, whatever its epoch', () => {
    memory.learn(
      'pool',
      headWith({ startedUs: startUs, epochNumber: 4, epochId: 'old', clockMs: 90_000, eventNumber: 50 }),
    );
    memory.learnRoom(roomWith({}, { version: 7 }));
    memory.learnEvents('pool', [ended(50, [1])]);
    memory.learn(
      'pool',
      headWith({ startedUs: startUs + 5, epochNumber: 1, epochId: 'new', clockMs: 0, eventNumber: 0 }),
    );
    expect(memory.cursor('pool')).toMatchObject({ epochId: 'new', eventNumber: 0 });
    expect(memory.endOf('pool', idOf(1))).toBeUndefined();
    // Its versions begin anew, too.
    memory.learnRoom(roomWith({ capacity: 5 }, { version: 1 }));
    expect(memory.memoryOf('pool')?.room).toMatchObject({ version: 1, policy: { capacity: 5 } });
  });

  test('what the store recovered to counts, even when it is less', () => {
    memory.learn('pool', headWith({ clockMs: 9_000, eventNumber: 9 }));
    memory.adopt('pool', headWith({ epochNumber: 2, epochId: 'two', clockMs: 10, eventNumber: 10 }));
    expect(memory.cursor('pool')).toMatchObject({ epochId: 'two', clockMs: 10 });
  });
});

describe('the description of a room', () => {
  test('an older version changes nothing', () => {
    memory.learn('pool', headWith());
    memory.learnRoom(roomWith({ capacity: 5 }, { version: 3 }));
    memory.learnRoom(roomWith({ capacity: 9 }, { version: 2 }));
    memory.learnRoom(roomWith({ capacity: 9 }, { version: 3 }));
    expect(memory.memoryOf('pool')?.room).toMatchObject({ version: 3, policy: { capacity: 5 } });
  });

  test('without one there is nothing to give back', () => {
    memory.learn('pool', headWith());
    expect(memory.memoryOf('pool')).toBeNull();
  });

  test('what is given back holds the newest head, the room, the ends and the time of the last reply', async () => {
    memory.learn('pool', headWith());
    memory.learnRoom(roomWith());
    await clock.advance(5_000);
    memory.learn('pool', headWith({ clockMs: 5_000, eventNumber: 2, held: 4 }));
    const rememberedAtMs = clock.wallMs();
    await clock.advance(60_000);
    memory.learnEvents('pool', [ended(1, [1]), ended(2, [2], { outcome: 'completed', placesUsed: 2 })]);
    expect(memory.memoryOf('pool')).toEqual({
      ...headWith({ clockMs: 5_000, eventNumber: 2, held: 4 }),
      room: roomWith(),
      rememberedAtMs,
      ended: [
        { ticketId: idOf(1), outcome: 'gave-up', placesUsed: 0 },
        { ticketId: idOf(2), outcome: 'completed', placesUsed: 2 },
      ],
    });
  });
});

describe('ends', () => {
  beforeEach(() => {
    memory.learn('pool', headWith());
    memory.learnRoom(roomWith({ sessionTtlMs: 60_000, presentWithinMs: 5_000 }));
  });

  test('are remembered for the length of a session and then dropped, oldest first', () => {
    memory.learnEvents('pool', [ended(1, [1]), ended(30, [2])]);
    memory.learn('pool', headWith({ clockMs: 61_000, eventNumber: 30 }));
    memory.learnEvents('pool', []);
    expect(memory.endOf('pool', idOf(1))).toBeDefined();
    memory.learn('pool', headWith({ clockMs: 61_001, eventNumber: 30 }));
    memory.learnEvents('pool', []);
    expect(memory.endOf('pool', idOf(1))).toBeUndefined();
    expect(memory.endOf('pool', idOf(2))).toBeDefined();
  });

  test('a session that expires after its visitor left was over already; a late completion still counts', () => {
    memory.learnEvents('pool', [ended(1, [1], { outcome: 'left' }), ended(2, [1], { outcome: 'expired' })]);
    expect(memory.endOf('pool', idOf(1))?.outcome).toBe('left');
    memory.learnEvents('pool', [ended(3, [1], { outcome: 'completed', placesUsed: 1 })]);
    expect(memory.endOf('pool', idOf(1))).toMatchObject({ outcome: 'completed', placesUsed: 1 });
  });

  test('other events, and those of a room that is not known, leave nothing behind', () => {
    memory.learnEvents('pool', [{ type: 'room', change: null, version: 2, eventNumber: 1, atMs: 0 }]);
    memory.learnEvents('elsewhere', [ended(1, [1])]);
    expect(memory.memoryOf('pool')?.ended).toEqual([]);
    expect(memory.endOf('elsewhere', idOf(1))).toBeUndefined();
  });

  test('are dropped when what the room kept of people was deleted, however this replica hears of it', () => {
    for (const hear of ['learn', 'adopt'] as const) {
      memory.learnEvents('pool', [ended(1, [1])]);
      expect(memory.endOf('pool', idOf(1))).toBeDefined();
      const purgedUs = (memory.memoryOf('pool')?.purgedUs ?? 0) + 9;
      memory[hear]('pool', headWith({ purgedUs, clockMs: 2_000, eventNumber: 3 }));
      expect(memory.memoryOf('pool')).toMatchObject({ purgedUs, ended: [] });
    }
  });

  test('a forgotten room is not given back', () => {
    memory.forget('pool');
    expect(memory.memoryOf('pool')).toBeNull();
    expect(memory.cursor('pool').epochNumber).toBe(0);
  });
});
