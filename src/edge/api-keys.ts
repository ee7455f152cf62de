/**
 * Who may do what on the internal listener: `Authorization: Bearer <API key>`. Keys are known by their hashes, which
 * are all that is kept of them.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type KeyHolder, mayAct, type Scope } from '../domain/actor.ts';
import { GuichetError } from '../domain/errors.ts';
import { hashOfKey } from '../service/key-secret.ts';
import type { KeyLimit } from './key-limit.ts';

/** Whose key has this hash (SHA-256 in hex); null: nobody's, no longer, or not yet known here. */
export type FindKey = (hash: string) => KeyHolder | null;

/**
 * A hook that lets a request through whose key includes `scope` and serves the room in the address; throws key-missing
 * or key-forbidden. `inSomeRoom`: the address names no room, and the route itself shows only the holder's.
 */
export type RequireScope = (
  scope: Scope,
  options?: { inSomeRoom?: boolean },
) => (request: FastifyRequest) => Promise<void>;

/** Hooks and what they ask for: told by the OpenAPI document. */
const scopeOfHook = new WeakMap<object, Scope>();

/** The scope that a route's hook requires; null: it is no `RequireScope`. */
export function requiredScopeOf(hook: object): Scope | null {
  return scopeOfHook.get(hook) ?? null;
}

/**
 * `find` is asked for each request, so that a key that is revoked opens nothing from then on. `limit` counts each request
 * with a key that is known, whatever becomes of it.
 */
export function apiKeys(app: FastifyInstance, find: FindKey, limit: KeyLimit): RequireScope {
  app.decorateRequest('keyHolder', null);
  return (needed, { inSomeRoom = false } = {}) => {
    const hook = async (request: FastifyRequest): Promise<void> => {
      const given = bearerOf(request);
      if (given === null) throw new GuichetError('key-missing');
      const holder = find(hashOfKey(given));
      if (!holder) throw new GuichetError('key-missing', { detail: 'This API key is not known, or is over' });
      limit(holder);
      const { roomId = null } = request.params as { roomId?: string };
      const asked = inSomeRoom ? (holder.roomIds?.[0] ?? null) : roomId;
      if (!mayAct(holder, needed, asked)) throw new GuichetError('key-forbidden');
      request.keyHolder = holder;
    };
    scopeOfHook.set(hook, needed);
    return hook;
  };
}

/** The holder of the request's key. Throws where no `RequireScope` stands before the route. */
export function keyHolderOf(request: FastifyRequest): KeyHolder {
  const { keyHolder } = request;
  if (!keyHolder) throw new Error('a route asks whose key it is and requires none');
  return keyHolder;
}

/** The bearer credential of a request; null when there is none. */
export function bearerOf(request: FastifyRequest): string | null {
  const match = /^Bearer ([\x21-\x7e]{1,2048})$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? null;
}

/** The keys that the settings name, one a scope: hash → holder. */
export function keysOfSettings(keys: { readonly [scope in Scope]: string | null }): Map<string, KeyHolder> {
  const holders = new Map<string, KeyHolder>();
  for (const [scope, key] of Object.entries(keys) as [Scope, string | null][]) {
    const holder = { keyId: `settings-${scope}`, name: `${scope} of the settings`, scope, roomIds: null };
    if (key !== null) holders.set(hashOfKey(key), holder);
  }
  return holders;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key opened the route; null: it needs none, or has not been asked yet. */
    keyHolder: KeyHolder | null;
  }
}
