/**
 * The world around a store in the model test: true time, two replicas, and the people. Everything goes through
 * a Pair, so the store and the model are always in the same state.
 *
 * What the world takes for granted, because a service does it: a replica that the store knows less than calls
 * before a hold is over (it ticks once a second), and a replica that dies had its knowledge read by the other.
 */
import { randomUUID } from 'node:crypto';
import { completePolicy, type Room } from '../../src/domain/room.ts';
import { passMarginMs, queueTokenTtlMs } from '../../src/domain/ticket.ts';
import type { Reply, RoomCursor, Sighting, TickAnswer, TicketAnswer } from '../../src/store/queue-store.ts';
import { Model } from './model.ts';
import { Invariants, type Person } from './model-invariants.ts';
import { type Call, Pair } from './model-pair.ts';
import { clockOf, isBehind, merges, type ModelRoom } from './model-room.ts';
import { type ModelledStore, Replica } from './replica.ts';
import { newRoomId, type RoomCopy, startOfTimeUs, type TestStore } from './stores.ts';

type Ask<Answer> = (store: ModelledStore, cursor: RoomCursor) => Promise<Reply<Answer>>;
type ModelReplica = Replica<ModelledStore>;

const clockStepMs = 3_000;

/** Short times, so that a run of sixty commands sees every one of them pass. */
const policy = {
  ...completePolicy('model', { capacity: 3, outflowPerMinute: 120, batchSizeMax: 3 }),
  presentWithinMs: 8_000,
  abandonAfterMs: 15_000,
  enterWithinMs: 6_000,
  sessionTtlMs: 30_000,
  returnWithinMs: 25_000,
  recoverWithinMs: 6_000,
  ticketsMax: 25,
};

export class World {
  readonly roomId = newRoomId();
  readonly people: Person[] = [];
  /** Ids that were asked for, whether a ticket came of it or not. */
  joinsAsked = 0;
  /** The last position shown to somebody, and the room-clock time of the frame it came from. */
  readonly shown = new Map<Person, { position: number; frameAtMs: number }>();
  readonly replicas: [ModelReplica, ModelReplica];
  readonly model: Model;
  readonly #test: TestStore;
  readonly #pair: Pair;
  readonly #invariants = new Invariants();
  readonly #roomsFile: Room;
  readonly #stepsForward: number[] = [];
  #skewMs = 0;
  #backup: { state: ModelRoom | null; copy: RoomCopy } | null = null;
  #toldVersion = 0;
  #toldPlaces = 0;
  readonly #toldCompleted = new Set<string>();
  #toldEvents = 0;
  /** Something was forgotten together with the only replica that knew it. */
  isForgotten = false;
  /** Whether data was ever lost. */
  hadLoss = false;
  /** Room-clock time at which a position last had a reason to rise. */
  riseAtMs = 0;

