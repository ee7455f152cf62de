import { readFile, mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { AuditRecord } from '../../src/domain/audit.ts';
import { type ChainEnd, parseAuditLines, verifyChains } from '../../src/service/audit-chain.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, type Scope, serviceForTest, useService } from '../support/service.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { Answer } from '../support/wire-client.ts';

type Page = { records: AuditRecord[]; next: number | null; head: ChainEnd };

describe.each(['memory', 'redis'] as const)('the audit on the %s store', (kind) => {
  const service = useService(kind, 47);
  const { clock } = service;

  const send = (path: string, method: string, body?: unknown, as: Scope = 'operator'): Promise<Answer> =>
    service.internal(`/v1/rooms/${path}`, { method, body, as });
  async function auditOf(roomId: string): Promise<Page> {
    const answer = await service.internal(`/v1/rooms/${roomId}/audit`, { as: 'viewer' });
    expectStatus(answer, 200);
    return answer.body as Page;
  }
  const actions = (page: Page): string[] => page.records.map(({ action }) => action);

  test('says of every change who made it, when, why, and what it was and became', async () => {
    const roomId = await service.makeRoom({ capacity: 5 });
    await send(`${roomId}/open`, 'POST', { reason: { fr: 'À l’heure' } });
    await send(`${roomId}/admission`, 'PATCH', { capacity: 9 });
    await send(`${roomId}/notice`, 'PUT', { notice: 'Retard' });
    await send(roomId, 'PATCH', { places: 4 }, 'admin');
    const page = await auditOf(roomId);
    const operator = { keyId: 'settings-operator', name: 'operator of the settings' };
    const at = new Date(clock.wallMs()).toISOString();
    expect(page.records).toMatchObject([
      { number: 1, action: 'room.create', actor: { keyId: 'settings-admin' }, before: null, previous: null },
      {
        number: 2,
        action: 'room.open',
        actor: operator,
        at,
        roomId,
        reason: { fr: 'À l’heure' },
        before: { state: 'scheduled', stateReason: null },
        after: { state: 'open', stateReason: { fr: 'À l’heure' } },
      },
      { number: 3, action: 'room.admission', before: { capacity: 5 }, after: { capacity: 9 }, reason: null },
      { number: 4, action: 'room.notice', before: { notice: null }, after: { notice: 'Retard' } },
      { number: 5, action: 'room.policy', before: { places: null }, after: { places: 4 } },
    ]);
    expect(page.next).toBeNull();
    expect(verifyChains(page.records, [{ ...page.head, roomId }]).faults).toEqual([]);
  });

  test('has no record of what was refused, predicted, or so already', async () => {
    const roomId = await service.openRoom();
    await send(`${roomId}/pause?dryRun=true`, 'POST');
    await send(`${roomId}/pause`, 'POST', { reason: 7 });
    await send(`${roomId}/pause`, 'POST', undefined, 'viewer');
    await service.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST', headers: { 'if-match': '"9"' } });
    await send(`${roomId}/open`, 'POST');
    expect(actions(await auditOf(roomId))).toEqual(['room.create', 'room.open']);
  });

  test('names both persons of a change that needed two, and what was proposed and withdrawn', async () => {
    const roomId = await service.makeRoom({ secondPersonFor: ['open'] });
    const propose = async (): Promise<string> => {
      const { body } = await send(`${roomId}/open`, 'POST', { reason: 'Ouvert' });
      return (body['proposal'] as { proposalId: string }).proposalId;
    };
    const [one, other] = [await propose(), await propose()];
    await send(`${roomId}/proposals/${one}/withdraw`, 'POST');
    await send(`${roomId}/proposals/${other}/confirm`, 'POST', undefined, 'admin');
    const page = await auditOf(roomId);
    expect(actions(page)).toEqual([
      'room.create',
      'room.propose',
      'room.propose',
      'room.withdraw',
      'room.open',
    ]);
    expect(page.records.at(-1)).toMatchObject({
      actor: { keyId: 'settings-admin' },
      proposedBy: { keyId: 'settings-operator' },
      reason: 'Ouvert',
    });
  });

  test('tells what a room did by itself, once', async () => {
    const opensAt = new Date(clock.wallMs() + 30_000).toISOString();
    const roomId = await service.makeRoom({
      opensAt,
      closesAt: new Date(clock.wallMs() + 60_000).toISOString(),
    });
    await clock.advance(31_000);
    await clock.until(async () => (await auditOf(roomId)).records.length === 2);
    await clock.advance(40_000);
    await clock.until(async () => (await auditOf(roomId)).records.length === 3);
    expect((await auditOf(roomId)).records.slice(1)).toMatchObject([
      {
        action: 'room.open',
        actor: { keyId: null, name: 'room' },
        after: { state: 'open', cause: 'schedule' },
      },
      { action: 'room.close', before: { state: 'open' }, after: { state: 'closed', cause: 'schedule' } },
    ]);
  });

  test('of a room that drained says so', async () => {
    const roomId = await service.openRoom();
    await send(`${roomId}/drain`, 'POST');
    await clock.until(async () => actions(await auditOf(roomId)).includes('room.close'));
    expect((await auditOf(roomId)).records.at(-1)).toMatchObject({ after: { cause: 'drained' } });
  });

  test('is one chain, however many change at once', async () => {
    const roomId = await service.openRoom();
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, index) => send(`${roomId}/notice`, 'PUT', { notice: `n° ${index}` })),
    );
    const made = answers.filter(({ status }) => status === 200);
    for (const { status } of answers) expect([200, 409]).toContain(status);
    const page = await auditOf(roomId);
    expect(page.records).toHaveLength(2 + made.length);
    expect(verifyChains(page.records, [{ ...page.head, roomId }]).faults).toEqual([]);
  });

  test('outlives its room, and goes on when the room is made anew', async () => {
    const roomId = await service.openRoom();
    await service.internal(`/v1/rooms/${roomId}`, { method: 'DELETE' });
    await clock.advance(1_000);
    expect(actions(await auditOf(roomId))).toEqual(['room.create', 'room.open', 'room.delete']);
    await service.makeRoom({}, roomId);
    const page = await auditOf(roomId);
    expect(actions(page).at(-1)).toBe('room.create');
    expect(verifyChains(page.records, [{ ...page.head, roomId }]).whole).toMatchObject([{ last: 4 }]);
  });

  test('never tells the query of a hook, which may be a secret', async () => {
    const url = 'https://site.example/hook';
    const roomId = await service.makeRoom({ delivery: { url: `${url}?token=s3cret` } });
    await send(roomId, 'PATCH', { delivery: { url: `${url}?token=0ther` } }, 'admin');
    const page = await auditOf(roomId);
    expect(page.records).toMatchObject([
      { after: { delivery: { url: `${url}?…` } } },
      { before: { delivery: { url: `${url}?…` } }, after: { delivery: { url: `${url}?…` } } },
    ]);
    expect(
      JSON.stringify(page) + (await readFile(join(service.directory, 'audit.jsonl'), 'utf8')),
    ).not.toMatch(/s3cret|0ther/);
  });

  test('abridges what is long: an audit is read by people', async () => {
    const logo = `data:image/png;base64,${'A'.repeat(4_000)}`;
    const roomId = await service.makeRoom({ logo });
    const { after } = (await auditOf(roomId)).records[0] as { after: Record<string, unknown> };
    expect(after['logo']).toEqual({ characters: logo.length + 2, sha256: expect.any(String) as string });
  });

  test('comes in pages', async () => {
    const roomId = await service.openRoom();
    await send(`${roomId}/notice`, 'PUT', { notice: 'x' });
    const page = await service.internal(`/v1/rooms/${roomId}/audit?after=2`);
    expect((page.body as Page).records.map(({ number }) => number)).toEqual([3]);
    const beyond = await service.internal(`/v1/rooms/${roomId}/audit?after=99`);
    expect(beyond.body).toMatchObject({ records: [], next: null, head: { number: 3 } });
  });

  test.each(['-1', 'x', '1.5', ''])('?after=%s is refused', async (after) => {
    const roomId = await service.openRoom();
    expectProblem(await service.internal(`/v1/rooms/${roomId}/audit?after=${after}`), 'request-invalid');
    expectProblem(await service.internal(`/v1/audit?after=${after}`), 'request-invalid');
  });

  test('of a room that never was is refused; the service’s own is there, and empty', async () => {
    expectProblem(await service.internal(`/v1/rooms/${newRoomId()}/audit`), 'room-unknown');
    expectStatus(await service.internal('/v1/audit'), 200);
  });
});

