/** What a replica judges of a room from its ticks. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../src/domain/frame.ts';
import { completePolicy, type PolicyInput, type Room, type RoomState } from '../../src/domain/room.ts';
import { AdmissionWatch, type Verdict } from '../../src/service/admission-watch.ts';
import { countReplicas } from '../../src/service/alarm-conditions.ts';
import { CompletionWatch } from '../../src/service/completion-watch.ts';
import { type PromiseBroken, PromiseWatch } from '../../src/service/promise-watch.ts';
import { ReplicaMemory } from '../../src/service/replica-memory.ts';
import { RoomBoard } from '../../src/service/room-board.ts';
import type { RoomHead } from '../../src/store/queue-store.ts';
import type { RoomEvent } from '../../src/store/room-events.ts';
import { frameOf as frameOfOrders, headWith } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

const roomId = 'pool';

function roomOf(policy: PolicyInput = {}, state: RoomState = 'open', version = 1): Room {
  const whole = completePolicy(roomId, { capacity: 10, outflowPerMinute: 60, batchSizeMax: 5, ...policy });
  return { roomId, state, version, policy: whole, notice: null, reason: null };
}

const frameOf = (changes: Partial<Frame>): Frame => frameOfOrders([], 0, changes);
const head = headWith({ epochId: '1.a', eventNumber: 1, lastOrder: 0, wallMs: 0, startedUs: 1 });

/** A room ticked by hand. */
class Watched {
  readonly clock = new ManualClock();
  readonly memory = new ReplicaMemory(this.clock);
  readonly found: PromiseBroken[] = [];
  readonly watch = new PromiseWatch(this.memory, (broken) => this.found.push(broken));
  readonly board = new RoomBoard(roomId, this.clock, () => undefined);
  room: Room;
  head: RoomHead = head;

  constructor(room: Room) {
    this.room = room;
  }

  tick(changes: Partial<Frame>, { head: of = {}, events = [] as RoomEvent[] } = {}): this {
    const frame = frameOf(changes);
    this.head = { ...this.head, clockMs: frame.clockMs, version: this.room.version, ...of };
    const answer = { frame, room: this.room, events, gap: false, more: false, readTo: 0 };
    this.watch.ticked(this.board, this.head, answer);
    return this;
  }
  get promises(): string[] {
    return this.found.map(({ promise }) => promise);
  }
}

describe('a promise is seen broken', () => {
  test('when somebody is admitted above capacity', () => {
    const room = new Watched(roomOf());
    room.tick({ clockMs: 1_000 }).tick({ clockMs: 2_000, admittedTotal: 9, inside: 10 });
    room.tick({ clockMs: 12_000, admittedTotal: 10, admitted: 1, inside: 9 });
    room.tick({ clockMs: 13_000, admittedTotal: 11, admitted: 1, inside: 10 });
    expect(room.promises).toEqual(['capacity']);
    expect(room.found[0]).toMatchObject({ roomId, atMs: 13_000, shown: { held: 11, capacity: 10 } });
  });

  test('when more are admitted in some window than pace and bucket allow; told once for a burst', () => {
    const room = new Watched(roomOf({ capacity: 1_000 }));
    room.tick({ clockMs: 1_000 }).tick({ clockMs: 2_000 });
    for (let second = 3; second < 100; second += 1)
      room.tick({ clockMs: second * 1_000, admittedTotal: second + 4 });
    expect(room.promises).toEqual([]);
    room.tick({ clockMs: 100_000, admittedTotal: 106 });
    room.tick({ clockMs: 101_000, admittedTotal: 107 });
    expect(room.promises).toEqual(['pace']);
  });

  test('when a room admits that admits nobody', () => {
    for (const state of ['scheduled', 'paused', 'closed', 'bypass'] as const) {
      const room = new Watched(roomOf({}, state));
      room.tick({ clockMs: 1_000 }).tick({ clockMs: 2_000 }).tick({ clockMs: 3_000, admittedTotal: 1 });
      expect(room.promises).toEqual(['closed']);
    }
  });

  test('when more places are given out than there are', () => {
    const room = new Watched(roomOf({ places: 3 }));
    room.tick({ clockMs: 1_000 }).tick({ clockMs: 2_000, placesUsed: 3 });
    room.tick({ clockMs: 3_000, placesUsed: 4 }).tick({ clockMs: 4_000, placesUsed: 4 });
    expect(room.promises).toEqual(['places']);
  });

  test('when a ticket is admitted after its end', () => {
    const room = new Watched(roomOf());
    room.memory.learn(roomId, head);
    const ended = { type: 'ended', outcome: 'gave-up', placesUsed: 0 } as const;
    room.memory.learnEvents(roomId, [{ ...ended, eventNumber: 2, atMs: 1_000, ticketIds: ['x'] }]);
    const admitted = { type: 'admitted', releaseNumber: 1, deadlineMs: 0 } as const;
    const event = { ...admitted, eventNumber: 1, atMs: 900, ticketIds: ['x'] };
    room.tick({ clockMs: 1_000 }, { events: [event] });
    expect(room.promises).toEqual([]);
    room.tick({ clockMs: 2_000 }, { events: [{ ...event, eventNumber: 3, atMs: 2_000 }] });
    expect(room.promises).toEqual(['once']);
  });
});

