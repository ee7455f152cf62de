import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, type Scope, serviceForTest, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

const hourMs = 3_600_000;
/** Nobody can confirm it any more, and it is said why. */
function expectOver(answer: Answer, why: string): void {
  expectProblem(answer, 'proposal-over');
  expect(answer.body['detail']).toBe(`This change waits no more: ${why}`);
}

type Proposed = { proposalId: string; state: string; needs: string[] };

describe.each(['memory', 'redis'] as const)('a second person on the %s store', (kind) => {
  const service = useService(kind, 46);
  const { clock } = service;

  const send = (path: string, as: Scope, method = 'POST', body?: unknown): Promise<Answer> =>
    service.internal(`/v1/rooms/${path}`, { method, body, as });
  const read = async (roomId: string): Promise<Answer['body']> =>
    (await service.internal(`/v1/rooms/${roomId}`)).body;
  const listed = async (roomId: string): Promise<Proposed[]> =>
    (await service.internal(`/v1/rooms/${roomId}/proposals`, { as: 'viewer' })).body[
      'proposals'
    ] as Proposed[];
  const decide = (
    roomId: string,
    { proposalId }: Pick<Proposed, 'proposalId'>,
    as: Scope,
    verb = 'confirm',
  ): Promise<Answer> => send(`${roomId}/proposals/${proposalId}/${verb}`, as);

  const carefulRoom = (policy: PolicyInput = {}): Promise<string> =>
    service.makeRoom({ secondPersonFor: ['open', 'bypass', 'capacity', 'mode'], capacity: 10, ...policy });

  async function proposed(path: string, as: Scope, method = 'POST', body?: unknown): Promise<Proposed> {
    const answer = await send(path, as, method, body);
    expectStatus(answer, 202);
    return answer.body['proposal'] as Proposed;
  }

  describe('what needs one', () => {
    test.each<[string, string, string, unknown, string[]]>([
      ['opening', '/open', 'POST', { reason: 'À l’heure' }, ['open']],
      ['bypass', '/bypass', 'POST', undefined, ['open', 'bypass']],
      ['a capacity that rises by more than half', '/admission', 'PATCH', { capacity: 16 }, ['capacity']],
    ])('%s waits, visibly, and changes nothing', async (_, path, method, body, needs) => {
      const roomId = await carefulRoom();
      const before = await read(roomId);
      const { proposalId, ...waiting } = await proposed(`${roomId}${path}`, 'operator', method, body);
      expect(waiting).toMatchObject({ state: 'waiting', needs, decidedBy: null });
      expect(await read(roomId)).toEqual(before);
      expect(await listed(roomId)).toEqual([{ proposalId, ...waiting }]);
    });

    test('also a time of opening, and taking the rule away; nothing else', async () => {
      const roomId = await carefulRoom();
      const at = new Date(clock.wallMs() + hourMs).toISOString();
      expect((await proposed(roomId, 'admin', 'PATCH', { opensAt: at })).needs).toEqual(['open']);
      expect((await proposed(roomId, 'admin', 'PATCH', { secondPersonFor: [] })).needs).toEqual(['rule']);
      expect((await proposed(roomId, 'admin', 'PUT', { capacity: 10 })).needs).toEqual(['rule']);
      expectStatus(await send(`${roomId}/admission`, 'operator', 'PATCH', { capacity: 15 }), 200);
      expectStatus(await send(`${roomId}/notice`, 'operator', 'PUT', { notice: 'Bientôt' }), 200);
      expectStatus(await send(`${roomId}/close`, 'operator'), 200);
    });

    test('a pause is ended by one person: the room was opened already', async () => {
      const roomId = await carefulRoom();
      expectStatus(await decide(roomId, await proposed(`${roomId}/open`, 'operator'), 'admin'), 200);
      expectStatus(await send(`${roomId}/pause`, 'operator'), 200);
      expectStatus(await send(`${roomId}/resume`, 'operator'), 200);
    });

    test('a dry run says so beforehand, and proposes nothing', async () => {
      const roomId = await carefulRoom();
      const { body } = await send(`${roomId}/bypass?dryRun=true`, 'operator');
      expect(body).toMatchObject({ dryRun: true, effect: { needsSecondPerson: ['open', 'bypass'] } });
      expect(await listed(roomId)).toEqual([]);
    });

    test('no more than twenty changes wait at a time', async () => {
      const roomId = await carefulRoom();
      for (let made = 0; made < 20; made += 1) await proposed(`${roomId}/bypass`, 'operator');
      expectProblem(await send(`${roomId}/bypass`, 'operator'), 'proposals-full');
      await clock.advance(hourMs);
      await proposed(`${roomId}/bypass`, 'operator');
      expect(await listed(roomId)).toHaveLength(1);
    });
  });

  describe('POST …/confirm', () => {
    test('by another key makes the change', async () => {
      const roomId = await carefulRoom();
      const reason = { fr: 'C’est ouvert', en: 'We are open' };
      const proposal = await proposed(`${roomId}/open`, 'operator', 'POST', { reason });
      const answer = await decide(roomId, proposal, 'admin');
      expectStatus(answer, 200);
      expect(answer.body).toMatchObject({ state: 'open', reason, version: 2 });
      expect(answer.headers['etag']).toBe('"2"');
      expect((await listed(roomId))[0]).toMatchObject({
        state: 'confirmed',
        proposedBy: { keyId: 'settings-operator' },
        decidedBy: { keyId: 'settings-admin' },
      });
    });

    test('by the same key is refused', async () => {
      const roomId = await carefulRoom();
      const proposal = await proposed(`${roomId}/open`, 'operator');
      expectProblem(await decide(roomId, proposal, 'operator'), 'proposal-own');
      expect(await read(roomId)).toMatchObject({ state: 'scheduled', version: 1 });
    });

    test('of what an admin proposed is not for an operator', async () => {
      const roomId = await carefulRoom();
      const proposal = await proposed(roomId, 'admin', 'PATCH', { capacity: 100 });
      expectProblem(await decide(roomId, proposal, 'operator'), 'key-forbidden');
      expectProblem(await decide(roomId, proposal, 'viewer'), 'key-forbidden');
    });

    test('twice: by the same person it is the same, as after a lost answer; once it was undone it is over', async () => {
      const roomId = await carefulRoom();
      const proposal = await proposed(`${roomId}/open`, 'operator');
      const first = await decide(roomId, proposal, 'admin');
      const again = await decide(roomId, proposal, 'admin');
      expectStatus(again, 200);
      expect(again.body['version']).toBe(first.body['version']);
      expectStatus(await send(`${roomId}/close`, 'operator'), 200);
      expectProblem(await decide(roomId, proposal, 'admin'), 'proposal-over');
      expect(await read(roomId)).toMatchObject({ state: 'closed' });
    });

    test('ten at once make it once', async () => {
      const roomId = await carefulRoom();
      const proposal = await proposed(`${roomId}/open`, 'operator');
      const answers = await Promise.all(Array.from({ length: 10 }, () => decide(roomId, proposal, 'admin')));
      expect(answers.some(({ status }) => status === 200)).toBe(true);
      for (const refused of answers.filter(({ status }) => status !== 200))
        expectProblem(refused, 'proposal-over');
      expect(await read(roomId)).toMatchObject({ state: 'open', version: 2 });
      const { records } = (await service.internal(`/v1/rooms/${roomId}/audit`)).body as {
        records: { action: string }[];
      };
      expect(records.filter(({ action }) => action === 'room.open')).toHaveLength(1);
    });

    test('late is refused: an hour after, to the millisecond', async () => {
      const roomId = await carefulRoom();
      const late = await proposed(`${roomId}/open`, 'operator');
      await clock.advance(hourMs);
      expectOver(await decide(roomId, late, 'admin'), 'it waited for an hour');
      expect(await listed(roomId)).toEqual([]);
      const inTime = await proposed(`${roomId}/open`, 'operator');
      await clock.advance(hourMs - 2_000);
      expectStatus(await decide(roomId, inTime, 'admin'), 200);
    });

    test.each<[string, (roomId: string) => Promise<Answer>]>([
      ['the policy', (roomId) => send(`${roomId}/admission`, 'operator', 'PATCH', { capacity: 9 })],
      ['the notice', (roomId) => send(`${roomId}/notice`, 'operator', 'PUT', { notice: 'x' })],
      ['the state', (roomId) => send(`${roomId}/close`, 'operator')],
    ])('after %s changed is refused', async (_, change) => {
      const roomId = await carefulRoom();
      const proposal = await proposed(`${roomId}/open`, 'operator');
      expectStatus(await change(roomId), 200);
      expectProblem(await decide(roomId, proposal, 'admin'), 'proposal-over');
      expect((await read(roomId))['state']).not.toBe('open');
    });

    test('after the room was made anew is refused, whatever its version', async () => {
      const roomId = await carefulRoom();
      const rule = await proposed(roomId, 'admin', 'PATCH', { secondPersonFor: [] });
      const proposal = await proposed(`${roomId}/open`, 'operator');
      const other = await service.makeKey('admin');
      const confirm = `/v1/rooms/${roomId}/proposals/${rule.proposalId}/confirm`;
      expectStatus(await service.internal(confirm, { method: 'POST', bearer: other.key }), 200);
      expectStatus(await send(roomId, 'admin', 'DELETE'), 204);
      await clock.advance(1_000);
      await service.makeRoom({ secondPersonFor: ['open'] }, roomId);
      expectProblem(await decide(roomId, proposal, 'admin'), 'proposal-over');
      expect(await listed(roomId)).toEqual([]);
    });

    test('of one that was never made is refused', async () => {
      const roomId = await carefulRoom();
      expectProblem(await decide(roomId, { proposalId: randomUUID() }, 'admin'), 'proposal-unknown');
      expectProblem(await decide(roomId, { proposalId: 'x' }, 'admin'), 'request-invalid');
      expectProblem(
        await clock.during(decide(newRoomId(), { proposalId: randomUUID() }, 'admin')),
        'room-unknown',
      );
    });
  });

  describe('POST …/withdraw', () => {
    test('takes it back, by whoever may steer; nobody confirms it then', async () => {
      const roomId = await carefulRoom();
      const proposal = await proposed(`${roomId}/open`, 'operator');
      const answer = await decide(roomId, proposal, 'operator', 'withdraw');
      expectStatus(answer, 200);
      expect(answer.body).toMatchObject({ state: 'withdrawn', decidedBy: { keyId: 'settings-operator' } });
      expect((await decide(roomId, proposal, 'operator', 'withdraw')).body).toEqual(answer.body);
      expectOver(await decide(roomId, proposal, 'admin'), 'it was withdrawn already');
    });

    test('of one that was confirmed is refused', async () => {
      const roomId = await carefulRoom();
      const proposal = await proposed(`${roomId}/open`, 'operator');
      expectStatus(await decide(roomId, proposal, 'admin'), 200);
      expectProblem(await decide(roomId, proposal, 'operator', 'withdraw'), 'proposal-over');
    });

    test('of one that was never made is refused', async () => {
      const roomId = await carefulRoom();
      const none = { proposalId: randomUUID() };
      expectProblem(await decide(roomId, none, 'operator', 'withdraw'), 'proposal-unknown');
      expectProblem(await decide(roomId, { proposalId: 'x' }, 'operator', 'withdraw'), 'request-invalid');
    });
  });

  test('GET …/proposals of a room that is not there is refused', async () => {
    const path = `/v1/rooms/${newRoomId()}/proposals`;
    expectProblem(await clock.during(service.internal(path)), 'room-unknown');
  });
});

test.each([
  ['the store’s clock is over, though the replica’s is behind it', -60_000],
  ['the replica’s clock is over, though the store’s is behind it', 60_000],
])('what is late by %s', async (_, wallAheadMs) => {
  const clock = new ManualClock();
  const service = await serviceForTest({ clock, wallAheadMs });
  const roomId = await service.makeRoom({ secondPersonFor: ['open'] });
  const ask = (path: string, as: Scope): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}/${path}`, { method: 'POST', as });
  const { proposalId, expiresAt } = (await ask('open', 'operator')).body['proposal'] as {
    proposalId: string;
    expiresAt: string;
  };
  await clock.advance(Date.parse(expiresAt) - clock.wallMs() - Math.max(0, wallAheadMs));
  expectOver(await ask(`proposals/${proposalId}/confirm`, 'admin'), 'it waited for an hour');
});
