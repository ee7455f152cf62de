/** Changes that wait for a second person: to see them, confirm them, and take them back. */
import type { KeyHolder } from '../domain/actor.ts';
import type { GuichetError } from '../domain/errors.ts';
import type { Proposal } from '../domain/proposal.ts';
import type { Room } from '../domain/room.ts';
import type { RoomHead } from '../store/queue-store.ts';
import type { AuditTrail } from '../domain/audit.ts';
import { over, type Proposals } from './proposals.ts';
import type { RoomBoard } from './room-board.ts';
import { actorOf, isSameRoom, type RoomTaken, type RoomWriter } from './room-writer.ts';
import type { Rooms } from './rooms.ts';

export type ConfirmationsParts = {
  rooms: Rooms;
  writer: RoomWriter;
  proposals: Proposals;
  audit: AuditTrail;
};

export class Confirmations {
  readonly #parts: ConfirmationsParts;

  constructor(parts: ConfirmationsParts) {
    this.#parts = parts;
  }

  /** Those of a room that are not over, oldest first; of this run of it. Throws room-unknown. */
  async list(roomId: string): Promise<Proposal[]> {
    const { head } = await this.#parts.rooms.resolve(roomId);
    const proposals = await this.#parts.proposals.list(roomId);
    return proposals.filter(({ startedUs }) => startedUs === head?.startedUs);
  }

  /**
   * Makes a change that waited for this person; by the same person again (a lost reply): the same. It is decided on
   * before it is made, so that nobody can take it back meanwhile. Throws proposal-unknown, proposal-own, key-forbidden,
   * and proposal-over: decided, late, or the room was changed meanwhile.
   */
  async confirm(roomId: string, proposalId: string, by: KeyHolder): Promise<RoomTaken> {
    const { rooms, proposals, writer } = this.#parts;
    const board = await rooms.resolve(roomId);
    const proposal = await proposals.find(roomId, proposalId);
    await writer.refresh(board);
    const isRepeat = proposal.state === 'confirmed' && proposal.decidedBy?.keyId === by.keyId;
    if (isRepeat && isMade(proposal, board)) return writer.asIs(board);
    const { head, room: before } = board as unknown as { head: RoomHead; room: Room };
    proposals.checkConfirmable(proposal, by, head.wallMs);
    if (before.version + 1 !== proposal.room.version || head.startedUs !== proposal.startedUs)
      throw changed();
    const decided = await proposals.decide(proposal, 'confirmed', by);
    const { action, room: after, proposedBy } = proposal;
    const { keyId, name } = proposedBy;
    // The room's reason is why it is in its state, and not why anything else was changed.
    const isOfState = 'state' in proposal.changes.after || 'stateReason' in proposal.changes.after;
    const told = { action, reason: isOfState ? after.reason : null, proposedBy: { keyId, name } };
    const taken = await writer.write(board, { before, after }, told, by);
    if (taken) return taken;
    // The same person may have asked twice at once.
    await writer.refresh(board);
    if (isMade(proposal, board)) return writer.asIs(board);
    await proposals.undecide(decided);
    throw changed();
  }

  /** Takes a proposal back, or refuses it; again: the same. Throws proposal-unknown, proposal-over. */
  async withdraw(roomId: string, proposalId: string, by: KeyHolder): Promise<Proposal> {
    const { rooms, proposals, audit } = this.#parts;
    await rooms.resolve(roomId);
    const proposal = await proposals.find(roomId, proposalId);
    if (proposal.state === 'withdrawn') return proposal;
    if (proposal.state !== 'waiting') throw over(`it was ${proposal.state} already`);
    const entry = { roomId, actor: actorOf(by), action: 'room.withdraw', reason: null } as const;
    await audit.record({ ...entry, before: { proposalId, action: proposal.action }, after: null });
    return proposals.decide(proposal, 'withdrawn', by);
  }
}

/** Whether the room is as it was proposed. */
function isMade({ room, startedUs }: Proposal, board: RoomBoard): boolean {
  return (
    board.room?.version === room.version &&
    board.head?.startedUs === startedUs &&
    isSameRoom(board.room, room)
  );
}

function changed(): GuichetError {
  return over('the room was changed since it was proposed');
}
