import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ServiceProcess } from '../../src/dev/service-processes.ts';
import { startRedis } from '../support/redis.ts';
import { expectStatus, newRoomId } from '../support/service.ts';
import { deploymentForTest } from '../support/service-process.ts';
import { ask, LiveClient } from '../support/wire-client.ts';

const drainMs = 1_500;
const probeEveryMs = 100;
const workers = 8;
const socketsEach = 100;

/** A load balancer's view: whoever answered the last probe with 200 gets traffic. */
class Balancer {
  readonly #replicas: readonly ServiceProcess[];
  readonly #ready = new Set<ServiceProcess>();
  #next = 0;

  constructor(replicas: readonly ServiceProcess[]) {
    this.#replicas = replicas;
    const timer = setInterval(() => void this.probe(), probeEveryMs);
    onTestFinished(() => clearInterval(timer));
  }

  async probe(): Promise<void> {
    for (const replica of this.#replicas) {
      const isReady = await ask(`${replica.internalUrl}/readyz`).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (isReady) this.#ready.add(replica);
      else this.#ready.delete(replica);
    }
  }

  has(replica: ServiceProcess): boolean {
    return this.#ready.has(replica);
  }

  pick(): ServiceProcess {
    const ready = [...this.#ready];
    this.#next += 1;
    const picked = ready[this.#next % ready.length];
    if (picked === undefined) throw new Error('no replica is ready');
    return picked;
  }
}

/** What visitors were answered that should not be, and how many answers there were. */
type Answers = { answered: number; failures: string[] };

/** Visitors who join, look and leave, one after the other, until told to stop. */
async function visit(
  balancer: Balancer,
  roomId: string,
  record: Answers,
  isOver: () => boolean,
): Promise<void> {
  const told = async (path: string, question: Parameters<typeof ask>[1] = {}): Promise<string> => {
    const { publicUrl } = balancer.pick();
    try {
      const { status, body, text } = await ask(`${publicUrl}/v1/rooms/${roomId}${path}`, question);
      record.answered += 1;
      if (status >= 400) record.failures.push(`${status} ${text}`);
      return (body['queueToken'] as string | undefined) ?? '';
    } catch (error) {
      record.failures.push(String(error));
      return '';
    }
  };
  while (!isOver()) {
    const bearer = await told('/tickets', { method: 'POST' });
    await told('/ticket', { bearer });
    await told('/ticket', { bearer, method: 'DELETE' });
  }
}

test('SIGTERM under load: not ready first, no request refused, every socket is told where to go', async () => {
  const server = await startRedis();
  const environment = { REDIS_URL: server.url, GUICHET_DRAIN_MS: String(drainMs), GUICHET_LOG_LEVEL: 'info' };
  const { replicas, keys } = await deploymentForTest({ count: 2, environment });
  const [leaving, staying] = replicas as [ServiceProcess, ServiceProcess];
  const roomId = newRoomId();
  const address = `${leaving.internalUrl}/v1/rooms/${roomId}`;
  expectStatus(await ask(address, { method: 'PUT', body: { capacity: 0 }, bearer: keys.admin }), 201);
  expectStatus(await ask(`${address}/open`, { method: 'POST', bearer: keys.operator }), 200);
  expectStatus(await ask(`${staying.publicUrl}/v1/rooms/${roomId}`), 200);

  const clients: { client: LiveClient; queueToken: string; number: number }[] = [];
  onTestFinished(async () => {
    await Promise.all(clients.map(({ client }) => client.close()));
  });
  const connect = async (replica: ServiceProcess): Promise<void> => {
    const { body } = await ask(`${replica.publicUrl}/v1/rooms/${roomId}/tickets`, { method: 'POST' });
    const queueToken = body['queueToken'] as string;
    const client = await LiveClient.open(replica.publicUrl, roomId, { queueToken });
    clients.push({ client, queueToken, number: body['number'] as number });
    await client.next('standing');
  };
  for (const replica of replicas)
    for (let sockets = 0; sockets < socketsEach; sockets += 1) await connect(replica);
  const told = clients.slice(0, socketsEach);
  const untouched = clients.slice(socketsEach);

  const balancer = new Balancer(replicas);
  await balancer.probe();
  const record: Answers = { answered: 0, failures: [] };
  let isOver = false;
  const load = Array.from({ length: workers }, () => visit(balancer, roomId, record, () => isOver));
  await vi.waitFor(() => expect(record.answered).toBeGreaterThan(100), { timeout: 10_000 });

  const stopped = leaving.stop();
  const signalledAtMs = performance.now();
  await vi.waitFor(() => expect(balancer.has(leaving)).toBe(false), { timeout: drainMs, interval: 20 });
  // Not ready, and still serving: whoever comes meanwhile is answered, and nobody was sent away yet.
  expect((await ask(`${leaving.internalUrl}/livez`)).status).toBe(200);
  expect((await ask(`${leaving.publicUrl}/v1/rooms/${roomId}`)).status).toBe(200);
  expect(told.filter(({ client }) => client.heard('bye').length > 0)).toEqual([]);
  expect(performance.now() - signalledAtMs).toBeLessThan(drainMs);

  expect(await Promise.all(told.map(({ client }) => client.closed))).toEqual(told.map(() => 1012));
  expect(performance.now() - signalledAtMs).toBeGreaterThanOrEqual(drainMs);
  for (const { client } of told) {
    expect(client.messages.at(-1)).toEqual({
      type: 'bye',
      afterMs: expect.any(Number) as number,
      withinMs: expect.any(Number) as number,
    });
  }
  await stopped;
  const log = await readFile(leaving.logFile, 'utf8');
  expect(log).toContain('"msg":"Stopped"');
  expect(log).not.toMatch(/^\{"level":[56]0/m);
  expect(clients.filter(({ queueToken }) => log.includes(queueToken))).toEqual([]);
  expect(leaving.pid).toBeNull();
  const answered = record.answered;
  await vi.waitFor(() => expect(record.answered).toBeGreaterThan(answered + 100), { timeout: 10_000 });
  isOver = true;
  await Promise.all(load);
  expect(record.failures).toEqual([]);

  // Elsewhere, each has the same ticket.
  for (const { queueToken, number } of told) {
    const again = await LiveClient.open(staying.publicUrl, roomId, { queueToken });
    expect(await again.next('standing')).toMatchObject({ number });
    await again.close();
  }
  expect(untouched.filter(({ client }) => client.closeCode !== null)).toEqual([]);
});
