/**
 * The problems that a route may answer with, for the OpenAPI document: those that every route of its kind can meet, found
 * from what the route is, and those that it names itself (`config.problems`). The tests hold every answer of the service
 * against the document that comes of this.
 */
import type { RouteOptions } from 'fastify';
import { type ErrorCode, errorCatalogue } from '../domain/errors.ts';
import type { Scope } from '../domain/actor.ts';
import { requiredScopeOf } from './api-keys.ts';
import type { Listener } from './problem.ts';

/** What a route's own options tell of it. */
export type RouteTraits = {
  /** Null: no API key is asked for. */
  scope: Scope | null;
  /** Whether a visitor's queue token is the proof. */
  needsQueueToken: boolean;
  problems: ErrorCode[];
};

/** Reads them. */
export function traitsOf(route: RouteOptions, listener: Listener): RouteTraits {
  const own = route.config?.problems ?? [];
  const scope = scopeOf(route);
  const found = new Set<ErrorCode>([...commonProblems(route, listener, scope), ...own]);
  const problems = (Object.keys(errorCatalogue) as ErrorCode[]).filter((code) => found.has(code));
  return { scope, needsQueueToken: own.includes('token-missing'), problems };
}

function commonProblems(route: RouteOptions, listener: Listener, scope: Scope | null): ErrorCode[] {
  const schema = (route.schema ?? {}) as { [part: string]: unknown };
  const isChecked = ['params', 'querystring', 'headers', 'body'].some((part) => schema[part] !== undefined);
  const hasBody = [route.method].flat().some((method) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method));
  const inVersion = route.url.startsWith('/v1/');
  return [
    'request-malformed',
    'header-too-large',
    'internal-error',
    ...when(isChecked, 'request-invalid'),
    ...when(hasBody, 'body-too-large', 'content-type-unsupported'),
    // A part of the address that is longer than any that is meant.
    ...when(route.url.includes(':'), 'route-unknown'),
    ...when(route.url.includes(':roomId'), 'room-unknown'),
    ...when(inVersion, 'store-unavailable'),
    ...when(inVersion && listener === 'public', 'origin-forbidden'),
    ...when(scope !== null, 'key-missing', 'key-forbidden', 'rate-limited'),
  ];
}

function when(holds: boolean, ...codes: ErrorCode[]): ErrorCode[] {
  return holds ? codes : [];
}

function scopeOf({ onRequest }: RouteOptions): Scope | null {
  for (const hook of [onRequest ?? []].flat()) {
    const scope = requiredScopeOf(hook);
    if (scope !== null) return scope;
  }
  return null;
}
