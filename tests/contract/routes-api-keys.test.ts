import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { requestsAtOnceMax } from '../../src/edge/key-limit.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, type Scope, scopes, useService } from '../support/service.ts';
import type { Answer, Question } from '../support/wire-client.ts';

type MadeKey = { keyId: string; key: string };
type ListedKey = { keyId: string; state: string; lastUsedAt: string | null; [field: string]: unknown };

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 20);
  const { clock } = service;

  const post = (body: unknown, question: Question & { as?: Scope } = {}): Promise<Answer> =>
    service.internal('/v1/keys', { method: 'POST', body, ...question });
  const revoke = (keyId: string, question: Question & { as?: Scope } = {}): Promise<Answer> =>
    service.internal(`/v1/keys/${keyId}`, { method: 'DELETE', ...question });
  async function made(body: object = {}): Promise<MadeKey> {
    const answer = await post({ name: 'A key', scope: 'viewer', ...body });
    expectStatus(answer, 201);
    return answer.body as MadeKey;
  }
  async function listed(): Promise<ListedKey[]> {
    const answer = await service.internal('/v1/keys');
    expectStatus(answer, 200);
    return answer.body['keys'] as ListedKey[];
  }
  const find = async (keyId: string): Promise<ListedKey | undefined> =>
    (await listed()).find((one) => one.keyId === keyId);

  describe('POST /v1/keys', () => {
    test('answers with the key and all about it, never to be kept by a cache', async () => {
      const expiresAt = new Date(clock.wallMs() + 3_600_000).toISOString();
      const body = { name: 'Piscine – guichet 3', scope: 'operator', roomIds: ['b', 'a', 'b'], expiresAt };
      const answer = await post(body);
      expectStatus(answer, 201);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.body).toEqual({
        keyId: expect.stringMatching(/^[\da-f-]{36}$/),
        name: 'Piscine – guichet 3',
        scope: 'operator',
        roomIds: ['a', 'b'],
        state: 'active',
        inSettings: false,
        createdAt: new Date(clock.wallMs()).toISOString(),
        createdBy: { keyId: 'settings-admin', name: 'admin of the settings' },
        expiresAt,
        revokedAt: null,
        revokedBy: null,
        lastUsedAt: null,
        key: expect.stringMatching(/^guichet_operator_[\w-]{43}$/),
      });
      expect(JSON.stringify([service.lines, await listed()])).not.toContain(answer.body['key']);
    });

    test('again with the same Idempotency-Key answers the same; for something else it is refused', async () => {
      const headers = { 'idempotency-key': randomUUID() };
      const body = { name: 'Again', scope: 'origin' };
      const first = await post(body, { headers });
      const again = await post(body, { headers });
      expectStatus(again, 201);
      expect(again.body).toEqual(first.body);
      expectProblem(await post({ ...body, scope: 'viewer' }, { headers }), 'key-made-before');
      expect((await listed()).filter(({ name }) => name === 'Again')).toHaveLength(1);
    });

    test('with what makes no key is refused', async () => {
      const good = { name: 'A key', scope: 'viewer' };
      const wrong: unknown[] = [
        undefined,
        {},
        { name: 'A key' },
        { scope: 'viewer' },
        { ...good, scope: 'root' },
        { ...good, name: '' },
        { ...good, name: ' a' },
        { ...good, name: 'two\nlines' },
        { ...good, name: 'x'.repeat(101) },
        { ...good, roomIds: [] },
        { ...good, roomIds: ['Not a room'] },
        { ...good, roomIds: Array.from({ length: 101 }, (_, index) => `room-${index}`) },
        { ...good, expiresAt: 'tomorrow' },
        { ...good, expiresAt: '2030-01-01T00:00:00' },
        { ...good, expiresAt: new Date(clock.wallMs()).toISOString() },
        { ...good, hash: '0'.repeat(64) },
        { ...good, key: 'mine' },
      ];
      for (const body of wrong) expectProblem(await post(body), 'request-invalid');
      const headers = { 'idempotency-key': 'again' };
      expectProblem(await post(good, { headers }), 'request-invalid');
    });

    test('is for admins of all rooms alone', async () => {
      const body = { name: 'A key', scope: 'viewer' };
      for (const as of scopes.filter((scope) => scope !== 'admin'))
        expectProblem(await post(body, { as }), 'key-forbidden');
      const { key } = await made({ scope: 'admin', roomIds: ['pool'] });
      expectProblem(await post(body, { bearer: key }), 'key-forbidden');
      expectProblem(await post(body, { bearer: undefined }), 'key-missing');
    });
  });

  describe('GET /v1/keys', () => {
    test('tells of all keys, those of the settings first, without secret or hash', async () => {
      const { keyId, key } = await made();
      const all = await listed();
      expect(all.slice(0, 4).map((one) => [one.keyId, one['inSettings'], one['createdAt']])).toEqual(
        ['admin', 'operator', 'viewer', 'origin'].map((scope) => [`settings-${scope}`, true, null]),
      );
      expect(all.find((one) => one.keyId === keyId)).toMatchObject({ state: 'active', inSettings: false });
      const text = JSON.stringify(all);
      expect(text).not.toContain(key);
      expect(text).not.toMatch(/[\da-f]{64}/);
    });

    test('says when each was last used', async () => {
      const { keyId, key } = await made();
      expect((await find(keyId))?.lastUsedAt).toBeNull();
      await clock.advance(5_000);
      expectStatus(await service.internal('/v1/rooms', { bearer: key }), 200);
      expect((await find(keyId))?.lastUsedAt).toBe(new Date(clock.wallMs()).toISOString());
      expect((await find('settings-admin'))?.lastUsedAt).toBe(new Date(clock.wallMs()).toISOString());
    });

    test('is for admins of all rooms alone', async () => {
      for (const as of scopes.filter((scope) => scope !== 'admin'))
        expectProblem(await service.internal('/v1/keys', { as }), 'key-forbidden');
      const { key } = await made({ scope: 'admin', roomIds: ['pool'] });
      expectProblem(await service.internal('/v1/keys', { bearer: key }), 'key-forbidden');
      expectProblem(await service.internal('/v1/keys', { bearer: undefined }), 'key-missing');
    });
  });

  describe('DELETE /v1/keys/{keyId}', () => {
    test('revokes at once; again: the same answer', async () => {
      const { keyId, key } = await made();
      const answer = await revoke(keyId);
      expectStatus(answer, 200);
      const revokedAt = new Date(clock.wallMs()).toISOString();
      expect(answer.body).toMatchObject({ state: 'revoked', revokedAt, revokedBy: 'admin of the settings' });
      expectProblem(await service.internal('/v1/rooms', { bearer: key }), 'key-missing');
      await clock.advance(3_000);
      expect((await revoke(keyId)).body).toEqual(answer.body);
      expect(await find(keyId)).toEqual(answer.body);
    });

    test('of a key that nobody has, or one of the settings, is refused', async () => {
      expectProblem(await revoke(randomUUID()), 'key-unknown');
      expectProblem(await revoke('settings-nobody'), 'key-unknown');
      expectProblem(await revoke('settings-origin'), 'key-of-settings');
      for (const keyId of ['A', '%20', 'x'.repeat(65), '..%2F'])
        expectProblem(await revoke(keyId), 'request-invalid');
    });

    test('is for admins of all rooms alone', async () => {
      const { keyId } = await made();
      for (const as of scopes.filter((scope) => scope !== 'admin'))
        expectProblem(await revoke(keyId, { as }), 'key-forbidden');
      const { key } = await made({ scope: 'admin', roomIds: ['pool'] });
      expectProblem(await revoke(keyId, { bearer: key }), 'key-forbidden');
      expectProblem(await revoke(keyId, { bearer: undefined }), 'key-missing');
    });
  });

  describe('a key of the scope', () => {
    /** What each scope may at least be asked for, in a room of its own and in another. */
    const questions: { needs: Scope; method: string; path: string; body?: unknown }[] = [
      { needs: 'viewer', method: 'GET', path: '' },
      { needs: 'viewer', method: 'GET', path: '/delivery' },
      { needs: 'operator', method: 'POST', path: '/pause' },
      { needs: 'operator', method: 'PATCH', path: '/admission', body: { capacity: 5 } },
      { needs: 'operator', method: 'PUT', path: '/notice', body: { notice: 'Later' } },
      { needs: 'operator', method: 'DELETE', path: '/notice' },
      { needs: 'admin', method: 'PATCH', path: '', body: { capacity: 6 } },
      { needs: 'admin', method: 'GET', path: '/delivery/secrets' },
      { needs: 'origin', method: 'POST', path: '/passes/redeem', body: { handOver: 'x' } },
      { needs: 'origin', method: 'POST', path: `/sessions/${randomUUID()}/keep-alive` },
      { needs: 'admin', method: 'DELETE', path: '' },
    ];
    const includes: { [scope in Scope]: readonly Scope[] } = {
      viewer: ['viewer'],
      operator: ['viewer', 'operator'],
      origin: ['origin'],
      admin: scopes,
    };

    test.each(scopes)('%s, for one room, may do its part there and nothing elsewhere', async (scope) => {
      const [own, other] = [await service.makeRoom(), await service.makeRoom()];
      const { key } = await made({ scope, roomIds: [own] });
      const elsewhere = (await service.internal(`/v1/rooms/${other}`)).body;
      for (const { needs, path, ...question } of questions) {
        const ask = (roomId: string): Promise<Answer> =>
          clock.during(service.internal(`/v1/rooms/${roomId}${path}`, { bearer: key, ...question }));
        expectProblem(await ask(other), 'key-forbidden');
        const answer = await ask(own);
        if (includes[scope].includes(needs)) expect(answer.status, answer.text).not.toBe(403);
        else expectProblem(answer, 'key-forbidden');
      }
      expect((await service.internal(`/v1/rooms/${other}`)).body).toEqual(elsewhere);
    });

    test('viewer changes nothing, in any room', async () => {
      const roomId = await service.makeRoom();
      const { key } = await made({ scope: 'viewer' });
      const before = (await service.internal(`/v1/rooms/${roomId}`)).body;
      for (const { path, ...question } of questions.filter(({ method }) => method !== 'GET'))
        expectProblem(
          await service.internal(`/v1/rooms/${roomId}${path}`, { bearer: key, ...question }),
          'key-forbidden',
        );
      expect((await service.internal(`/v1/rooms/${roomId}`, { bearer: key })).body).toEqual(before);
    });

    test('viewer or operator, for some rooms, sees these in the list; origin sees no list', async () => {
      const [one, other, later] = [await service.makeRoom(), await service.makeRoom(), newRoomId()];
      const idsFor = async (body: object): Promise<unknown> => {
        const { key } = await made(body);
        const answer = await service.internal('/v1/rooms', { bearer: key });
        if (answer.status !== 200) return answer.body['code'];
        return (answer.body['rooms'] as { roomId: string }[]).map(({ roomId }) => roomId);
      };
      expect(await idsFor({ scope: 'viewer', roomIds: [one, later] })).toEqual([one]);
      expect(await idsFor({ scope: 'operator', roomIds: [other] })).toEqual([other]);
      expect(await idsFor({ scope: 'viewer', roomIds: [later] })).toEqual([]);
      expect(await idsFor({ scope: 'viewer' })).toEqual(expect.arrayContaining([one, other]));
      expect(await idsFor({ scope: 'origin', roomIds: [one] })).toBe('key-forbidden');
    });

    test('admin, for a room that is not there yet, may make it', async () => {
      const roomId = newRoomId();
      const { key } = await made({ scope: 'admin', roomIds: [roomId] });
      expectStatus(
        await service.internal(`/v1/rooms/${roomId}`, { method: 'PUT', body: {}, bearer: key }),
        201,
      );
    });
  });

  test('a key opens nothing from the instant at which it expires', async () => {
    const expiresAt = new Date(clock.wallMs() + 10_000).toISOString();
    const { key, keyId } = await made({ expiresAt });
    await clock.advance(9_999);
    expectStatus(await service.internal('/v1/rooms', { bearer: key }), 200);
    await clock.advance(1);
    expectProblem(await service.internal('/v1/rooms', { bearer: key }), 'key-missing');
    expect((await find(keyId))?.state).toBe('expired');
    expect((await revoke(keyId)).body['state']).toBe('revoked');
  });

  test('a key that asks too often is told when to come back; others are not', async () => {
    const { key } = await made();
    const statuses: number[] = [];
    const ask = (): Promise<Answer> => service.internal('/v1/rooms/none', { bearer: key, method: 'PATCH' });
    for (let count = 0; count < requestsAtOnceMax; count += 1) statuses.push((await ask()).status);
    expect(new Set(statuses)).toEqual(new Set([403]));
    const refused = await ask();
    expectProblem(refused, 'rate-limited');
    expect(refused.headers['retry-after']).toBe('1');
    expectStatus(await service.internal('/v1/rooms', { as: 'viewer' }), 200);
    await clock.advance(1_000);
    expectProblem(await ask(), 'key-forbidden');
  });
});
