/** The port to changes that wait for a second person, and to those decided lately. */
import { isDeepStrictEqual } from 'node:util';
import { type Proposal, proposalsMax } from '../domain/proposal.ts';

export type KeepAnswer = 'kept' | 'full' | 'decided';

export interface ProposalStore {
  /**
   * Keeps a proposal, or what became of it, until it expires; those that expired go. `full` when a new one would be one
   * more than `proposalsMax`. `before`: the state that it is in until then, null where it is new; `decided` when it is in
   * another, and then it stays as it is. Rejects with StoreUnknownError; safe to repeat.
   */
  keep(proposal: Proposal, before: Proposal['state'] | null, nowMs: number): Promise<KeepAnswer>;
  /** Of one room; expired ones may be among them. */
  list(roomId: string): Promise<Proposal[]>;
}

/** The port in this process's memory. */
export function memoryProposalStore(): ProposalStore {
  const rooms = new Map<string, Map<string, Proposal>>();
  return {
    async keep(proposal, before, nowMs) {
      const { roomId, proposalId } = proposal;
      forgetExpired(rooms, nowMs);
      const proposals = rooms.get(roomId) ?? new Map<string, Proposal>();
      const known = proposals.get(proposalId);
      if (known && isDeepStrictEqual(known, proposal)) return 'kept';
      if (before !== (known?.state ?? null)) return 'decided';
      if (before === null && proposals.size >= proposalsMax) return 'full';
      rooms.set(roomId, proposals.set(proposalId, structuredClone(proposal)));
      return 'kept';
    },
    async list(roomId) {
      return structuredClone([...(rooms.get(roomId)?.values() ?? [])]);
    },
  };
}

/** Of every room, also of those that were deleted. */
function forgetExpired(rooms: Map<string, Map<string, Proposal>>, nowMs: number): void {
  for (const [roomId, proposals] of rooms) {
    for (const [id, { expiresAtMs }] of proposals) if (expiresAtMs <= nowMs) proposals.delete(id);
    if (proposals.size === 0) rooms.delete(roomId);
  }
}
