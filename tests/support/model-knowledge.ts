/**
 * Who knows what in the model test: what replicas and people were told, what nobody knows any more after a
 * fault, and which replicas know more than the store.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Model } from './model.ts';
import type { Person } from './model-invariants.ts';
import type { Call } from './model-pair.ts';
import { clockOf, isBehind, merges } from './model-room.ts';
import type { ModelledStore, Replica } from './replica.ts';

export type ModelReplica = Replica<ModelledStore>;

/** The room clock moves at most this far in one call. */
export const clockStepMs = 3_000;

export class Knowledge {
  readonly people: Person[] = [];
  readonly replicas: ModelReplica[] = [];
  /** Something was forgotten together with the only replica that knew it: no promise covers that. */
  isForgotten = false;
  /** Whether data was ever lost. */
  hadLoss = false;
  /** The highest version of the room, and the places used, that anyone was told. */
  toldVersion = 0;
  toldPlaces = 0;
  readonly #model: Model;
  readonly #toldCompleted = new Set<string>();
  #toldEvents = 0;

  constructor(model: Model) {
    this.#model = model;
  }

  /** After a confirmed reply: its replica knows of every admission so far. */
  learned({ head }: ModelReplica): void {
    this.#toldEvents = Math.max(this.#toldEvents, head?.eventNumber ?? 0);
    for (const person of this.people) {
      const state = this.#model.state?.tickets.get(person.ticketId)?.state;
      if (state === 'admitted' || state === 'entered') person.wantsTurn = false;
    }
  }

  /** A completion was confirmed; told once more, it is not another. */
  countPlaces({ ticketId }: Person, count: number): void {
    if (this.#toldCompleted.has(ticketId)) return;
    this.#toldCompleted.add(ticketId);
    this.toldPlaces += count;
  }

  /** A replica's memory turned out to be of an earlier run, and is void. */
  forgetRun({ eventNumber, version }: { eventNumber: number; version: number }): void {
    this.isForgotten ||= eventNumber > 0 || version > 1;
  }

  /** After a call: who is found again, and what a recovery could not keep. */
  afterCall({ name, before, after }: Call): void {
    if (name === 'recover') {
      const isReplaced = (before?.counters.startedUs ?? 0) < (after?.counters.startedUs ?? 0);
      // A replica without memory had made the room anew; what it let happen there goes with it.
      const hadHappened = before !== null && (before.spent.length > 0 || before.counters.version > 1);
      this.isForgotten ||= (isReplaced && hadHappened) || this.#isChangedTwice();
      this.#markLost();
    }
    for (const person of this.people) {
      if (!person.isLost || !this.#model.state?.tickets.has(person.ticketId)) continue;
      person.isLost = false;
      person.hasTwoOrders = name === 'join';
    }
  }

  /** After data was lost or put back. */
  afterFault(): void {
    this.hadLoss = true;
    this.revise();
    this.#markLost();
  }

  /** What neither the store nor any replica knows any more is forgotten. */
  revise(): void {
    const { state } = this.#model;
    // Without the room's description, from its first tick, a replica can give nothing back.
    const able = this.replicas.filter(({ room }) => room !== null);
    const heads = able.flatMap(({ head }) => (head === null ? [] : [head]));
    const rooms = able.flatMap(({ room }) => (room === null ? [] : [room]));
    const version = Math.max(state?.room.version ?? 0, ...rooms.map((room) => room.version));
    const places = Math.max(state?.placesUsed ?? 0, ...heads.map(({ placesUsed }) => placesUsed));
    const events = Math.max(state?.eventNumber ?? 0, ...heads.map(({ eventNumber }) => eventNumber));
    this.isForgotten ||= version < this.toldVersion || places < this.toldPlaces || events < this.#toldEvents;
    for (const person of this.people) {
      const isInStore = state?.spent.has(person.ticketId) ?? false;
      const isRemembered = this.replicas.some(({ ended }) => ended.has(person.ticketId));
      person.isOver &&= isInStore || isRemembered;
    }
  }

  /**
   * Two changes have one version: the second one was made in a room that came anew out of a rooms file before the replica
   * that remembers the first one was heard. Only one of them can be kept.
   */
  #isChangedTwice(): boolean {
    const kept = this.#model.state?.room;
    return this.replicas.some(
      ({ room }) => room !== null && room.version === kept?.version && !isDeepStrictEqual(room, kept),
    );
  }

  #markLost(): void {
    const { state } = this.#model;
    for (const person of this.people) {
      const ticket = state?.tickets.get(person.ticketId);
      person.isLost = ticket === undefined && !state?.spent.has(person.ticketId);
      // What was put back may be from before its two orders became one.
      person.hasTwoOrders ||= ticket !== undefined && ticket.order !== person.order;
    }
  }

  /**
   * A renewal is no event: when an old file has forgotten nothing else, the loss is not noticed, and the session
   * ends before the pass does by as much as the file is old, less the pass's margin.
   */
  forgetRenewals(trueMs: number): void {
    const { state } = this.#model;
    if (state === null || this.latecomers().length > 0) return;
    for (const person of this.people) {
      const session = state.tickets.get(person.ticketId);
      if (session?.state !== 'entered') continue;
      const leftMs = session.atMs - clockOf(state) - clockStepMs;
      person.passUntilMs = Math.min(person.passUntilMs, trueMs + leftMs);
    }
  }

  /** Replicas that know more than the store. */
  latecomers(): ModelReplica[] {
    const { state } = this.#model;
    return this.replicas.filter(({ cursor }) => {
      return state === null ? cursor.epochNumber > 0 : isBehind(state, cursor) || merges(state, cursor);
    });
  }

  /** The store knows all that any replica knows, and nothing holds. */
  isWhole(): boolean {
    const { state, runId } = this.#model;
    if (state === null || state.runId !== runId || clockOf(state) < state.holdUntilMs) return false;
    return this.latecomers().length === 0;
  }
}
