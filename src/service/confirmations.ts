/** Changes that wait for a second person: to see them, confirm them, and take them back. */
import type { KeyHolder } from '../domain/actor.ts';
import type { Proposal } from '../domain/proposal.ts';
import type { Room } from '../domain/room.ts';
import type { RoomHead } from '../store/queue-store.ts';
import type { AuditTrail } from '../domain/audit.ts';
import { over, type Proposals } from './proposals.ts';
import { actorOf, type RoomTaken, type RoomWriter } from './room-writer.ts';
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

  /** Those of a room that are not over, oldest first. Throws room-unknown. */
  async list(roomId: string): Promise<Proposal[]> {
    await this.#parts.rooms.resolve(roomId);
    return this.#parts.proposals.list(roomId);
  }

  /**
   * Makes a change that waited for this person; by the same person again (a lost reply): the same. Throws
   * proposal-unknown, proposal-own, key-forbidden, and proposal-over: decided, late, or the room was changed meanwhile.
   */
  async confirm(roomId: string, proposalId: string, by: KeyHolder): Promise<RoomTaken> {
    const { rooms, proposals, writer } = this.#parts;
    const board = await rooms.resolve(roomId);
    const proposal = await proposals.find(roomId, proposalId);
    await writer.refresh(board);
    const { head, room: before } = board as unknown as { head: RoomHead; room: Room };
    const isRepeat = proposal.state === 'confirmed' && proposal.decidedBy?.keyId === by.keyId;
    if (isRepeat && before.version === proposal.room.version) return writer.asIs(board);
    proposals.checkConfirmable(proposal, by, head.wallMs);
    const isOfBefore = before.version + 1 !== proposal.room.version || head.startedUs !== proposal.startedUs;
    if (isOfBefore) throw over('the room was changed since it was proposed');
    const { action, room: after, proposedBy } = proposal;
    const { keyId, name } = proposedBy;
    const told = { action, reason: after.reason, proposedBy: { keyId, name } };
    const taken = await writer.write(board, { before, after }, told, by);
    if (!taken) throw over('the room was changed since it was proposed');
    await proposals.settle(proposal, 'confirmed', by);
    return taken;
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
    return proposals.settle(proposal, 'withdrawn', by);
  }
}
