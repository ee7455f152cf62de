/** The failover drill, played on a real trio and a Cluster: what it reports is what happened. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startRedisCluster } from '../../src/dev/redis-cluster.ts';
import { startSentinelTrio } from '../../src/dev/redis-sentinel.ts';
import { guichet, guichetJson } from '../support/command-line.ts';
import { serviceForTest } from '../support/service.ts';

test.each(['sentinel', 'cluster'] as const)(
  'over a forced failover of %s all that was confirmed stays so, and the report says so',
  async (kind) => {
    const topology = kind === 'sentinel' ? await startSentinelTrio() : await startRedisCluster();
    onTestFinished(() => topology.stop());
    const environment = { REDIS_URL: topology.url, GUICHET_REDIS_WAIT_REPLICAS: '1' };
    const service = await serviceForTest({ environment });
    const directory = await mkdtemp(join(tmpdir(), 'guichet-drill-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const path = join(directory, 'report.md');
    const { code, body } = await guichetJson(['drill', 'failover', '--yes', '--out', path], {
      environment: {
        ...environment,
        GUICHET_SIGNING_KEYS_FILE: join(service.directory, 'signing-keys.json'),
        GUICHET_PUBLIC_URL: service.publicUrl,
        GUICHET_API_URL: service.internalUrl,
        GUICHET_API_KEY: service.keys.admin,
      },
    });
    expect(body).toMatchObject({ held: true, broken: [], topology: kind, before: 'would be survived' });
    expect(code).toBe(0);
    expect(Number(body['tickets'])).toBeGreaterThan(20);
    expect(Number(body['inside'])).toBeLessThanOrEqual(10);
    const report = await readFile(path, 'utf8');
    expect(report).toMatch(/^# Failover drill of \d{4}-\d\d-\d\d: everything confirmed stayed so\n/);
    expect(report).toContain('FAILOVER');
    // Nothing of it stays behind.
    await vi.waitFor(async () => expect((await service.internal('/v1/rooms')).text).not.toContain('drill-'));
  },
  120_000,
);

test('it does nothing without a yes, without Redis, or where nothing takes over', async () => {
  expect(await guichetJson('drill failover')).toMatchObject({ code: 2 });
  const { code, err } = await guichet('drill failover --yes --lang fr');
  expect([code, err]).toEqual([1, expect.stringContaining('La file est en mémoire')]);
});
