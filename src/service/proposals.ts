/**
 * Changes that wait for a second person. A proposal holds the whole change and the version that it makes, so that it
 * can only be confirmed for the room as its proposer saw it; the store takes a version once.
 */
import { randomUUID } from 'node:crypto';
import { includesScope, type KeyHolder } from '../domain/actor.ts';
import type { AuditEntry } from '../domain/audit.ts';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import { type Proposal, proposalTtlMs } from '../domain/proposal.ts';
import type { Room } from '../domain/room.ts';
import type { ProposalStore } from '../store/proposal-store.ts';
import type { RoomLink } from './room-link.ts';
import { changesOf } from './room-writer.ts';

export type ProposalsParts = {
  store: ProposalStore;
  link: Pick<RoomLink, 'retry'>;
  clock: Clock;
  /** Whether an API key was revoked, as far as is known here. */
  isRevoked: (keyId: string) => boolean;
};

export class Proposals {
  readonly #parts: ProposalsParts;

  constructor(parts: ProposalsParts) {
    this.#parts = parts;
  }

  /** Notes a change. Throws proposals-full. */
  async propose(
    {
      before,
      room,
      ...told
    }: {
      before: Room;
      room: Room;
      startedUs: number;
      action: AuditEntry['action'];
      needs: Proposal['needs'];
    },
    by: KeyHolder,
  ): Promise<Proposal> {
    const nowMs = this.#parts.clock.wallMs();
    const { keyId, name, scope } = by;
    const proposal: Proposal = {
      proposalId: randomUUID(),
      roomId: room.roomId,
      ...told,
      changes: changesOf(before, room),
      proposedBy: { keyId, name, scope },
      proposedAtMs: nowMs,
      expiresAtMs: nowMs + proposalTtlMs,
      room,
      state: 'waiting',
      decidedBy: null,
    };
    await this.#keep(proposal, null);
    return proposal;
  }

  /** Those of a room that are not over, oldest first. */
  async list(roomId: string): Promise<Proposal[]> {
    const { store, link, clock } = this.#parts;
    const all = await link.retry(() => store.list(roomId));
    return all
      .filter(({ expiresAtMs }) => expiresAtMs > clock.wallMs())
      .toSorted((one, other) => one.proposedAtMs - other.proposedAtMs);
  }

  /** Throws proposal-unknown: never made, or over for so long that it is forgotten. */
  async find(roomId: string, proposalId: string): Promise<Proposal> {
    const { store, link } = this.#parts;
    const all = await link.retry(() => store.list(roomId));
    const proposal = all.find((one) => one.proposalId === proposalId);
    if (!proposal) throw new GuichetError('proposal-unknown');
    return proposal;
  }

  /**
   * Throws unless this person may confirm it now, or did and asks again: proposal-own, key-forbidden, proposal-over
   * (decided, late, or proposed by a key that was revoked since).
   * `storeWallMs`: late by either clock is late.
   */
  checkConfirmable(proposal: Proposal, by: KeyHolder, storeWallMs: number): void {
    if (by.keyId === proposal.proposedBy.keyId) throw new GuichetError('proposal-own');
    if (!includesScope(by.scope, proposal.proposedBy.scope)) throw new GuichetError('key-forbidden');
    if (this.#parts.isRevoked(proposal.proposedBy.keyId)) throw over('the key that proposed it was revoked');
    const isOwnDecision = proposal.state === 'confirmed' && proposal.decidedBy?.keyId === by.keyId;
    if (proposal.state !== 'waiting' && !isOwnDecision) throw over(`it was ${proposal.state} already`);
    const nowMs = Math.max(this.#parts.clock.wallMs(), storeWallMs);
    if (nowMs >= proposal.expiresAtMs) throw over('it waited for an hour');
  }

  /** Decides on one that waits, once: whoever comes second is told proposal-over. */
  async decide(proposal: Proposal, state: 'confirmed' | 'withdrawn', by: KeyHolder): Promise<Proposal> {
    const { keyId, name } = by;
    const decided: Proposal = { ...proposal, state, decidedBy: { keyId, name } };
    await this.#keep(decided, 'waiting');
    return decided;
  }

  /** What was confirmed could not be made: it waits again, until it is over. */
  async undecide(decided: Proposal): Promise<void> {
    await this.#keep({ ...decided, state: 'waiting', decidedBy: null }, decided.state);
  }

  async #keep(proposal: Proposal, before: Proposal['state'] | null): Promise<void> {
    const { store, link, clock } = this.#parts;
    const answer = await link.retry(() => store.keep(proposal, before, clock.wallMs()));
    if (answer === 'full') throw new GuichetError('proposals-full');
    if (answer === 'decided') throw over('somebody decided on it at the same time');
  }
}

/** Of a proposal that nobody can confirm any more. */
export function over(why: string): GuichetError {
  return new GuichetError('proposal-over', { detail: `This change waits no more: ${why}` });
}
