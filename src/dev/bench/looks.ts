/** Looks with ten thousand different queue tokens in turn, so that no memory of one token carries the result. */
import { startBare } from './bare.ts';
import { compare, described } from './ratio.ts';
import { commandCalls } from './redis-stats.ts';
import { atLeast, atMost, type BenchRow } from './row.ts';
import { type BenchStage, onStage } from './stage.ts';
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
        const after = await storeCalls(stage);
        // The index of rooms is read with the ticks, once a second.
        const seconds = Math.ceil((after.atMs - before.atMs) / 1_000);
        const indexReads = Math.max(0, after.index - before.index - seconds);
        const others = after.scripts - before.scripts - (after.known - before.known) + indexReads;
        return [
          atLeast(0.5, {
            name: `looks, ${tickets.length} tokens in turn, ${connections} connections: bare ÷ ours, CPU a request`,
            value: ratio,
            unit: '',
            beside: `ours ${described(ours)}; bare ${described(theirs)}`,
          }),
          atMost(0, {
            name: 'looks: Redis commands beyond ticks and gathered sights',
            // One tick may be counted by one side and not yet by the other.
            value: Math.max(0, others),
            unit: `in ${requests} looks`,
            beside: `${after.sights - before.sights} gathered sights in ${seconds} s`,
          }),
        ];
      } finally {
        await bare.stop();
      }
    });
  },
};

/** Calls that the service made (its own count of ticks and sights), and those that Redis counted from clients. */
async function storeCalls({ service, redis }: BenchStage) {
  const metrics = await (await fetch(`${service.internalUrl}/metrics`)).text();
  const made = (call: string): number =>
    Number(
      new RegExp(`^guichet_store_seconds_count\\{call="${call}"\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0,
    );
  const calls = await commandCalls(redis);
  const sights = made('sight');
  return {
    scripts: calls.get('evalsha') ?? 0,
    known: made('tick') + sights,
    sights,
    index: calls.get('hgetall') ?? 0,
    atMs: performance.now(),
  };
}
