/** The internal API for agents at a desk or on the phone: take a ticket for somebody, find one. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../domain/clock.ts';
import type { TicketDesk, TicketQuery } from '../service/ticket-desk.ts';
import { keyHolderOf, type RequireScope } from './api-keys.ts';
import { requestLimit } from './prefix-limit.ts';
import { resumeUrl } from './resume-routes.ts';
import { slipOf, wantsSlip } from './slip.ts';
import { exceptHeaders, idempotencyKeyOf, noStore, ticketBody } from './ticket-wire.ts';
import { assistBody, assistedTicket, findQuery, foundTicket } from './ticket-desk-schema.ts';
import * as wire from './wire-schemas.ts';

/** Codes that one key may look for in a minute. Where a million are good, of 2^50, it hits one in eight months. */
const codesPerMinute = 3_000;

export type TicketDeskRouteParts = { desk: TicketDesk; clock: Clock; publicUrl: string };

const tags = ['tickets'];

export function ticketDeskRoutes(
  instance: FastifyInstance,
  parts: TicketDeskRouteParts,
  requireScope: RequireScope,
): void {
  assistRoute(instance, parts, requireScope);
  findRoute(instance, parts, requireScope);
}

function assistRoute(
  instance: FastifyInstance,
  { desk, clock, publicUrl }: TicketDeskRouteParts,
  requireScope: RequireScope,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.post(
    '/v1/rooms/:roomId/tickets',
    {
      onRequest: requireScope('operator'),
      config: {
        problems: [
          'room-unknown',
          'room-closed',
          'room-not-open-yet',
          'room-bypassed',
          'room-full',
          'no-places-left',
          'ticket-over',
          'ticket-moved',
        ],
      },
      schema: {
        tags,
        summary: 'Take a ticket for somebody at a desk or on the phone',
        description:
          'Equal to all others: the next number, the same rules. Whoever uses the code holds it from then on. Until then it is present for `presentWithinMs`; if its turn comes later, it is set aside and keeps its order. With `Accept: text/html` the answer is a slip to print. With the same `Idempotency-Key` again: the same ticket.',
        params: wire.roomParams,
        headers: wire.idempotencyHeaders,
        body: assistBody,
        response: {
          201: {
            description: 'The ticket and its code, or a slip to print',
            content: {
              'application/json': { schema: assistedTicket },
              'text/html': { schema: z.string() },
            },
          },
        },
      },
      validatorCompiler: exceptHeaders,
    },
    async (request, reply) => {
      const { roomId } = request.params;
      const { keyId, name } = keyHolderOf(request);
      const idempotencyKey = idempotencyKeyOf(request);
      const ticket = await desk.assist(roomId, { idempotencyKey, actor: { keyId, name } });
      const url = resumeUrl(publicUrl, { roomId, code: ticket.code, target: null });
      noStore(reply);
      void reply.code(201).header('vary', 'accept');
      if (wantsSlip(request)) {
        const language = request.body?.language ?? null;
        return reply.send(slipOf(reply, { ticket, language, resumeUrl: url, nowMs: clock.wallMs() }));
      }
      const { ticketId, number, view, code, expiresAt } = ticket;
      return reply.send({
        ...ticketBody({ ticketId, number, view }),
        code,
        resumeUrl: url,
        codeExpiresAt: expiresAt,
      });
    },
  );
}

function findRoute(
  instance: FastifyInstance,
  { desk, clock }: TicketDeskRouteParts,
  requireScope: RequireScope,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const of = (request: FastifyRequest): string => keyHolderOf(request).keyId;
  const detail = 'Too many resume codes were looked for with this key in the last minute';
  const codeLimit = requestLimit(clock, { name: 'find-by-code', perMinute: codesPerMinute, of, detail });
  app.get(
    '/v1/rooms/:roomId/tickets',
    {
      onRequest: requireScope('operator'),
      config: { problems: ['room-unknown', 'code-unknown', 'rate-limited'] },
      schema: {
        tags,
        summary: 'Find a ticket: how it stands, and what became of it',
        description:
          'By the code that somebody reads out, by ticketId, or by number. It changes nothing: its visitor does not count as seen. Neither the token nor the code is told.',
        params: wire.roomParams,
        querystring: findQuery,
        response: { 200: foundTicket },
      },
    },
    async (request, reply) => {
      noStore(reply);
      const query = queryOf(request.query);
      if (query.by === 'code') codeLimit(request, reply);
      return desk.find(request.params.roomId, query);
    },
  );
}

function queryOf({ code, ticketId, number }: z.output<typeof findQuery>): TicketQuery {
  if (code !== undefined) return { by: 'code', code };
  return ticketId === undefined
    ? { by: 'number', number: number as number }
    : { by: 'id', ticketId: ticketId.toLowerCase() };
}
