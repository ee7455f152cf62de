/** One ticket's transition, asked for by whoever holds its queue token. */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { QueueStore, Reply, RoomCursor, Served } from '../store/queue-store.ts';
import { isMoved, type LocalTicket } from './local-ticket.ts';
import type { QueueClaims, QueueTokens } from './queue-token.ts';
import type { RoomBoard } from './room-board.ts';
import type { RoomLink } from './room-link.ts';
import type { Rooms } from './rooms.ts';
import type { Sightings } from './sightings.ts';

export type HolderCallParts = {
  link: RoomLink;
  rooms: Rooms;
  sightings: Sightings;
  tokens: QueueTokens;
  clock: Clock;
};

/** What the queue token says; throws token-refused. */
export function verifiedClaims(
  { tokens, clock }: Pick<HolderCallParts, 'tokens' | 'clock'>,
  roomId: string,
  queueToken: string,
): QueueClaims {
  const claims = tokens.verify(queueToken, roomId, clock.wallMs());
  if (!claims) throw new GuichetError('token-refused');
  return claims;
}

/** A ticket, as the token shown told it, and what the store answered. */
export type Held<Kind> = { board: RoomBoard; ticket: LocalTicket; claims: QueueClaims; reply: Served<Kind> };

/**
 * Asks the store; a ticket that it has lost is sighted first, then asked for once more. Throws room-unknown,
 * token-refused, ticket-over for one that does not come back, and ticket-moved: then the devices here know it, too.
 */
export async function callAsHolder<Kind extends { kind: string }>(
  parts: HolderCallParts,
  { roomId, queueToken }: { roomId: string; queueToken: string },
  ask: (store: QueueStore, cursor: RoomCursor, claims: QueueClaims) => Promise<Reply<Kind>>,
): Promise<Held<Exclude<Kind, { kind: 'moved' }>>> {
  const { rooms, link, sightings } = parts;
  const board = await rooms.resolve(roomId);
  const claims = verifiedClaims(parts, roomId, queueToken);
  const ticket = board.ticket(claims);
  // After a loss the store may not know it yet.
  if (isMoved(ticket)) throw new GuichetError('ticket-moved');
  const askStore = (): Promise<Served<Kind>> =>
    link.call(roomId, (store, cursor) => ask(store, cursor, claims));
  let reply = await askStore();
  if (reply.answer.kind === 'unknown') {
    const sighted = await sightings.ask(board, ticket);
    if (sighted.kind === 'gone' || sighted.kind === 'ended') throw new GuichetError('ticket-over');
    reply = await askStore();
  }
  if (reply.answer.kind === 'moved') {
    board.applySighting(ticket, { kind: 'moved' }, reply.head.eventNumber);
    throw new GuichetError('ticket-moved');
  }
  return { board, ticket, claims, reply: reply as Served<Exclude<Kind, { kind: 'moved' }>> };
}
