/** One room of a store, driven by hand: what the contract tests say in their own words. */
import { randomUUID } from 'node:crypto';
import { completePolicy, type PolicyInput, type Room, type RoomState } from '../../src/domain/room.ts';
import { queueTokenTtlMs } from '../../src/domain/ticket.ts';
import type {
  FinishAnswer,
  JoinAnswer,
  KeepAliveAnswer,
  MoveAnswer,
  RedeemAnswer,
  Sighting,
  TicketAnswer,
} from '../../src/store/queue-store.ts';
import type { ObservedRoom, ObservedTicket } from './observed-room.ts';
import { Replica } from './replica.ts';
import { newRoomId, type TestStore, type TestTime } from './stores.ts';

/** A ticket as its holder's token tells it. */
export type HeldTicket = { ticketId: string; number: number; order: number; gen: number };
type Id = { ticketId: string; gen?: number };

/** The room clock moves at most this far in one call. */
export const clockStepMs = 3_000;

export function newRoom(roomId: string, policy: PolicyInput = {}, state: RoomState = 'open'): Room {
  return { roomId, state, version: 1, policy: completePolicy(roomId, policy), notice: null, reason: null };
}

/** A room made now, open, its settling time over. */
export async function openRoom(test: TestStore, policy: PolicyInput = {}): Promise<RoomUnderTest> {
  const room = await makeRoom(test, policy);
  await room.pass(clockStepMs);
  return room;
}

/** A room made now, which still settles. */
export async function makeRoom(
  test: TestStore,
  policy: PolicyInput = {},
  state: RoomState = 'open',
): Promise<RoomUnderTest> {
  const room = new RoomUnderTest(test, newRoomId());
  room.room = newRoom(room.roomId, policy, state);
  const made = await test.store.create(room.room, test.time.us);
  if (made !== 'created') throw new Error(`the room was not created: ${made}`);
  return room;
}

export class RoomUnderTest extends Replica {
  readonly test: TestStore;

  constructor(test: TestStore, roomId: string) {
    super(test.store, roomId, () => test.time.ms);
    this.test = test;
  }

  get time(): TestTime {
    return this.test.time;
  }

  /** Another replica of this room, which knows nothing yet. */
  another(): RoomUnderTest {
    return new RoomUnderTest(this.test, this.roomId);
  }

  /** Lets time pass, by calls that move the room clock and do nothing else. */
  async pass(ms: number): Promise<void> {
    for (let rest = ms; rest > 0; rest -= clockStepMs) {
      this.time.passMs(Math.min(rest, clockStepMs));
      await this.moveClock();
    }
  }

  /** A call that changes nothing but the clocks. */
  async moveClock(): Promise<void> {
    const conflict = { ...newRoom(this.roomId), version: -1 };
    await this.call((store, cursor) => store.setRoom(conflict, cursor, randomUUID()));
  }

