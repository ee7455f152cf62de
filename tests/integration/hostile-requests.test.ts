/**
 * 5,000 requests that no well-meant client sends, on both listeners of the real process, while a visitor goes on looking
 * at its standing: nothing answers 5xx, nothing is logged as a failure, nothing stays in memory, and the visitor hardly
 * notices.
 */
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { errorCatalogue } from '../../src/domain/errors.ts';
import type { ServiceProcess } from '../../src/dev/service-processes.ts';
import { type HostileRequest, hostileRequests } from '../support/hostile-requests.ts';
import { inspected, liveHeapBytes } from '../support/live-heap.ts';
import { sendBytes } from '../support/send-bytes.ts';
import { deploymentForTest } from '../support/service-process.ts';
import { ask } from '../support/wire-client.ts';

const requestsTotal = 5_000;
/** Asked for and answered at the same time. */
const atOnce = 40;
const slowSockets = 60;
const slowByteEveryMs = 400;
const lookEveryMs = 20;
const bystanderP99Ms = 1_000;
/** Live objects that may be more after the second half of the attack than after the first: caches that fill. */
const growthBytesMax = 4 * 1_024 * 1_024;
const seed = 8;

const urlOf = (service: ServiceProcess, { listener }: Pick<HostileRequest, 'listener'>): string =>
  listener === 'public' ? service.publicUrl : service.internalUrl;

/** Sends all, so many at once; what is wrong with the answers. */
async function attack(service: ServiceProcess, requests: readonly HostileRequest[]): Promise<string[]> {
  const wrong: string[] = [];
  const queue = requests.values();
  const worker = async (): Promise<void> => {
    for (const request of queue) {
      const answer = await sendBytes(urlOf(service, request), request);
      const fault = faultOf(answer);
      if (fault === null) continue;
      wrong.push(`${request.listener} ${request.bytes.toString('latin1', 0, 300)} → ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return wrong;
}

function faultOf(answer: string | null): string | null {
  if (answer === null) return 'no answer in time';
  const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
  const failed = statuses.find((status) => status >= 500);
  if (failed !== undefined) return answer.slice(0, 500);
  if (/node_modules|file:\/\/|[.]ts:\d+/.test(answer)) return `a stack: ${answer.slice(0, 500)}`;
  const codes = [...answer.matchAll(/"code":"([\w-]+)"/g)].map(([, code]) => code as string);
  const unknown = codes.find(
    (code) => /^content-type: application\/problem\+json/im.test(answer) && !(code in errorCatalogue),
  );
  return unknown === undefined ? null : `the unknown code ${unknown}`;
}

/** Connections that say one byte at a time, and never all. */
function slowClients(service: ServiceProcess): void {
  const sockets: Socket[] = [];
  for (let index = 0; index < slowSockets; index += 1) {
    const url = new URL(index % 2 === 0 ? service.publicUrl : service.internalUrl);
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    socket.on('error', () => {});
    socket.write('GET /livez HTTP/1.1\r\nhost: localhost\r\nx-slow: ');
    sockets.push(socket);
  }
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }, slowByteEveryMs);
  onTestFinished(() => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  });
}

/** Looks again and again until told to stop; resolves with how long each look took. */
async function bystander(look: () => Promise<number>, stopped: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (!stopped.aborted) {
    const startedMs = performance.now();
    expect(await look()).toBe(200);
    times.push(performance.now() - startedMs);
    await pause(lookEveryMs);
  }
  return times;
}

test('5,000 hostile requests fail nothing, leave nothing behind, and keep nobody waiting', async () => {
  const environment = { GUICHET_LOG_LEVEL: 'error', ...inspected };
  const { replicas, keys } = await deploymentForTest({ environment });
  const service = replicas[0] as ServiceProcess;
  const room = `${service.internalUrl}/v1/rooms/loisirs`;
  const policy = { capacity: 0, targetUrl: 'https://inscriptions.example.org/' };
  expect((await ask(room, { method: 'PUT', bearer: keys.admin, body: policy })).status).toBe(201);
  expect((await ask(`${room}/open`, { method: 'POST', bearer: keys.admin })).status).toBe(200);
  const tickets = `${service.publicUrl}/v1/rooms/loisirs/tickets`;
  const join = async (): Promise<string> => {
    const { status, body } = await ask(tickets, { method: 'POST' });
    expect(status).toBe(201);
    return body['queueToken'] as string;
  };
  const [bearer, attacked] = [await join(), await join()];
  const look = async (): Promise<number> =>
    (await ask(`${service.publicUrl}/v1/rooms/loisirs/ticket`, { bearer })).status;
  // The room is never deleted and never closed: a viewer's key and an origin's are what the attacker has.
  const parts = { roomId: 'loisirs', queueToken: attacked, keys: [keys.viewer, keys.origin] };
  const requests = hostileRequests(requestsTotal, seed, parts);

  slowClients(service);
  const done = new AbortController();
  const looks = bystander(look, done.signal);
  const first = await attack(service, requests.slice(0, requestsTotal / 2));
  const heapBefore = await liveHeapBytes(service.logFile);
  const second = await attack(service, requests.slice(requestsTotal / 2));
  const heapAfter = await liveHeapBytes(service.logFile);
  done.abort();
  const times = (await looks).toSorted((one, other) => one - other);

  expect([...first, ...second].slice(0, 10)).toEqual([]);
  expect(heapAfter - heapBefore).toBeLessThan(growthBytesMax);
  expect(times.length).toBeGreaterThan(20);
  expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(bystanderP99Ms);
  expect(
    (await readFile(service.logFile, 'utf8')).split('\n').filter((line) => /"level":[56]0/.test(line)),
  ).toEqual([]);
  expect((await ask(`${service.internalUrl}/readyz`)).status).toBe(200);
}, 90_000);
