import { describe, expect, test } from 'vitest';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, useService, type Visitor } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

type Body = Answer['body'];
type Entry = { at: string; asOf: string; waiting: number; totals: Record<string, number> };

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 24);
  const { clock } = service;

  const get = (roomId: string, path: string): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}/${path}`, { as: 'viewer' });
  const snapshot = async (roomId: string): Promise<Body> => {
    const answer = await clock.during(get(roomId, 'snapshot'));
    expectStatus(answer, 200);
    return answer.body;
  };
  const timeline = async (roomId: string, query = ''): Promise<{ entries: Entry[] } & Body> => {
    const answer = await clock.during(get(roomId, `timeline${query}`));
    expectStatus(answer, 200);
    return answer.body as { entries: Entry[] } & Body;
  };
  /** Slowly enough for sockets; the store keeps up all the while. */
  const pass = (ms: number): Promise<void> => {
    const untilMs = clock.monotonicMs() + ms;
    return clock.until(() => clock.monotonicMs() >= untilMs, ms + 1_000);
  };
  const settled = async (policy: object): Promise<string> => {
    const roomId = await service.openRoom(policy);
    await pass(3_100);
    return roomId;
  };
  const finish = async ({ roomId, ticketId }: Visitor, outcome: string): Promise<void> => {
    const path = `/v1/rooms/${roomId}/sessions/${ticketId}/finish`;
    const body = outcome === 'completed' ? { outcome, placesUsed: 1 } : { outcome };
    const answer = await clock.during(service.internal(path, { method: 'POST', as: 'origin', body }));
    expectStatus(answer, 200);
  };
  /** As a visitor who stays at the screen does. */
  const seen = async (visitors: Visitor[]): Promise<void> => {
    await Promise.all(visitors.map((visitor) => service.look(visitor)));
    await pass(8_000);
  };

  describe('GET /v1/rooms/{roomId}/snapshot', () => {
    test('of a room in which nothing happened yet says so', async () => {
      const roomId = await settled({ capacity: 7, outflowPerMinute: 120 });
      await pass(11_000);
      const body = await snapshot(roomId);
      const nobody = { waiting: 0, parked: 0, lapsed: 0, admitted: 0, inside: 0, assumed: 0 };
      const zeros = { joins: 0, admissions: 0, passedOver: 0, lapses: 0, returns: 0, entries: 0 };
      const instant = expect.stringMatching(/^2026-/);
      expect(body).toEqual({
        roomId,
        now: instant,
        asOf: instant,
        version: 2,
        epochNumber: 1,
        state: 'open',
        ...nobody,
        present: { count: 0, asOf: instant },
        capacity: 7,
        pace: { askedPerMinute: 120, reachedPerMinute: 0, joinsPerMinute: 0 },
        totals: { ...zeros, completions: 0, ends: 0 },
        lastInLine: null,
        places: null,
        batches: null,
        store: { ready: true, why: null, unknownCallsLastMinute: 0, tickAgeMs: expect.any(Number) },
        replicas: {
          asOf: instant,
          list: [
            {
              replicaId: expect.stringMatching(/-[0-9a-f]{6}$/),
              version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
              sockets: expect.any(Number),
              socketsInRoom: 0,
              heardAt: instant,
            },
          ],
        },
      });
    });

    test('and the metrics count what visitors and origin did', { timeout: 60_000 }, async () => {
      const policy = { capacity: 6, places: 20, enterWithinMs: 20_000, presentWithinMs: 3_600_000 };
      const roomId = await settled({ ...policy, outflowPerMinute: 6_000, batchSizeMax: 200 });
      const counts = { joins: 0, entries: 0, completions: 0, ends: 0, lapses: 0, returns: 0 };
      let waiting: Visitor[] = [];
      for (let come = 0; come < 24; come += 1) {
        waiting.push(await service.join(roomId));
        counts.joins += 1;
      }
      const lapsed: Visitor[] = [];
      for (let round = 0; round < 12; round += 1) {
        const looks = await Promise.all(waiting.map((visitor) => service.look(visitor)));
        const kinds = looks.map(({ body }) => body['kind']);
        const admitted = waiting.filter((_, index) => kinds[index] === 'admitted');
        waiting = waiting.filter((_, index) => kinds[index] === 'waiting');
        for (const [index, visitor] of admitted.entries()) {
          // Each third one lets the turn go by, and comes back later.
          if (index % 3 === 2) {
            lapsed.push(visitor);
            continue;
          }
          expectStatus(await clock.during(service.act(visitor, 'enter')), 200);
          counts.entries += 1;
          await finish(visitor, index % 3 === 0 ? 'completed' : 'gave-up');
          if (index % 3 === 0) counts.completions += 1;
          counts.ends += 1;
        }
        await pass(4_000);
      }
      await pass(21_000);
      for (const visitor of lapsed) {
        counts.lapses += 1;
        expectStatus(await clock.during(service.act(visitor, 'return')), 200);
        counts.returns += 1;
      }
      await pass(2_100);
      const body = await snapshot(roomId);
      expect(counts.returns).toBeGreaterThan(2);
      expect(counts.joins - counts.ends).toBe(waiting.length + lapsed.length);
      expect(body['totals']).toMatchObject(counts);
      expect(body['places']).toEqual({
        total: 20,
        used: counts.completions,
        left: 20 - counts.completions,
      });
      const { text } = await service.internal('/metrics');
      for (const [name, count] of Object.entries(counts)) {
        expect(text).toContain(`guichet_room_${name}{room="${roomId}"} ${count}\n`);
      }
      const { admissions } = body['totals'] as { admissions: number };
      expect(text).toContain(`guichet_room_admissions{room="${roomId}"} ${admissions}\n`);
      await pass(6_000);
      expect((await timeline(roomId)).entries.at(-1)?.totals).toMatchObject(counts);
    });

    test('tells the pace of the last minute, who is present, and how long the last in line waits', async () => {
      const roomId = await settled({ capacity: 1_000, outflowPerMinute: 60, batchSizeMax: 10 });
      const visitors: Visitor[] = [];
      for (let second = 0; second < 40; second += 1) {
        visitors.push(await service.join(roomId), await service.join(roomId));
        await pass(1_000);
      }
      type Paced = {
        pace: { reachedPerMinute: number; joinsPerMinute: number };
        present: object;
        waiting: number;
        lastInLine: { position: number; reason: string; expectedWaitMs: { low: number; high: number } };
      };
      const { pace, present, lastInLine, waiting } = (await snapshot(roomId)) as unknown as Paced;
      const { reachedPerMinute, joinsPerMinute } = pace;
      expect(reachedPerMinute).toBeGreaterThan(50);
      expect(reachedPerMinute).toBeLessThan(80);
      expect(joinsPerMinute).toBeGreaterThan(100);
      expect(joinsPerMinute).toBeLessThan(140);
      expect(present).toMatchObject({ count: waiting });
      const { position, reason, expectedWaitMs } = lastInLine;
      expect([position, reason]).toEqual([waiting, 'queued']);
      const { low, high } = expectedWaitMs;
      expect(low).toBeLessThanOrEqual(waiting * 1_000);
      expect(high).toBeGreaterThanOrEqual(waiting * 1_000);
      await clock.during(service.internal(`/v1/rooms/${roomId}/pause`, { method: 'POST' }));
      await pass(125_000);
      await seen(visitors.slice(-3));
      expect((await snapshot(roomId))['present']).toMatchObject({ count: 3 });
    });

    test('tells sockets in this room and in all, and why nobody is let in', async () => {
      const roomId = await settled({ capacity: 0 });
      const { queueToken } = await service.join(roomId);
      const before = (await snapshot(roomId)) as { replicas: { list: { sockets: number }[] } };
      const client = await service.live(roomId, { queueToken });
      await client.next(() => true);
      await pass(3_100);
      const after = (await snapshot(roomId)) as unknown as {
        replicas: { list: { sockets: number; socketsInRoom: number }[] };
        lastInLine: unknown;
      };
      expect(after.replicas.list).toMatchObject([
        { sockets: (before.replicas.list[0]?.sockets ?? 0) + 1, socketsInRoom: 1 },
      ]);
      expect(after.lastInLine).toEqual({ position: 1, reason: 'holding', expectedWaitMs: null });
    });

    test('of a room with delivery tells how far its origin is behind', async () => {
      const delivery = { url: 'http://127.0.0.1:9/batches', holdAfterMs: 10_000, giveUpAfterMs: 60_000 };
      const roomId = await settled({ delivery, capacity: 1_000 });
      await service.join(roomId);
      await pass(5_000);
      expect((await snapshot(roomId))['batches']).toMatchObject({
        pending: 1,
        holding: false,
        deadLetters: 0,
      });
      await pass(9_000);
      const { batches } = (await snapshot(roomId)) as { batches: { oldestAgeMs: number } };
      expect(batches).toMatchObject({ pending: 1, holding: true });
      expect(batches.oldestAgeMs).toBeGreaterThan(10_000);
    });

    test('of a room that is not there, or whose name is none, is refused', async () => {
      expectProblem(await clock.during(get(newRoomId(), 'snapshot')), 'room-unknown');
      expectProblem(await clock.during(get('No_Room', 'snapshot')), 'request-invalid');
    });
  });

  describe('GET /v1/rooms/{roomId}/timeline', () => {
    test('has an entry every five seconds while somebody is there, coarser ones when asked', async () => {
      const roomId = await settled({ capacity: 0 });
      await service.join(roomId);
      await pass(60_000);
      const { entries, everySeconds, next } = await timeline(roomId);
      expect([everySeconds, next]).toEqual([5, null]);
      expect(entries.length).toBeGreaterThanOrEqual(12);
      const starts = entries.map(({ at }) => Date.parse(at)).slice(-12);
      expect(starts.map((at) => at - (starts[0] ?? 0))).toEqual(starts.map((_, index) => index * 5_000));
      expect(entries.at(-1)).toMatchObject({ waiting: 1, totals: { joins: 1, ends: 0 }, state: 'open' });
      for (const { at, asOf } of entries) expect(Date.parse(asOf) - Date.parse(at)).toBeGreaterThan(-10_000);
      const coarse = await timeline(roomId, '?every=60');
      expect(coarse['everySeconds']).toBe(60);
      expect(coarse.entries.length).toBeLessThanOrEqual(3);
      const nothing = await timeline(roomId, '?from=2027-01-01T00:00:00Z&to=2027-01-02T00:00:00%2B01:00');
      expect(nothing).toEqual({ everySeconds: 5, entries: [], next: null });
      expect((await timeline(roomId, '?from=2026-05-01T00:00:00Z'))['everySeconds']).toBe(600);
    });

    test('of a room that nobody is in stays as it is, and says so', async () => {
      const roomId = await settled({ capacity: 5 });
      await pass(60_000);
      const { entries } = await timeline(roomId);
      await pass(120_000);
      expect((await timeline(roomId)).entries).toEqual(entries);
      expect(entries.length).toBeLessThanOrEqual(3);
    });

    test('is gone with its room, and begins anew with the next of that name', async () => {
      const roomId = await settled({ capacity: 0 });
      await service.join(roomId);
      await pass(11_000);
      expect((await timeline(roomId)).entries.length).toBeGreaterThan(1);
      expectStatus(await clock.during(service.internal(`/v1/rooms/${roomId}`, { method: 'DELETE' })), 204);
      await pass(3_000);
      expectProblem(await clock.during(get(roomId, 'timeline')), 'room-unknown');
      await service.openRoom({ capacity: 0 }, roomId);
      await pass(11_000);
      const { entries } = await timeline(roomId);
      expect(entries.length).toBeGreaterThan(0);
      for (const { totals } of entries) expect(totals['joins']).toBe(0);
    });

    test('is refused where what is asked makes no sense', async () => {
      const roomId = await service.makeRoom();
      const wrong = [
        'from=yesterday',
        'from=2026-05-04T18:00:00',
        'to=1777917600000',
        'from=2026-05-04T19:00:00Z&to=2026-05-04T18:00:00Z',
        'every=1',
        'every=five',
        'after=x',
        'after=1',
        `after=${'9'.repeat(20)}-0`,
        'limit=5',
      ];
      for (const query of wrong) expectProblem(await get(roomId, `timeline?${query}`), 'request-invalid');
      expectProblem(await clock.during(get(newRoomId(), 'timeline')), 'room-unknown');
    });
  });

  test.each(['snapshot', 'timeline'])(
    '%s is for those who may look: not for nobody, and not for origins',
    async (path) => {
      const roomId = await service.makeRoom();
      const address = `/v1/rooms/${roomId}/${path}`;
      expectProblem(await service.internal(address, { bearer: undefined }), 'key-missing');
      expectProblem(await service.internal(address, { as: 'origin' }), 'key-forbidden');
      for (const as of ['viewer', 'operator', 'admin'] as const)
        expectStatus(await clock.during(service.internal(address, { as })), 200);
    },
  );
});
