/** The failover drill, played on a real trio and a Cluster: what it reports is what happened. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startRedisCluster } from '../../src/dev/redis-cluster.ts';
import { startSentinelTrio } from '../../src/dev/redis-sentinel.ts';
import { guichet, guichetJson } from '../support/command-line.ts';
import { startFakeSentinel } from '../support/fake-sentinel.ts';
import { QuickClock } from '../support/quick-clock.ts';
import { startRedis } from '../support/redis.ts';
import { serviceForTest, type TestService } from '../support/service.ts';

/** So much faster that what is waited for in vain takes a few seconds. */
const timesFaster = 15;

function drillEnvironment(service: TestService): Record<string, string> {
  return {
    GUICHET_SIGNING_KEYS_FILE: join(service.directory, 'signing-keys.json'),
    GUICHET_PUBLIC_URL: service.publicUrl,
    GUICHET_API_URL: service.internalUrl,
    GUICHET_API_KEY: service.keys.admin,
  };
}

async function reportPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-drill-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'report.md');
}

test.each([
  ['sentinel', 'would be survived'],
  // One replica of each primary.
  ['cluster', expect.stringContaining('replicas online: 1, needed: 2') as string],
] as const)(
  'over a forced failover of %s all that was confirmed stays so, and the report says so',
  async (kind, before) => {
    const topology = kind === 'sentinel' ? await startSentinelTrio() : await startRedisCluster();
    onTestFinished(() => topology.stop());
    const environment = { REDIS_URL: topology.url, GUICHET_REDIS_WAIT_REPLICAS: '1' };
    const service = await serviceForTest({ environment });
    const path = await reportPath();
    const { code, body } = await guichetJson(['drill', 'failover', '--yes', '--out', path], {
      environment: { ...environment, ...drillEnvironment(service) },
    });
    expect(body).toMatchObject({ held: true, broken: [], topology: kind, before });
    expect(body).toMatchObject({ primary: { isAnother: true } });
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

test('a Redis that never comes back ends the drill, with a report of every ticket that nobody answers for', async () => {
  const redis = await startRedis();
  const environment = { REDIS_URL: redis.url };
  const service = await serviceForTest({ environment });
  const path = await reportPath();
  const killed: Promise<void>[] = [];
  const { code, out, err } = await guichet(
    ['drill', 'failover', '--yes', '--by-hand', '--json', '--out', path],
    {
      environment: { ...environment, ...drillEnvironment(service) },
      clock: new QuickClock(timesFaster),
      onErrorLine: (line) => {
        if (line.startsWith(`Break it now: stop the machine of the primary (127.0.0.1:${redis.port})`))
          killed.push(redis.kill());
      },
    },
  );
  expect(killed).toHaveLength(1);
  const body = JSON.parse(out) as { broken: string[]; silentMsMax: number };
  expect(body).toMatchObject({ held: false, wasSilent: true, cameBack: false, primary: { after: null } });
  expect(body.silentMsMax).toBeGreaterThan(100_000);
  // Those whose turn had come are told what the service remembers.
  expect(body.broken.at(-1)).toMatch(/^ticket \d+ was confirmed, and nobody says what became of it$/);
  expect(code).toBe(1);
  expect(err).toMatch(/The room drill-\S+ could not be removed/);
  const report = await readFile(path, 'utf8');
  expect(report).toMatch(/^# Failover drill of \d{4}-\d\d-\d\d: a promise was broken\n/);
  expect(report).toContain(`* **Broken:** ${body.broken.at(-1)}\n`);
}, 120_000);

test('a failover that was ordered and did not come is no drill that held', async () => {
  const redis = await startRedis();
  const service = await serviceForTest({ environment: { REDIS_URL: redis.url } });
  // It takes every order and follows none.
  const sentinel = await startFakeSentinel(redis);
  const path = await reportPath();
  const { code, body } = await guichetJson(['drill', 'failover', '--yes', '--out', path], {
    environment: {
      ...drillEnvironment(service),
      REDIS_URL: `redis+sentinel://127.0.0.1:${sentinel.port}/guichet`,
    },
    clock: new QuickClock(timesFaster),
  });
  expect(body).toMatchObject({ held: false, broken: [], primary: { isAnother: false } });
  expect(code).toBe(1);
  const report = await readFile(path, 'utf8');
  expect(report).toMatch(/^# Failover drill of \d{4}-\d\d-\d\d: no failover was seen\n/);
  expect(report).toContain('* No failover took place: the primary is the one that it was.');
}, 60_000);

test('it does nothing without a yes, without Redis, or where nothing takes over', async () => {
  expect(await guichetJson('drill failover')).toMatchObject({ code: 2 });
  const { code, err } = await guichet('drill failover --yes --lang fr');
  expect([code, err]).toEqual([1, expect.stringContaining('La file est en mémoire')]);
});
