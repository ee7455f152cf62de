import { beforeEach, describe, expect, test } from 'vitest';
import type { PolicyInput, Room } from '../../src/domain/room.ts';
import type { LocalTicket, Watcher } from '../../src/service/local-ticket.ts';
import { RoomBoard } from '../../src/service/room-board.ts';
import type { RememberedEnd, TicketAnswer } from '../../src/store/queue-store.ts';
import type { RoomEvent } from '../../src/store/room-events.ts';
import { claimsOf, frameOf, headWith, roomWith, startUs, tickAnswer } from '../support/board-parts.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock = new ManualClock();
let board = new RoomBoard('pool', clock, () => undefined);
let eventNumber = 0;
const ends = new Map<string, RememberedEnd>();
beforeEach(() => {
  clock = new ManualClock(startUs / 1_000);
  ends.clear();
  board = new RoomBoard('pool', clock, (ticketId) => ends.get(ticketId));
  eventNumber = 0;
});

const secondUs = 1_000_000;
const orders = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => startUs + from + index);

type Tick = Partial<{
  queue: number[];
  nowUs: number;
  frontier: number;
  clockMs: number;
  events: RoomEvent[];
  room: Room;
}>;

/** A tick of the room: who waits, up to where it was released, what happened. */
function tick({ queue = [], nowUs, frontier = 0, clockMs = 0, events = [], room }: Tick): {
  resight: boolean;
} {
  const newest = Math.max(eventNumber, ...events.map((event) => event.eventNumber));
  eventNumber = newest;
  const head = headWith({ clockMs, frontier, eventNumber: newest, wallMs: startUs / 1_000 + clockMs });
  const frame = frameOf(queue, nowUs ?? startUs + secondUs + clockMs * 1_000, { clockMs, frontier });
  return board.applyTick(head, tickAnswer(frame, { events, room: room ?? null }));
}

function open(policy: PolicyInput = {}, changes: Partial<Room> = {}): Room {
  return roomWith(policy, changes);
}

function known(
  kind: Extract<TicketAnswer, { atMs: number }>['kind'],
  number: number,
  atMs = 60_000,
): TicketAnswer {
  return { kind, number, order: startUs + number, atMs, extensions: 0, gen: 0 };
}

function watched(ticket: LocalTicket): { told: string[]; rooms: object[] } {
  const told: string[] = [];
  const rooms: object[] = [];
  const watcher: Watcher = {
    ticketChanged: (changed) => told.push(board.view(changed).kind),
    roomChanged: (room, what) => rooms.push({ state: room.state, notice: room.notice, what }),
  };
  board.tickets.watch(ticket, watcher);
  return { told, rooms };
}

function admitted(number: number, event: number, releaseNumber = 1): RoomEvent {
  const { ticketId } = claimsOf(number);
  return {
    type: 'admitted',
    eventNumber: event,
    atMs: 1_000,
    ticketIds: [ticketId],
    releaseNumber,
    deadlineMs: 61_000,
  };
}

