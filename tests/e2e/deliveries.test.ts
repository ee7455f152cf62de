import { expect, test, vi } from 'vitest';
import { deliveryLeaseMs } from '../../src/store/delivery-store.ts';
import type { ServiceProcess } from '../../src/dev/service-processes.ts';
import { loopbackAllowed, wide } from '../support/delivery-stage.ts';
import { Receiver } from '../support/receiver.ts';
import { startRedis } from '../support/redis.ts';
import { expectStatus, newRoomId } from '../support/service.ts';
import { deploymentForTest } from '../support/service-process.ts';
import { ask } from '../support/wire-client.ts';

const releases = 60;
/** With so many on their way, whoever delivers has always one in hand. */
const answerAfterMs = 150;
/** The rest of a lease, the next look at it, and a process that starts beside all this. */
const resumedWithinMs = deliveryLeaseMs + 2_000 + 3_000;

test('replicas killed while they deliver: the next resumes, and every release arrives once, in order', async () => {
  const redis = await startRedis({ appendonly: 'always' });
  const environment = { REDIS_URL: redis.url, ...loopbackAllowed };
  const { replicas, keys } = await deploymentForTest({ count: 2, environment });
  const [first, second] = replicas as [ServiceProcess, ServiceProcess];
  const receiver = await Receiver.start();
  const arrivedAtMs: number[] = [];
  receiver.answering = (response) => {
    arrivedAtMs.push(performance.now());
    setTimeout(() => response.writeHead(204).end(), answerAfterMs);
  };

  const roomId = newRoomId();
  const address = `${first.internalUrl}/v1/rooms/${roomId}`;
  const body = { ...wide, delivery: { url: receiver.url, holdAfterMs: 0 } };
  expectStatus(await ask(address, { method: 'PUT', body, bearer: keys.admin }), 201);
  const told = await ask(`${address}/delivery/secrets`, { bearer: keys.admin });
  [receiver.secret = ''] = told.body['secrets'] as string[];
  expectStatus(await ask(`${address}/open`, { method: 'POST', bearer: keys.operator }), 200);
  const join = () => ask(`${second.publicUrl}/v1/rooms/${roomId}/tickets`, { method: 'POST' });
  await vi.waitFor(async () => expect((await join()).body['kind']).toBe('admitted'), {
    timeout: 10_000,
    interval: 500,
  });
  for (let made = 1; made < releases; made += 1) expectStatus(await join(), 201);

  const arrived = (count: number): Promise<void> =>
    vi.waitFor(() => expect(receiver.batches.length).toBeGreaterThanOrEqual(count), {
      timeout: 40_000,
      interval: 20,
    });
  const before = receiver.batches.length;
  await arrived(before + 5);
  await first.kill();
  await arrived(before + 20);
  await first.start();
  // If the first held nothing when it was killed, then the second does now.
  await arrived(before + 30);
  await second.kill();
  const all = await vi.waitFor(
    () => {
      const numbers = receiver.ticketNumbers;
      expect(numbers.length).toBeGreaterThanOrEqual(releases);
      return numbers;
    },
    { timeout: 60_000, interval: 50 },
  );

  expect(all).toEqual(all.map((_, index) => index + 1));
  const { releaseNumbers } = receiver;
  expect(releaseNumbers).toEqual(releaseNumbers.map((_, index) => index + 1));
  const pauses = arrivedAtMs.slice(1).map((atMs, index) => atMs - (arrivedAtMs[index] as number));
  expect(Math.max(...pauses)).toBeLessThan(resumedWithinMs);
  // One of them held a batch when it was killed, and the other waited for the end of its lease.
  expect(Math.max(...pauses)).toBeGreaterThan(answerAfterMs * 4);
  expect(receiver.faults).toEqual([]);
}, 120_000);
