import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { deskOf } from '../support/desk.ts';
import { linesOf } from '../support/log-lines.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, useService } from '../support/service.ts';

const instant = expect.stringMatching(/^2026-\d\d-\d\dT[\d:.]+Z$/) as string;

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 37);
  const { clock } = service;
  const { assisted, find, standing, resumed } = deskOf(service);

  describe('GET /v1/rooms/{roomId}/tickets', () => {
    test('finds one who waits by code, ticketId and number: where it stands, never token or code', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      await service.join(roomId);
      const { code, ticketId, codeExpiresAt } = await assisted(roomId);
      const answer = await find(roomId, `code=${String(code).toLowerCase().replace('-', '%20')}`);
      expectStatus(answer, 200);
      expect(answer.headers['cache-control']).toBe('no-store');
      const waiting = {
        kind: 'waiting',
        ticketId,
        number: 2,
        takenAt: instant,
        moves: 0,
        position: 2,
        expectedWaitMs: null,
        presentUntil: instant,
        awaySince: null,
      };
      const history = { history: [], historyIsWhole: true };
      expect(answer.body).toEqual({
        standing: waiting,
        code: { state: 'open', expiresAt: codeExpiresAt },
        ...history,
      });
      for (const query of [`ticketId=${String(ticketId).toUpperCase()}`, 'number=2'])
        expect((await find(roomId, query)).body).toEqual({ standing: waiting, code: null, ...history });
    });

    test('changes nothing: who is looked for does not count as seen', async () => {
      const roomId = await service.openRoom({ capacity: 0, presentWithinMs: 20_000 });
      const { code, ticketId } = await assisted(roomId);
      const query = `ticketId=${String(ticketId)}`;
      const leftMs = async (): Promise<number> => {
        const { presentUntil } = (await standing(roomId, query)) as { presentUntil: string | null };
        return presentUntil === null ? 0 : Date.parse(presentUntil) - clock.wallMs();
      };
      expect(await leftMs()).toBeGreaterThan(19_000);
      await clock.until(async () => (await leftMs()) < 8_000);
      await find(roomId, `code=${String(code)}`);
      expect(await leftMs()).toBeLessThan(8_000);
      await clock.until(async () => (await leftMs()) === 0);
    });

    test('tells the whole way of a ticket: moved, admitted, entered, left', async () => {
      const roomId = await service.openRoom();
      await clock.advance(3_500);
      const { code, ticketId } = await assisted(roomId);
      const query = `ticketId=${String(ticketId)}`;
      expect(await standing(roomId, query)).toMatchObject({
        kind: 'admitted',
        deadline: instant,
        extensionsUsed: 0,
        extensionsLeft: 10,
      });
      const holder = await resumed(roomId, code);
      expectStatus(await service.act(holder, 'extend', { extension: 1 }), 200);
      expect(await standing(roomId, 'number=1')).toMatchObject({
        extensionsUsed: 1,
        extensionsLeft: 9,
        moves: 1,
      });
      expectStatus(await service.act(holder, 'enter'), 200);
      const inside = await find(roomId, `code=${String(code)}`);
      expect(inside.body).toMatchObject({
        standing: { kind: 'entered', expiresAt: instant },
        code: { state: 'used' },
      });
      expect(await standing(roomId, 'number=1')).toMatchObject({ kind: 'entered', ticketId });
      const path = `/v1/rooms/${roomId}/ticket`;
      expectStatus(await service.public(path, { method: 'DELETE', bearer: holder.queueToken }), 204);
      const left = await find(roomId, query);
      expect(left.body['standing']).toMatchObject({ kind: 'ended', outcome: 'left', seatHeldUntil: instant });
      expect((left.body['history'] as { type: string }[]).map(({ type }) => type)).toEqual([
        'ended',
        'entered',
        'moved',
        'admitted',
      ]);
      expect(left.body['historyIsWhole']).toBe(true);
    });

    test('tells of one who missed the turn, and of one that its origin finished', async () => {
      const missed = await service.openRoom({ enterWithinMs: 1_000 });
      await clock.advance(3_500);
      await assisted(missed);
      await clock.advance(2_500);
      expect(await standing(missed, 'number=1')).toMatchObject({
        kind: 'lapsed',
        lapsedAt: instant,
        returnUntil: instant,
      });
      const roomId = await service.openRoom({ places: 5 });
      await clock.advance(3_500);
      const { ticketId, code } = await assisted(roomId);
      await service.act(await resumed(roomId, code), 'enter');
      const path = `/v1/rooms/${roomId}/sessions/${String(ticketId)}/finish`;
      const body = { outcome: 'completed', placesUsed: 1 };
      expectStatus(await service.internal(path, { method: 'POST', as: 'origin', body }), 200);
      expect(await standing(roomId, `ticketId=${String(ticketId)}`)).toEqual({
        kind: 'ended',
        ticketId,
        outcome: 'completed',
        placesUsed: 1,
        seatHeldUntil: null,
      });
      expect(await standing(roomId, 'number=1')).toEqual({ kind: 'unknown', ticketId: null });
    });

    test('of what it does not know it says so; of a code that nobody has, a problem', async () => {
      const roomId = await service.openRoom();
      const ticketId = randomUUID();
      expect(await standing(roomId, `ticketId=${ticketId}`)).toEqual({ kind: 'unknown', ticketId });
      expect(await standing(roomId, 'number=9')).toEqual({ kind: 'unknown', ticketId: null });
      for (const code of ['00000-00000', 'x', '%00', '!!!']) {
        expectProblem(await find(roomId, `code=${code}`), 'code-unknown');
      }
      // Of another room.
      const { code } = await assisted(await service.openRoom({ capacity: 0 }));
      expectProblem(await find(roomId, `code=${String(code)}`), 'code-unknown');
      expectProblem(await clock.during(find(newRoomId(), 'number=1')), 'room-unknown');
    });

    test('asked for nothing, for two things or for nonsense it refuses', async () => {
      const roomId = await service.openRoom();
      const id = randomUUID();
      const wrong = [
        '',
        'code=',
        `number=1&ticketId=${id}`,
        'number=0',
        'number=x',
        'number=1e99',
        'ticketId=x',
        'x=1',
      ];
      for (const query of [...wrong, 'number=1&number=2', `code=${'0'.repeat(41)}`])
        expectProblem(await find(roomId, query), 'request-invalid');
    });

    test('leaves no code in the log', async () => {
      const roomId = await service.openRoom({ capacity: 0 });
      const { code } = await assisted(roomId);
      const [first = ''] = String(code).split('-');
      const lines = await linesOf(service, async () => {
        await find(roomId, `code=${String(code)}`);
        await find(roomId, `code=${first}-00000`);
      });
      expect(JSON.stringify(lines)).not.toContain(first);
    });
  });
});

describe('trying codes', () => {
  const service = useService('memory', 0);

  test('one key may look for 50 a second at length, and for tickets by other names all the same', async () => {
    const roomId = await service.openRoom();
    const path = `/v1/rooms/${roomId}/tickets`;
    const server = service.app.internalServer;
    const ask = (query: string) =>
      server.inject({
        url: `${path}?${query}`,
        headers: { authorization: `Bearer ${service.keys.operator}` },
      });
    const perSecond = 90;
    let tried = 0;
    let refused = await ask('code=00000-00000');
    for (; refused.statusCode === 404; tried += 1) {
      if (tried % perSecond === 0) await service.clock.advance(1_000);
      refused = await ask('code=00000-00000');
    }
    // A minute's worth at once, and what comes to it meanwhile.
    expect(tried).toBeGreaterThan(3_000);
    expect(tried).toBeLessThan(3_000 + (tried / perSecond) * 55);
    expect([refused.statusCode, refused.json()]).toMatchObject([429, { code: 'rate-limited' }]);
    expect((await ask('number=1')).statusCode).toBe(200);
    expectProblem(await service.internal(`${path}?code=0`, { as: 'admin' }), 'code-unknown');
  });
});