describe('what is known of a ticket', () => {
  test('changes with events, and whoever watches is told once each', () => {
    const ticket = board.ticket(claimsOf(1));
    const { told } = watched(ticket);
    tick({ queue: orders(1, 5), room: open() });
    const ticketIds = [ticket.claims.ticketId];
    tick({ events: [admitted(1, 1, 7)], clockMs: 1_000 });
    expect(board.view(ticket)).toMatchObject({ kind: 'admitted', releaseNumber: 7, extensionsLeft: 10 });
    tick({
      events: [{ type: 'entered', eventNumber: 2, atMs: 2_000, ticketIds, expiryMs: 90_000 }],
      clockMs: 2_000,
    });
    const end = {
      type: 'ended',
      eventNumber: 3,
      atMs: 3_000,
      ticketIds,
      outcome: 'completed',
      placesUsed: 1,
    } as const;
    ends.set(ticket.claims.ticketId, {
      ticketId: ticket.claims.ticketId,
      outcome: 'completed',
      placesUsed: 1,
    });
    tick({ events: [end], clockMs: 3_000 });
    expect(board.view(ticket)).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(told).toEqual(['admitted', 'entered', 'ended']);
  });

  test('being seen again is no news', () => {
    const ticket = board.ticket(claimsOf(1));
    const { told } = watched(ticket);
    tick({ queue: orders(1, 5), room: open() });
    for (const kind of ['waiting', 'parked', 'waiting'] as const)
      board.applySighting(ticket, known(kind, 1), 0);
    expect(told).toEqual([]);
  });

  test('a lapsed one that comes back is news', () => {
    const ticket = board.ticket(claimsOf(1));
    const { told } = watched(ticket);
    tick({ queue: orders(1, 5), room: open() });
    board.applySighting(ticket, known('lapsed', 1), 1);
    board.applySighting(ticket, known('waiting', 1), 1);
    expect(told).toEqual(['lapsed', 'waiting']);
  });

  test('an event that is older than what was said of it takes nothing back', () => {
    const ticket = board.ticket(claimsOf(1));
    const { told } = watched(ticket);
    tick({ queue: orders(1, 5), room: open() });
    // Admitted by event 1 and entered by event 2, as the reply to `enter` said; the tick's events come after it.
    board.applySighting(ticket, known('entered', 1, 90_000), 2);
    const ticketIds = [ticket.claims.ticketId];
    tick({
      events: [admitted(1, 1), { type: 'entered', eventNumber: 2, atMs: 2_000, ticketIds, expiryMs: 90_000 }],
    });
    expect(board.view(ticket).kind).toBe('entered');
    expect(told).toEqual(['entered']);
  });

  test('a sighting that is older than an event takes nothing back', () => {
    const ticket = board.ticket(claimsOf(1));
    tick({ queue: orders(1, 5), room: open() });
    tick({ events: [admitted(1, 5)] });
    board.applySighting(ticket, known('waiting', 1), 4);
    expect(board.view(ticket).kind).toBe('admitted');
  });

  test('the release of an admission is learned from its event, also when a sighting told it first', () => {
    const ticket = board.ticket(claimsOf(1));
    tick({ queue: orders(1, 5), room: open() });
    board.applySighting(ticket, known('admitted', 1), 1);
    expect(board.view(ticket)).toMatchObject({ kind: 'admitted', releaseNumber: null });
    tick({ events: [admitted(1, 1, 4)] });
    expect(board.view(ticket)).toMatchObject({ kind: 'admitted', releaseNumber: 4 });
  });

  test('unknown is no knowledge, and the lower order counts', () => {
    const ticket = board.ticket(claimsOf(9));
    tick({ queue: orders(1, 20), room: open() });
    board.applySighting(ticket, { kind: 'unknown' }, 3);
    expect(board.view(ticket).kind).toBe('waiting');
    board.applySighting(ticket, { ...known('waiting', 9), order: startUs + 4 } as TicketAnswer, 3);
    expect(board.standing(ticket).position).toBe(4);
    board.applySighting(ticket, { ...known('waiting', 9), order: startUs + 15 } as TicketAnswer, 3);
    expect(board.standing(ticket).position).toBe(4);
  });

  test.each([
    [{ kind: 'moved' }, { kind: 'gone', reason: 'moved' }],
    [{ kind: 'gone' }, { kind: 'gone', reason: 'over' }],
    [{ kind: 'ended' }, { kind: 'ended', outcome: null }],
  ] as const)('%j is told as %j', (answer, view) => {
    tick({ queue: [], room: open() });
    const ticket = board.ticket(claimsOf(1));
    board.applySighting(ticket, answer, 0);
    expect(board.view(ticket)).toEqual(view);
  });

  test('a ticket from before the room was made anew is told so', () => {
    tick({ queue: [], room: open() });
    const ticket = board.ticket(claimsOf(1, { order: startUs - 2_000_000 }));
    board.applySighting(ticket, { kind: 'gone' }, 0);
    expect(board.view(ticket)).toEqual({ kind: 'gone', reason: 'earlier-run' });
  });
});

describe('a missed turn', () => {
  const returnUntil = (policy: PolicyInput, changes: Partial<Room> = {}): string => {
    tick({
      queue: orders(1, 5),
      room: open({ returnWithinMs: 3_600_000, ...policy }, changes),
      clockMs: 90_000,
    });
    const ticket = board.ticket(claimsOf(1));
    board.applySighting(ticket, known('lapsed', 1, 60_000), 1);
    const view = board.view(ticket);
    return view.kind === 'lapsed' ? view.returnUntil : view.kind;
  };
  const atMinute = (minute: number): string => new Date(startUs / 1_000 + minute * 60_000).toISOString();

  test('can be made good for as long as the room says, and no longer than it is open', () => {
    expect(returnUntil({})).toBe(atMinute(61));
    expect(returnUntil({ closesAt: atMinute(70) }, { version: 2 })).toBe(atMinute(61));
    expect(returnUntil({ closesAt: atMinute(30) }, { version: 3 })).toBe(atMinute(30));
  });

  test('cannot be made good in a closed room: the time is over', () => {
    expect(returnUntil({}, { state: 'closed' })).toBe(atMinute(1.5));
    expect(returnUntil({ closesAt: atMinute(1) }, { version: 2, state: 'closed' })).toBe(atMinute(1));
  });
});

