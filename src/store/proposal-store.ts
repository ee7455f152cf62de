/** The port to changes that wait for a second person, and to those decided lately. */
import { type Proposal, proposalsMax } from '../domain/proposal.ts';

export interface ProposalStore {
  /**
   * Keeps a proposal, or what became of it, until it expires; those that expired go. `full` when a new one would be one
   * more than `proposalsMax`. Rejects with StoreUnknownError; safe to repeat.
   */
  keep(proposal: Proposal, nowMs: number): Promise<'kept' | 'full'>;
  /** Of one room; expired ones may be among them. */
  list(roomId: string): Promise<Proposal[]>;
}

/** The port in this process's memory. */
export function memoryProposalStore(): ProposalStore {
  const rooms = new Map<string, Map<string, Proposal>>();
  return {
    async keep(proposal, nowMs) {
      const proposals = rooms.get(proposal.roomId) ?? new Map<string, Proposal>();
      for (const [id, { expiresAtMs }] of proposals) if (expiresAtMs <= nowMs) proposals.delete(id);
      const isNew = !proposals.has(proposal.proposalId);
      if (isNew && proposals.size >= proposalsMax) return 'full';
      rooms.set(proposal.roomId, proposals.set(proposal.proposalId, structuredClone(proposal)));
      return 'kept';
    },
    async list(roomId) {
      return structuredClone([...(rooms.get(roomId)?.values() ?? [])]);
    },
  };
}
