import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { expectProblem } from '../support/problems.ts';
import { newRoomId, type Scope, scopes, serviceForTest, useService } from '../support/service.ts';

const service = useService('memory', 0);

type Operation = {
  summary?: string;
  parameters?: { name: string; in: string }[];
  requestBody?: object;
  responses?: object;
};
type Description = { openapi: string; paths: { [path: string]: { [method: string]: Operation } } };

/** Every route of the internal listener that a key opens, and the least scope that may use it. */
const internalRoutes: { route: string; scope: Scope }[] = [
  { route: 'GET /v1/rooms', scope: 'viewer' },
  { route: 'GET /v1/alarms', scope: 'viewer' },
  { route: 'GET /v1/rooms/{roomId}', scope: 'viewer' },
  { route: 'PUT /v1/rooms/{roomId}', scope: 'admin' },
  { route: 'PATCH /v1/rooms/{roomId}', scope: 'admin' },
  { route: 'DELETE /v1/rooms/{roomId}', scope: 'admin' },
  ...['open', 'pause', 'resume', 'drain', 'close', 'bypass'].map((verb) => ({
    route: `POST /v1/rooms/{roomId}/${verb}`,
    scope: 'operator' as const,
  })),
  { route: 'PATCH /v1/rooms/{roomId}/admission', scope: 'operator' },
  { route: 'PUT /v1/rooms/{roomId}/notice', scope: 'operator' },
  { route: 'DELETE /v1/rooms/{roomId}/notice', scope: 'operator' },
  { route: 'GET /v1/rooms/{roomId}/proposals', scope: 'viewer' },
  { route: 'POST /v1/rooms/{roomId}/proposals/{proposalId}/confirm', scope: 'operator' },
  { route: 'POST /v1/rooms/{roomId}/proposals/{proposalId}/withdraw', scope: 'operator' },
  { route: 'GET /v1/rooms/{roomId}/audit', scope: 'viewer' },
  { route: 'GET /v1/audit', scope: 'admin' },
  { route: 'GET /v1/rooms/{roomId}/snapshot', scope: 'viewer' },
  { route: 'GET /v1/rooms/{roomId}/timeline', scope: 'viewer' },
  { route: 'GET /v1/rooms/{roomId}/preview', scope: 'viewer' },
  { route: 'POST /v1/rooms/{roomId}/preview', scope: 'viewer' },
  { route: 'GET /v1/rooms/{roomId}/delivery', scope: 'viewer' },
  { route: 'GET /v1/rooms/{roomId}/delivery/dead-letters', scope: 'viewer' },
  { route: 'POST /v1/rooms/{roomId}/delivery/dead-letters/resend', scope: 'operator' },
  { route: 'GET /v1/rooms/{roomId}/delivery/secrets', scope: 'admin' },
  { route: 'GET /v1/keys', scope: 'admin' },
  { route: 'POST /v1/keys', scope: 'admin' },
  { route: 'DELETE /v1/keys/{keyId}', scope: 'admin' },
  { route: 'POST /v1/rooms/{roomId}/tickets', scope: 'operator' },
  { route: 'GET /v1/rooms/{roomId}/tickets', scope: 'operator' },
  { route: 'POST /v1/rooms/{roomId}/passes/redeem', scope: 'origin' },
  { route: 'POST /v1/rooms/{roomId}/sessions/{ticketId}/keep-alive', scope: 'origin' },
  { route: 'POST /v1/rooms/{roomId}/sessions/{ticketId}/finish', scope: 'origin' },
  { route: 'POST /v1/rooms/{roomId}/answers', scope: 'origin' },
];

const publicRoutes = [
  'GET /v1/rooms/{roomId}',
  'POST /v1/rooms/{roomId}/tickets',
  'GET /v1/rooms/{roomId}/ticket',
  'DELETE /v1/rooms/{roomId}/ticket',
  'POST /v1/rooms/{roomId}/ticket/enter',
  'POST /v1/rooms/{roomId}/ticket/extend',
  'POST /v1/rooms/{roomId}/ticket/return',
  'POST /v1/rooms/{roomId}/ticket/code',
  'POST /v1/rooms/{roomId}/tickets/resume',
  'GET /.well-known/jwks.json',
];

const includes: { [scope in Scope]: readonly Scope[] } = {
  viewer: ['viewer'],
  operator: ['viewer', 'operator'],
  origin: ['origin'],
  admin: scopes,
};

async function describedBy(path: string): Promise<Description> {
  const answer = await service.internal(path);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text) as Description;
}

