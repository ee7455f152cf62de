/** Recovery, for the model: a caller that knows more brings the room up to what it knows. */
import type { RecoverAnswer, RoomMemory, Served } from '../../src/store/queue-store.ts';
import type { Model } from './model.ts';
import {
  clockOf,
  emit,
  forget,
  headOf,
  idsIn,
  isBehind,
  lineageOf,
  merges,
  million,
  newModelRoom,
  ticketOf,
} from './model-room.ts';

export function recoverModel(model: Model, memory: RoomMemory, callerWallMs: number): Served<RecoverAnswer> {
  const existing = model.state;
  const replaces = existing !== null && memory.startedUs > existing.startedUs;
  const isMerged = existing !== null && !replaces && merges(existing, memory);
  const isFirst = existing === null || replaces || (!isMerged && isBehind(existing, memory));
  const state =
    existing === null || replaces ? newModelRoom(memory.room, memory.startedUs, model.now()) : existing;
  if (existing !== null) state.codes = existing.codes;
  model.state = state;
  const isForgotten = memory.startedUs < state.startedUs;
  if (isFirst && !isForgotten) state.runId = model.runId;
  model.advance(state, memory.lastOrder);
  if (isForgotten) return { kind: 'served', head: headOf(state), answer: 'forgotten' };
  if (isFirst) {
    Object.assign(state, { tickets: new Map(), events: [], frame: null });
    Object.assign(state, { assumed: 0, assumedBase: 0, assumedUntilMs: 0, releasedAtMs: 0, bucket: 0 });
    const [stored, known] = [lineageOf(state.epochId), lineageOf(memory.epochId)];
    const isEarlier = stored < known || (stored === known && state.epochNumber < memory.epochNumber);
    if (isEarlier || state.epochId === memory.epochId) state.placesRemembered = state.placesUsed;
    state.clockUs = Math.max(state.clockUs, memory.clockMs * 1_000);
  }
  if (isFirst || isMerged) {
    const isNewer = memory.room.version > state.room.version;
    if (isNewer) state.room = memory.room;
    if (state.room.state !== 'closed') state.closedAtMs = 0;
    state.bucket = Math.min(state.bucket, state.room.policy.batchSizeMax * million);
    if (isNewer && isMerged) emit(state, { type: 'room', version: memory.room.version, change: null });
    const before = state.frontier;
    for (const name of ['eventNumber', 'epochNumber', 'frontier'] as const) {
      state[name] = Math.max(state[name], memory[name]);
    }
    const waiting = [...idsIn(state, 'waiting'), ...idsIn(state, 'parked')];
    const released = waiting.filter((id) => {
      return ticketOf(state, id).order > before && ticketOf(state, id).order <= state.frontier;
    });
    for (const id of released) Object.assign(ticketOf(state, id), { state: 'lapsed', atMs: clockOf(state) });
    if (released.length > 0) emit(state, { type: 'lapsed', ticketIds: released });
    state.lastNumber = Math.max(state.lastNumber, memory.lastNumber + 1_000);
    state.lastOrder = Math.max(state.lastOrder, memory.lastOrder + 5 * million);
    state.placesUsed += Math.max(0, memory.placesUsed - state.placesRemembered);
    state.placesRemembered = Math.max(state.placesRemembered, memory.placesUsed);
    const { capacity, outflowPerMinute, batchSizeMax, sessionTtlMs, enterWithinMs, recoverWithinMs } =
      state.room.policy;
    const since =
      batchSizeMax + Math.ceil((outflowPerMinute * (callerWallMs - memory.rememberedAtMs)) / 60_000);
    const inside = Math.max(memory.held, Math.min(capacity, memory.held + since));
    state.assumed += Math.max(0, inside - state.assumedBase);
    state.assumedBase = Math.max(state.assumedBase, inside);
    state.assumedUntilMs = Math.max(state.assumedUntilMs, clockOf(state) + sessionTtlMs + enterWithinMs);
    if (isFirst) {
      const lineages = [memory.epochId, state.epochId].map((id) => lineageOf(id) + 1);
      model.newEpoch(state, model.newLineage(Math.max(state.wallUs, ...lineages)));
      state.holdUntilMs = clockOf(state) + recoverWithinMs;
      state.recoverUntilMs = state.holdUntilMs;
      state.eventsFrom = state.eventNumber;
    } else state.epochFrom = Math.max(state.epochFrom, memory.eventNumber);
    emit(state, { type: 'recovered', epochNumber: state.epochNumber });
    if (isFirst) state.epochFrom = state.eventNumber;
  }
  const isTaken = isFirst || isMerged;
  for (const { ticketId, outcome, placesUsed } of isTaken ? memory.ended : []) {
    const ticket = state.tickets.get(ticketId);
    if (ticket?.state === 'entered' && outcome === 'left') ticket.left = true;
    else forget(state, ticketId);
    if (outcome === 'completed' && !state.completed.has(ticketId)) state.completed.set(ticketId, placesUsed);
  }
  return { kind: 'served', head: headOf(state), answer: isTaken ? 'recovered' : 'known' };
}
