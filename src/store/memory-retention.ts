/**
 * How long a memory room keeps what is kept of people once it is closed, and how that is deleted. The same as
 * store/lua/_retention.lua and purge.lua; what other memory stores keep of the room, they drop themselves when they see
 * `purgedUs`.
 */
import { held, type MemoryRoom, noDelivery, noTickets, wallMs } from './memory-room.ts';
import { sortedIds } from './memory-sorted-ids.ts';

const dayMs = 86_400_000;
/** Codes looked at in one tick of an emptied room, for those that are over. */
const codesPerTickMax = 500;

/** A room closed before there was this is noted by the first tick that sees it. */
export function noteClosing(state: MemoryRoom): void {
  if (state.room.state !== 'closed') state.closedAtMs = 0;
  else if (state.closedAtMs === 0) state.closedAtMs = wallMs(state);
}

/** Only when both clocks say so: one that runs ahead deletes nothing. */
export function isPastRetention(state: MemoryRoom, callerWallMs: number): boolean {
  const { closedAtMs, room } = state;
  const closedForMs = Math.min(wallMs(state), Math.floor(callerWallMs)) - closedAtMs;
  return closedAtMs > 0 && closedForMs >= room.policy.retainDays * dayMs;
}

/** Deletes what the room keeps of people once its retention is over. False: too early, or nothing is left. */
export function purge(state: MemoryRoom, callerWallMs: number): boolean {
  if (!isPastRetention(state, callerWallMs)) return false;
  forgetCodes(state);
  const isFirst = state.purgedUs < state.closedAtMs * 1_000;
  if (!isFirst && isEmpty(state)) return false;
  state.freedTotal += held({ ...state, assumed: 0 });
  Object.assign(state, noTickets(), {
    spent: sortedIds(),
    completed: new Map(),
    redeemed: new Map(),
    deadLetters: [],
    delivery: noDelivery(),
    assumed: 0,
    assumedBase: 0,
    assumedUntilMs: 0,
    sweepFrom: 0,
  } satisfies Partial<MemoryRoom>);
  // Later than every order given out, and seen in the cursor of whoever has heard of it.
  state.lastOrder = Math.max(state.wallUs, state.lastOrder + 1);
  state.purgedUs = state.lastOrder;
  state.eventNumber += 1;
  state.eventsFrom = state.eventNumber;
  return true;
}

function isEmpty({ tickets, spent, completed, events, frame, outbox, deadLetters }: MemoryRoom): boolean {
  const lists = [spent.ids, events, outbox, deadLetters];
  return frame === null && tickets.size + completed.size === 0 && lists.every(({ length }) => length === 0);
}

/** Codes end by themselves, as their keys do in Redis. */
function forgetCodes(state: MemoryRoom): void {
  for (const [name, offer] of state.offers.entries().take(codesPerTickMax)) {
    state.offers.delete(name);
    // Last: it comes up again when all others have.
    if (offer.expiresAtMs > wallMs(state)) state.offers.set(name, offer);
  }
}