describe('asking the store', () => {
  test('is needed for who may have had a turn, who is from an earlier run, and before the first tick', () => {
    const [first, second, old] = [claimsOf(1), claimsOf(2), claimsOf(3, { order: startUs - 2_000_000 })].map(
      (claims) => board.ticket(claims),
    ) as [LocalTicket, LocalTicket, LocalTicket];
    expect([first, second].map((ticket) => board.needsAsking(ticket))).toEqual([true, true]);
    tick({ queue: orders(1, 5), room: open() });
    expect([first, second, old].map((ticket) => board.needsAsking(ticket))).toEqual([false, false, true]);
    tick({ queue: orders(2, 5), frontier: startUs + 1, room: open() });
    expect([first, second, old].map((ticket) => board.needsAsking(ticket))).toEqual([true, false, true]);
  });

  test('again of everyone is needed after another epoch or missing events', () => {
    expect(tick({ room: open() })).toEqual({ resight: false });
    expect(tick({})).toEqual({ resight: false });
    const frame = frameOf([], startUs);
    expect(board.applyTick(headWith({ epochId: 'two', epochNumber: 2 }), tickAnswer(frame))).toEqual({
      resight: true,
    });
    const gap = tickAnswer(frame, { gap: true });
    expect(board.applyTick(headWith({ epochId: 'two', epochNumber: 2 }), gap)).toEqual({ resight: true });
  });
});

describe('the room', () => {
  test('watchers hear of a state, a reason, an opening or a notice that changed, and of nothing else', () => {
    const { rooms } = watched(board.ticket(claimsOf(1)));
    tick({ room: open({}, { version: 1 }) });
    tick({ room: open({ capacity: 3 }, { version: 2 }) });
    tick({ room: open({}, { version: 3, notice: { fr: 'Bonjour' } }) });
    tick({ room: open({}, { version: 4, notice: { fr: 'Bonjour' }, state: 'paused' }) });
    tick({ room: open({}, { version: 5, notice: { fr: 'Bonjour' }, state: 'paused', reason: 'a leak' }) });
    const [seven, eight] = ['2026-05-05T07:00:00+02:00', '2026-05-05T08:00:00+02:00'];
    const same = { notice: { fr: 'Bonjour' }, state: 'paused', reason: 'a leak' } as const;
    tick({ room: open({ opensAt: eight }, { version: 6, ...same }) });
    tick({ room: open({ opensAt: eight, joinFrom: seven }, { version: 7, ...same }) });
    tick({ room: open({ opensAt: eight, joinFrom: seven, capacity: 3 }, { version: 8, ...same }) });
    expect(rooms.map((told) => (told as { what: object }).what)).toEqual([
      { state: true, notice: true },
      { state: false, notice: true },
      { state: true, notice: false },
      { state: true, notice: false },
      { state: true, notice: false },
      { state: true, notice: false },
    ]);
  });

  test('an older version changes nothing', () => {
    tick({ room: open({ capacity: 3 }, { version: 4 }) });
    tick({ room: open({ capacity: 9 }, { version: 3, state: 'closed' }) });
    expect(board.room).toMatchObject({ version: 4, state: 'open', policy: { capacity: 3 } });
  });

  test('made anew begins with its own first version, and its events are not taken for old ones', () => {
    const ticket = board.ticket(claimsOf(1));
    tick({ queue: orders(1, 5), room: open({ capacity: 3 }, { version: 9 }), events: [admitted(1, 50)] });
    const head = headWith({ startedUs: startUs - 5, epochId: 'new', eventNumber: 1 });
    const answer = tickAnswer(frameOf([], startUs), {
      room: open({ capacity: 7 }, { version: 1, state: 'scheduled' }),
    });
    expect(board.applyTick(head, answer)).toEqual({ resight: true });
    expect(board.room).toMatchObject({ version: 1, state: 'scheduled', policy: { capacity: 7 } });
    board.applySighting(ticket, { kind: 'gone' }, 1);
    expect(board.view(ticket).kind).toBe('gone');
  });
});

describe('tickets known here', () => {
  test('are one for all devices with a token of the same generation, whose newest token counts', () => {
    const ticket = board.ticket(claimsOf(1));
    const late = claimsOf(1).expiresAtMs + 3_600_000;
    expect(board.ticket(claimsOf(1, { expiresAtMs: late }))).toBe(ticket);
    expect(board.ticket(claimsOf(1))).toBe(ticket);
    expect(ticket.claims.expiresAtMs).toBe(late);
  });

  test('are bounded: who is not watched gives way, also behind those who watch for long', () => {
    const stay = Array.from({ length: 40 }, (_, index) => board.ticket(claimsOf(index + 1)));
    for (const ticket of stay) watched(ticket);
    for (let number = 41; number <= 80_000; number += 1) board.ticket(claimsOf(number));
    expect(board.tickets.size).toBeLessThanOrEqual(50_100);
    expect(stay.every(({ claims }) => board.tickets.has(claims.ticketId))).toBe(true);
    expect(board.tickets.has(claimsOf(80_000).ticketId)).toBe(true);
    expect(board.tickets.has(claimsOf(41).ticketId)).toBe(false);
  });
});