describe('no promise is seen broken', () => {
  test('by a lowered capacity, pace or number of places, whichever frame tells of it first', () => {
    const room = new Watched(roomOf({ places: 100 }));
    room.tick({ clockMs: 1_000 });
    room.tick({ clockMs: 2_000, inside: 9, placesUsed: 40, admittedTotal: 5 });
    room.room = roomOf({ capacity: 2, outflowPerMinute: 1, batchSizeMax: 1, places: 10 }, 'open', 2);
    // A frame from just before the change comes with the answer that tells of it.
    room.tick({ clockMs: 2_900, inside: 10, placesUsed: 41, admittedTotal: 7 }, { head: { clockMs: 3_000 } });
    room.tick({ clockMs: 4_000, inside: 10, placesUsed: 41, admittedTotal: 7 });
    room.tick({ clockMs: 5_000, inside: 10, placesUsed: 41, admittedTotal: 7 });
    expect(room.promises).toEqual([]);
  });

  test('by a pause and all admissions before it', () => {
    const room = new Watched(roomOf());
    room.tick({ clockMs: 1_000 }).tick({ clockMs: 2_000, admittedTotal: 1, admitted: 1 });
    room.room = roomOf({}, 'paused', 2);
    room.tick({ clockMs: 2_900, admittedTotal: 2, admitted: 2 }, { head: { clockMs: 3_000 } });
    room.tick({ clockMs: 3_100, admittedTotal: 3, admitted: 3 }).tick({ clockMs: 4_100, admittedTotal: 3 });
    expect(room.promises).toEqual([]);
  });

  test('by people who come back inside after a loss; once all sessions from before are over, it is', () => {
    const room = new Watched(roomOf({ sessionTtlMs: 60_000, enterWithinMs: 10_000 }));
    room.tick({ clockMs: 1_000 }).tick({ clockMs: 2_000, inside: 5 });
    const lost = { epochId: '2.b', epochNumber: 2 };
    room.tick({ clockMs: 3_000 }, { head: lost });
    room.tick({ clockMs: 4_000, assumed: 9 }).tick({ clockMs: 5_000, admittedTotal: 1, inside: 12 });
    room.tick({ clockMs: 60_000, admittedTotal: 2, inside: 12 });
    expect(room.promises).toEqual([]);
    room.tick({ clockMs: 80_000, admittedTotal: 3, inside: 12 });
    expect(room.promises).toEqual(['capacity']);
  });

  test('by a new run of the room, whose counts begin anew', () => {
    const room = new Watched(roomOf());
    room.tick({ clockMs: 1_000, admittedTotal: 50 }).tick({ clockMs: 2_000, admittedTotal: 51 });
    room.tick({ clockMs: 10, admittedTotal: 0 }, { head: { startedUs: 2, epochId: '3.c' } });
    room.tick({ clockMs: 1_000, admittedTotal: 3 }).tick({ clockMs: 2_000, admittedTotal: 4 });
    expect(room.promises).toEqual([]);
  });
});

