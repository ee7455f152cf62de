/**
 * The world around a store in the model test: true time, two replicas, and the people. Everything goes through
 * a Pair, so the store and the model are always in the same state.
 *
 * What the world takes for granted, because a service does it: a replica that the store knows less than calls
 * before a hold is over and before the next fault (it ticks once a second), and what a dying replica knew was
 * read by the other.
 */
import { randomUUID } from 'node:crypto';
import type { Room } from '../../src/domain/room.ts';
import { passMarginMs, queueTokenTtlMs } from '../../src/domain/ticket.ts';
import type { Reply, RoomCursor, Sighting, TickAnswer, TicketAnswer } from '../../src/store/queue-store.ts';
import { Model } from './model.ts';
import { Invariants, type Person } from './model-invariants.ts';
import { clockStepMs, Knowledge, type ModelReplica } from './model-knowledge.ts';
import { shortPolicy as policy } from './model-policy.ts';
import { type Call, Pair } from './model-pair.ts';
import { clockOf, type ModelRoom } from './model-room.ts';
import { ModelTime } from './model-time.ts';
import type { ObservedTicket } from './observed-room.ts';
import { type ModelledStore, Replica } from './replica.ts';
import { newRoomId, type RoomCopy, startOfTimeUs, type TestStore } from './stores.ts';

/** What the newest of the person's tokens tells. */
export function tokenOf({ ticketId, number, order, gen }: Person): Sighting {
  return { ticketId, number, order, gen, expiresAtMs: Math.floor(order / 1_000) + queueTokenTtlMs };
}

type Ask<Answer> = (store: ModelledStore, cursor: RoomCursor) => Promise<Reply<Answer>>;

export class World {
  readonly roomId = newRoomId();
  readonly time: ModelTime;
  readonly model: Model;
  readonly knowledge: Knowledge;
  /** Ids that were asked for, whether a ticket came of it or not. */
  joinsAsked = 0;
  /** Resume codes that somebody was told, and the device that took a ticket by each. */
  readonly codes = new Map<string, string | null>();
  /** The last position shown to somebody, and the room-clock time of the frame it came from. */
  readonly shown = new Map<Person, { position: number; frameAtMs: number }>();
  /** Room-clock time at which a position last had a reason to rise. */
  riseAtMs = 0;
  readonly #test: TestStore;
  readonly #pair: Pair;
  readonly #invariants = new Invariants();
  readonly #roomsFile: Room;
  #backup: { state: ModelRoom | null; copy: RoomCopy } | null = null;

