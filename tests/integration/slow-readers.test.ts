import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { childEnvironment } from '../../src/dev/provision.ts';
import { makeApiKeys, ServiceProcess } from '../../src/dev/service-processes.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectStatus, newRoomId, serviceForTest } from '../support/service.ts';
import { ask, LiveClient, type LiveMessage } from '../support/wire-client.ts';

/** With GUICHET_SLOW_READERS=500 the full measure is taken as well, on a real process and in real time. */
const fullMeasure = Number(childEnvironment()['GUICHET_SLOW_READERS'] ?? 0);
const readers = 20;
const growthBytesMax = 50_000_000;
/** A ping at the latest 15 s after they connected, 30 s for its answer, and the passes between. */
const closedWithinMs = 48_000;

/** A room on some service: what the tests need of it. */
type Site = { publicUrl: string; roomId: string; say: (notice: object) => Promise<void> };

function siteOf(
  { publicUrl, internalUrl }: { publicUrl: string; internalUrl: string },
  bearer: string,
): Site {
  const roomId = newRoomId();
  const address = `${internalUrl}/v1/rooms/${roomId}/notice`;
  const say = async (notice: object): Promise<void> =>
    expectStatus(await ask(address, { method: 'PUT', body: { notice }, bearer }), 200);
  return { publicUrl, roomId, say };
}

/** People in a room, connected and told where they stand. */
async function connected({ publicUrl, roomId }: Site, count: number): Promise<LiveClient[]> {
  const clients: LiveClient[] = [];
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
  });
  for (let index = 0; index < count; index += 1) {
    const joined = await ask(`${publicUrl}/v1/rooms/${roomId}/tickets`, { method: 'POST' });
    const client = await LiveClient.open(publicUrl, roomId, {
      queueToken: joined.body['queueToken'] as string,
    });
    await client.next('standing');
    clients.push(client);
  }
  return clients;
}

const isNotice =
  (language: string, begin: string) =>
  ({ type, notice }: LiveMessage): boolean =>
    type === 'notice' && (notice as Record<string, string> | null)?.[language]?.startsWith(begin) === true;

/** Says something to all and answers with how long each reader waited for it, ms. */
async function tell(site: Site, others: LiveClient[], second: number): Promise<number[]> {
  const before = performance.now();
  const told = others.map(async (other) => {
    await other.next(isNotice('en', `${second}.`));
    return performance.now() - before;
  });
  await site.say({ en: `${second}.`, fr: 'x'.repeat(1_000) });
  return Promise.all(told);
}

function percentile99(values: number[]): number {
  return (
    values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.99)] ?? Number.POSITIVE_INFINITY
  );
}

/** What is kept in this process, after the garbage is gone. */
function retainedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('100 connections that stop reading are closed in time, and cost the others nothing', async () => {
  const clock = new ManualClock();
  const service = await serviceForTest({ clock });
  const site = siteOf(service, service.keys.admin);
  await service.openRoom({ capacity: 0 }, site.roomId);
  const slow = await connected(site, 100);
  const others = await connected(site, readers);
  for (const client of slow) client.stopReading();
  const stoppedAtMs = clock.monotonicMs();
  const before = retainedBytes();
  let [retained, second] = [0, 0];
  const latenciesMs: number[] = [];
  const cutOff = (): number => service.lines.filter(({ closeCode }) => closeCode === 4001).length;
  while (cutOff() < slow.length && clock.monotonicMs() - stoppedAtMs < closedWithinMs) {
    second += 1;
    latenciesMs.push(...(await tell(site, others, second)));
    await clock.during(clock.sleep(1_000));
    if (second % 10 === 0) retained = Math.max(retained, retainedBytes() - before);
  }
  expect(cutOff()).toBe(slow.length);
  expect(second).toBeGreaterThan(30);
  expect(others.every(({ closeCode }) => closeCode === null)).toBe(true);
  expect(percentile99(latenciesMs)).toBeLessThan(2_000);
  expect(retained).toBeLessThan(growthBytesMax);
});

test('a connection is cut off before its buffer grows large, whatever it is sent; a reader gets it all', async () => {
  const service = await serviceForTest({ clock: new ManualClock() });
  const site = siteOf(service, service.keys.admin);
  await service.openRoom({ capacity: 0 }, site.roomId);
  const [slow, reader] = (await connected(site, 2)) as [LiveClient, LiveClient];
  slow.stopReading();
  // As large as the listener takes it; the network between holds some megabytes.
  const languages = Array.from({ length: 26 }, (_, index) => `q${String.fromCodePoint(97 + index)}`);
  let said = 0;
  while (!service.lines.some(({ closeCode }) => closeCode === 4001) && said < 1_000) {
    said += 1;
    const text = `${said}.${'x'.repeat(1_990)}`;
    await site.say(Object.fromEntries(languages.map((language) => [language, text])));
    await reader.next(isNotice('qa', `${said}.`));
  }
  expect(said).toBeLessThan(1_000);
  expect(reader.heard('notice').filter(({ notice }) => notice !== null)).toHaveLength(said);
  expect(reader.closeCode).toBeNull();
});

/** Chosen, not skipped: a skipped test would be one that somebody still has to run. */
const chosen = fullMeasure > 0 ? [fullMeasure] : [];
test.each(chosen)('the full measure of %d, on a real process', { timeout: 180_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-slow-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const apiKeys = makeApiKeys();
  const service = await ServiceProcess.create({ name: 'slow', directory, apiKeys });
  onTestFinished(() => service.kill());
  await service.start();
  const site = siteOf(service, apiKeys.admin);
  const address = `${service.internalUrl}/v1/rooms/${site.roomId}`;
  expectStatus(await ask(address, { method: 'PUT', body: { capacity: 0 }, bearer: apiKeys.admin }), 201);
  const rssBytes = async (): Promise<number> => {
    const status = await readFile(`/proc/${service.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
  };
  const slow = await connected(site, fullMeasure);
  const others = await connected(site, readers);
  for (const client of slow) client.stopReading();
  const stoppedAtMs = performance.now();
  const before = await rssBytes();
  let rssMax = before;
  const latenciesMs: number[] = [];
  const open = async (): Promise<number> => {
    const { text } = await ask(`${service.internalUrl}/metrics`);
    return Number(/^guichet_sockets (\d+)/m.exec(text)?.[1]);
  };
  for (
    let second = 1;
    (await open()) > readers && performance.now() - stoppedAtMs < closedWithinMs;
    second += 1
  ) {
    latenciesMs.push(...(await tell(site, others, second)));
    rssMax = Math.max(rssMax, await rssBytes());
  }
  const closedAfterMs = performance.now() - stoppedAtMs;
  console.log({
    slow: fullMeasure,
    closedAfterMs,
    p99Ms: percentile99(latenciesMs),
    rssGrowthBytes: rssMax - before,
  });
  expect(await open()).toBe(readers);
  expect(percentile99(latenciesMs)).toBeLessThan(2_000);
  expect(rssMax - before).toBeLessThan(growthBytesMax);
});
