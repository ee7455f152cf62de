/** Guards are shown to matter by taking them out of the scripts: nothing would be shown if another text ran than the changed one. */
import { expect, onTestFinished, test } from 'vitest';
import { everyScriptChanged, withChangedScripts } from '../../src/dev/changed-scripts.ts';
import { runScript } from '../../src/store/redis-calls.ts';
import { connected, replicasToConfirm } from '../support/script-cache.ts';

const ran = 'test:ran';

test.each(replicasToConfirm)('the changed text runs, with %i replicas to confirm', async (waitReplicas) => {
  const { redis, admin } = await connected(waitReplicas);
  onTestFinished(() => redis.disconnect());
  const texts = everyScriptChanged((text) => text.replace('\n', `\nredis.call('INCR', '${ran}')\n`));
  const changed = withChangedScripts(redis, texts);
  const ask = (client: typeof redis): Promise<unknown> =>
    runScript(client, 'api_keys_use', ['records', 'revoked', 'used', 'version'], waitReplicas);
  // The server may have the text as it is from others.
  expect(await ask(redis)).toBe('noted');
  // The changed one it does not have, then it has, then it has forgotten it.
  for (const times of ['1', '2', '3']) {
    expect(await ask(changed)).toBe('noted');
    expect(await admin.get(ran)).toBe(times);
    if (times === '2') await admin.script('FLUSH');
  }
  expect(await ask(redis)).toBe('noted');
  expect(await admin.get(ran)).toBe('3');
});