describe('two replicas', () => {
  const clock = new ManualClock();
  let redisUrl = '';
  beforeAll(() => {
    const url = new URL(inject('redisUrl'));
    url.pathname = '/48';
    redisUrl = url.href;
  });

  test('put down once what a room did by itself; their files together are the whole chain', async () => {
    const one = await serviceForTest({ redisUrl, clock });
    const other = await serviceForTest({ redisUrl, clock, replicaOf: one });
    const roomId = await one.makeRoom({ opensAt: new Date(clock.wallMs() + 5_000).toISOString() });
    await clock.advance(8_000);
    const ask = async (): Promise<Page> => (await other.internal(`/v1/rooms/${roomId}/audit`)).body as Page;
    await clock.until(async () => (await ask()).records.length === 2);
    await other.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST' });
    await one.internal(`/v1/rooms/${roomId}/resume`, { method: 'POST' });
    await clock.advance(5_000);
    const page = await ask();
    expect(page.records.map(({ action }) => action)).toEqual([
      'room.create',
      'room.open',
      'room.pause',
      'room.resume',
    ]);
    const inFiles = async (): Promise<AuditRecord[]> => {
      const files = [one, other].map(({ directory }) => readFile(join(directory, 'audit.jsonl'), 'utf8'));
      const records = (await Promise.all(files)).flatMap((text) => parseAuditLines(text).records);
      return records.toSorted((a, b) => a.number - b.number);
    };
    // A disk is slow, and this clock is fast.
    await clock.until(async () => (await inFiles()).length === 4, 3_600_000);
    const records = await inFiles();
    expect(records).toEqual(page.records);
    expect(verifyChains(records, [{ ...page.head, roomId }]).faults).toEqual([]);
  });
});

test('what cannot be written down is not acknowledged, though it was done; it is, as soon as it can be', async () => {
  const service = await serviceForTest();
  const roomId = await service.openRoom();
  const path = join(service.directory, 'audit.jsonl');
  const kept = await readFile(path, 'utf8');
  await rm(path);
  await mkdir(path);
  const pause = (): Promise<Answer> => service.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST' });
  expectProblem(await pause(), 'audit-unavailable');
  expect((await service.internal(`/v1/rooms/${roomId}`)).body).toMatchObject({ state: 'paused' });
  await rmdir(path);
  expectStatus(await service.internal(`/v1/rooms/${roomId}/resume`, { method: 'POST' }), 200);
  const { records } = parseAuditLines(kept + (await readFile(path, 'utf8')));
  expect(records.map(({ action }) => action)).toEqual([
    'room.create',
    'room.open',
    'room.pause',
    'room.resume',
  ]);
  expect(verifyChains(records, []).faults).toEqual([]);
});
