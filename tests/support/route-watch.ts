/**
 * Watches the answers that tests get from the service's routes: refuses one that the API document does not foretell, and
 * notes with the running test which route answered how, for route-outcomes.ts to see at the end which route lacks a test.
 */
import { type RunnerTestCase, TestRunner } from 'vitest';
import type { App } from '../../src/app.ts';
import type { ApiDocument } from '../../src/web/api-document.ts';
import {
  type Described,
  DocumentSchemas,
  documentOf,
  type ListenerName,
  operationFor,
  operationsOf,
  unforetold,
} from './api-documents.ts';
import type { Answer } from './wire-client.ts';

/** How a route answered, as far as it matters for the tests that each must have. */
export type Outcome = 'success' | 'invalid' | 'unauthenticated' | 'forbidden';

/** What a test has seen of the routes: `<listener> <method> <path>` → outcomes. */
export type RouteOutcomes = { [route: string]: Outcome[] };

declare module 'vitest' {
  interface TaskMeta {
    /** Answers that the test got. */
    outcomes?: RouteOutcomes;
    /** Outcomes that each route of both listeners must have been seen to have; told by one test. */
    owed?: RouteOutcomes;
  }
}

const outcomeOf: { readonly [status: number]: Outcome } = {
  200: 'success',
  201: 'success',
  202: 'success',
  204: 'success',
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
};

/** What each route owes: the outcomes that its own part of the document foretells. */
export function outcomesOwed(app: App): RouteOutcomes {
  const owed: RouteOutcomes = {};
  for (const listener of ['public', 'internal'] as const) {
    for (const { route, operation } of operationsOf(documentOf(app, listener))) {
      // A 400 for bytes that are no HTTP says nothing of the route's own values.
      const takesValues = JSON.stringify(operation.responses['400'] ?? '').includes('"request-invalid"');
      const statuses = Object.keys(operation.responses).filter((status) => status !== '400' || takesValues);
      const outcomes = statuses.flatMap((status) => outcomeOf[Number(status)] ?? []);
      owed[`${listener} ${route}`] = [...new Set(outcomes)];
    }
  }
  return owed;
}

type Watched = { operations: Described[]; schemas: DocumentSchemas };

/** By listener and routes, which are the same in most services of a file: a document takes half a second to make. */
const watchedByRoutes = new Map<string, Watched>();

export class RouteWatch {
  readonly #app: App;
  readonly #watched = new Map<ListenerName, Watched>();

  constructor(app: App) {
    this.#app = app;
  }

  /** Throws for an answer that nobody was told of. */
  heard(
    listener: ListenerName,
    { path, method, answer }: { path: string; method: string; answer: Answer },
  ): void {
    const { operations, schemas } = this.#of(listener);
    const described = operationFor(operations, method, path);
    if (described === null) return;
    const refusal = unforetold(described, answer, schemas);
    if (refusal !== null) throw new Error(refusal);
    const outcome = outcomeOf[answer.status];
    const meta = TestRunner.getCurrentTest<RunnerTestCase | undefined>()?.meta;
    if (!meta || outcome === undefined) return;
    meta.outcomes ??= {};
    const seen = (meta.outcomes[`${listener} ${described.route}`] ??= []);
    if (!seen.includes(outcome)) seen.push(outcome);
  }

  #of(listener: ListenerName): Watched {
    let watched = this.#watched.get(listener);
    if (!watched) {
      const server = listener === 'public' ? this.#app.publicServer : this.#app.internalServer;
      watched = watchedWith(`${listener} ${server.printRoutes()}`, () => documentOf(this.#app, listener));
      this.#watched.set(listener, watched);
    }
    return watched;
  }
}

function watchedWith(routes: string, documented: () => ApiDocument): Watched {
  let watched = watchedByRoutes.get(routes);
  if (!watched) {
    const document = documented();
    watched = { operations: operationsOf(document), schemas: new DocumentSchemas(document) };
    watchedByRoutes.set(routes, watched);
  }
  return watched;
}
