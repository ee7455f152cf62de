/** What moves the model's queue: those who join, and a tick, at which those whose turn it is are let in. */
import type { JoinAnswer, RoomCursor, TickAnswer, TickOptions } from '../../src/store/queue-store.ts';
import {
  answerOf,
  clockOf,
  emit,
  end,
  idsIn,
  type ModelRoom,
  newestFrame,
  presentUntil,
  put,
  release,
  ticketOf,
} from './model-room.ts';
import type { ObservedTicket } from './observed-room.ts';

export function tickModel(
  state: ModelRoom,
  caller: RoomCursor,
  { readFrom, knownVersion }: TickOptions,
): TickAnswer {
  const { sessionTtlMs, enterWithinMs, abandonAfterMs, presentWithinMs, releaseEveryMs } = state.room.policy;
  const now = clockOf(state);
  const nobodyLeft = idsIn(state, 'waiting').length + idsIn(state, 'admitted').length === 0;
  if (state.room.state === 'draining' && nobodyLeft) {
    state.room = { ...state.room, state: 'closed', version: state.room.version + 1 };
    const change = { from: 'draining', to: 'closed', cause: 'drained' } as const;
    emit(state, { type: 'room', version: state.room.version, change });
  }
  if (state.room.state !== 'closed') state.closedAtMs = 0;
  else state.closedAtMs ||= Math.floor(state.wallUs / 1_000);
  const over = (name: ObservedTicket['state']): string[] =>
    idsIn(state, name).filter((id) => ticketOf(state, id).atMs <= now);
  end(state, over('entered'), 'expired');
  const lapsing = over('admitted');
  for (const id of lapsing) Object.assign(ticketOf(state, id), { state: 'lapsed', atMs: now, extensions: 0 });
  state.freedTotal += lapsing.length;
  state.lapsedTotal += lapsing.length;
  if (lapsing.length > 0) emit(state, { type: 'lapsed', ticketIds: lapsing });
  if (now - state.releasedAtMs >= releaseEveryMs * 0.9) {
    release(state, Number.POSITIVE_INFINITY);
    state.releasedAtMs = now;
  }
  const isPresent = (id: string): boolean => ticketOf(state, id).atMs >= now;
  state.presentSoFar = idsIn(state, 'waiting').filter(isPresent).length;
  Object.assign(state, { present: state.presentSoFar, presentAtMs: now });
  for (const id of idsIn(state, 'waiting')) {
    if (ticketOf(state, id).atMs < now - abandonAfterMs + presentWithinMs)
      ticketOf(state, id).state = 'parked';
  }
  const first = state.events.findIndex(({ atMs }) => now - atMs <= sessionTtlMs + enterWithinMs);
  const trimmed = state.events.splice(0, first === -1 ? state.events.length : first);
  state.eventsFrom = Math.max(state.eventsFrom, trimmed.at(-1)?.eventNumber ?? 0);
  const isOther = caller.epochNumber > 0 && caller.epochId !== state.epochId;
  return {
    frame: newestFrame(state),
    room: state.room.version === knownVersion ? null : state.room,
    events: state.events.filter(({ eventNumber }) => eventNumber > readFrom),
    gap: isOther || readFrom < state.eventsFrom,
    more: false,
    readTo: state.eventNumber,
  };
}

export function joinModel(state: ModelRoom, ids: readonly string[]): JoinAnswer[] {
  const { policy, state: roomState } = state.room;
  const isFull = policy.places !== null && state.placesUsed >= policy.places;
  const closed = roomState === 'closed' || roomState === 'draining' ? 'closed' : null;
  const refusal = closed ?? (roomState === 'bypass' ? 'bypass' : isFull ? 'no-places-left' : null);
  const before = idsIn(state, 'waiting').length;
  const made: string[] = [];
  for (const id of ids) {
    if (state.spent.has(id) || state.tickets.has(id)) continue;
    if (refusal !== null || state.tickets.size >= policy.ticketsMax) continue;
    state.lastNumber += 1;
    state.lastOrder = Math.max(state.wallUs, state.lastOrder + 1);
    put(state, id, 'waiting', {
      number: state.lastNumber,
      order: state.lastOrder,
      atMs: presentUntil(state),
    });
    made.push(id);
  }
  state.joinedTotal += made.length;
  const taken = before === 0 ? release(state, made.length) : [];
  return ids.map((id) => {
    const ticket = state.tickets.get(id);
    if (state.spent.has(id)) return { kind: 'gone' };
    if (ticket === undefined) return { kind: refusal ?? 'full' };
    if (ticket.gen > 0) return { kind: 'moved' };
    if (ticket.left) return { kind: 'gone' };
    const waits = made.includes(id) && !taken.includes(id);
    return {
      ...(answerOf(ticket) as { kind: 'waiting' } & Omit<ObservedTicket, 'state' | 'left'>),
      position: waits ? before + made.indexOf(id) + 1 - taken.length : null,
      releaseNumber: taken.includes(id) ? state.releaseNumber : null,
    };
  });
}
