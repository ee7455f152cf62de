/**
 * The OpenAPI description of a listener, made from its routes' own schemas and options. Nothing in it is written twice:
 * what a route checks is its zod schema, who may call it is its hook, and which problems it answers with is what its kind
 * can meet and what it names (api-problems.ts). Routes registered later are in it without a word here.
 */
import swagger from '@fastify/swagger';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { type ErrorCode, errorCatalogue } from '../domain/errors.ts';
import type { ApiAnswer, ApiDocument, ApiMediaType, ApiOperation } from '../web/api-document.ts';
import { exampleOf, type JsonSchema, type SchemaNames } from '../web/api-example.ts';
import { type RouteTraits, traitsOf } from './api-problems.ts';
import { apiInfo, apiTags, headersOfAnswers, rateLimitHeaders, successTexts } from './api-texts.ts';
import type { AnswerHeader, Listener } from './problem.ts';

type Described = RouteTraits & { takesNoBody: boolean; answerHeaders: readonly AnswerHeader[] };

/** Collects the routes registered after it; `app.swagger()` has the document once the listener is ready. */
export async function describeApi(
  app: FastifyInstance,
  listener: Listener,
  serverUrl: string,
): Promise<void> {
  const described = new Map<string, Described>();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...apiInfo[listener], version: '1' },
      components: { securitySchemes: securitySchemes[listener] },
    },
    transform: (given) => {
      const { route, url } = given;
      for (const method of [route.method].flat())
        described.set(operationKey(method, url), describedRoute(route, listener));
      return jsonSchemaTransform(given);
    },
    transformObject: (given) => {
      const document = jsonSchemaTransformObject(given) as ApiDocument;
      return completed(document, { listener, serverUrl, described });
    },
  });
}

function operationKey(method: string, url: string): string {
  return `${method.toLowerCase()} ${url.replace(/:(\w+)/g, '{$1}')}`;
}

function describedRoute(route: RouteOptions, listener: Listener): Described {
  const { body } = (route.schema ?? {}) as { body?: { safeParse(value: unknown): { success: boolean } } };
  const takesNoBody = body?.safeParse(undefined).success ?? true;
  return { ...traitsOf(route, listener), takesNoBody, answerHeaders: route.config?.answerHeaders ?? [] };
}

type Parts = { listener: Listener; serverUrl: string; described: ReadonlyMap<string, Described> };

function completed(given: ApiDocument, { listener, serverUrl, described }: Parts): ApiDocument {
  const document = tidied(given) as ApiDocument;
  const schemas = { ...document.components.schemas, Problem: problemSchema };
  const used = new Set<string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const route = described.get(operationKey(method, path));
      if (route) completeOperation(operation, { method, path, route, schemas });
      for (const tag of operation.tags ?? []) used.add(tag);
    }
  }
  const tags = [...Object.keys(apiTags), ...used].filter((tag) => used.has(tag));
  return {
    ...document,
    servers: [{ url: serverUrl, description: listener === 'public' ? 'For visitors' : 'This replica' }],
    tags: [...new Set(tags)].map((name) => ({
      name,
      ...(apiTags[name] === undefined ? {} : { description: apiTags[name] }),
    })),
    components: { ...document.components, schemas: referredTo(document.paths, schemas) },
  };
}

const securitySchemes = {
  internal: {
    apiKey: {
      type: 'http',
      scheme: 'bearer',
      description: 'An API key; the role named with an operation is the least scope that may call it.',
    },
  },
  public: {
    queueToken: {
      type: 'http',
      scheme: 'bearer',
      description: 'The queue token of a ticket: its only proof.',
    },
  },
} as const;

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'Why a request was refused (RFC 9457).',
  properties: {
    type: { type: 'string', description: '`urn:guichet:problem:<code>`' },
    title: { type: 'string', description: 'The same for every problem of this code.' },
    status: { type: 'integer', description: 'The status of the answer.' },
    code: { type: 'string', description: 'Stable, for programs.' },
    detail: { type: 'string', description: 'A sentence for people about this one; never a secret.' },
  },
  required: ['type', 'title', 'status', 'code', 'detail'],
};

type OperationParts = { method: string; path: string; route: Described; schemas: SchemaNames };

