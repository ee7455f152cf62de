/**
 * The model of a room: every transition, in maps and plain loops, with no regard for speed. Both stores are
 * compared with it after every command. It leaves out what a run of a few minutes never meets: the bounds on one
 * call's work, a token's end, deleted rooms, schedules, the end of a room's
 * retention.
 *
 * `outflowPerMinute` must be a multiple of 60, so that a bucket in millionths stays a whole number.
 */
import type { Room } from '../../src/domain/room.ts';
import type {
  Reply,
  RoomCursor,
  SightAnswer,
  Sighting,
  TicketAnswer,
  TicketRef,
} from '../../src/store/queue-store.ts';
import { joinModel, tickModel } from './model-queue.ts';
import { recoverModel } from './model-recovery.ts';
import {
  answerOf,
  clockOf,
  emit,
  end,
  headOf,
  isBehind,
  lineageOf,
  type ModelRoom,
  merges,
  million,
  newModelRoom,
  observeModel,
  presentUntil,
  put,
  ticketOf,
} from './model-room.ts';
import type { ObservedRoom, ObservedTicket } from './observed-room.ts';
import type { ModelledStore } from './replica.ts';

export class Model implements ModelledStore {
  state: ModelRoom | null = null;
  runId = 1;
  #epochs = 0;
  /** What the store answered to the call under way. */
  drawnLineage = 0;
  readonly #nowUs: () => number;

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  // ---- what every call does

  now(): { wallUs: number; runId: number } {
    return { wallUs: this.#nowUs(), runId: this.runId };
  }

  advance(state: ModelRoom, lastOrder: number): void {
    const movedUs = Math.min(Math.max(this.#nowUs() - state.wallUs, 0), 3 * million);
    const { batchSizeMax, outflowPerMinute } = state.room.policy;
    state.wallUs = this.#nowUs();
    state.clockUs += movedUs;
    state.bucket = Math.min(batchSizeMax * million, state.bucket + (movedUs * outflowPerMinute) / 60);
    state.lastOrder = Math.max(state.lastOrder, lastOrder);
    if (clockOf(state) >= state.assumedUntilMs) state.assumed = 0;
    if (state.runId === this.runId) return;
    state.runId = this.runId;
    this.newEpoch(state, lineageOf(state.epochId));
    state.epochFrom = state.eventNumber;
    state.lastNumber += 1_000;
    if (clockOf(state) >= state.recoverUntilMs) state.placesRemembered = state.placesUsed;
    state.holdUntilMs = Math.max(state.holdUntilMs, clockOf(state) + 3_000);
  }

  /** An epoch's id says when its data began anew, and is new. */
  newEpoch(state: ModelRoom, lineage: number): void {
    this.#epochs += 1;
    state.epochNumber += 1;
    state.epochId = `${lineage}.model-${this.#epochs}`;
  }

  /** Of data that begins anew: up to a second later than it could, as the store drew it. */
  newLineage(fromUs: number): number {
    const isInBounds = this.drawnLineage >= fromUs && this.drawnLineage < fromUs + million;
    return isInBounds ? this.drawnLineage : fromUs;
  }

  async #serve<Answer>(caller: RoomCursor, transition: (state: ModelRoom) => Answer): Promise<Reply<Answer>> {
    if (this.state === null) return { kind: 'no-room' };
    if (isBehind(this.state, caller) || merges(this.state, caller)) return { kind: 'behind' };
    this.advance(this.state, caller.lastOrder);
    const answer = transition(this.state);
    return { kind: 'served', head: headOf(this.state), answer };
  }

  // ---- rooms

  async create(room: Room, startedUs: number): Promise<'created' | 'exists'> {
    if (this.state !== null) return 'exists';
    const state = newModelRoom(room, startedUs, this.now());
    state.lastOrder = startedUs;
    state.holdUntilMs = 3_000;
    this.newEpoch(state, state.wallUs);
    this.state = state;
    return 'created';
  }

  setRoom: ModelledStore['setRoom'] = (room, caller, changeId) =>
    this.#serve(caller, (state) => {
      if (state.changeId === changeId) return 'changed';
      if (room.version !== state.room.version + 1) return 'conflict';
      state.room = room;
      state.bucket = Math.min(state.bucket, room.policy.batchSizeMax * million);
      if (room.state !== 'closed') state.closedAtMs = 0;
      state.changeId = changeId;
      emit(state, { type: 'room', version: room.version, change: null });
      return 'changed';
    });

