import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { childEnvironment } from '../../src/dev/provision.ts';
import { makeApiKeys, makeSigningKeys, ServiceProcess } from '../../src/dev/service-processes.ts';
import { scriptText, type ScriptName } from '../../src/store/redis-scripts.ts';
import { startRedis } from '../support/redis.ts';
import { expectStatus } from '../support/service.ts';
import { ask, LiveClient } from '../support/wire-client.ts';

/** The real measure is GUICHET_FLAT_SECONDS=30. */
const windowS = Number(childEnvironment()['GUICHET_FLAT_SECONDS'] ?? 10);
/** Slow enough that nobody's handshake waits, and that first pings come as spread as in life. */
const arrivalsPerSecond = 400;
const roomId = 'flat-cost';

const shaOf = (name: ScriptName): string => createHash('sha1').update(scriptText(name)).digest('hex');
const shas = {
  sight: shaOf('sight'),
  tick: shaOf('tick'),
  join: shaOf('join'),
  beat: shaOf('replica_beat'),
  note: shaOf('timeline_note'),
};

/** A command that a client sent; what scripts call is left out. */
type Sent = { atS: number; name: string; script: string };

type Site = { service: ServiceProcess; commands: Sent[]; clients: LiveClient[] };

/** A service on a Redis of its own, which tells every command that it is sent. */
async function startSite(name: string): Promise<Site> {
  const server = await startRedis();
  const directory = await mkdtemp(join(tmpdir(), 'guichet-flat-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const keysFile = join(directory, 'keys.json');
  await makeSigningKeys(keysFile);
  const apiKeys = makeApiKeys();
  const environment = {
    REDIS_URL: server.url,
    GUICHET_SIGNING_KEYS_FILE: keysFile,
    GUICHET_JOINS_PER_MINUTE_PER_PREFIX: '0',
  };
  const service = await ServiceProcess.create({ name, directory, apiKeys, environment });
  onTestFinished(() => service.kill());
  await service.start();
  const address = `${service.internalUrl}/v1/rooms/${roomId}`;
  // Everyone waits. Presence as it is by default.
  expectStatus(await ask(address, { method: 'PUT', body: { capacity: 0 }, bearer: apiKeys.admin }), 201);
  expectStatus(await ask(`${address}/open`, { method: 'POST', bearer: apiKeys.admin }), 200);
  return { service, commands: await commandsSentTo(server.url), clients: [] };
}

async function commandsSentTo(url: string): Promise<Sent[]> {
  const commands: Sent[] = [];
  const redis = new Redis(url);
  const monitor = await redis.monitor();
  onTestFinished(() => {
    monitor.disconnect();
    redis.disconnect();
  });
  monitor.on('monitor', (time: string, [name = '', script = '']: string[], source: string) => {
    if (source !== 'lua') commands.push({ atS: Number(time), name: name.toLowerCase(), script });
  });
  return commands;
}

/** Visitors come at a steady pace, take a ticket and stay connected. */
async function fill(site: Site, visitors: number): Promise<void> {
  onTestFinished(async () => {
    await Promise.all(site.clients.map((client) => client.close()));
  });
  const arriving: Promise<void>[] = [];
  const startedAtMs = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(visitors, ((performance.now() - startedAtMs) * arrivalsPerSecond) / 1_000);
      while (arriving.length < due) arriving.push(arrive(site));
      if (arriving.length < visitors) return;
      clearInterval(timer);
      resolve();
    }, 20);
  });
  await Promise.all(arriving);
}

async function arrive({ service, clients }: Site): Promise<void> {
  const answer = await ask(`${service.publicUrl}/v1/rooms/${roomId}/tickets`, { method: 'POST' });
  expectStatus(answer, 201);
  const queueToken = answer.body['queueToken'] as string;
  const client = await LiveClient.open(service.publicUrl, roomId, { queueToken });
  clients.push(client);
  await client.next('standing');
}

/** The command looked for, once it was sent. */
function sent(look: () => Sent | undefined, withinMs: number): Promise<Sent> {
  return vi.waitFor(
    () => {
      const command = look();
      if (command === undefined) throw new Error(`not sent within ${withinMs} ms`);
      return command;
    },
    { timeout: withinMs, interval: 50 },
  );
}

/** Commands of whole ticks: from one tick on, for the length of the window; apart what has a beat of its own. */
async function measure({
  commands,
}: Site): Promise<{ presence: number; others: number; byName: Map<string, number> }> {
  const isTick = ({ script }: Sent): boolean => script === shas.tick;
  const first = commands.length;
  const tick = await sent(() => commands.slice(first).find(isTick), 10_000);
  // Just before it, so that a tick a moment early at the end is not counted.
  const fromS = tick.atS - 0.1;
  await sent(() => commands.find(({ atS }) => atS >= fromS + windowS), (windowS + 10) * 1_000);
  const inWindow = commands.filter(({ atS }) => atS >= fromS && atS < fromS + windowS);
  const byName = new Map<string, number>();
  for (const { name, script } of inWindow) {
    const named = Object.entries(shas).find(([, sha]) => sha === script)?.[0] ?? name;
    byName.set(named, (byName.get(named) ?? 0) + 1);
  }
  const presence = byName.get('sight') ?? 0;
  const figures = (byName.get('beat') ?? 0) + (byName.get('note') ?? 0);
  return { presence, others: inWindow.length - presence - figures, byName };
}

test('5,000 who watch cost Redis as many commands as 100', {
  timeout: 60_000 + windowS * 2_000,
}, async () => {
  const [few, many] = [await startSite('few'), await startSite('many')];
  await Promise.all([fill(few, 100), fill(many, 5_000)]);
  const [ofFew, ofMany] = await Promise.all([measure(few), measure(many)]);
  console.log({ windowS, few: Object.fromEntries(ofFew.byName), many: Object.fromEntries(ofMany.byName) });

  expect(ofMany.byName.get('tick')).toBe(windowS);
  expect(ofMany.byName.get('join')).toBeUndefined();
  expect(Math.abs(ofMany.others - ofFew.others) / ofFew.others).toBeLessThanOrEqual(0.05);
  // Gathered: at most one call a second, whose phase may drift by one in the window.
  expect(ofFew.presence).toBeLessThanOrEqual(windowS + 1);
  expect(ofMany.presence).toBeLessThanOrEqual(windowS + 1);
  // Every two seconds, and every five, whoever watches; again one more by its phase.
  for (const { byName } of [ofFew, ofMany]) {
    expect(byName.get('beat')).toBeLessThanOrEqual(windowS / 2 + 1);
    expect(byName.get('note')).toBeLessThanOrEqual(windowS / 5 + 1);
  }
  expect(many.clients.every(({ closeCode }) => closeCode === null)).toBe(true);
});
