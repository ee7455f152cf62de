import { afterEach, describe, expect, test } from 'vitest';
import { batchSizeMaxBound, placesBound, type PolicyInput, policyNumbers } from '../../src/domain/room.ts';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';

const service = useService('memory', 0);
// A key may ask a hundred times a second, and no time goes by by itself.
afterEach(() => service.clock.advance(100));
const put = (body: unknown): Promise<Answer> =>
  service.internal(`/v1/rooms/${newRoomId()}`, { method: 'PUT', body });

/** What must stand beside a field at its bound, so that no rule between fields is broken. */
const beside: { [field: string]: { [value: number]: PolicyInput } } = {
  abandonAfterMs: { 5_000: { presentWithinMs: 5_000 } },
  batchSizeMax: { 1: { outflowPerMinute: 1 } },
  outflowPerMinute: { 600_000: { releaseEveryMs: 1_000 } },
};

const bounds = {
  ...policyNumbers,
  batchSizeMax: { min: 1, max: batchSizeMaxBound },
  places: { min: 0, max: placesBound },
};
const numbers = Object.entries(bounds).map(([field, { min, max }]) => ({ field, min, max }));

describe.each(numbers)('$field', ({ field, min, max }) => {
  test.each([min, max])('may be %i', async (value) => {
    const answer = await put({ ...beside[field]?.[value], [field]: value });
    expectStatus(answer, 201);
    expect(answer.body['policy']).toMatchObject({ [field]: value });
  });

  test.each([min - 1, max + 1, min + 0.5, Number.MAX_SAFE_INTEGER + 1, `${min}`, true, [min], {}])(
    'may not be %j',
    async (value) => {
      const answer = await put({ [field]: value });
      expectProblem(answer, 'request-invalid');
      expect(answer.body['detail']).toContain(field);
    },
  );
});

test('numbers have the bounds that the design states', () => {
  expect(bounds).toMatchObject({
    capacity: { default: 100, min: 0, max: 1_000_000 },
    outflowPerMinute: { default: 600, min: 1, max: 600_000 },
    releaseEveryMs: { default: 1_000, min: 1_000, max: 60_000 },
    presentWithinMs: { default: 120_000, min: 5_000, max: 3_600_000 },
    abandonAfterMs: { default: 600_000, min: 5_000, max: 86_400_000 },
    enterWithinMs: { default: 300_000, min: 1_000, max: 3_600_000 },
    sessionTtlMs: { default: 1_200_000, min: 5_000, max: 86_400_000 },
    returnWithinMs: { default: 72_000_000, min: 0, max: 172_800_000 },
    recoverWithinMs: { default: 120_000, min: 5_000, max: 3_600_000 },
    ticketsMax: { default: 1_000_000, min: 100, max: 10_000_000 },
    placesPerVisitorMax: { default: 1, min: 1, max: 20 },
    batchSizeMax: { min: 1, max: 20_000 },
    places: { min: 0, max: 10_000_000 },
  });
});

describe('between fields', () => {
  test.each([
    ['abandonAfterMs', { presentWithinMs: 60_000, abandonAfterMs: 59_999 }],
    ['batchSizeMax', { outflowPerMinute: 6_000, batchSizeMax: 99 }],
    ['batchSizeMax', { outflowPerMinute: 600_000, releaseEveryMs: 3_000 }],
    ['opensAt', { joinFrom: '2026-06-01T10:00:00Z', opensAt: '2026-06-01T10:00:00Z' }],
    ['closesAt', { opensAt: '2026-06-01T12:00:00+02:00', closesAt: '2026-06-01T10:00:00Z' }],
    ['closesAt', { joinFrom: '2026-06-02T10:00:00Z', closesAt: '2026-06-01T10:00:00Z' }],
  ])('%s is refused in %j', async (field, policy) => {
    const answer = await put(policy);
    expectProblem(answer, 'request-invalid');
    expect(answer.body['detail']).toMatch(new RegExp(`^${field}: `));
  });

  test.each([
    { presentWithinMs: 60_000, abandonAfterMs: 60_000 },
    { presentWithinMs: 3_600_000 },
    { outflowPerMinute: 6_000, batchSizeMax: 100 },
    {
      joinFrom: '2026-06-01T10:00:00Z',
      opensAt: '2026-06-01T10:00:00.001Z',
      closesAt: '2026-06-01T14:00:00+00:00',
    },
  ])('%j is accepted', async (policy) => {
    expectStatus(await put(policy), 201);
  });
});

