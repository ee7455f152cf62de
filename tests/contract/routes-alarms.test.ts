import { describe, expect, onTestFinished, test } from 'vitest';
import type { KeyHolder } from '../../src/domain/actor.ts';
import type { Alarm, AlarmKind } from '../../src/domain/alarm.ts';
import { alarmRoutes, type ListAlarms } from '../../src/edge/alarm-routes.ts';
import { apiKeys } from '../../src/edge/api-keys.ts';
import { hashOfKey } from '../../src/service/key-secret.ts';
import { createServer } from '../../src/edge/server.ts';
import { expectProblem } from '../support/problems.ts';
import { useService } from '../support/service.ts';

describe.each(['memory', 'redis'] as const)('on the %s store: GET /v1/alarms', (kind) => {
  const service = useService(kind, 29);
  const { clock } = service;

  test('tells what is raised, with words and when it was last heard of, and then that it is over', async () => {
    const delivery = { url: 'http://127.0.0.1:9/batches', holdAfterMs: 0, giveUpAfterMs: 120_000 };
    const roomId = await service.openRoom({ delivery, capacity: 1_000 });
    await clock.advance(3_100);
    await service.join(roomId);
    const read = async (query = '') => (await service.internal(`/v1/alarms${query}`, { as: 'viewer' })).body;
    const of = async (query = '') =>
      ((await read(query))['alarms'] as { roomId: string; clearedAt: string | null }[]).filter(
        (alarm) => alarm.roomId === roomId,
      );
    await clock.until(async () => (await of()).length === 1, 120_000);
    expect(await of('?raised=true')).toEqual([
      {
        alarmId: expect.stringMatching(/^[0-9a-f]{12}-\d+$/),
        alarm: 'batches-undelivered',
        roomId,
        urgency: 'urgent',
        raisedAt: expect.stringMatching(/^2026-/),
        clearedAt: null,
        title: { fr: expect.any(String), en: 'The site does not hear of admissions' },
        visitors: { fr: expect.any(String), en: expect.any(String) },
        first: { fr: expect.any(String), en: expect.any(String) },
        guide: 'docs/operations.md#batches-undelivered',
        facts: { batches: 1, oldestSeconds: expect.any(Number), deadLetters: 0 },
      },
    ]);
    const asOfMs = Date.parse((await read())['asOf'] as string);
    expect(clock.wallMs() - asOfMs).toBeLessThan(10_000);
    await service.internal(`/v1/rooms/${roomId}`, { method: 'PATCH', body: { delivery: null } });
    await clock.until(async () => (await of('?raised=true')).length === 0, 1_200_000);
    expect((await of())[0]?.clearedAt).not.toBeNull();
  });

  test('with a question that it does not know is refused', async () => {
    for (const query of ['?raised=false', '?raised=1', '?other=1'])
      expectProblem(await service.internal(`/v1/alarms${query}`, { as: 'viewer' }), 'request-invalid');
  });

  test('without a key, or with one that nobody has, is refused', async () => {
    for (const bearer of [undefined, 'x'.repeat(32)])
      expectProblem(await service.internal('/v1/alarms', { bearer }), 'key-missing');
  });

  test('with an origin’s key is refused', async () => {
    expectProblem(await service.internal('/v1/alarms', { as: 'origin' }), 'key-forbidden');
  });
});

test('GET /v1/alarms with a key for some rooms tells the alarms of these rooms only, and none of the service', async () => {
  const alarm = (kind: AlarmKind, roomId: string | null): Alarm => ({
    kind,
    roomId,
    alarmId: `${kind}-${roomId}`,
    raisedAtMs: 0,
    clearedAtMs: null,
    facts: {},
  });
  const alarms = [
    alarm('store-unreachable', null),
    alarm('nobody-admitted', 'pool'),
    alarm('nobody-admitted', 'skating'),
  ];
  const app = createServer({
    trustedProxies: [],
    strictResponses: true,
    bodyBytesMax: 1_024,
    onUnreadable: () => {},
  });
  onTestFinished(() => app.close());
  const holders = new Map<string, KeyHolder>(
    [null, ['pool'], []].map((roomIds, index) => [
      hashOfKey(`key-${index}`),
      { keyId: `k${index}`, name: 'Team', scope: 'viewer', roomIds },
    ]),
  );
  const require = apiKeys(
    app,
    (hash) => holders.get(hash) ?? null,
    () => {},
  );
  const list: ListAlarms = (roomIds) => ({
    asOf: new Date(0).toISOString(),
    alarms: alarms.filter(({ roomId }) => roomIds === null || (roomId !== null && roomIds.includes(roomId))),
  });
  alarmRoutes(app, list, require);
  const ask = (key: number) =>
    app.inject({ url: '/v1/alarms', headers: { authorization: `Bearer key-${key}` } });
  const idsOf = async (key: number): Promise<string[]> =>
    (await ask(key)).json<{ alarms: { alarmId: string }[] }>().alarms.map(({ alarmId }) => alarmId);
  expect(await idsOf(0)).toHaveLength(3);
  expect(await idsOf(1)).toEqual(['nobody-admitted-pool']);
  expect((await ask(2)).statusCode).toBe(403);
});