  /** Lets a second pass and ticks, `count` times. */
  async ticks(count: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      this.time.passMs(1_000);
      await this.tick();
    }
  }

  /** Ticks until there is no more to release or to read; all ids of these events. */
  async tickUntilDone(): Promise<number> {
    let calls = 1;
    while ((await this.tick()).more) calls += 1;
    return calls;
  }

  joinIds(...ticketIds: string[]): Promise<JoinAnswer[]> {
    return this.call((store, cursor) => store.join(this.roomId, cursor, ticketIds));
  }

  /** Takes new tickets, in calls of 500. */
  async join(count = 1): Promise<HeldTicket[]> {
    const held: HeldTicket[] = [];
    while (held.length < count) {
      const ids = Array.from({ length: Math.min(500, count - held.length) }, () => randomUUID());
      for (const [index, answer] of (await this.joinIds(...ids)).entries()) {
        if (!('order' in answer)) throw new Error(`not joined: ${answer.kind}`);
        const { number, order, gen } = answer;
        held.push({ ticketId: ids[index] as string, number, order, gen });
      }
    }
    return held;
  }

  /** A new visitor who has entered. Needs room to spare. */
  async joinAndEnter(): Promise<HeldTicket> {
    const [ticket] = (await this.join(1)) as [HeldTicket];
    if ((await this.stateOf(ticket)) === 'waiting') await this.ticks(1);
    const { kind } = await this.enter(ticket);
    if (kind !== 'entered') throw new Error(`not entered: ${kind}`);
    return ticket;
  }

  sight(...tickets: HeldTicket[]): Promise<TicketAnswer[]> {
    const sightings = tickets.map((ticket) => this.sightingOf(ticket));
    return this.call((store, cursor) => store.sight(this.roomId, cursor, sightings));
  }

  sightingOf({ ticketId, number, order, gen }: HeldTicket): Sighting {
    return { ticketId, number, order, gen, expiresAtMs: Math.floor(order / 1_000) + queueTokenTtlMs };
  }

  enter({ ticketId, gen = 0 }: Id): Promise<TicketAnswer> {
    return this.call((store, cursor) => store.enter(this.roomId, cursor, { ticketId, gen }));
  }
  extend({ ticketId, gen = 0 }: Id, extension: number): Promise<TicketAnswer | { kind: 'refused' }> {
    return this.call((store, cursor) => store.extend(this.roomId, cursor, { ticketId, gen, extension }));
  }
  comeBack({ ticketId, gen = 0 }: Id): Promise<TicketAnswer | { kind: 'too-late' }> {
    return this.call((store, cursor) => store.return(this.roomId, cursor, { ticketId, gen }));
  }
  leave({ ticketId, gen = 0 }: Id): Promise<TicketAnswer> {
    return this.call((store, cursor) => store.leave(this.roomId, cursor, { ticketId, gen }));
  }
  offerMove(ticket: HeldTicket, codeName: string): Promise<TicketAnswer | { kind: 'taken' }> {
    return this.offerMoveBy(this.sightingOf(ticket), codeName);
  }
  offerMoveBy(ticket: Sighting, codeName: string): Promise<TicketAnswer | { kind: 'taken' }> {
    return this.call((store, cursor) => store.offerMove(this.roomId, cursor, { codeName, ticket }));
  }
  move(codeName: string, callId: string): Promise<MoveAnswer> {
    return this.call((store, cursor) => store.move(this.roomId, cursor, { codeName, callId }));
  }
  async keepAlive({ ticketId }: Id, proof: 'pass' | 'origin', number = 7): Promise<KeepAliveAnswer> {
    const answers = await this.call((store, cursor) =>
      store.keepAlive(this.roomId, cursor, [{ ticketId, number }], proof),
    );
    return answers[0] as KeepAliveAnswer;
  }
  finish(
    { ticketId }: Id,
    outcome: 'completed' | 'gave-up' = 'completed',
    placesUsed = 1,
    freesSeatInMs = 0,
  ): Promise<FinishAnswer> {
    const session = { ticketId, outcome, placesUsed, freesSeatInMs };
    return this.call((store, cursor) => store.finish(this.roomId, cursor, session));
  }
  redeem(
    { ticketId }: Id,
    jti: string,
    callId: string,
    epochId = this.cursor.epochId,
  ): Promise<RedeemAnswer> {
    return this.call((store, cursor) =>
      store.redeem(this.roomId, cursor, { jti, callId, ticketId, epochId }),
    );
  }

  /** Changes policy or state as an operator does. */
  async change(policy: PolicyInput, state?: RoomState): Promise<void> {
    const room = this.room as Room;
    const changed: Room = {
      ...room,
      state: state ?? room.state,
      version: (await this.observe()).counters.version + 1,
      policy: { ...room.policy, ...policy } as Room['policy'],
    };
    const word = await this.call((store, cursor) => store.setRoom(changed, cursor, randomUUID()));
    if (word !== 'changed') throw new Error('someone else changed the room');
    this.room = changed;
  }
  setState(state: RoomState): Promise<void> {
    return this.change({}, state);
  }

  async observe(): Promise<ObservedRoom> {
    const observed = await this.test.observe(this.roomId);
    if (observed === null) throw new Error('there is no room');
    return observed;
  }
  async observeTicket({ ticketId }: Id): Promise<ObservedTicket | undefined> {
    return new Map((await this.observe()).tickets).get(ticketId);
  }
  /** The ticket's state in the store; `spent` when its end is remembered. */
  async stateOf(ticket: Id): Promise<string> {
    const { spent } = await this.observe();
    if (spent.includes(ticket.ticketId)) return 'spent';
    return (await this.observeTicket(ticket))?.state ?? 'unknown';
  }
  async statesOf(tickets: Id[]): Promise<string[]> {
    const { tickets: known, spent } = await this.observe();
    const states = new Map(known);
    return tickets.map(({ ticketId }) =>
      spent.includes(ticketId) ? 'spent' : (states.get(ticketId)?.state ?? 'unknown'),
    );
  }
  /** How many tickets are in this state. */
  async countOf(state: string): Promise<number> {
    return (await this.observe()).tickets.filter(([, ticket]) => ticket.state === state).length;
  }
}
