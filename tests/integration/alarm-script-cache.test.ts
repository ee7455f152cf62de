import { expect, test } from 'vitest';
import { redisAlarmStore } from '../../src/store/alarm-store-redis.ts';
import { connected, expectAnswersAnew, replicasToConfirm } from '../support/script-cache.ts';

test.each(replicasToConfirm)(
  'each script of alarms runs after the cache was emptied before it, with %i replicas to confirm',
  async (waitReplicas) => {
    const { redis, admin } = await connected(waitReplicas);
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
    await expectAnswersAnew(admin, [
      [() => store.report(report), expect.objectContaining({ pending: 1, series: 'seed' })],
      [() => store.claim('webhook', 'x'), expect.objectContaining({ kind: 'leased', tries: 1 })],
      [() => store.renew(held), true],
      [() => store.settle(held, { kind: 'sent' }), 'settled'],
      [() => store.leave('a'), undefined],
    ]);
    await store.close();
  },
  30_000,
);
