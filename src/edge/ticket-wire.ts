/** A visitor's ticket over HTTP: the proof that a request carries, and the body of an answer. */
import type { FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { GuichetError } from '../domain/errors.ts';
import type { TicketSeen } from '../service/waiting-room.ts';
import { bearerOf } from './api-keys.ts';
import * as wire from './wire-schemas.ts';

/** The bearer token; throws token-missing. */
export function queueTokenOf(request: FastifyRequest): string {
  const token = bearerOf(request);
  if (token === null) throw new GuichetError('token-missing');
  return token;
}

type WithKey = { headers: { 'idempotency-key'?: string | undefined } };

/**
 * For routes that take an idempotency key: by the schema all headers would be copied to check one, and those that it
 * does not name, as `origin`, be lost.
 */
export const exceptHeaders: FastifySchemaCompiler<unknown> = (part) =>
  part.httpPart === 'headers' ? () => true : validatorCompiler(part as never);

/** The key by which a repeat is known as one; null without it. Throws request-invalid. */
export function idempotencyKeyOf({ headers }: WithKey): string | null {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  if (wire.idempotencyHeaders.shape['idempotency-key'].safeParse(key).success) return key;
  throw new GuichetError('request-invalid', { detail: 'headers/idempotency-key: must be a UUID' });
}

/** The answer of a look, with what names the ticket. */
export function ticketBody({ ticketId, number, view, queueToken }: TicketSeen) {
  return queueToken === undefined ? { ticketId, number, ...view } : { ticketId, number, ...view, queueToken };
}

/** No cache on the way may keep an answer that is one visitor's. */
export function noStore(reply: FastifyReply): void {
  void reply.header('cache-control', 'no-store');
}
