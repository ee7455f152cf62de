import { expect, test } from 'vitest';
import { redisAlarmStore } from '../../src/store/alarm-store-redis.ts';
import type { ScriptName } from '../../src/store/redis-scripts.ts';
import { alarmCalls } from '../support/every-script.ts';
import { connected, expectAnswersAnew, replicasToConfirm } from '../support/script-cache.ts';

const answers: Partial<Record<ScriptName, unknown>> = {
  alarm_report: expect.objectContaining({ pending: 1, series: 'seed' }),
  alarm_claim: expect.objectContaining({ kind: 'leased', tries: 1 }),
  alarm_renew: true,
  alarm_settle: 'settled',
};

test.each(replicasToConfirm)(
  'each script of alarms runs after the cache was emptied before it, with %i replicas to confirm',
  async (waitReplicas) => {
    const { redis, admin } = await connected(waitReplicas);
    const alarms = redisAlarmStore({ redis, waitReplicas });
    await expectAnswersAnew(
      admin,
      alarmCalls({ alarms }).map(({ name, ask }) => [ask, answers[name]]),
    );
    await alarms.close();
  },
  30_000,
);
