/** The internal API for origins and their proxies: redeem a hand-over, keep a session alive, finish it. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Gate } from '../service/gate.ts';
import type { Sessions } from '../service/sessions.ts';
import type { RequireScope } from './api-keys.ts';
import { questionOf } from './gate-routes.ts';
import * as wire from './wire-schemas.ts';

export function originRoutes(
  app: FastifyInstance,
  { sessions, gate }: { sessions: Sessions; gate: Gate },
  requireScope: RequireScope,
): void {
  sessionRoutes(app, sessions, requireScope);
  answerRoutes(app, gate, requireScope);
}

/** For the site itself. */
function sessionRoutes(instance: FastifyInstance, sessions: Sessions, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const onRequest = requireScope('origin');
  const tags = ['origin'];

  app.post(
    '/v1/rooms/:roomId/passes/redeem',
    {
      onRequest,
      config: { problems: ['token-refused', 'hand-over-used', 'session-ended'] },
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
      config: { problems: ['token-refused', 'session-ended'] },
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
      config: { problems: ['no-places-left'] },
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

/** For proxies in front of a site that tells us nothing. */
function answerRoutes(instance: FastifyInstance, gate: Gate, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const onRequest = requireScope('origin');
  app.post(
    '/v1/rooms/:roomId/answers',
    {
      onRequest,
      schema: {
        tags: ['origin'],
        summary: 'What the site answered to a visitor, as its proxy tells it: for completedOn and leftOn',
        params: wire.roomParams,
        headers: wire.answerHeaders,
        body: wire.emptyBody,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      const { roomId } = request.params;
      const ownPath = `/v1/rooms/${roomId}/answers`;
      gate.answered(
        questionOf(request, { roomId, ownPath, mayRedirect: false }),
        Number(request.headers['x-answer-status']),
      );
      return reply.code(204).send();
    },
  );
}
