/**
 * The API documents of a running service, and whether an answer is one that they foretell: each answer that a test gets
 * from a route is held against them, so that no route can refuse in a way that nobody was told of.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { App } from '../../src/app.ts';
import type { ApiDocument, ApiOperation } from '../../src/web/api-document.ts';
import type { Answer } from './wire-client.ts';

export type ListenerName = 'public' | 'internal';

/** One operation of a document. */
export type Described = { route: string; method: string; path: string; operation: ApiOperation };

export function documentOf(app: App, listener: ListenerName): ApiDocument {
  const server = listener === 'public' ? app.publicServer : app.internalServer;
  return server.swagger() as unknown as ApiDocument;
}

/** Every operation. */
export function operationsOf({ paths }: ApiDocument): Described[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

/** The operation that a request asks for; the one without parameters first; null: none is documented there. */
export function operationFor(
  operations: readonly Described[],
  method: string,
  address: string,
): Described | null {
  const [path = ''] = address.split('?');
  const isIt = (described: Described): boolean =>
    described.method === method && matches(described.path, path);
  return (
    operations.find((one) => one.path === path && one.method === method) ?? operations.find(isIt) ?? null
  );
}

function matches(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) =>
      segment.startsWith('{') ? given[index] !== '' : segment === given[index],
    )
  );
}

/** Checks values against the schemas of a document. */
export class DocumentSchemas {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: false });
  readonly #known = new Map<object, ValidateFunction>();

  constructor({ components }: ApiDocument) {
    addFormats.default(this.#ajv);
    for (const [name, schema] of Object.entries(components.schemas))
      this.#ajv.addSchema(byName(schema), name, undefined, false);
  }

  /** Null: it fits; else what does not. */
  refusal(schema: object, value: unknown): string | null {
    let validate = this.#known.get(schema);
    if (!validate) {
      validate = this.#ajv.compile(byName(schema));
      this.#known.set(schema, validate);
    }
    return validate(value) ? null : this.#ajv.errorsText(validate.errors);
  }
}

/** Refers to a component by its name alone: as a schema of its own it is compiled once, not into each that refers to it. */
function byName(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/schemas/', '"')) as object;
}

/** What an answer is that its operation does not foretell; null: it does. */
export function unforetold(
  { route, operation }: Described,
  answer: Answer,
  schemas: DocumentSchemas,
): string | null {
  const told = operation.responses[String(answer.status)];
  const what = `${route} answered ${answer.status} ${answer.text.slice(0, 300)}`;
  if (!told) return `${what}: this status is not in the API document`;
  const contentTypes = Object.keys(told.content ?? {});
  const [contentType = ''] = (answer.headers['content-type'] ?? '').split(';');
  if (contentTypes.length === 0)
    return answer.text === '' ? null : `${what}: the API document tells of no body`;
  const media = told.content?.[contentType];
  if (!media) return `${what}: of ${contentType}; the API document says ${contentTypes.join(', ')}`;
  const value = contentType.endsWith('json') ? answer.body : answer.text;
  const refusal = media.schema ? schemas.refusal(media.schema, value) : null;
  return refusal === null ? null : `${what}: ${refusal}`;
}
