import { expect, test, vi } from 'vitest';
import { redisAlarmStore } from '../../src/store/alarm-store-redis.ts';
import { connectToServer } from '../../src/dev/redis-client.ts';
import { connectTo, startRedis, startReplicaOf } from '../support/redis.ts';

test.each([0, 1])(
  'each script of alarms runs after the cache was emptied before it, with %i replicas to confirm',
  async (waitReplicas) => {
    const server = await startRedis();
    if (waitReplicas > 0) await startReplicaOf(server);
    const admin = connectTo(server.url);
    const redis = connectToServer(server.url, { name: 'test', onError: () => undefined });
    await vi.waitFor(() => expect(redis.status).toBe('ready'), 5_000);
    const store = redisAlarmStore({ redis, waitReplicas });
    const report = {
      replicaId: 'a',
      held: [{ subject: 'nobody-admitted pool', facts: '{}' }],
      channels: ['webhook'],
      knownVersion: '',
      seed: 'seed',
      outage: null,
    };
    const entryId = `${'1'.padStart(12, '0')} webhook`;
    const held = { channel: 'webhook', claimId: 'x', entryId };
    const asks: [ask: () => Promise<unknown>, answer: unknown][] = [
      [() => store.report(report), expect.objectContaining({ pending: 1, series: 'seed' })],
      [() => store.claim('webhook', 'x'), expect.objectContaining({ kind: 'leased', tries: 1 })],
      [() => store.renew(held), true],
      [() => store.settle(held, { kind: 'sent' }), 'settled'],
      [() => store.leave('a'), undefined],
    ];
    for (const [ask, answer] of asks) {
      await admin.script('FLUSH');
      expect(await ask()).toEqual(answer);
    }
    await store.close();
  },
  30_000,
);