function routesOf({ paths }: Description): string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

describe('the OpenAPI document', () => {
  test('of the internal listener names every route that a key opens, and no other', async () => {
    const described = routesOf(await describedBy('/openapi.json'));
    expect(described.toSorted()).toEqual(internalRoutes.map(({ route }) => route).toSorted());
  });

  test('of the public listener names every route for programs', async () => {
    const described = routesOf(await describedBy('/openapi-public.json'));
    expect(described.filter((route) => !route.includes(' /rooms/')).toSorted()).toEqual(
      publicRoutes.toSorted(),
    );
  });

  test.each(['/openapi.json', '/openapi-public.json'])(
    '%s says of each what it does, takes and answers',
    async (path) => {
      const { openapi, paths } = await describedBy(path);
      expect(openapi).toMatch(/^3\.1/);
      const operations = Object.entries(paths).flatMap(([route, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ route, method, ...operation })),
      );
      for (const { route, method, summary, parameters = [], requestBody, responses } of operations) {
        expect.soft(summary, `${method} ${route}`).toMatch(/^[A-Z]/);
        const named = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => `{${name}}`);
        expect.soft(named).toEqual(route.match(/\{\w+\}/g) ?? []);
        expect.soft(Object.keys(responses ?? {}).length).toBeGreaterThan(0);
        expect.soft(requestBody !== undefined, `${method} ${route}`).toBe(takesBody(method, route));
      }
    },
  );

  test('every reference in it leads somewhere', async () => {
    for (const path of ['/openapi.json', '/openapi-public.json']) {
      const description = await describedBy(path);
      const references = JSON.stringify(description).match(/"\$ref":"#[^"]+"/g) ?? [];
      for (const reference of references) {
        const steps = reference.slice('"$ref":"#/'.length, -1).split('/');
        const target = steps.reduce<unknown>(
          (value, step) => (value as Record<string, unknown>)[step],
          description,
        );
        expect(target).toBeDefined();
      }
    }
  });
});

function takesBody(method: string, route: string): boolean {
  return ['post', 'put', 'patch'].includes(method) && !route.startsWith('/.well-known');
}

describe.each(internalRoutes)('$route', ({ route, scope }) => {
  const [method = '', path = ''] = route.split(' ');
  const address = (): string =>
    path.replace('{roomId}', newRoomId()).replace(/\{(ticket|proposal|key)Id\}/, randomUUID());

  test('is refused without a key, and with one that nobody has', async () => {
    const unknown = [
      '',
      'x',
      `${service.keys.admin}x`,
      service.keys.admin.toLowerCase(),
      service.keys.admin.slice(1),
    ];
    expectProblem(await service.internal(address(), { method, bearer: undefined }), 'key-missing');
    for (const bearer of unknown)
      expectProblem(await service.internal(address(), { method, bearer }), 'key-missing');
    const basic = { authorization: `Basic ${service.keys.admin}` };
    expectProblem(
      await service.internal(address(), { method, bearer: undefined, headers: basic }),
      'key-missing',
    );
  });

  test.each(scopes)(`for ${scope}: asked by %s`, async (as) => {
    // The room does not exist, so whoever may ask is told that, or that the body is wrong.
    const answer = await service.clock.during(service.internal(address(), { method, as }));
    if (includes[as].includes(scope)) expect([400, 404, 200, 201]).toContain(answer.status);
    else expectProblem(answer, 'key-forbidden');
  });
});

describe('without a key', () => {
  test.each(['/livez', '/readyz', '/metrics', '/openapi.json', '/openapi-public.json'])(
    '%s answers',
    async (path) => {
      expect((await service.internal(path, { bearer: undefined })).status).toBe(200);
    },
  );

  test('the metrics hold no id of a ticket and no key', async () => {
    const { ticketId, queueToken } = await service.join(await service.makeRoom());
    const { text } = await service.internal('/metrics');
    for (const secret of [ticketId, queueToken, ...Object.values(service.keys)])
      expect(text).not.toContain(secret);
  });
});

test('a key may be any printable text: what the settings accept, the listener accepts', async () => {
  const key = 'correct!horse,battery;staple#{"&<>"}';
  const other = await serviceForTest({ environment: { GUICHET_VIEWER_KEY: key } });
  expect((await other.internal('/v1/rooms', { bearer: key })).status).toBe(200);
  expectProblem(await other.internal('/v1/rooms', { bearer: `${key}!` }), 'key-missing');
});