  tick: ModelledStore['tick'] = (_, caller, request) =>
    this.#serve(caller, (state) => tickModel(state, caller, request));

  // ---- visitors

  join: ModelledStore['join'] = (_, caller, ids) => this.#serve(caller, (state) => joinModel(state, ids));

  sight: ModelledStore['sight'] = (_, caller, sightings) =>
    this.#serve(caller, (state) => sightings.map((token) => this.#see(state, token)));

  #see(state: ModelRoom, { ticketId: id, number, order, gen, expiresAtMs }: Sighting): SightAnswer {
    const ticket = state.tickets.get(id);
    if (ticket) {
      if (order > 0 && order < state.startedUs) return { kind: 'gone' };
      if (gen < ticket.gen) return { kind: 'moved' };
      if (ticket.left) return { kind: 'ended' };
      if (ticket.state === 'entered' && gen > ticket.gen) ticket.order ||= order;
      ticket.gen = gen;
      if (ticket.state !== 'waiting' && ticket.state !== 'parked') return answerOf(ticket);
      return answerOf(
        Object.assign(ticket, {
          state: 'waiting',
          atMs: presentUntil(state),
          order: Math.min(order, ticket.order),
        }),
      );
    }
    if (state.spent.has(id)) return { kind: 'ended' };
    if (order < state.startedUs || expiresAtMs * 1_000 <= state.wallUs) return { kind: 'gone' };
    const hadItsTurn = order <= state.frontier;
    const atMs = hadItsTurn ? clockOf(state) : presentUntil(state);
    put(state, id, hadItsTurn ? 'lapsed' : 'waiting', { number, order, gen, atMs });
    state.lastOrder = Math.max(state.lastOrder, order);
    state.lastNumber = Math.max(state.lastNumber, number);
    return answerOf(ticketOf(state, id));
  }

  /**
   * Finds the ticket of a holder and answers its state, or what `change` answers instead. A later generation than the
   * one kept is kept when the ticket changes: `change` gets a copy, and says with it or with an answer what is kept.
   */
  #forHolder<Word>(
    caller: RoomCursor,
    { ticketId, gen }: TicketRef,
    change: (state: ModelRoom, ticket: ObservedTicket) => Word | 'changed' | null,
  ): Promise<Reply<TicketAnswer | Word>> {
    return this.#serve<TicketAnswer | Word>(caller, (state) => {
      const kept = state.tickets.get(ticketId);
      if (kept === undefined) return { kind: state.spent.has(ticketId) ? 'ended' : 'unknown' };
      if (gen < kept.gen) return { kind: 'moved' };
      const ticket = { ...kept, gen };
      const answer = change(state, ticket);
      if (answer === 'changed') state.tickets.set(ticketId, ticket);
      return answer === 'changed' || answer === null ? answerOf(ticket) : answer;
    });
  }

  enter: ModelledStore['enter'] = (_, caller, ref) =>
    this.#forHolder<TicketAnswer>(caller, ref, (state, ticket) => {
      if (ticket.state !== 'admitted') return null;
      Object.assign(ticket, { state: 'entered', atMs: clockOf(state) + state.room.policy.sessionTtlMs });
      state.enteredTotal += 1;
      emit(state, { type: 'entered', ticketIds: [ref.ticketId], expiryMs: ticket.atMs });
      return 'changed';
    });

  extend: ModelledStore['extend'] = (_, caller, ref) =>
    this.#forHolder(caller, ref, (state, ticket) => {
      if (ticket.state !== 'admitted' || ref.extension <= ticket.extensions) return null;
      if (ref.extension > 10 || ref.extension !== ticket.extensions + 1) return { kind: 'refused' };
      ticket.extensions += 1;
      ticket.atMs += state.room.policy.enterWithinMs;
      return 'changed';
    });

  return: ModelledStore['return'] = (_, caller, ref) =>
    this.#forHolder(caller, ref, (state, ticket) => {
      if (ticket.state !== 'lapsed') return null;
      const tooLate = clockOf(state) > ticket.atMs + state.room.policy.returnWithinMs;
      if (tooLate || state.room.state === 'closed') return { kind: 'too-late' };
      Object.assign(ticket, { state: 'waiting', atMs: presentUntil(state) });
      state.returnedTotal += 1;
      return 'changed';
    });

  leave: ModelledStore['leave'] = (_, caller, ref) =>
    this.#forHolder<TicketAnswer>(caller, ref, (state, ticket) => {
      if (ticket.state !== 'entered') end(state, [ref.ticketId], 'left');
      else if (!ticket.left) {
        ticket.left = true;
        emit(state, { type: 'ended', ticketIds: [ref.ticketId], outcome: 'left', placesUsed: 0 });
        return 'changed';
      }
      return { kind: 'ended' };
    });

  // ---- from one device to another

  offerMove: ModelledStore['offerMove'] = (_, caller, { codeName, ticket: token }) =>
    this.#forHolder(caller, token, (state, ticket) => {
      const noted = state.codes.get(codeName);
      if (noted !== undefined && noted.ticketId !== token.ticketId) return { kind: 'taken' };
      if (!ticket.left && (noted?.usedBy ?? null) === null)
        state.codes.set(codeName, { ...token, usedBy: null });
      return null;
    });

  move: ModelledStore['move'] = (_, caller, { codeName, callId }) =>
    this.#serve(caller, (state) => {
      const code = state.codes.get(codeName);
      if (code === undefined) return { kind: 'unknown-code' };
      const before = state.tickets.get(code.ticketId)?.gen ?? 0;
      const isTaken = code.usedBy === null ? before > code.gen : code.usedBy !== callId;
      if (isTaken) return { kind: 'used' };
      const gen = code.gen + 1;
      const answer = this.#see(state, { ...code, gen });
      if (!('order' in answer)) return answer;
      code.usedBy = callId;
      if (gen > before) emit(state, { type: 'moved', ticketIds: [code.ticketId], gen });
      return { ...answer, ticketId: code.ticketId };
    });

  // ---- origins and passes

  keepAlive: ModelledStore['keepAlive'] = (_, caller, sessions, proof) =>
    this.#serve(caller, (state) =>
      sessions.map(({ ticketId: id, number }) => {
        const ticket = state.tickets.get(id);
        const inside = ticket?.state === 'entered';
        if (state.spent.has(id) || ticket?.left) return { kind: 'ended' };
        if (proof === 'origin' && !inside && (ticket || state.assumed === 0)) return { kind: 'ended' };
        const atMs = clockOf(state) + state.room.policy.sessionTtlMs;
        put(state, id, 'entered', { number, order: 0, ...ticket, atMs });
        if (!inside) {
          state.assumed = Math.max(0, state.assumed - 1);
          state.enteredTotal += 1;
          emit(state, { type: 'entered', ticketIds: [id], expiryMs: atMs });
        }
        return { kind: 'kept', expiryMs: atMs, number: ticketOf(state, id).number };
      }),
    );

  finish: ModelledStore['finish'] = (_, caller, session) =>
    this.#serve(caller, (state) => {
      const { ticketId: id, outcome, placesUsed, freesSeatInMs = 0 } = session;
      const counted = state.completed.get(id);
      if (counted !== undefined) return { kind: 'finished', outcome: 'completed', placesUsed: counted };
      const { places } = state.room.policy;
      const noneLeft = outcome === 'completed' && places !== null && state.placesUsed + placesUsed > places;
      const counts = outcome === 'completed' && !noneLeft;
      if (counts) {
        state.placesUsed += placesUsed;
        state.completed.set(id, placesUsed);
        state.completedTotal += 1;
      }
      const used = counts ? placesUsed : 0;
      const ticket = state.tickets.get(id);
      if (ticket?.state === 'entered' && freesSeatInMs > 0) {
        const atMs = Math.min(ticket.atMs, clockOf(state) + freesSeatInMs);
        Object.assign(ticket, { left: true, atMs });
        const ended = counts ? ('completed' as const) : ('gave-up' as const);
        emit(state, { type: 'ended', ticketIds: [id], outcome: ended, placesUsed: used });
      } else if (!state.spent.has(id)) {
        if (ticket?.state !== 'entered') state.assumed = Math.max(0, state.assumed - 1);
        if (ticket === undefined) state.endedTotal += 1;
        end(state, [id], counts ? 'completed' : 'gave-up', used);
      } else if (counts)
        emit(state, { type: 'ended', ticketIds: [id], outcome: 'completed', placesUsed: used });
      return noneLeft ? { kind: 'none-left' } : { kind: 'finished', outcome, placesUsed: used };
    });

  recover: ModelledStore['recover'] = async (memory, callerWallMs) =>
    recoverModel(this, memory, callerWallMs);

  observe(): ObservedRoom | null {
    return this.state === null ? null : observeModel(this.state);
  }
}
