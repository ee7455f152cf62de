/** The end of a room's retention, as those who hold its tickets and those who run it meet it. */
import { describe, expect, test } from 'vitest';
import { deskOf } from '../support/desk.ts';
import { entered } from '../support/journeys.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, useService } from '../support/service.ts';

const dayMs = 86_400_000;

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 38);
  const { clock } = service;
  const { assisted, find, standing } = deskOf(service);

  const steer = async (roomId: string, verb: string): Promise<void> => {
    expectStatus(await service.internal(`/v1/rooms/${roomId}/${verb}`, { method: 'POST' }), 200);
  };
  const policyOf = async (roomId: string): Promise<unknown> =>
    (await service.internal(`/v1/rooms/${roomId}`)).body['policy'];

  test('the policy says how many days: 30 unless told otherwise, between 1 and 365', async () => {
    expect(await policyOf(await service.makeRoom())).toMatchObject({ retainDays: 30 });
    expect(await policyOf(await service.makeRoom({ retainDays: 365 }))).toMatchObject({ retainDays: 365 });
    for (const retainDays of [0, 366, 1.5, '30', null]) {
      const path = `/v1/rooms/${await service.makeRoom()}`;
      expectProblem(
        await service.internal(path, { method: 'PATCH', body: { retainDays } }),
        'request-invalid',
      );
    }
  });

  test('whoever holds a ticket from before is told that it is over, and an agent finds nothing of it', async () => {
    const inside = await entered(service, { capacity: 1, retainDays: 1 });
    const { roomId } = inside;
    const watching = await service.join(roomId);
    const looking = await service.join(roomId);
    const { code, ticketId } = await assisted(roomId);
    const live = await service.live(roomId, watching);
    await live.next('standing');
    await steer(roomId, 'close');
    await clock.advance(2_000);
    clock.stepWall(dayMs + 5_000);

    expect(await clock.during(live.next('gone'))).toMatchObject({ reason: 'over' });
    expect(await clock.during(live.closed)).toBe(4502);
    for (const visitor of [watching, looking, inside])
      expect((await service.look(visitor)).body).toMatchObject({ kind: 'gone', reason: 'over' });
    expectProblem(await service.act(looking, 'enter'), 'ticket-over');
    const id = String(ticketId);
    expect(await standing(roomId, `ticketId=${id}`)).toEqual({ kind: 'unknown', ticketId: id });
    expect(await standing(roomId, 'number=2')).toEqual({ kind: 'unknown', ticketId: null });
    // The code ends with its token, and brings nothing back until then.
    expect((await find(roomId, `code=${String(code)}`)).body).toMatchObject({
      standing: { kind: 'gone', ticketId: id, reason: 'over' },
      history: [],
    });
    const resume = { method: 'POST', body: { code } };
    expectProblem(await service.public(`/v1/rooms/${roomId}/tickets/resume`, resume), 'ticket-over');

    await steer(roomId, 'open');
    expect((await service.join(roomId)).number).toBe(5);
    expect((await service.look(looking)).body).toMatchObject({ kind: 'gone', reason: 'over' });
  });
});