describe('texts and addresses', () => {
  test.each<[string, unknown]>([
    ['name', 'Natation'],
    ['name', { fr: 'Natation', en: 'Swimming', 'zh-Hant': '游泳' }],
    ['owner', null],
    ['contact', 'x'.repeat(2_000)],
    ['privacyUrl', 'https://ville.example.org/privacy?lang=fr'],
    ['accessibilityUrl', 'http://localhost:3000/a'],
    ['logo', 'data:image/png;base64,iVBORw0KGgo='],
    ['logo', `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg"/>')}`],
    ['colours', { accent: '#7A1f3d' }],
    ['timeZone', 'America/Toronto'],
    ['languages', ['fr', 'en', 'pt-BR']],
    ['mode', 'arrival'],
    ['targetUrl', 'https://ville.example.org'],
    ['allowedTargets', ['https://pay.example.org/']],
    ['allowedOrigins', ['https://ville.example.org', 'http://127.0.0.1:8081']],
    ['opensAt', '2026-06-01T10:00:00+00:00'],
    ['places', null],
  ])('%s may be %j', async (field, value) => {
    const answer = await put({ [field]: value });
    expectStatus(answer, 201);
  });

  test.each<[string, unknown]>([
    ['name', 7],
    ['name', { french: 'x' }],
    ['name', { fr: 7 }],
    ['rule', 'x'.repeat(2_001)],
    ['prepare', ['x']],
    ['privacyUrl', 'javascript:alert(1)'],
    ['accessibilityUrl', '/relative'],
    ['logo', 'https://ville.example.org/logo.png'],
    ['logo', 'data:text/html,x'],
    ['logo', 'data:image/png,"onerror=x'],
    ['logo', `data:image/png;base64,${'A'.repeat(8_192)}`],
    ['colours', { accent: 'red' }],
    ['colours', { accent: '#7a1f3d', paper: '#ffffff' }],
    ['timeZone', 'Mars/Olympus'],
    ['timeZone', null],
    ['languages', []],
    ['languages', ['french']],
    ['languages', Array.from({ length: 21 }, () => 'fr')],
    ['mode', 'draw'],
    ['targetUrl', 'http://ville.example.org'],
    ['targetUrl', 'https://user:secret@ville.example.org'],
    ['targetUrl', `https://ville.example.org/${'x'.repeat(2_000)}`],
    ['allowedTargets', 'https://pay.example.org/'],
    ['allowedTargets', Array.from({ length: 101 }, () => 'https://pay.example.org/')],
    ['allowedOrigins', ['https://ville.example.org/']],
    ['allowedOrigins', ['*']],
    ['allowedOrigins', ['null']],
    ['opensAt', '2026-06-01T10:00:00'],
    ['opensAt', '2026-02-30T10:00:00Z'],
    ['opensAt', 1_780_000_000_000],
    ['capacity', null],
  ])('%s may not be %j', async (field, value) => {
    const answer = await put({ [field]: value });
    expectProblem(answer, 'request-invalid');
    expect(answer.body['detail']).toContain(field);
  });

  test.each(['colour', 'onStoreDown', 'Capacity', '__proto__', 'constructor', 'version', 'state'])(
    'the unknown field %s is refused',
    async (field) => {
      const answer = await put(`{"${field}": 1}`);
      expect([400, 415]).toContain(answer.status);
      const raw = { method: 'PUT', body: `{"${field}": 1}`, headers: { 'content-type': 'application/json' } };
      expect((await service.internal(`/v1/rooms/${newRoomId()}`, raw)).status).toBe(400);
    },
  );

  test.each(['null', '[]', '"x"', '7', ''])('a policy that is %s is refused', async (body) => {
    const raw = { method: 'PUT', body, headers: { 'content-type': 'application/json' } };
    expectProblem(await service.internal(`/v1/rooms/${newRoomId()}`, raw), 'request-invalid');
  });
});

describe('warnings', () => {
  const wise = { targetUrl: 'https://ville.example.org/' };
  const codesOf = ({ body }: Answer): string[] =>
    (body['warnings'] as { code: string }[]).map(({ code }) => code);

  test('of the defaults with a target, there are none', async () => {
    expect(codesOf(await put(wise))).toEqual([]);
  });

  test.each<[string, string, PolicyInput]>([
    ['short-turn', 'enterWithinMs', { enterWithinMs: 119_999 }],
    ['misses-pace', 'batchSizeMax', { outflowPerMinute: 6_000, batchSizeMax: 199 }],
    ['recovers-early', 'recoverWithinMs', { recoverWithinMs: 119_999 }],
    ['short-session', 'sessionTtlMs', { sessionTtlMs: 119_999 }],
    ['short-presence', 'presentWithinMs', { presentWithinMs: 29_999 }],
    ['short-return', 'returnWithinMs', { returnWithinMs: 599_999 }],
    ['nobody-admitted', 'capacity', { capacity: 0 }],
    ['no-target', 'targetUrl', { targetUrl: null }],
  ])('%s comes with %s, and the policy is accepted', async (code, field, policy) => {
    const answer = await put({ ...wise, ...policy });
    expectStatus(answer, 201);
    expect(answer.body['warnings']).toEqual([
      { field, code, message: expect.stringMatching(/\.$/) as string },
    ]);
  });

  test('one step on the wise side, there are none', async () => {
    const policy = {
      enterWithinMs: 120_000,
      outflowPerMinute: 6_000,
      batchSizeMax: 200,
      sessionTtlMs: 120_000,
    };
    const more = { recoverWithinMs: 30_000, presentWithinMs: 30_000, returnWithinMs: 600_000, capacity: 1 };
    expect(codesOf(await put({ ...wise, ...policy, ...more }))).toEqual([]);
  });
});
