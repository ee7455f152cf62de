import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { newRoomId, serviceForTest, type TestService } from '../support/service.ts';
import type { Answer, Question } from '../support/wire-client.ts';

const limitedTo = (joins: number, more: Record<string, string> = {}): Record<string, string> => ({
  GUICHET_JOINS_PER_MINUTE_PER_PREFIX: String(joins),
  ...more,
});
const joinFrom = (service: TestService, roomId: string, question: Question = {}): Promise<Answer> =>
  service.public(`/v1/rooms/${roomId}/tickets`, { method: 'POST', ...question });
const from = (address: string): Question => ({ headers: { 'x-forwarded-for': address } });

test('300 people behind one address all join within a minute', async () => {
  const service = await serviceForTest({ clock: new ManualClock() });
  const roomId = await service.makeRoom();
  const answers = await Promise.all(Array.from({ length: 300 }, () => joinFrom(service, roomId)));
  expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
  expect(new Set(answers.map(({ body }) => body['number'])).size).toBe(300);
});

test('more than the limit are told when to come back, and then come in', async () => {
  const clock = new ManualClock();
  const service = await serviceForTest({ clock, environment: limitedTo(6) });
  const roomId = await service.makeRoom();
  for (let left = 5; left >= 0; left -= 1) {
    const { status, headers } = await joinFrom(service, roomId);
    expect(status).toBe(201);
    expect(headers['ratelimit-policy']).toBe('"join";q=6;w=60');
    expect(headers['ratelimit']).toMatch(new RegExp(`^"join";r=${left};t=\\d+$`));
  }
  const refused = await joinFrom(service, roomId);
  expectProblem(refused, 'rate-limited');
  expect(refused.headers['ratelimit']).toBe('"join";r=0;t=60');
  const retryAfterS = Number(refused.headers['retry-after']);
  expect(retryAfterS).toBeGreaterThanOrEqual(1);
  expect(retryAfterS).toBeLessThanOrEqual(11);
  await clock.advance(10_000);
  expect((await joinFrom(service, roomId)).status).toBe(201);
});

test('a ticket is never lost by the limit: who has one is not touched by it, and a repeat finds it', async () => {
  const clock = new ManualClock();
  const service = await serviceForTest({ clock, environment: limitedTo(1) });
  const roomId = await service.makeRoom();
  const headers = { 'idempotency-key': randomUUID() };
  const visitor = await service.join(roomId, { headers });
  expectProblem(await joinFrom(service, roomId), 'rate-limited');
  expect((await joinFrom(service, roomId, { bearer: visitor.queueToken })).body).toMatchObject({ number: 1 });
  for (let looks = 0; looks < 20; looks += 1) expect((await service.look(visitor)).status).toBe(200);
  expectProblem(await joinFrom(service, roomId, { headers }), 'rate-limited');
  await clock.advance(60_000);
  expect((await joinFrom(service, roomId, { headers })).body).toMatchObject({
    ticketId: visitor.ticketId,
    number: 1,
  });
});

test('a token that is none does not lift the limit', async () => {
  const service = await serviceForTest({ clock: new ManualClock(), environment: limitedTo(1) });
  const [roomId, other] = [await service.makeRoom(), await service.makeRoom()];
  const { queueToken } = await service.join(other);
  for (const bearer of [queueToken, `${queueToken}x`, 'x']) {
    expectProblem(await joinFrom(service, roomId, { bearer }), 'rate-limited');
  }
});

test('X-Forwarded-For of a client is ignored', async () => {
  const service = await serviceForTest({ clock: new ManualClock(), environment: limitedTo(2) });
  const roomId = await service.makeRoom();
  const answers: Answer[] = [];
  for (const address of ['203.0.113.1', '198.51.100.1', '192.0.2.1']) {
    answers.push(await joinFrom(service, roomId, from(address)));
  }
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
});

test('X-Forwarded-For of a trusted proxy tells the address, and only its own part of it', async () => {
  const environment = limitedTo(1, { GUICHET_TRUSTED_PROXIES: '127.0.0.0/8' });
  const service = await serviceForTest({ clock: new ManualClock(), environment });
  const roomId = await service.makeRoom();
  const status = async (address: string): Promise<number> =>
    (await joinFrom(service, roomId, from(address))).status;
  expect([await status('203.0.113.1'), await status('203.0.113.200'), await status('198.51.100.1')]).toEqual([
    201, 429, 201,
  ]);
  // What stands before the last hop was written by the client.
  expect([await status('192.0.2.1, 203.0.113.7'), await status('192.0.2.1')]).toEqual([429, 201]);
});

test('a proxy that is not trusted tells nothing', async () => {
  const environment = limitedTo(1, { GUICHET_TRUSTED_PROXIES: '10.0.0.0/8' });
  const service = await serviceForTest({ clock: new ManualClock(), environment });
  const roomId = await service.makeRoom();
  const answers = [
    await joinFrom(service, roomId, from('203.0.113.1')),
    await joinFrom(service, roomId, from('198.51.100.1')),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 429]);
});

test('the limit counts what is refused for another reason, too, and a flood of it costs no store', async () => {
  const clock = new ManualClock();
  const service = await serviceForTest({ clock, environment: limitedTo(3) });
  const roomId = newRoomId();
  const codes = await clock.during(Promise.all(Array.from({ length: 5 }, () => joinFrom(service, roomId))));
  expect(codes.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
    404, 404, 404, 429, 429,
  ]);
});
