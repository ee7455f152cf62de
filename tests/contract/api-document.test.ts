import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import type { ApiDocument } from '../../src/web/api-document.ts';
import { errorCatalogue } from '../../src/domain/errors.ts';
import { policyNumbers } from '../../src/domain/room.ts';
import {
  DocumentSchemas,
  documentOf,
  operationFor,
  operationsOf,
  unforetold,
} from '../support/api-documents.ts';
import { outcomesOwed, RouteWatch } from '../support/route-watch.ts';
import { useService } from '../support/service.ts';

const withMail = { GUICHET_SMTP_URL: 'smtp://127.0.0.1:9', GUICHET_MAIL_FROM: 'attente@example.org' };

const service = useService('memory', 40, withMail);

describe.each(['internal', 'public'] as const)('the API document of the %s listener', (listener) => {
  const document = (): ApiDocument => documentOf(service.app, listener);

  test('is OpenAPI 3.1, by the schema of OpenAPI itself', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document()));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  test('names each operation once, and describes the group of each', () => {
    const operations = operationsOf(document());
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { route, operation } of operations)
      expect.soft(operation.tags, route).toEqual([expect.any(String)]);
    for (const { name, description } of document().tags)
      expect.soft(description, name).toMatch(/^[A-Z].*\.$/);
  });

  test('gives an example of each body, and each is what the schema says', () => {
    const schemas = new DocumentSchemas(document());
    for (const { route, operation } of operationsOf(document())) {
      const contents = [operation.requestBody, ...Object.values(operation.responses)].map(
        (part) => part?.content ?? {},
      );
      for (const [type, { schema, examples = {} }] of contents.flatMap(Object.entries)) {
        const values = Object.values(examples as { [name: string]: { value: unknown } });
        expect.soft(values.length, `${route} ${type}`).toBeGreaterThan(0);
        for (const { value } of values)
          expect
            .soft(schemas.refusal(schema as object, value), `${route} ${JSON.stringify(value)}`)
            .toBeNull();
      }
      for (const { name, schema } of operation.parameters ?? []) {
        for (const example of schema.examples ?? [])
          expect.soft(schemas.refusal(schema, example), `${route} ${name}`).toBeNull();
      }
    }
  });

  test('holds no key, token or code that anyone could use', () => {
    const text = JSON.stringify(document());
    for (const key of Object.values(service.keys)) expect(text).not.toContain(key);
    expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]{8,}|whsec_\w{8,}/);
  });

  test('tells of each problem its code, its title and when to try again', () => {
    for (const { route, operation } of operationsOf(document())) {
      for (const [status, { content, headers = {} }] of Object.entries(operation.responses)) {
        const examples = content?.['application/problem+json']?.examples;
        if (Number(status) < 400) expect.soft(examples).toBeUndefined();
        else expect.soft(Object.keys(examples ?? {}), `${route} ${status}`).not.toEqual([]);
        for (const code of Object.keys(examples ?? {})) expect(errorCatalogue).toHaveProperty(code);
        if (status === '429' || status === '503') expect.soft(headers).toHaveProperty('Retry-After');
      }
    }
  });
});

test('a policy’s fields are told with their meaning, default and bounds', () => {
  const { properties = {} } = documentOf(service.app, 'internal').components.schemas['PolicyInput'] ?? {};
  for (const [name, { default: value, min, max }] of Object.entries(policyNumbers))
    expect.soft(properties[name]).toMatchObject({ default: value, minimum: min, maximum: max });
  for (const [name, property] of Object.entries(properties))
    expect.soft(property['description'], name).toMatch(/\.|;|:/);
});

test('an operation says who may ask: the least scope of a key, or the holder of a ticket', () => {
  const said = (listener: 'internal' | 'public', method: string, path: string): unknown =>
    operationFor(operationsOf(documentOf(service.app, listener)), method, path)?.operation.security;
  expect(said('internal', 'GET', '/v1/rooms')).toEqual([{ apiKey: ['viewer'] }]);
  expect(said('internal', 'POST', '/v1/rooms/loisirs/open')).toEqual([{ apiKey: ['operator'] }]);
  expect(said('internal', 'DELETE', '/v1/rooms/loisirs')).toEqual([{ apiKey: ['admin'] }]);
  expect(said('public', 'GET', '/v1/rooms/loisirs')).toEqual([]);
  expect(said('public', 'GET', '/v1/rooms/loisirs/ticket')).toEqual([{ queueToken: [] }]);
  expect(said('public', 'POST', '/v1/rooms/loisirs/tickets')).toEqual([{}, { queueToken: [] }]);
});

test('tells what each route owes: the answers that a test must have got from it', ({ task }) => {
  const owed = outcomesOwed(service.app);
  task.meta.owed = owed;
  expect(owed['internal PUT /v1/rooms/{roomId}']).toEqual([
    'success',
    'invalid',
    'unauthenticated',
    'forbidden',
  ]);
  expect(owed['public GET /v1/rooms/{roomId}']).toEqual(['success', 'invalid', 'forbidden']);
  expect(owed['public GET /.well-known/jwks.json']).toEqual(['success']);
});

test('an answer that the document does not foretell fails the test that got it', async () => {
  const operations = operationsOf(documentOf(service.app, 'internal'));
  const schemas = new DocumentSchemas(documentOf(service.app, 'internal'));
  const described = operationFor(operations, 'GET', '/v1/rooms');
  if (!described) throw new Error('the document has no GET /v1/rooms');
  const answer = await service.internal('/v1/rooms', { as: 'viewer' });
  expect(unforetold(described, answer, schemas)).toBeNull();
  const wrong = { ...answer, body: { rooms: [{ roomId: 'loisirs' }] } };
  expect(unforetold(described, wrong, schemas)).toMatch(/must have required property/);
  expect(unforetold(described, { ...answer, status: 418 }, schemas)).toMatch(/not in the API document/);
  const asked = { path: '/v1/rooms', method: 'GET' };
  const watch = new RouteWatch(service.app);
  expect(() => watch.heard('internal', { ...asked, answer })).not.toThrow();
  expect(() => watch.heard('internal', { ...asked, answer: wrong })).toThrow(/must have required property/);
  const refused = await service.internal('/v1/rooms', { bearer: 'nobody' });
  expect(unforetold(described, refused, schemas)).toBeNull();
  const other = { ...refused, body: { ...refused.body, code: 'token-missing' } };
  expect(unforetold(described, other, schemas)).toMatch(/must be equal to one of the allowed values/);
  const html = { ...answer, headers: { 'content-type': 'text/html' } };
  expect(unforetold(described, html, schemas)).toMatch(/of text\/html/);
});