  private constructor(test: TestStore) {
    this.#test = test;
    test.time.us = startOfTimeUs;
    this.time = new ModelTime(test.time);
    this.model = new Model(() => test.time.us);
    this.knowledge = new Knowledge(this.model);
    this.#pair = new Pair({
      model: this.model,
      real: test.store,
      observe: () => test.observe(this.roomId),
      onCall: (call) => this.#onCall(call),
    });
    const texts = { notice: null, reason: null };
    this.#roomsFile = { roomId: this.roomId, state: 'open', version: 1, policy, ...texts };
    this.knowledge.replicas.push(this.#newReplica(), this.#newReplica());
  }

  /** A world whose room was made by an operator, or from a rooms file. */
  static async open(test: TestStore, { fromFile }: { fromFile: boolean }): Promise<World> {
    const world = new World(test);
    await world.#pair.store.create(world.#roomsFile, fromFile ? 0 : test.time.us);
    for (const replica of world.knowledge.replicas) await replica.tick();
    return world;
  }

  /** Removes what the run left behind. */
  close(): Promise<void> {
    return this.#test.wipe(this.roomId);
  }

  #newReplica(): ModelReplica {
    const replica = new Replica(this.#pair.store, this.roomId, () => this.time.trueMs);
    replica.roomsFile = this.#roomsFile;
    replica.onForgotten = (memory) => this.knowledge.forgetRun(memory);
    return replica;
  }

  // ---- calls

  get people(): Person[] {
    return this.knowledge.people;
  }

  replica(index: number): ModelReplica {
    return this.knowledge.replicas[index % 2] as ModelReplica;
  }

  person(index: number): Person | undefined {
    return this.people[index % Math.max(1, this.people.length)];
  }

  get room(): Room {
    return this.model.state?.room ?? this.#roomsFile;
  }

  /** One call by a replica. When its reply is lost, the replica does not learn from it, and calls again. */
  async call<Answer>(index: number, ask: Ask<Answer>, replyLost: boolean): Promise<Answer> {
    const replica = this.replica(index);
    await this.#beforeCall(replica);
    // A replica serves a room once its first tick has told what the room is.
    if (replica.room === null) await this.tick(index);
    if (replyLost) await ask(this.#pair.store, replica.cursor);
    replica.recoverReplyLost = replyLost;
    const answer = await replica.call(ask);
    this.knowledge.learned(replica);
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

  /** By the newest of their tokens, or by one that is `olderBy` so many moves. */
  async sight(
    index: number,
    people: Person[],
    replyLost: boolean,
    olderBy = 0,
  ): Promise<[TicketAnswer, ...TicketAnswer[]]> {
    const sightings = people.map((person) => tokenOf({ ...person, gen: person.gen - olderBy }));
    const states = sightings.map(({ ticketId }) => this.model.state?.tickets.get(ticketId)?.state);
    const answers = await this.call(
      index,
      (store, cursor) => store.sight(this.roomId, cursor, sightings),
      replyLost,
    );
    for (const [at, answer] of answers.entries()) {
      const person = people[at] as Person;
      const isEarlier = person.order < (this.model.state?.startedUs ?? 0);
      if (answer.kind === 'gone' && !isEarlier)
        throw new Error(`I3 nothing lost: ${person.ticketId} is gone`);
      if (answer.kind === 'moved' && olderBy === 0)
        throw new Error(`I11 moved: the newest token of ${person.ticketId} counts no more`);
      if (answer.kind === 'ended') person.isOver = true;
      if (answer.kind === 'waiting') this.seenWaiting(person, answer.order, states[at]);
    }
    return answers as [TicketAnswer, ...TicketAnswer[]];
  }

  /** The store knows that the person waits, who was in another state before or in this one. */
  seenWaiting(person: Person, order: number, before: ObservedTicket['state'] | undefined): void {
    // Of two orders the lower counts; after a loss the store may have given out a lower one.
    if (person.hasTwoOrders) person.order = order;
    person.hasTwoOrders = false;
    if (before !== 'waiting') this.aPositionMayRise();
  }

  async tick(index: number, replyLost = false): Promise<TickAnswer> {
    const replica = this.replica(index);
    await this.#beforeCall(replica);
    if (replyLost) {
      const request = { readFrom: replica.readTo, knownVersion: 0, callerWallMs: this.time.trueMs };
      await this.#pair.store.tick(this.roomId, replica.cursor, request);
    }
    replica.recoverReplyLost = replyLost;
    const answer = await replica.tick();
    this.knowledge.learned(replica);
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
    this.knowledge.toldVersion = Math.max(this.knowledge.toldVersion, changed.version);
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

  /** Somebody came back: whoever is behind may be shown a higher position, and is told why. */
  aPositionMayRise(): void {
    this.riseAtMs = this.model.state === null ? 0 : clockOf(this.model.state);
  }

  /** Whoever knows more than the store ticks before the call that would end the room's hold. */
  async #beforeCall(caller: ModelReplica): Promise<void> {
    this.time.passMs(1);
    for (const replica of this.knowledge.latecomers()) {
      const { state } = this.model;
      if (state === null || replica === caller) continue;
      const movedMs = (this.#test.time.us - state.wallUs) / 1_000;
      const clockMs = clockOf(state) + Math.min(clockStepMs, Math.max(0, movedMs));
      if (state.runId === this.model.runId && clockMs >= state.holdUntilMs) await replica.tick();
    }
  }

  #onCall(call: Call): void {
    if (call.name === 'recover') {
      this.aPositionMayRise();
      this.#invariants.forget();
    }
    this.knowledge.afterCall(call);
    const { people, isForgotten, toldVersion, toldPlaces } = this.knowledge;
    const told = { isForgotten, toldVersion, toldPlaces, isWhole: this.knowledge.isWhole() };
    const { room, time } = this;
    const { trueMs, stepsForward } = time;
    this.#invariants.check(call, { room, people, trueMs, stepsForward, ...told });
  }

  // ---- faults

  /**
   * Whoever knows more than the store ticks. What is confirmed between a loss and that tick is counted by what
   * the store knows then: a completion may be counted although others had used up the places.
   */
  async bringInLatecomers(): Promise<void> {
    for (const replica of this.knowledge.latecomers()) await replica.tick();
  }

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

  /** Two faults are a second apart at least; where nothing is left, nobody has anything to compare yet. */
  async #betweenFaults(): Promise<void> {
    if (this.model.state !== null) await this.bringInLatecomers();
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
    this.knowledge.forgetRenewals(this.time.trueMs);
    await this.#afterFault();
  }

  /** A replica dies, and another takes its place and knows nothing. */
  async replace(index: number): Promise<void> {
    for (const each of [index, index + 1]) await this.tick(each);
    this.knowledge.replicas[index % 2] = this.#newReplica();
    this.knowledge.revise();
  }

  async #afterFault(): Promise<void> {
    this.#invariants.forget();
    await this.#pair.lookAgain();
    this.knowledge.afterFault();
  }
}
