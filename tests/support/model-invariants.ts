/**
 * The invariants I1–I10, checked after every call on what the store holds, and on what
 * the people in the test know for themselves: who holds a valid pass, whose end was told, how many places were
 * confirmed.
 */
import type { Room } from '../../src/domain/room.ts';
import type { Call } from './model-pair.ts';
import type { ObservedRoom, ObservedTicket } from './observed-room.ts';

/** A visitor, as far as the visitor knows. */
export type Person = {
  ticketId: string;
  number: number;
  order: number;
  /** True time until which gates let the visitor in, ms; 0 without a pass. */
  passUntilMs: number;
  /** Waits for a turn of its own will; false once somebody knows that it had one. */
  wantsTurn: boolean;
  /** The end was told, and somebody who is still there remembers it. */
  isOver: boolean;
  /** The store has lost the ticket, and its holder was not seen since. */
  isLost: boolean;
  /** Which device's token is the newest one: rises with each move. */
  gen: number;
  /** Took the same ticket again after a loss: it has two orders until it is sighted. */
  hasTwoOrders: boolean;
};

export type Surroundings = {
  room: Room;
  people: Iterable<Person>;
  trueMs: number;
  /** Times at which the wall clock was set forward: each may give the room clock 3 s. */
  stepsForward: number[];
  /** Something was forgotten together with the only replica that knew it: no promise covers that. */
  isForgotten: boolean;
  /** The store knows all that any replica knows, and nothing holds. */
  isWhole: boolean;
  /** The highest version of the room, and the places used, that anyone was told. */
  toldVersion: number;
  toldPlaces: number;
};

type Fault = (condition: boolean, invariant: string) => void;

const transitions: { [name in Call['name']]: string[] } = {
  create: [],
  setRoom: [],
  extend: [],
  join: ['none>waiting', 'none>admitted'],
  tick: ['waiting>admitted', 'waiting>parked', 'admitted>lapsed', 'entered>spent'],
  sight: ['none>waiting', 'none>lapsed', 'parked>waiting'],
  enter: ['admitted>entered'],
  return: ['lapsed>waiting'],
  offerMove: [],
  move: ['none>waiting', 'none>lapsed', 'parked>waiting'],
  leave: ['waiting>spent', 'parked>spent', 'lapsed>spent', 'admitted>spent'],
  keepAlive: ['none', 'waiting', 'parked', 'lapsed', 'admitted'].map((state) => `${state}>entered`),
  finish: ['none', 'waiting', 'parked', 'lapsed', 'admitted', 'entered'].map((state) => `${state}>spent`),
  recover: [
    ...['waiting', 'parked', 'lapsed', 'admitted', 'entered', 'spent'].map((state) => `${state}>none`),
    ...['waiting', 'parked', 'lapsed', 'admitted', 'entered', 'none'].map((state) => `${state}>spent`),
    'waiting>lapsed',
    'parked>lapsed',
  ],
};

const clockOf = ({ counters }: ObservedRoom): number => Math.floor(counters.clockUs / 1_000);
const inState = ({ tickets }: ObservedRoom, ...states: string[]): [string, ObservedTicket][] =>
  tickets.filter(([, { state }]) => states.includes(state));
const heldBy = (room: ObservedRoom): number =>
  inState(room, 'admitted', 'entered').length + room.counters.assumed;

/** The state of each ticket, and of each that is remembered as over. */
function statesOf(room: ObservedRoom | null): Map<string, string> {
  const states = new Map((room?.tickets ?? []).map(([id, { state }]) => [id, state as string]));
  for (const id of room?.spent ?? []) states.set(id, 'spent');
  return states;
}

export class Invariants {
  /** Admissions since the pace was last changed. */
  #admissions: { trueMs: number; count: number }[] = [];
  #pace = '';
  /** Ticks in a row, each a release interval after the one before, that left somebody waiting for nothing. */
  #idleTicks = 0;
  #idleTickAtMs = Number.NEGATIVE_INFINITY;

  /** Throws with the name of the invariant that does not hold. */
  check(call: Call, surroundings: Surroundings): void {
    const { before, after } = call;
    if (after === null) return;
    const problems: string[] = [];
    const fault: Fault = (condition, invariant) => {
      if (condition) problems.push(invariant);
    };
    const statesBefore = statesOf(before);
    const admitted = inState(after, 'admitted').filter(([id]) => statesBefore.get(id) !== 'admitted');
    if (admitted.length > 0) checkAdmissions(call, admitted, surroundings, fault);
    this.#checkPace(admitted.length, surroundings, fault);
    this.#checkProgress(call, admitted.length, surroundings.room, fault);
    checkTransitions(call, statesBefore, fault);
    checkTickets(after, surroundings, fault);
    fault(after.broken.length > 0, `I8 each ticket in exactly one set: ${after.broken.join('; ')}`);
    if (problems.length > 0) throw new Error(`after ${call.name}: ${problems.join(' · ')}`);
  }

  /** Time went back with the store, or the room is another: what was counted means nothing now. */
  forget(): void {
    this.#idleTicks = 0;
    this.#idleTickAtMs = Number.NEGATIVE_INFINITY;
  }

  #checkPace(count: number, { room, trueMs, stepsForward }: Surroundings, fault: Fault): void {
    const { outflowPerMinute, batchSizeMax } = room.policy;
    const pace = `${outflowPerMinute} ${batchSizeMax}`;
    if (pace !== this.#pace) this.#admissions = [];
    this.#pace = pace;
    if (count === 0) return;
    this.#admissions.push({ trueMs, count });
    let sum = 0;
    for (const { trueMs: fromMs, count: admitted } of this.#admissions.toReversed()) {
      sum += admitted;
      const steps = stepsForward.filter((stepMs) => stepMs >= fromMs).length;
      const windowMs = trueMs - fromMs + steps * 3_000;
      const allowed = (outflowPerMinute * windowMs) / 60_000 + batchSizeMax;
      fault(sum > allowed + 0.001, `I5 pace: ${sum} admitted in ${windowMs} ms, ${allowed} allowed`);
    }
  }

