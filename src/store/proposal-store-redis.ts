/** Proposals on Redis: a hash for each room that is asked for one, gone by itself when all are over. */
import { type Proposal, proposalsMax, proposalTtlMs } from '../domain/proposal.ts';
import type { KeepAnswer, ProposalStore } from './proposal-store.ts';
import { known, runScript } from './redis-calls.ts';
import type { RedisClient } from './redis-connection.ts';
import { proposalsKey } from './redis-keys.ts';

export function redisProposalStore({
  redis,
  waitReplicas,
}: {
  redis: RedisClient;
  /** Replicas that must have each write before it counts. */
  waitReplicas: number;
}): ProposalStore {
  return {
    async keep(proposal, before, nowMs) {
      const { roomId, proposalId, expiresAtMs, state } = proposal;
      const numbers = [Math.floor(nowMs), Math.floor(expiresAtMs), proposalsMax, proposalTtlMs];
      const states = [state, before ?? ''];
      const given = [proposalsKey(roomId), proposalId, JSON.stringify(proposal), ...numbers, ...states];
      return (await runScript(redis, 'proposal_keep', given, waitReplicas)) as KeepAnswer;
    },
    list(roomId) {
      return known('read proposals', async () => {
        const texts = await redis.hvals(proposalsKey(roomId));
        return texts.map((text) => JSON.parse(text.slice(text.indexOf('{'))) as Proposal);
      });
    },
  };
}
