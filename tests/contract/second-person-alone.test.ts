import { describe, expect, test } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, type Scope, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

/** Ways in which one key alone might do what a room wants two for. */
describe.each(['memory', 'redis'] as const)('one key alone on the %s store', (kind) => {
  const service = useService(kind, 55);

  const send = (path: string, as: Scope, method = 'POST', body?: unknown): Promise<Answer> =>
    service.internal(`/v1/rooms/${path}`, { method, body, as });
  const stateOf = async (roomId: string): Promise<unknown> =>
    (await service.internal(`/v1/rooms/${roomId}`)).body['state'];
  const needsOf = (answer: Answer): unknown => {
    expectStatus(answer, 202);
    return (answer.body['proposal'] as { needs: string[] }).needs;
  };
  const carefulRoom = (policy: PolicyInput = {}): Promise<string> =>
    service.makeRoom({ secondPersonFor: ['open'], ...policy });

  test.each(['pause', 'drain', 'bypass', 'resume', 'open'])('opens no room by way of %s', async (verb) => {
    const roomId = await carefulRoom();
    expect(needsOf(await send(`${roomId}/${verb}`, 'operator'))).toEqual(['open']);
    expect(await stateOf(roomId)).toBe('scheduled');
    expectStatus(await send(`${roomId}/close`, 'operator'), 200);
    expect(needsOf(await send(`${roomId}/${verb}`, 'operator'))).toEqual(['open']);
    expect(await stateOf(roomId)).toBe('closed');
  });

  test('raises no capacity by more than half in small steps', async () => {
    const roomId = await service.makeRoom({ secondPersonFor: ['capacity'], capacity: 100 });
    const raise = (capacity: number): Promise<Answer> =>
      send(`${roomId}/admission`, 'operator', 'PATCH', { capacity });
    expectStatus(await raise(140), 200);
    expectStatus(await raise(80), 200);
    expectStatus(await raise(115), 200);
    expectStatus(await raise(150), 200);
    const tried = await send(`${roomId}/admission?dryRun=true`, 'operator', 'PATCH', { capacity: 160 });
    expect(tried.body['effect']).toMatchObject({ needsSecondPerson: ['capacity'] });
    const step = await raise(160);
    expect(needsOf(step)).toEqual(['capacity']);
    const { proposalId } = step.body['proposal'] as { proposalId: string };
    expectStatus(await send(`${roomId}/proposals/${proposalId}/confirm`, 'admin'), 200);
    // From what two agreed on.
    expectStatus(await raise(240), 200);
    expect(needsOf(await raise(241))).toEqual(['capacity']);
    await service.clock.advance(3_601_000);
    expectStatus(await raise(241), 200);
  });

  test('has nothing confirmed that it proposed before it was revoked', async () => {
    const roomId = await carefulRoom();
    const { keyId, key } = await service.makeKey('operator');
    const open = { method: 'POST', bearer: key };
    const { body } = await service.internal(`/v1/rooms/${roomId}/open`, open);
    expectStatus(await service.internal(`/v1/keys/${keyId}`, { method: 'DELETE' }), 200);
    const { proposalId } = body['proposal'] as { proposalId: string };
    expectProblem(await send(`${roomId}/proposals/${proposalId}/confirm`, 'admin'), 'proposal-over');
    expect(await stateOf(roomId)).toBe('scheduled');
  });

  test('deletes no room to make it anew without the rule', async () => {
    const roomId = await carefulRoom();
    expectProblem(await send(roomId, 'admin', 'DELETE'), 'second-person-required');
    expect(await stateOf(roomId)).toBe('scheduled');
  });

  test.each(['confirm', 'withdraw'])('asks for no dry run of %s and has it done', async (verb) => {
    const roomId = await carefulRoom();
    const { body } = await send(`${roomId}/open`, 'operator');
    const { proposalId } = body['proposal'] as { proposalId: string };
    const path = `${roomId}/proposals/${proposalId}/${verb}`;
    expectProblem(await send(`${path}?dryRun=true`, 'admin'), 'request-invalid');
    expectStatus(await send(path, 'admin'), 200);
  });

  test('a deletion that is only to be tried deletes nothing', async () => {
    const roomId = await service.makeRoom();
    expectProblem(await send(`${roomId}?dryRun=true`, 'admin', 'DELETE'), 'request-invalid');
    expect(await stateOf(roomId)).toBe('scheduled');
  });
});
