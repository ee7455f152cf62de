/** A short life of one room in which every transition of the port does something, once each. */
import { randomUUID } from 'node:crypto';
import type { ScriptName } from '../../src/store/redis-scripts.ts';
import { type HeldTicket, newRoom, RoomUnderTest } from './room-under-test.ts';
import { newRoomId, type TestStore } from './stores.ts';

/** One call; asked again it has the same ids. */
export type Transition = { name: ScriptName; ask: () => Promise<unknown> };
export type ShortLife = { room: RoomUnderTest; transitions: Transition[] };

/** The calls in the order in which they make sense, with the time that must pass before each. */
export function shortLife(test: TestStore): ShortLife {
  const room = new RoomUnderTest(test, newRoomId());
  const policy = { name: 'a short life', capacity: 1, enterWithinMs: 3_000, sessionTtlMs: 60_000 };
  const [first, second] = [heldTicket(), heldTicket()];
  const [changeId, jti] = [randomUUID(), randomUUID()];
  const startedUs = test.time.us;
  const changed = { ...newRoom(room.roomId, { ...policy, capacity: 2 }), version: 2 };
  const pass = (ms: number): void => test.time.passMs(ms);
  const once = (action: () => void): (() => void) => {
    let done = false;
    return () => {
      if (!done) action();
      done = true;
    };
  };
  const after = (ms: number, ask: () => Promise<unknown>): (() => Promise<unknown>) => {
    const passOnce = once(() => pass(ms));
    return () => {
      passOnce();
      return ask();
    };
  };
  const join = (ticket: HeldTicket) => async (): Promise<unknown> => {
    const [answer] = await room.joinIds(ticket.ticketId);
    if (answer && 'order' in answer) Object.assign(ticket, { number: answer.number, order: answer.order });
    return answer;
  };
  const transitions: Transition[] = [
    { name: 'create', ask: () => test.store.create(newRoom(room.roomId, policy), startedUs) },
    { name: 'tick', ask: after(1_000, () => room.tick()) },
    { name: 'join', ask: after(3_000, join(first)) },
    { name: 'extend', ask: () => room.extend(first, 1) },
    { name: 'join', ask: join(second) },
    { name: 'sight', ask: after(1_000, () => room.sight(second)) },
    { name: 'enter', ask: () => room.enter(first) },
    { name: 'redeem', ask: () => room.redeem(first, jti, 'call') },
    { name: 'keep_alive', ask: after(1_000, () => room.keepAlive(first, 'pass')) },
    { name: 'finish', ask: () => room.finish(first, 'completed', 1) },
    { name: 'tick', ask: after(1_000, () => room.tick()) },
    { name: 'tick', ask: after(3_000, () => room.tick()) },
    { name: 'return', ask: () => room.comeBack(second) },
    { name: 'offer_move', ask: () => room.offerMove(second, 'code') },
    { name: 'move', ask: () => room.move('code', 'call') },
    { name: 'leave', ask: () => room.leave({ ...second, gen: 1 }) },
    {
      name: 'set_room',
      ask: () => room.call((store, cursor) => store.setRoom(changed, cursor, changeId)),
    },
    {
      name: 'recover',
      ask: async () => {
        const memory = { ...room.memory(), room: changed };
        return test.store.recover({ ...memory, eventNumber: memory.eventNumber + 50 }, test.time.ms);
      },
    },
    { name: 'remove', ask: () => test.store.remove(room.roomId, { ...room.cursor, epochNumber: 0 }) },
  ];
  return { room, transitions };
}

function heldTicket(): HeldTicket {
  return { ticketId: randomUUID(), number: 0, order: 0, gen: 0 };
}
