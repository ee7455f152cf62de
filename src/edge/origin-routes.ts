/** The internal API for origins: redeem a hand-over, keep a session alive, finish it. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Sessions } from '../service/sessions.ts';
import type { RequireScope } from './api-keys.ts';
import * as wire from './wire-schemas.ts';

export function originRoutes(
  instance: FastifyInstance,
  sessions: Sessions,
  requireScope: RequireScope,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const onRequest = requireScope('origin');
  const tags = ['origin'];

  app.post(
    '/v1/rooms/:roomId/passes/redeem',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Redeem a hand-over, once',
        params: wire.roomParams,
        headers: wire.idempotencyHeaders,
        body: wire.redeemBody,
        response: { 200: wire.session },
      },
    },
    async ({ params, headers, body }) =>
      sessions.redeem(params.roomId, body.handOver, headers['idempotency-key'] ?? null),
  );

  app.post(
    '/v1/rooms/:roomId/sessions/:ticketId/keep-alive',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Renew a session',
        params: wire.sessionParams,
        body: wire.keepAliveBody,
        response: { 200: wire.session },
      },
    },
    async ({ params, body }) => sessions.keepAlive(params.roomId, params.ticketId, body?.pass ?? null),
  );

  app.post(
    '/v1/rooms/:roomId/sessions/:ticketId/finish',
    {
      onRequest,
      schema: {
        tags,
        summary: 'End a session and free its seat',
        params: wire.sessionParams,
        body: wire.finishBody,
        response: { 200: wire.finished },
      },
    },
    async ({ params: { roomId, ticketId }, body: { outcome, placesUsed } }) =>
      sessions.finish(roomId, { ticketId, outcome, placesUsed: placesUsed ?? 1 }),
  );
}
