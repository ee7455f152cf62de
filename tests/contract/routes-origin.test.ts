import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { admitted } from '../support/journeys.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, useService, type Visitor } from '../support/service.ts';
import { decoded, segmentsOf } from '../support/token-mutations.ts';
import type { Answer } from '../support/wire-client.ts';

const targetUrl = 'https://ville.example.org/natation';

describe.each(['memory', 'redis'] as const)('on the %s store, origins', (kind) => {
  const service = useService(kind, 4);
  const { clock } = service;

  type Inside = Visitor & { handOver: string; pass: string };
  /** Someone who entered and carries a hand-over. */
  async function inside(policy: object = {}): Promise<Inside> {
    const visitor = await admitted(service, { targetUrl, ...policy });
    const { body } = await service.act(visitor, 'enter');
    const handOver = new URL(body['redirectUrl'] as string).searchParams.get('guichet') ?? '';
    return { ...visitor, handOver, pass: body['pass'] as string };
  }
  const asOrigin = (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    service.internal(path, { method: 'POST', body, headers, as: 'origin' });
  const redeem = (roomId: string, handOver: string, key?: string): Promise<Answer> =>
    asOrigin(
      `/v1/rooms/${roomId}/passes/redeem`,
      { handOver },
      key === undefined ? {} : { 'idempotency-key': key },
    );
  const keepAlive = ({ roomId, ticketId }: Visitor, body?: unknown): Promise<Answer> =>
    asOrigin(`/v1/rooms/${roomId}/sessions/${ticketId}/keep-alive`, body);
  const finish = ({ roomId, ticketId }: Visitor, body: unknown): Promise<Answer> =>
    asOrigin(`/v1/rooms/${roomId}/sessions/${ticketId}/finish`, body);
  const expiryOf = ({ body }: Answer): number => Date.parse(body['expiresAt'] as string);

  test('redeem a hand-over for a pass', async () => {
    const visitor = await inside();
    const answer = await redeem(visitor.roomId, visitor.handOver);
    expectStatus(answer, 200);
    expect(answer.body).toMatchObject({ ticketId: visitor.ticketId });
    expect(decoded(segmentsOf(answer.body['pass'] as string).payload)).toMatchObject({
      aud: visitor.roomId,
      sub: visitor.ticketId,
      exp: Math.floor(expiryOf(answer) / 1_000),
    });
  });

  test('redeem it once: a hundred at once are one', async () => {
    const { roomId, handOver } = await inside();
    const answers = await Promise.all(Array.from({ length: 100 }, () => redeem(roomId, handOver)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(99);
    for (const answer of refused) expectProblem(answer, 'hand-over-used');
  });

  test('may repeat a redemption under its key', async () => {
    const { roomId, handOver } = await inside();
    const key = randomUUID();
    const [first, again] = [await redeem(roomId, handOver, key), await redeem(roomId, handOver, key)];
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body['ticketId']).toBe(first.body['ticketId']);
    expectProblem(await redeem(roomId, handOver, randomUUID()), 'hand-over-used');
  });

  test('do not redeem what is altered, of another room, another type, or a minute old', async () => {
    const visitor = await inside();
    const { roomId, handOver } = visitor;
    const other = await inside();
    for (const wrong of [
      `${handOver.slice(0, -2)}AA`,
      other.handOver,
      visitor.queueToken,
      visitor.pass,
      'x',
    ]) {
      expectProblem(await redeem(roomId, wrong), 'token-refused');
    }
    await clock.advance(61_000);
    expectProblem(await redeem(roomId, handOver), 'token-refused');
  });

  test('do not redeem for a session that is over', async () => {
    const visitor = await inside();
    await finish(visitor, { outcome: 'gave-up' });
    expectProblem(await redeem(visitor.roomId, visitor.handOver), 'session-ended');
  });

  test.each([
    [{}],
    [{ handOver: '' }],
    [{ handOver: 7 }],
    [{ handOver: 'x', room: 'y' }],
    [{ handOver: 'x'.repeat(2_049) }],
  ])('do not redeem with the body %j', async (body) => {
    expectProblem(
      await asOrigin(`/v1/rooms/${await service.makeRoom()}/passes/redeem`, body),
      'request-invalid',
    );
  });

  test('refuse an Idempotency-Key that is no UUID', async () => {
    expectProblem(await redeem(await service.makeRoom(), 'x', 'not-a-uuid'), 'request-invalid');
  });

  test('keep a session alive by their word, or by its pass', async () => {
    const visitor = await inside({ sessionTtlMs: 60_000 });
    const first = await keepAlive(visitor);
    expectStatus(first, 200);
    await clock.advance(20_000);
    const later = await keepAlive(visitor, { pass: visitor.pass });
    expect(later.body).toMatchObject({ ticketId: visitor.ticketId });
    expect(expiryOf(later) - expiryOf(first)).toBeGreaterThanOrEqual(19_000);
  });

  test('do not keep alive what is over, or was never there', async () => {
    const visitor = await inside();
    await finish(visitor, { outcome: 'completed' });
    expectProblem(await keepAlive(visitor), 'session-ended');
    expectProblem(await keepAlive(visitor, { pass: visitor.pass }), 'session-ended');
    expectProblem(await keepAlive({ ...visitor, ticketId: randomUUID() }), 'session-ended');
  });

  test('do not keep alive with a pass of someone else, or no pass at all', async () => {
    const [one, other] = [await inside(), await inside()];
    for (const pass of [other.pass, one.queueToken, 'x', '']) {
      expectProblem(await keepAlive(one, { pass }), 'token-refused');
    }
    for (const body of [{ pass: 7 }, { proof: 'x' }, { pass: 'x'.repeat(2_049) }]) {
      expectProblem(await keepAlive(one, body), 'request-invalid');
    }
  });

  test('finish a session; again: the same answer', async () => {
    const visitor = await inside({ places: 10, placesPerVisitorMax: 3 });
    for (const _ of [1, 2]) {
      const answer = await finish(visitor, { outcome: 'completed', placesUsed: 3 });
      expectStatus(answer, 200);
      expect(answer.body).toEqual({ outcome: 'completed', placesUsed: 3 });
    }
    await clock.until(
      async () => (await service.public(`/v1/rooms/${visitor.roomId}`)).body['placesLeft'] === 7,
    );
    const other = await inside();
    expect((await finish(other, { outcome: 'gave-up' })).body).toEqual({
      outcome: 'gave-up',
      placesUsed: 0,
    });
  });

  test('are told when no places are left to count, and the seat is free all the same', async () => {
    const visitor = await inside({ places: 2, placesPerVisitorMax: 1 });
    expectProblem(await finish(visitor, { outcome: 'completed', placesUsed: 3 }), 'no-places-left');
    expectProblem(await keepAlive(visitor), 'session-ended');
  });

  test.each([
    [{}],
    [{ outcome: 'left' }],
    [{ outcome: 'completed', placesUsed: -1 }],
    [{ outcome: 'completed', placesUsed: 21 }],
    [{ outcome: 'completed', placesUsed: 0.5 }],
    [{ outcome: 'completed', note: 'x' }],
  ])('do not finish with the body %j', async (body) => {
    const visitor = { roomId: await service.makeRoom(), ticketId: randomUUID() } as Visitor;
    expectProblem(await finish(visitor, body), 'request-invalid');
  });

  test('name tickets by their UUID and rooms that exist', async () => {
    const roomId = await service.makeRoom();
    expectProblem(await keepAlive({ roomId, ticketId: 'x' } as Visitor), 'request-invalid');
    expectProblem(
      await finish({ roomId, ticketId: 'x' } as Visitor, { outcome: 'completed' }),
      'request-invalid',
    );
    const nowhere = { roomId: newRoomId(), ticketId: randomUUID() } as Visitor;
    expectProblem(await clock.during(keepAlive(nowhere)), 'room-unknown');
    expectProblem(await clock.during(finish(nowhere, { outcome: 'completed' })), 'room-unknown');
  });
});
