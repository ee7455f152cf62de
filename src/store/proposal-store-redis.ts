/** Proposals on Redis: a hash for each room that is asked for one, gone by itself when all are over. */
import type { Redis } from 'ioredis';
import { type Proposal, proposalsMax, proposalTtlMs } from '../domain/proposal.ts';
import type { ProposalStore } from './proposal-store.ts';
import { known, runScript } from './redis-calls.ts';
import { proposalsKey } from './redis-keys.ts';

export function redisProposalStore({
  redis,
  waitReplicas,
}: {
  redis: Redis;
  /** Replicas that must have each write before it counts. */
  waitReplicas: number;
}): ProposalStore {
  return {
    async keep(proposal, nowMs) {
      const { roomId, proposalId, expiresAtMs } = proposal;
      const numbers = [Math.floor(nowMs), Math.floor(expiresAtMs), proposalsMax, proposalTtlMs];
      const given = [proposalsKey(roomId), proposalId, JSON.stringify(proposal), ...numbers];
      return (await runScript(redis, 'proposal_keep', given, waitReplicas)) as 'kept' | 'full';
    },
    list(roomId) {
      return known('read proposals', async () => {
        const texts = await redis.hvals(proposalsKey(roomId));
        return texts.map((text) => JSON.parse(text.slice(text.indexOf(' ') + 1)) as Proposal);
      });
    },
  };
}
