/** The internal API of rooms and their policy. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { RoomControl } from '../service/room-control.ts';
import { keyHolderOf, type RequireScope } from './api-keys.ts';
import { policySchema } from './policy-schema.ts';
import { changeBody, changeProblems, steeringOf, steeringSchema, tagVersion } from './steering.ts';
import * as steering from './steering-schemas.ts';
import * as wire from './wire-schemas.ts';

const params = wire.roomParams;
const tags = ['rooms'];

export function roomRoutes(
  instance: FastifyInstance,
  control: RoomControl,
  requireScope: RequireScope,
): void {
  readingRoutes(instance, control, requireScope);
  changingRoutes(instance, control, requireScope);
}

function readingRoutes(instance: FastifyInstance, control: RoomControl, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/v1/rooms',
    {
      onRequest: requireScope('viewer', { inSomeRoom: true }),
      schema: { tags, summary: 'All rooms that the key is for', response: { 200: wire.roomList } },
    },
    async (request) => {
      const { roomIds } = keyHolderOf(request);
      return { rooms: control.list().filter(({ roomId }) => roomIds?.includes(roomId) ?? true) };
    },
  );
  app.get(
    '/v1/rooms/:roomId',
    {
      onRequest: requireScope('viewer'),
      schema: {
        tags,
        summary: 'A room and its policy; its version is the ETag',
        params,
        response: { 200: wire.roomDescription },
      },
    },
    async (request, reply) => {
      const room = await control.read(request.params.roomId);
      tagVersion(reply, room.version);
      return room;
    },
  );
}

function changingRoutes(instance: FastifyInstance, control: RoomControl, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const onRequest = requireScope('admin');
  const config = { problems: changeProblems };
  app.put(
    '/v1/rooms/:roomId',
    {
      onRequest,
      config,
      schema: {
        tags,
        summary: 'Make a room, or replace its policy',
        params,
        ...steeringSchema,
        body: policySchema,
        response: steering.putAnswers,
      },
    },
    async (request, reply) => {
      const answer = await control.put(request.params.roomId, request.body, steeringOf(request));
      return changeBody(reply, answer);
    },
  );
  app.patch(
    '/v1/rooms/:roomId',
    {
      onRequest,
      config,
      schema: {
        tags,
        summary: 'Change some of a policy; null takes a default',
        params,
        ...steeringSchema,
        body: policySchema,
        response: steering.changeAnswers,
      },
    },
    async (request, reply) => {
      const answer = await control.patch(request.params.roomId, request.body, steeringOf(request));
      return changeBody(reply, answer);
    },
  );
  app.delete(
    '/v1/rooms/:roomId',
    {
      onRequest,
      config: {
        problems: ['version-outdated', 'room-changed', 'second-person-required', 'audit-unavailable'],
      },
      schema: {
        tags,
        summary: 'Delete a room; its tickets are gone',
        params,
        headers: steering.steeringHeaders,
        querystring: steering.noDryRun,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await control.remove(request.params.roomId, steeringOf(request));
      return reply.code(204).send();
    },
  );
}
