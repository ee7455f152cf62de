/** The public JSON API: what visitors' pages, apps and load tests call. The queue token is the only proof. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import type { Passes } from '../service/passes.ts';
import type { Rooms } from '../service/rooms.ts';
import type { WaitingRoom } from '../service/waiting-room.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { spokenLanguages } from '../web/languages.ts';
import { bearerOf } from './api-keys.ts';
import { endOfTurn } from './end-of-turn.ts';
import type { OtherPages } from './other-pages.ts';
import type { PrefixLimit } from './prefix-limit.ts';
import { exceptHeaders, idempotencyKeyOf, noStore, queueTokenOf, ticketBody } from './ticket-wire.ts';
import * as wire from './wire-schemas.ts';

export type VisitorRouteParts = {
  waitingRoom: WaitingRoom;
  rooms: Rooms;
  passes: Passes;
  joinLimit: PrefixLimit;
  metrics: Metrics;
  otherPages: OtherPages;
  clock: Clock;
};

export function visitorRoutes(app: FastifyInstance, parts: VisitorRouteParts): void {
  parts.otherPages.guard(app);
  roomRoutes(app, parts);
  ticketRoutes(app, parts);
  leaveRoute(app, parts);
  turnRoutes(app, parts);
}

/** What anyone may read: a room's public state, and the keys of passes. */
function roomRoutes(instance: FastifyInstance, { rooms, passes, clock }: VisitorRouteParts): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/v1/rooms/:roomId',
    {
      schema: {
        tags: ['room'],
        summary: 'Public state of a room',
        params: wire.roomParams,
        response: { 200: wire.publicRoom },
      },
    },
    async ({ params: { roomId } }, reply) => {
      const board = await rooms.resolve(roomId);
      const { room, frame, placesLeft, asOf, isFresh } = board;
      if (!room) throw new GuichetError('room-unknown');
      noStore(reply);
      const { state, reason, notice, policy } = room;
      return {
        roomId,
        name: policy.name ?? roomId,
        languages: [...spokenLanguages(policy.languages)],
        timeZone: policy.timeZone,
        targetUrl: policy.targetUrl,
        enterWithinMs: policy.enterWithinMs,
        state,
        reason,
        joinFrom: policy.joinFrom,
        opensAt: policy.opensAt,
        closesAt: policy.closesAt,
        // An old number looks like one of now; places are shown with their time.
        waiting: isFresh ? (frame?.waiting ?? null) : null,
        notice,
        placesLeft,
        asOf,
        now: new Date(clock.wallMs()).toISOString(),
      };
    },
  );

  app.get(
    '/.well-known/jwks.json',
    { schema: { tags: ['room'], summary: 'Public keys of passes', response: { 200: wire.jwks } } },
    async (_request, reply) => {
      void reply.header('cache-control', 'public, max-age=300');
      return passes.jwks;
    },
  );
}

/** Join, look. */
function ticketRoutes(
  instance: FastifyInstance,
  { waitingRoom, joinLimit, metrics }: VisitorRouteParts,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/v1/rooms/:roomId/tickets',
    {
      config: {
        problems: [
          'ticket-over',
          'ticket-moved',
          'room-closed',
          'room-not-open-yet',
          'room-bypassed',
          'room-full',
          'no-places-left',
          'rate-limited',
        ],
      },
      schema: {
        tags: ['ticket'],
        security: [{}, { queueToken: [] }],
        summary: 'Join: take a ticket',
        params: wire.roomParams,
        headers: wire.idempotencyHeaders,
        body: wire.emptyBody,
        response: { 200: wire.ticketAnswer, 201: wire.ticketAnswer },
      },
      validatorCompiler: exceptHeaders,
    },
    async (request, reply) => {
      const { roomId } = request.params;
      const queueToken = bearerOf(request);
      // The limit never touches someone who has a ticket.
      if (queueToken === null || !waitingRoom.accepts(roomId, queueToken)) joinLimit(request, reply);
      const idempotencyKey = idempotencyKeyOf(request);
      const joined = await waitingRoom.join(roomId, { idempotencyKey, queueToken });
      metrics.joins.inc({ room: metrics.roomLabel(roomId) });
      noStore(reply);
      void reply.code(joined.isNew ? 201 : 200);
      return ticketBody(joined);
    },
  );

  app.get(
    '/v1/rooms/:roomId/ticket',
    {
      config: { problems: ['token-missing', 'token-refused'] },
      schema: {
        tags: ['ticket'],
        summary: 'Look: read one’s standing',
        params: wire.roomParams,
        response: { 200: wire.ticketAnswer },
      },
    },
    async (request, reply) => {
      const seen = await waitingRoom.look(request.params.roomId, queueTokenOf(request));
      await endOfTurn();
      noStore(reply);
      if ('pollAfterMs' in seen.view)
        void reply.header('retry-after', Math.ceil(seen.view.pollAfterMs / 1_000));
      return ticketBody(seen);
    },
  );
}

/** The ticket is given up. */
function leaveRoute(instance: FastifyInstance, { waitingRoom }: VisitorRouteParts): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.delete(
    '/v1/rooms/:roomId/ticket',
    {
      config: { problems: ['token-missing', 'token-refused', 'ticket-over', 'ticket-moved'] },
      schema: {
        tags: ['ticket'],
        summary: 'Leave: give the ticket up',
        params: wire.roomParams,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await waitingRoom.leave(request.params.roomId, queueTokenOf(request));
      return reply.code(204).send();
    },
  );
}

/** What one does when the turn has come, or was missed: enter, extend, return. */
function turnRoutes(instance: FastifyInstance, { waitingRoom }: VisitorRouteParts): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/v1/rooms/:roomId/ticket/enter',
    {
      config: { problems: ['token-missing', 'token-refused', 'not-admitted', 'ticket-over', 'ticket-moved'] },
      schema: {
        tags: ['turn'],
        summary: 'Enter: turn an admitted ticket into a session',
        params: wire.roomParams,
        body: wire.enterBody,
        response: { 200: wire.entered },
      },
    },
    async (request, reply) => {
      const { roomId } = request.params;
      noStore(reply);
      const entered = await waitingRoom.enter(roomId, queueTokenOf(request), request.body?.target ?? null);
      await endOfTurn();
      return entered;
    },
  );

  app.post(
    '/v1/rooms/:roomId/ticket/extend',
    {
      config: {
        problems: [
          'token-missing',
          'token-refused',
          'extension-refused',
          'not-admitted',
          'ticket-over',
          'ticket-moved',
        ],
      },
      schema: {
        tags: ['turn'],
        summary: 'Ask for more time to enter',
        params: wire.roomParams,
        body: wire.extendBody,
        response: { 200: wire.ticketAnswer },
      },
    },
    async (request, reply) => {
      const { roomId } = request.params;
      noStore(reply);
      return ticketBody(await waitingRoom.extend(roomId, queueTokenOf(request), request.body.extension));
    },
  );

  app.post(
    '/v1/rooms/:roomId/ticket/return',
    {
      config: {
        problems: ['token-missing', 'token-refused', 'return-too-late', 'ticket-over', 'ticket-moved'],
      },
      schema: {
        tags: ['turn'],
        summary: 'Come back after a missed turn',
        params: wire.roomParams,
        body: wire.emptyBody,
        response: { 200: wire.ticketAnswer },
      },
    },
    async (request, reply) => {
      noStore(reply);
      return ticketBody(await waitingRoom.return(request.params.roomId, queueTokenOf(request)));
    },
  );
}
