/** Joins, each with a new Idempotency-Key, against a bare POST route; and what they cost Redis. */
import { startBare } from './bare.ts';
import { cpuTimeUs } from './cpu.ts';
import { compare, described } from './ratio.ts';
import { atLeast, atMost, type BenchRow } from './row.ts';
import { onStage } from './stage.ts';

const connections = 256;

/** wrk's script: a join with a key never used before. */
export function joinScript(roomId: string): string {
  return `
    local run, count
    function init()
      math.randomseed(os.time())
      run, count = math.random(0, 0xffffff), 0
    end
    function request()
      count = count + 1
      local key = string.format('%08x-0000-4000-8000-%012x', run, count)
      return 'POST /v1/rooms/${roomId}/tickets HTTP/1.1\\r\\nHost: room.example.org\\r\\nIdempotency-Key: ' .. key ..
        '\\r\\nContent-Length: 0\\r\\n\\r\\n'
    end`;
}

export const joins: BenchRow = {
  command: 'joins',
  async run(options) {
    return onStage({}, async (stage) => {
      const sample = await fetch(`${stage.roomUrl}/tickets`, { method: 'POST' });
      const bare = await startBare({ method: 'POST', url: '/v1/rooms/:roomId/tickets' }, sample);
      try {
        const redisPid = stage.redis.pid as number;
        const redisBeforeUs = cpuTimeUs(redisPid);
        const load = { connections, script: joinScript(stage.roomId) };
        const { ours, bare: theirs, ratio, requests } = await compare(stage, bare, { load, options });
        const redisUs = (cpuTimeUs(redisPid) - redisBeforeUs) / requests;
        return [
          atLeast(0.6, {
            name: `joins, Redis store, ${connections} connections: bare ÷ ours, CPU a request`,
            value: ratio,
            unit: '',
            beside: `ours ${described(ours)}; bare ${described(theirs)}`,
          }),
          atMost(12, {
            name: 'joins: Redis CPU',
            value: redisUs,
            unit: 'µs a join',
            beside: `${requests} joins, ticks and all included`,
          }),
        ];
      } finally {
        await bare.stop();
      }
    });
  },
};