  #checkProgress({ name, after }: Call, admittedCount: number, room: Room, fault: Fault): void {
    if (name !== 'tick' || after === null) return;
    const now = clockOf(after);
    const isFirst = this.#idleTickAtMs === Number.NEGATIVE_INFINITY;
    if (admittedCount > 0 || !couldRelease(after, room)) {
      this.#idleTicks = 0;
      this.#idleTickAtMs = now;
    } else if (isFirst || now - this.#idleTickAtMs >= room.policy.releaseEveryMs) {
      this.#idleTicks += 1;
      this.#idleTickAtMs = now;
    }
    fault(
      this.#idleTicks >= 2,
      'I10 someone present, room to spare, not holding: a release within two ticks',
    );
  }
}

/** Whether somebody present waits although the room could take one more. */
function couldRelease(after: ObservedRoom, { policy }: Room): boolean {
  const now = clockOf(after);
  const { bucket, holdUntilMs, placesUsed } = after.counters;
  const held = heldBy(after);
  const { places, placesPerVisitorMax, capacity } = policy;
  const open = after.state === 'open' || after.state === 'draining';
  const byPlaces = places === null || Math.ceil((places - placesUsed) / placesPerVisitorMax) > held;
  const present = inState(after, 'waiting').some(([, { atMs }]) => atMs >= now);
  return open && now >= holdUntilMs && bucket >= 1_000_000 && held < capacity && byPlaces && present;
}

function checkAdmissions(
  { before, after }: Call,
  admitted: [string, ObservedTicket][],
  { room, people, trueMs, isForgotten, toldVersion }: Surroundings,
  fault: Fault,
): void {
  if (after === null) return;
  const { capacity, places, placesPerVisitorMax } = room.policy;
  const { holdUntilMs, placesUsed, version } = after.counters;
  const held = heldBy(after);
  fault(held > capacity, `I1 capacity: ${held} held of ${capacity}`);
  const spent = new Set([...(before?.spent ?? []), ...after.spent]);
  const statesBefore = statesOf(before);
  for (const [id] of admitted) {
    fault(spent.has(id), `I2 once: ${id} was over`);
    fault(statesBefore.get(id) === 'entered', `I2 once: ${id} was inside`);
  }
  const highest = Math.max(...admitted.map(([, { order }]) => order));
  const skipped = inState(after, 'waiting').some(([, { order }]) => order < highest);
  fault(skipped, 'I4 order: a lower order was left waiting');
  const byPlaces = places === null ? held : Math.ceil((places - placesUsed) / placesPerVisitorMax);
  fault(held > byPlaces, `I6 places: ${held} held, enough for ${byPlaces}`);
  const states = new Set([before?.state, after.state]);
  fault(!states.has('open') && !states.has('draining'), `I7 closed: the room is ${after.state}`);
  fault(clockOf(after) < holdUntilMs, 'I7 closed: the room holds');

  // What the people know for themselves.
  if (isForgotten) return;
  fault(version < toldVersion, `I7 closed: version ${toldVersion} was confirmed, this is ${version}`);
  const inside = new Set(inState(after, 'admitted').map(([id]) => id));
  for (const person of people) {
    if (person.passUntilMs > trueMs) inside.add(person.ticketId);
    const again = person.isOver && admitted.some(([id]) => id === person.ticketId);
    fault(again, `I2 once: ${person.ticketId} was told that it is over`);
    const unasked = !person.wantsTurn && admitted.some(([id]) => id === person.ticketId);
    fault(unasked, `I2 once: ${person.ticketId} had its turn and asked for no other`);
  }
  fault(inside.size > capacity, `I1 capacity: ${inside.size} admitted or with a valid pass, of ${capacity}`);
}

function checkTransitions({ name, after }: Call, statesBefore: Map<string, string>, fault: Fault): void {
  const statesAfter = statesOf(after);
  for (const id of new Set([...statesBefore.keys(), ...statesAfter.keys()])) {
    const [from, to] = [statesBefore.get(id) ?? 'none', statesAfter.get(id) ?? 'none'];
    const isAllowed = from === to || transitions[name].includes(`${from}>${to}`);
    fault(!isAllowed, `I9 only the transitions: ${name} made ${from} ${to}`);
  }
}

function checkTickets(after: ObservedRoom, surroundings: Surroundings, fault: Fault): void {
  const states = statesOf(after);
  const tickets = new Map(after.tickets);
  for (const { ticketId, order, isLost, hasTwoOrders } of surroundings.people) {
    fault(!states.has(ticketId) && !isLost, `I3 nothing lost: ${ticketId} is in no state`);
    const kept = tickets.get(ticketId)?.order ?? 0;
    const isKept = kept === order || kept === 0 || hasTwoOrders;
    fault(!isKept, `I4 order: ${ticketId} had ${order}, has ${kept}`);
  }
  const { places } = surroundings.room.policy;
  const { placesUsed } = after.counters;
  const isWhole = surroundings.isWhole && !surroundings.isForgotten;
  fault(
    isWhole && placesUsed < surroundings.toldPlaces,
    `I6 places: ${surroundings.toldPlaces} were confirmed, ${placesUsed} are counted`,
  );
  const { toldPlaces } = surroundings;
  fault(
    isWhole && places !== null && toldPlaces > places,
    `I6 places: ${toldPlaces} given of ${String(places)}`,
  );
}
