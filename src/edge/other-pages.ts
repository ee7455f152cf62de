/**
 * Pages of other origins may call the public API when their room's policy says so (CORS); cookies are never involved.
 * Not hooks of Fastify, each of which costs every request a tenth of its time: almost none comes from another page.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GuichetError } from '../domain/errors.ts';
import type { Rooms } from '../service/rooms.ts';
import { checkRequestOrigin } from './request-origin.ts';

export type OtherPages = {
  /** Checks each request to a route of `/v1/` registered after this; answers preflights. */
  guard(app: FastifyInstance): void;
  /** Lets an allowed page read the answer: also of a request that was refused before it reached its route. */
  letRead(request: FastifyRequest, reply: FastifyReply): void;
};

export function otherPages(rooms: Rooms, publicUrl: string): OtherPages {
  const allowedFor = (request: FastifyRequest): string[] => {
    const { roomId } = (request.params ?? {}) as { roomId?: string };
    return (roomId && rooms.boards.get(roomId)?.room?.policy.allowedOrigins) || [];
  };

  function letRead(request: FastifyRequest, reply: FastifyReply): void {
    const { origin } = request.headers;
    if (origin === undefined || !allowedFor(request).includes(origin)) return;
    void reply.header('access-control-allow-origin', origin).header('vary', 'origin');
    void reply.header('access-control-expose-headers', 'retry-after, ratelimit, ratelimit-policy');
  }

  return {
    letRead,
    guard(app) {
      app.options('/v1/rooms/:roomId/*', { schema: { hide: true } }, async (request, reply) => {
        if (!allowedFor(request).includes(request.headers.origin ?? ''))
          throw new GuichetError('origin-forbidden');
        letRead(request, reply);
        return reply
          .code(204)
          .header('access-control-allow-methods', 'GET, POST, DELETE')
          .header('access-control-allow-headers', 'authorization, content-type, idempotency-key')
          .header('access-control-max-age', '600')
          .send();
      });
      app.addHook('onRoute', (route) => {
        if (!route.url.startsWith('/v1/')) return;
        const { handler } = route;
        route.handler = function (request, reply) {
          if (request.headers.origin !== undefined) {
            checkRequestOrigin(request, publicUrl, allowedFor(request));
            letRead(request, reply);
          }
          return handler.call(this, request, reply);
        };
      });
    },
  };
}
