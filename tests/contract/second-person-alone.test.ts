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

  test.each(['pause', 'drain', 'bypass', 'resume', 'open'])(
    'opens no room by way of %s',
    async (verb) => {
      const roomId = await carefulRoom();
      expect(needsOf(await send(`${roomId}/${verb}`, 'operator'))).toEqual(['open']);
      expect(await stateOf(roomId)).toBe('scheduled');
      expectStatus(await send(`${roomId}/close`, 'operator'), 200);
      expect(needsOf(await send(`${roomId}/${verb}`, 'operator'))).toEqual(['open']);
      expect(await stateOf(roomId)).toBe('closed');
    },
  );
});
