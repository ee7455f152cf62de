/**
 * Requests made at random from the API documents, right ones and wrong ones, to every operation of both listeners: each
 * answer is one that the document foretells, and none is a 5xx. The long form is `npm run test:api`.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonSchema } from '../../src/web/api-example.ts';
import {
  type Described,
  DocumentSchemas,
  documentOf,
  type ListenerName,
  operationsOf,
  unforetold,
} from '../support/api-documents.ts';
import { serviceForTest, type TestService, expectStatus } from '../support/service.ts';
import { ask } from '../support/wire-client.ts';

const requestsPerOperation = 25;

/** Values of a schema, now and then of another. */
function valuesOf(
  given: JsonSchema,
  names: { [name: string]: JsonSchema },
  depth = 0,
): fc.Arbitrary<unknown> {
  const schema = given.$ref === undefined ? given : (names[given.$ref.split('/').at(-1) ?? ''] ?? {});
  const right = rightValues(schema, names, depth);
  const wrong = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string(), fc.maxSafeInteger());
  return fc.oneof({ weight: depth === 0 ? 12 : 30, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

function rightValues(
  schema: JsonSchema,
  names: { [name: string]: JsonSchema },
  depth: number,
): fc.Arbitrary<unknown> {
  const inner = (one: JsonSchema): fc.Arbitrary<unknown> => valuesOf(one, names, depth + 1);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(inner));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.examples) return fc.oneof(fc.constantFrom(...schema.examples), plain(schema, names, inner));
  return plain(schema, names, inner);
}

function plain(
  schema: JsonSchema,
  names: { [name: string]: JsonSchema },
  inner: (one: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  switch ([schema.type].flat()[0]) {
    case 'object': {
      if (!schema.properties)
        return fc.dictionary(fc.constantFrom('fr', 'en', '__proto__', 'x'), fc.string());
      const fields = Object.entries(schema.properties).map(([name, field]) => [name, inner(field)] as const);
      return fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])] });
    }
    case 'array':
      return fc.array(inner(schema.items ?? {}), { maxLength: 3 });
    case 'integer': {
      const min = schema.minimum ?? 0;
      return fc.integer({ min: min - 1, max: Math.min(Number(schema['maximum'] ?? 1_000) + 1, 2 ** 31 - 1) });
    }
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      if (schema.format === 'uuid') return fc.uuid();
      if (schema.format === 'date-time')
        return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
      return fc.string({ maxLength: 40, unit: 'binary' });
  }
}

type Target = {
  service: TestService;
  listener: ListenerName;
  roomId: string;
  bearers: (string | undefined)[];
};

/** Asks one operation so many times; each answer is held against the document. */
async function tryOut(described: Described, { service, listener, roomId, bearers }: Target): Promise<void> {
  const document = documentOf(service.app, listener);
  const names = document.components.schemas;
  const schemas = new DocumentSchemas(document);
  const { method, path, operation } = described;
  const { parameters = [], requestBody } = operation;
  const media = requestBody?.content['application/json'];
  const at = (place: string) => parameters.filter(({ in: where }) => where === place);
  const record = (place: string) =>
    fc.record(
      Object.fromEntries(at(place).map(({ name, schema }) => [name, valuesOf(schema, names).map(asText)])),
      { requiredKeys: at(place).flatMap(({ name, required }) => (required === true ? [name] : [])) },
    );
  const request = fc.record({
    // Rooms that are not there cost a tick each.
    room: fc.oneof({ weight: 80, arbitrary: fc.constant(roomId) }, { weight: 1, arbitrary: fc.string() }),
    inPath: record('path'),
    query: record('query'),
    headers: record('header'),
    body: media?.schema
      ? fc.option(valuesOf(media.schema, names), { nil: undefined })
      : fc.constant(undefined),
    bearer: fc.constantFrom(...bearers),
  });
  const base = listener === 'public' ? service.publicUrl : service.internalUrl;
  await fc.assert(
    fc.asyncProperty(request, async ({ room, inPath, query, headers, body, bearer }) => {
      const values: { [name: string]: string } = { ...inPath, roomId: room };
      const address = path.replace(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(values[name] || 'x'),
      );
      const search = new URLSearchParams(query).toString();
      const answer = await ask(`${base}${address}${search === '' ? '' : `?${search}`}`, {
        method,
        bearer,
        body,
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, encodeURIComponent(value)]),
        ),
      });
      expect(answer.status, answer.text).toBeLessThan(500);
      expect(unforetold(described, answer, schemas)).toBeNull();
    }),
    { numRuns: requestsPerOperation },
  );
}

function asText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.toWellFormed();
}

/** Each operation has keys of its own: one may ask only so often, and a refusal for that tells nothing else. */
async function newKey(service: TestService, scope: string): Promise<string> {
  const answer = await service.internal('/v1/keys', { method: 'POST', body: { name: 'Anybody', scope } });
  expectStatus(answer, 201);
  return answer.body['key'] as string;
}

test.each(['internal', 'public'] as const)(
  'whatever a request to the %s listener holds, its answer is one that the document foretells',
  async (listener) => {
    const service = await serviceForTest();
    const { operations, deletions } = Object.groupBy(
      operationsOf(documentOf(service.app, listener)),
      // The room goes last.
      ({ route }) => (route === 'DELETE /v1/rooms/{roomId}' ? 'deletions' : 'operations'),
    ) as { operations: Described[]; deletions?: Described[] };
    for (const described of [...operations, ...(deletions ?? [])]) {
      const roomId = await service.openRoom({ capacity: 1 });
      const { queueToken } = await service.join(roomId);
      const { origin } = service.keys;
      const admin = await newKey(service, 'admin');
      const viewer = await newKey(service, 'viewer');
      const bearers = listener === 'public' ? [queueToken, undefined] : [admin, admin, admin, origin, viewer];
      await tryOut(described, { service, listener, roomId, bearers });
    }
    expect(service.lines.filter(({ level }) => level >= 50)).toEqual([]);
  },
  60_000,
);
