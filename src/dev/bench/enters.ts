/** Enters, each of which signs a pass and a hand-over, against a bare route that signs once. */
import { startBare } from './bare.ts';
import { compare, described } from './ratio.ts';
import { atMost, type BenchRow } from './row.ts';
import { onStage } from './stage.ts';
import { takeTickets, tokenScript } from './tickets.ts';

const connections = 64;
const tickets = 2_000;

export const enters: BenchRow = {
  command: 'enters',
  async run(options) {
    const seats = options.isShort ? 200 : tickets;
    return onStage(
      {
        policy: { capacity: seats * 2, outflowPerMinute: 600_000, batchSizeMax: 20_000 },
      },
      async (stage) => {
        const held = await takeTickets(stage, seats);
        const queueTokens = held.map(({ queueToken }) => queueToken);
        const path = `/v1/rooms/${stage.roomId}/ticket/enter`;
        const enter = { method: 'POST', headers: { authorization: `Bearer ${queueTokens[0]}` } };
        const sample = await fetch(`${stage.roomUrl}/ticket/enter`, enter);
        if (sample.status !== 200) throw new Error(`an enter was answered ${sample.status}`);
        const bare = await startBare(
          { method: 'POST', url: '/v1/rooms/:roomId/ticket/enter', signs: true },
          sample,
        );
        try {
          const load = { connections, script: tokenScript({ method: 'POST', path }, queueTokens) };
          const { ours, bare: theirs, ratio } = await compare(stage, bare, { load, options });
          return [
            atMost(1.4, {
              name: 'enters: ours ÷ (bare + one ES256 signature), CPU a request',
              value: 1 / ratio,
              unit: '',
              beside: `ours ${described(ours)}; bare ${described(theirs)}`,
            }),
          ];
        } finally {
          await bare.stop();
        }
      },
    );
  },
};
