/** Looks with ten thousand different queue tokens in turn, so that no memory of one token carries the result. */
import { startBare } from './bare.ts';
import { compare, described } from './ratio.ts';
import { atLeast, atMost, type BenchRow } from './row.ts';
import { onStage } from './stage.ts';
import { storeCalls, storeCallsBetween } from './store-calls.ts';
import { takeTickets, tokenScript } from './tickets.ts';

const connections = 64;
const tokens = 10_000;

export const looks: BenchRow = {
  command: 'looks',
  async run(options) {
    return onStage({}, async (stage) => {
      const tickets = await takeTickets(stage, options.isShort ? 500 : tokens);
      const queueTokens = tickets.map(({ queueToken }) => queueToken);
      const path = `/v1/rooms/${stage.roomId}/ticket`;
      const headers = { authorization: `Bearer ${queueTokens[0]}` };
      const sample = await fetch(`${stage.roomUrl}/ticket`, { headers });
      const bare = await startBare({ method: 'GET', url: '/v1/rooms/:roomId/ticket' }, sample);
      try {
        const before = await storeCalls(stage);
        const load = { connections, script: tokenScript({ method: 'GET', path }, queueTokens) };
        const { ours, bare: theirs, ratio, requests } = await compare(stage, bare, { load, options });
        const { others, sights, seconds } = storeCallsBetween(before, await storeCalls(stage));
        return [
          atLeast(0.5, {
            name: `looks, ${tickets.length} tokens in turn, ${connections} connections: bare ÷ ours, CPU a request`,
            value: ratio,
            unit: '',
            beside: `ours ${described(ours)}; bare ${described(theirs)}`,
          }),
          atMost(0, {
            name: 'looks: Redis commands beyond ticks, gathered sights and upkeep',
            value: others,
            unit: `in ${requests} looks`,
            beside: `${sights} gathered sights in ${seconds} s`,
          }),
        ];
      } finally {
        await bare.stop();
      }
    });
  },
};