function completeOperation(operation: ApiOperation, { method, path, route, schemas }: OperationParts): void {
  operation.operationId ??= operationIdOf(method, path);
  operation.security ??= securityOf(route);
  if (operation.requestBody) {
    operation.requestBody.required = !route.takesNoBody;
    addExamples(operation.requestBody.content, schemas);
  }
  const isLimited = route.problems.includes('rate-limited');
  const isVersioned = route.problems.some((code) => (errorCatalogue[code].status as number) === 412);
  const own = [...route.answerHeaders, ...(isVersioned ? (['etag'] as const) : [])];
  const headers = {
    ...Object.fromEntries(own.map((name) => [name, headersOfAnswers[name]])),
    ...(isLimited ? rateLimitHeaders : {}),
  };
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (answer.description === 'Default Response') answer.description = successTexts[status] ?? 'The answer.';
    if (Object.keys(headers).length > 0) answer.headers = headers;
    addExamples(answer.content ?? {}, schemas);
  }
  const byStatus = Map.groupBy(route.problems, (code) => errorCatalogue[code].status);
  for (const [status, codes] of [...byStatus].toSorted(([one], [other]) => one - other))
    operation.responses[status] = refusal(status, codes, isLimited);
}

/** `GET /v1/rooms/{roomId}/delivery` → `getRoomDelivery`. */
function operationIdOf(method: string, path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== 'v1');
  const words = segments.flatMap((segment, index) => {
    if (segment.startsWith('{')) return [];
    const isOne = segments[index + 1]?.startsWith('{') ?? false;
    return (isOne ? segment.replace(/s$/, '') : segment).split(/[^a-z0-9]+/i).filter((word) => word !== '');
  });
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function securityOf({ scope, needsQueueToken }: Described): { [scheme: string]: string[] }[] {
  if (scope !== null) return [{ apiKey: [scope] }];
  return needsQueueToken ? [{ queueToken: [] }] : [];
}

function refusal(status: number, codes: readonly ErrorCode[], isLimited: boolean): ApiAnswer {
  const isLater = status === 429 || status === 503;
  const headers = {
    ...(isLater ? { 'Retry-After': { ...headersOfAnswers['retry-after'], required: true } } : {}),
    ...(status === 401
      ? {
          'WWW-Authenticate': { description: 'How to prove it.', required: true, schema: { type: 'string' } },
        }
      : {}),
    ...(status === 429 && isLimited ? rateLimitHeaders : {}),
  };
  const schema: JsonSchema = {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      { type: 'object', properties: { status: { const: status }, code: { enum: [...codes] } } },
    ],
  };
  const examples = Object.fromEntries(
    codes.map((code) => {
      const { title } = errorCatalogue[code];
      return [
        code,
        {
          summary: title,
          value: { type: `urn:guichet:problem:${code}`, title, status, code, detail: title },
        },
      ];
    }),
  );
  return {
    description: codes.map((code) => `\`${code}\`: ${errorCatalogue[code].title}`).join('. '),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    content: { 'application/problem+json': { schema, examples } },
  };
}

/** Examples stand beside the schema, where clients look for them. */
function addExamples(content: { [type: string]: ApiMediaType }, schemas: SchemaNames): void {
  for (const media of Object.values(content)) {
    if (!media.schema || media.examples) continue;
    const { example: value = exampleOf(media.schema, schemas) } = media;
    // Either of the two may stand there, never both.
    delete media.example;
    if (value !== undefined) media.examples = { example: { value } };
  }
}

/** The schemas that the operations lead to, and no other listener's. */
function referredTo(paths: object, schemas: SchemaNames): { [name: string]: JsonSchema } {
  const kept: { [name: string]: JsonSchema } = {};
  const follow = (from: unknown): void => {
    for (const [, name = ''] of JSON.stringify(from).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      const schema = schemas[name];
      if (kept[name] || !schema) continue;
      kept[name] = schema;
      follow(schema);
    }
  };
  follow(paths);
  return Object.fromEntries(Object.entries(kept).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Without bounds that are those of every whole number, and with `example` as JSON schema writes it. */
function tidied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidied);
  if (typeof value !== 'object' || value === null) return value;
  const isSchema = 'type' in value || 'anyOf' in value || '$ref' in value;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (key === 'minimum' && inner === Number.MIN_SAFE_INTEGER) return [];
    if (key === 'maximum' && inner === Number.MAX_SAFE_INTEGER) return [];
    if (key === 'example' && isSchema) return [['examples', [inner]]];
    return [[key, tidied(inner)]];
  });
  return Object.fromEntries(entries);
}