describe('a queue that stands still', () => {
  const watchFor = (room: Room, frames: Partial<Frame>[]): Verdict => {
    const watch = new AdmissionWatch();
    for (const frame of frames) watch.ticked(room, frameOf({ waiting: 5, ...frame }));
    return watch.verdict;
  };
  const still = (from: number, to: number, more: Partial<Frame> = {}): Partial<Frame>[] =>
    Array.from({ length: to - from }, (_, index) => ({ clockMs: (from + index) * 1_000, ...more }));

  test('is noticed when nothing keeps it, and forgotten when it moves, or sets the away aside', () => {
    const moving = [{ clockMs: 0 }, { clockMs: 1_000, admittedTotal: 1 }];
    const stands = still(2, 40, { admittedTotal: 1 });
    expect(watchFor(roomOf(), [...moving, ...stands.slice(0, 10)])).toBe('no');
    expect(watchFor(roomOf(), [...moving, ...stands])).toBe('yes');
    expect(watchFor(roomOf(), [...moving, ...stands, { clockMs: 41_000, admittedTotal: 2 }])).toBe('no');
    const parked = { clockMs: 41_000, admittedTotal: 1, skippedTotal: 150 };
    expect(watchFor(roomOf(), [...moving, ...stands, parked])).toBe('no');
  });

  test('is none while nobody waits, the room is full, holds, is paused, or the site does not hear of releases', () => {
    const delivery = { url: 'https://site.example.org/', holdAfterMs: 1_000, giveUpAfterMs: 60_000 };
    const cases: [Room, Partial<Frame>][] = [
      [roomOf(), { waiting: 0 }],
      [roomOf(), { inside: 8, admitted: 2 }],
      [roomOf(), { assumed: 11 }],
      [roomOf({ places: 5 }), { placesUsed: 5 }],
      [roomOf(), { holdUntilMs: 1_000_000 }],
      [roomOf({}, 'paused'), {}],
      [roomOf({}, 'bypass'), {}],
      [roomOf({ delivery }), { undelivered: 1, undeliveredMs: 5_000 }],
    ];
    for (const [room, frame] of cases) expect(watchFor(room, still(0, 300, frame))).toBe('no');
  });

  test('at the slowest pace is given the time that it takes', () => {
    const slow = roomOf({ outflowPerMinute: 1 });
    const frames = Array.from({ length: 600 }, (_, second) => ({
      clockMs: second * 1_000,
      admittedTotal: Math.floor(second / 60),
    }));
    for (let count = 1; count < frames.length; count += 7)
      expect(watchFor(slow, frames.slice(0, count))).not.toBe('yes');
  });

  test('is not judged by who has just begun to watch', () => {
    expect(watchFor(roomOf(), still(100, 110))).toBe('unknown');
    expect(watchFor(roomOf(), still(100, 140))).toBe('yes');
  });
});

describe('completions that stop', () => {
  const minute = 60_000;
  let eventNumber = 0;
  const of = (atMs: number, count: number, more: object): RoomEvent =>
    ({
      eventNumber: ++eventNumber,
      atMs,
      ticketIds: Array.from({ length: count }, String),
      ...more,
    }) as RoomEvent;
  const entered = (atMs: number, count = 1) => of(atMs, count, { type: 'entered', expiryMs: 0 });
  const completed = (atMs: number, count = 1) =>
    of(atMs, count, { type: 'ended', outcome: 'completed', placesUsed: 0 });
  const judge = (events: RoomEvent[], atMs: number, room = roomOf()): Verdict => {
    const watch = new CompletionWatch();
    watch.heard(events);
    return watch.verdict(room, atMs);
  };

  const usual = [entered(0, 20), completed(minute, 10)];

  test('are noticed when many entered since, for long enough', () => {
    expect(judge([...usual, entered(2 * minute, 30)], 12 * minute)).toBe('yes');
    expect(judge([...usual, entered(2 * minute, 30)], 10 * minute)).toBe('no');
    expect(judge([...usual, entered(2 * minute, 19)], 60 * minute)).toBe('no');
    expect(judge([...usual, entered(2 * minute, 30), completed(13 * minute)], 14 * minute)).toBe('no');
  });

  test('are judged by how many of those who enter usually complete', () => {
    const rarely = [entered(0, 100), completed(minute, 2)];
    expect(judge([...rarely, entered(2 * minute, 400)], 30 * minute)).toBe('no');
    expect(judge([...rarely, entered(2 * minute, 500)], 30 * minute)).toBe('yes');
  });

  test('are not missed where none is ever told, unless the room says by which pages it knows them', () => {
    const many = [entered(0, 500)];
    expect(judge(many, 60 * minute)).toBe('unknown');
    const expects = roomOf({ completedOn: [{ methods: ['GET'], path: '/done' }] as never });
    expect(judge(many, 15 * minute, expects)).toBe('unknown');
    expect(judge(many, 21 * minute, expects)).toBe('yes');
    expect(judge([entered(0, 500)], 60 * minute, roomOf({}, 'closed'))).toBe('no');
  });
});

describe('replicas', () => {
  const replica = (replicaId: string, firstMs: number, lastMs: number) => ({ replicaId, firstMs, lastMs });

  test('that fell silent are missing until others came in their place', () => {
    const clockMs = 100_000;
    const [well, silent] = [replica('a', 0, 99_000), replica('b', 0, 60_000)];
    expect(countReplicas({ clockMs, replicas: [well] })).toEqual({ live: 1, missing: 0 });
    expect(countReplicas({ clockMs, replicas: [well, silent] })).toEqual({ live: 1, missing: 1 });
    const successor = replica('c', 80_000, 100_000);
    expect(countReplicas({ clockMs, replicas: [well, silent, successor] })).toEqual({ live: 2, missing: 0 });
  });
});