  private constructor(test: TestStore) {
    this.#test = test;
    test.time.us = startOfTimeUs;
    this.model = new Model(() => test.time.us);
    this.#pair = new Pair({
      model: this.model,
      real: test.store,
      observe: () => test.observe(this.roomId),
      onCall: (call) => this.#onCall(call),
    });
    const texts = { notice: null, reason: null };
    this.#roomsFile = { roomId: this.roomId, state: 'open', version: 1, policy, ...texts };
    this.replicas = [this.#newReplica(), this.#newReplica()];
  }

  /** A world whose room was made by an operator, or from a rooms file. */
  static async open(test: TestStore, { fromFile }: { fromFile: boolean }): Promise<World> {
    const world = new World(test);
    await world.#pair.store.create(world.#roomsFile, fromFile ? 0 : test.time.us);
    for (const replica of world.replicas) await replica.tick();
    return world;
  }

  /** Removes what the run left behind. */
  close(): Promise<void> {
    return this.#test.wipe(this.roomId);
  }

  #newReplica(): ModelReplica {
    const replica = new Replica(this.#pair.store, this.roomId, () => this.trueMs);
    replica.roomsFile = this.#roomsFile;
    replica.onForgotten = ({ eventNumber, version }) => {
      this.isForgotten ||= eventNumber > 0 || version > 1;
    };
    return replica;
  }

  // ---- time

  /** What everyone's clock but the store's shows, ms. */
  get trueMs(): number {
    return this.#test.time.ms - this.#skewMs;
  }

  passMs(ms: number): void {
    this.#test.time.passMs(ms);
  }

  /** A pass ends early enough for one step forward in its life. */
  mayStepForward(): boolean {
    return this.trueMs - (this.#stepsForward.at(-1) ?? 0) > policy.sessionTtlMs;
  }

  stepStoreClock(ms: number): void {
    this.#test.time.passMs(ms);
    this.#skewMs += ms;
    if (ms > 0) this.#stepsForward.push(this.trueMs);
  }

  // ---- calls

  replica(index: number): ModelReplica {
    return this.replicas[index % 2] as ModelReplica;
  }

  person(index: number): Person | undefined {
    return this.people[index % Math.max(1, this.people.length)];
  }

  get room(): Room {
    return this.model.state?.room ?? this.#roomsFile;
  }

  /** One call by a replica. When its reply is lost, the replica does not learn from it, and calls again. */
  async call<Answer>(index: number, ask: Ask<Answer>, replyLost: boolean): Promise<Answer> {
    this.passMs(1);
    await this.#beforeHoldEnds(this.replica(index));
    const replica = this.replica(index);
    // A replica serves a room once its first tick has told what the room is.
    if (replica.room === null) await this.tick(index);
    if (replyLost) await ask(this.#pair.store, replica.cursor);
    replica.recoverReplyLost = replyLost;
    const answer = await replica.call(ask);
    this.#learned(replica);
    return answer;
  }

  /** The same for a ticket's holder: one that the store has lost is sighted first. */
  async callForHolder<Answer extends { kind: string }>(
    index: number,
    person: Person,
    { ask, replyLost }: { ask: Ask<Answer>; replyLost: boolean },
  ): Promise<Answer> {
    const answer = await this.call(index, ask, replyLost);
    if (answer.kind !== 'unknown') return answer;
    await this.sight(index, [person], false);
    return this.call(index, ask, replyLost);
  }

  async sight(index: number, people: Person[], replyLost: boolean): Promise<TicketAnswer[]> {
    const sightings: Sighting[] = people.map(({ ticketId, number, order }) => {
      return { ticketId, number, order, gen: 0, expiresAtMs: Math.floor(order / 1_000) + queueTokenTtlMs };
    });
    const states = sightings.map(({ ticketId }) => this.model.state?.tickets.get(ticketId)?.state);
    const answers = await this.call(
      index,
      (store, cursor) => store.sight(this.roomId, cursor, sightings),
      replyLost,
    );
    for (const [at, answer] of answers.entries()) {
      const person = people[at] as Person;
      const isEarlier = person.order < (this.model.state?.startedUs ?? 0);
      if (answer.kind === 'gone' && !isEarlier) throw new Error(`I3 nothing lost: ${person.ticketId} is gone`);
      if (answer.kind === 'ended') person.isOver = true;
      if (answer.kind !== 'waiting') continue;
      // Of two orders the lower counts; after a loss the store may have given out a lower one.
      if (person.hasTwoOrders) person.order = answer.order;
      person.hasTwoOrders = false;
      if (states[at] !== 'waiting') this.aPositionMayRise();
    }
    return answers;
  }

  async tick(index: number, replyLost = false): Promise<TickAnswer> {
    this.passMs(1);
    await this.#beforeHoldEnds(this.replica(index));
    const replica = this.replica(index);
    if (replyLost) {
      const request = { readFrom: replica.readTo, knownVersion: 0, callerWallMs: this.trueMs };
      await this.#pair.store.tick(this.roomId, replica.cursor, request);
    }
    replica.recoverReplyLost = replyLost;
    const answer = await replica.tick();
    this.#learned(replica);
    return answer;
  }

  async setRoom(index: number, change: (room: Room) => Room, replyLost: boolean): Promise<void> {
    await this.tick(index);
    const changed = { ...change(this.room), version: this.room.version + 1 };
    const changeId = randomUUID();
    const word = await this.call(
      index,
      (store, cursor) => store.setRoom(changed, cursor, changeId),
      replyLost,
    );
    if (word !== 'changed') return;
    this.replica(index).room = changed;
    this.#toldVersion = Math.max(this.#toldVersion, changed.version);
  }

  /** A pass signed after a confirmed reply: it ends before the session does. */
  signPass(
    index: number,
    person: Person,
    { expiryMs, askedMs }: { expiryMs: number; askedMs: number },
  ): void {
    const { clockMs = 0 } = this.replica(index).head ?? {};
    person.passUntilMs = askedMs + expiryMs - clockMs - passMarginMs(policy.sessionTtlMs);
  }

  /** A completion was confirmed; told once more, it is not another. */
  countPlaces({ ticketId }: Person, count: number): void {
    if (this.#toldCompleted.has(ticketId)) return;
    this.#toldCompleted.add(ticketId);
    this.#toldPlaces += count;
  }
  /** No policy may ask for less than was given out already. */
  get placesEverUsed(): number {
    return Math.max(this.#toldPlaces, this.model.state?.placesUsed ?? 0);
  }

  /** Somebody came back: whoever is behind may be shown a higher position, and is told why. */
  aPositionMayRise(): void {
    this.riseAtMs = this.model.state === null ? 0 : clockOf(this.model.state);
  }

  // ---- faults

  async wipe(): Promise<void> {
    await this.#betweenFaults();
    this.model.state = null;
    await this.#test.wipe(this.roomId);
    await this.#afterFault();
  }

  /** The store's process changes and has all its data. */
  async restart(): Promise<void> {
    await this.#betweenFaults();
    await this.#changeProcess();
  }

  async #changeProcess(): Promise<void> {
    this.model.runId += 1;
    await this.#test.restart(this.roomId);
  }

  async save(): Promise<void> {
    const { state } = this.model;
    this.#backup = { state: structuredClone(state), copy: await this.#test.copy(this.roomId) };
  }

  get hasBackup(): boolean {
    return this.#backup !== null;
  }

  /** An old file is put back, or a stale copy promoted: another process, with what was saved. */
  async rollBack(): Promise<void> {
    if (this.#backup === null) return;
    await this.#betweenFaults();
    this.model.state = structuredClone(this.#backup.state);
    await this.#backup.copy.restore();
    await this.#changeProcess();
    this.#forgetRenewals();
    await this.#afterFault();
  }

  /**
   * A renewal is no event: when an old file has forgotten nothing else, the loss is not noticed, and the session
   * ends before the pass does by as much as the file is old, less the pass's margin.
   */
  #forgetRenewals(): void {
    const { state } = this.model;
    if (state === null || this.#latecomers().length > 0) return;
    for (const person of this.people) {
      const session = state.tickets.get(person.ticketId);
      if (session?.state !== 'entered') continue;
      const leftMs = session.atMs - clockOf(state) - clockStepMs;
      person.passUntilMs = Math.min(person.passUntilMs, this.trueMs + leftMs);
    }
  }

  /** A replica dies, and another takes its place and knows nothing. */
  async replace(index: number): Promise<void> {
    for (const each of [index, index + 1]) await this.tick(each);
    this.replicas[index % 2] = this.#newReplica();
    this.#reviseWhatIsKnown();
  }

  /** Two faults are a second apart at least: whoever knows more than the store ticks in between. */
  async #betweenFaults(): Promise<void> {
    if (this.model.state !== null) await this.bringInLatecomers();
  }

  async #afterFault(): Promise<void> {
    this.hadLoss = true;
    this.#invariants.forget();
    await this.#pair.lookAgain();
    this.#reviseWhatIsKnown();
    this.#markLost();
  }

  /** What neither the store nor any replica knows any more is forgotten. */
  #reviseWhatIsKnown(): void {
    const { state } = this.model;
    // Without the room's description, from its first tick, a replica can give nothing back.
    const able = this.replicas.filter(({ room }) => room !== null);
    const heads = able.flatMap(({ head }) => (head === null ? [] : [head]));
    const rooms = able.flatMap(({ room }) => (room === null ? [] : [room]));
    const version = Math.max(state?.room.version ?? 0, ...rooms.map((room) => room.version));
    const places = Math.max(state?.placesUsed ?? 0, ...heads.map(({ placesUsed }) => placesUsed));
    const events = Math.max(state?.eventNumber ?? 0, ...heads.map(({ eventNumber }) => eventNumber));
    if (version < this.#toldVersion || places < this.#toldPlaces || events < this.#toldEvents) {
      this.isForgotten = true;
    }
    for (const person of this.people) {
      const isInStore = state?.spent.has(person.ticketId) ?? false;
      const isRemembered = this.replicas.some(({ ended }) => ended.has(person.ticketId));
      person.isOver &&= isInStore || isRemembered;
    }
  }

  #markLost(): void {
    const { state } = this.model;
    for (const person of this.people) {
      const ticket = state?.tickets.get(person.ticketId);
      person.isLost = ticket === undefined && !state?.spent.has(person.ticketId);
      // What was put back may be from before its two orders became one.
      person.hasTwoOrders ||= ticket !== undefined && ticket.order !== person.order;
    }
  }

  #onCall(call: Call): void {
    if (call.name === 'recover') {
      const { before, after } = call;
      const isReplaced = (before?.counters.startedUs ?? 0) < (after?.counters.startedUs ?? 0);
      // A replica without memory had made the room anew; what it let happen there goes with it.
      const hadHappened = before !== null && (before.spent.length > 0 || before.counters.version > 1);
      this.isForgotten ||= isReplaced && hadHappened;
      this.aPositionMayRise();
      this.#invariants.forget();
      this.#markLost();
    }
    for (const person of this.people) {
      if (!person.isLost || !this.model.state?.tickets.has(person.ticketId)) continue;
      person.isLost = false;
      person.hasTwoOrders = call.name === 'join';
    }
    this.#invariants.check(call, {
      room: this.room,
      people: this.people,
      trueMs: this.trueMs,
      stepsForward: this.#stepsForward,
      isForgotten: this.isForgotten,
      isWhole: this.#isWhole(),
      toldVersion: this.#toldVersion,
      toldPlaces: this.#toldPlaces,
    });
  }

  #isWhole(): boolean {
    const { state, runId } = this.model;
    if (state === null || state.runId !== runId || clockOf(state) < state.holdUntilMs) return false;
    return this.#latecomers().length === 0;
  }

  #learned({ head }: ModelReplica): void {
    this.#toldEvents = Math.max(this.#toldEvents, head?.eventNumber ?? 0);
    for (const person of this.people) {
      const state = this.model.state?.tickets.get(person.ticketId)?.state;
      if (state === 'admitted' || state === 'entered') person.wantsTurn = false;
    }
  }

  /** Whoever knows more than the store ticks before the call that would end the room's hold. */
  async #beforeHoldEnds(caller: ModelReplica): Promise<void> {
    for (const replica of this.#latecomers()) {
      const { state } = this.model;
      if (state === null || replica === caller) continue;
      const movedMs = (this.#test.time.us - state.wallUs) / 1_000;
      const clockMs = clockOf(state) + Math.min(clockStepMs, Math.max(0, movedMs));
      if (state.runId === this.model.runId && clockMs >= state.holdUntilMs) await replica.tick();
    }
  }

  /**
   * Whoever knows more than the store ticks. What is confirmed between a loss and that tick is counted by what
   * the store knows then: a completion may be counted although others had used up the places.
   */
  async bringInLatecomers(): Promise<void> {
    for (const replica of this.#latecomers()) await replica.tick();
  }

  #latecomers(): ModelReplica[] {
    const { state } = this.model;
    return this.replicas.filter(({ cursor }) => {
      return state === null ? cursor.epochNumber > 0 : isBehind(state, cursor) || merges(state, cursor);
    });
  }
}
