/**
 * Who may do what on the internal listener: `Authorization: Bearer <API key>`. A viewer reads; an operator
 * also steers; an admin may do everything; an origin's key serves its sessions. Keys are kept as hashes and
 * compared in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { GuichetError } from '../domain/errors.ts';

export type Scope = 'viewer' | 'operator' | 'admin' | 'origin';

/** What each scope includes. */
const includes: { [scope in Scope]: readonly Scope[] } = {
  viewer: ['viewer'],
  operator: ['viewer', 'operator'],
  origin: ['origin'],
  admin: ['viewer', 'operator', 'admin', 'origin'],
};

/** A hook that lets a request through whose key includes `scope`; throws key-missing or key-forbidden. */
export type RequireScope = (scope: Scope) => (request: FastifyRequest) => Promise<void>;

export function apiKeys(keys: { [scope in Scope]: string | null }): RequireScope {
  const hashes = (Object.entries(keys) as [Scope, string | null][]).flatMap(([scope, key]) =>
    key === null ? [] : [{ scope, hash: sha256(key) }],
  );
  return (needed) => async (request) => {
    const given = bearerOf(request);
    if (given === null) throw new GuichetError('key-missing');
    const hash = sha256(given);
    const holder = hashes.find((key) => timingSafeEqual(key.hash, hash));
    if (!holder) throw new GuichetError('key-missing', { detail: 'This API key is not known' });
    if (!includes[holder.scope].includes(needed)) throw new GuichetError('key-forbidden');
  };
}

/** The bearer credential of a request; null when there is none. */
export function bearerOf(request: FastifyRequest): string | null {
  const match = /^Bearer ([\x21-\x7e]{1,2048})$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? null;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
