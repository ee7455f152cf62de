import { describe, expect, test } from 'vitest';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

// Nothing is connected to: loopback is not allowed, so each try fails here.
const url = 'http://127.0.0.1:9/batches';
const delivery = { url, holdAfterMs: 10_000, giveUpAfterMs: 20_000 };

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 14);
  const { clock } = service;

  const get = (roomId: string, path = '', as: 'viewer' | 'admin' = 'viewer'): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}/delivery${path}`, { as });
  const resend = (roomId: string, body?: unknown): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}/delivery/dead-letters/resend`, {
      method: 'POST',
      as: 'operator',
      body,
    });
  const patch = (roomId: string, body: unknown): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}`, { method: 'PATCH', body });

  /** An open room that tried in vain to tell one release. */
  async function failing(): Promise<string> {
    const roomId = await service.openRoom({ delivery, capacity: 1_000 });
    await clock.advance(3_100);
    await service.join(roomId);
    await clock.until(async () => (await get(roomId)).body['lastError'] !== null);
    return roomId;
  }
  async function withDeadLetter(): Promise<string> {
    const roomId = await failing();
    await clock.until(async () => (await get(roomId)).body['deadLetters'] === 1);
    return roomId;
  }

  describe('GET /v1/rooms/{roomId}/delivery', () => {
    test('of a room that tells nobody says that it is off', async () => {
      const roomId = await service.openRoom();
      expect((await get(roomId)).body).toEqual({
        url: null,
        state: 'off',
        pending: 0,
        oldestAgeMs: null,
        holding: false,
        lastError: null,
        nextTryAt: null,
        deadLetters: 0,
      });
    });

    test('of one in which nothing was released says that it is idle', async () => {
      const roomId = await service.openRoom({ delivery });
      expect((await get(roomId)).body).toMatchObject({ url, state: 'idle', pending: 0, lastError: null });
    });

    test('of one whose receiver is away says what went wrong, when the next try is, and when it holds', async () => {
      const roomId = await failing();
      const { body } = await get(roomId);
      expect(body).toMatchObject({ state: 'delivering', pending: 1, holding: false, deadLetters: 0 });
      expect(body['lastError']).toEqual({
        at: expect.stringMatching(/^2026-/),
        what: 'the address is not allowed',
      });
      expect(Date.parse(body['nextTryAt'] as string)).toBeGreaterThanOrEqual(clock.wallMs());
      await clock.until(async () => (await get(roomId)).body['state'] === 'holding');
      const held = await service.join(roomId);
      expect(held.kind).toBe('waiting');
      const metrics = (await service.internal('/metrics')).text;
      expect(metrics).toMatch(new RegExp(`guichet_undelivered_seconds\\{room="${roomId}"\\} 1\\d`));
      await clock.until(async () => (await service.look(held)).body['kind'] === 'admitted');
      expect((await get(roomId)).body).toMatchObject({ holding: false, deadLetters: 1 });
    });

    test('of a room that is not there is refused', async () => {
      expectProblem(await clock.during(get(newRoomId())), 'room-unknown');
    });
  });

  describe('GET …/delivery/dead-letters', () => {
    test('tells what was released when, and why it is tried no more', async () => {
      const roomId = await withDeadLetter();
      const { body } = await get(roomId, '/dead-letters');
      expect(body).toEqual({
        deadLetters: [
          {
            id: expect.stringMatching(/^\d+-\d+$/),
            messageId: expect.stringMatching(/^msg_/),
            releaseNumber: 1,
            tickets: 1,
            releasedAt: expect.stringMatching(/^2026-/),
            deadline: expect.stringMatching(/^2026-/),
            deadSince: expect.stringMatching(/^2026-/),
            reason: 'given-up',
            error: 'the address is not allowed',
          },
        ],
        next: null,
      });
      const [{ id } = { id: '' }] = body['deadLetters'] as { id: string }[];
      expect((await get(roomId, `/dead-letters?after=${id}`)).body).toEqual({ deadLetters: [], next: null });
    });

    test('after an id that is none is refused', async () => {
      const roomId = await service.openRoom({ delivery });
      for (const id of ['x', '-', '%2B', '1', `${'9'.repeat(30)}-0`])
        expectProblem(await get(roomId, `/dead-letters?after=${id}`), 'request-invalid');
    });
  });

  describe('POST …/dead-letters/resend', () => {
    test('sends all again, or those named; again: nothing', async () => {
      const roomId = await withDeadLetter();
      expect((await resend(roomId, { ids: ['1-1'] })).body).toEqual({ resent: 0, deadLetters: 1 });
      expect((await resend(roomId)).body).toEqual({ resent: 1, deadLetters: 0 });
      expect((await resend(roomId, {})).body).toEqual({ resent: 0, deadLetters: 0 });
      expect((await get(roomId)).body).toMatchObject({ pending: 1, deadLetters: 0 });
    });

    test('in a room that tells nobody is refused, and its dead letters stay', async () => {
      const roomId = await withDeadLetter();
      expectStatus(await patch(roomId, { delivery: null }), 200);
      expectProblem(await resend(roomId), 'request-invalid');
      expect((await get(roomId)).body).toMatchObject({ state: 'off', deadLetters: 1 });
    });

    test('with a body that is wrong is refused', async () => {
      const roomId = await service.openRoom({ delivery });
      const wrong = [{ ids: [] }, { ids: ['x'] }, { ids: '1-0' }, { id: '1-0' }, { ids: [1] }];
      for (const body of wrong) expectProblem(await resend(roomId, body), 'request-invalid');
    });
  });

  describe('GET …/delivery/secrets', () => {
    test('tells an admin, and never a cache, what this room signs with', async () => {
      const rooms = [await service.makeRoom(), await service.makeRoom()] as const;
      const [one, other] = [
        await get(rooms[0], '/secrets', 'admin'),
        await get(rooms[1], '/secrets', 'admin'),
      ];
      expect(one.headers['cache-control']).toBe('no-store');
      expect(one.body['secrets']).toEqual([expect.stringMatching(/^whsec_[\w+/]{43}=$/)]);
      expect(one.body['secrets']).not.toEqual(other.body['secrets']);
      expect((await get(rooms[0], '/secrets', 'admin')).body).toEqual(one.body);
      expectProblem(await get(rooms[0], '/secrets'), 'key-forbidden');
    });
  });

  test('a policy whose delivery is none is refused', async () => {
    const roomId = await service.makeRoom();
    const wrong = [
      { url: 'http://example.org/' },
      { url: 'ftp://example.org/' },
      { url: 'https://user:secret@example.org/' },
      { url, holdAfterMs: -1 },
      { url, giveUpAfterMs: 999 },
      { url, other: 1 },
      {},
    ];
    for (const one of wrong) expectProblem(await patch(roomId, { delivery: one }), 'request-invalid');
  });
});
