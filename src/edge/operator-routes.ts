/** The internal API for operators: rooms and their policy, states, admission, notice. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { RoomState } from '../domain/room.ts';
import type { RoomControl } from '../service/room-control.ts';
import { keyHolderOf, type RequireScope } from './api-keys.ts';
import { admissionBody, policySchema } from './policy-schema.ts';
import * as wire from './wire-schemas.ts';

/** The verb in the address, and the state it leads to. */
const stateOf: { [verb: string]: RoomState } = {
  open: 'open',
  pause: 'paused',
  resume: 'open',
  drain: 'draining',
  close: 'closed',
  bypass: 'bypass',
};

const params = wire.roomParams;
const described = { 200: wire.roomDescription };

export function operatorRoutes(
  instance: FastifyInstance,
  control: RoomControl,
  requireScope: RequireScope,
): void {
  roomRoutes(instance, control, requireScope);
  steeringRoutes(instance, control, requireScope);
}

/** Rooms and their policy. */
function roomRoutes(instance: FastifyInstance, control: RoomControl, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const viewer = requireScope('viewer');
  const admin = requireScope('admin');
  app.get(
    '/v1/rooms',
    {
      onRequest: requireScope('viewer', { inSomeRoom: true }),
      schema: { tags: ['rooms'], summary: 'All rooms that the key is for', response: { 200: wire.roomList } },
    },
    async (request) => {
      const { roomIds } = keyHolderOf(request);
      return { rooms: control.list().filter(({ roomId }) => roomIds?.includes(roomId) ?? true) };
    },
  );
  app.get(
    '/v1/rooms/:roomId',
    {
      onRequest: viewer,
      schema: { tags: ['rooms'], summary: 'A room and its policy', params, response: described },
    },
    async (request) => control.read(request.params.roomId),
  );
  app.put(
    '/v1/rooms/:roomId',
    {
      onRequest: admin,
      config: { problems: ['room-changed'] },
      schema: {
        tags: ['rooms'],
        summary: 'Make a room, or replace its policy',
        params,
        body: policySchema,
        response: { 200: wire.roomDescription, 201: wire.roomDescription },
      },
    },
    async (request, reply) => {
      const { room, created } = await control.put(request.params.roomId, request.body);
      return reply.code(created ? 201 : 200).send(room);
    },
  );
  app.patch(
    '/v1/rooms/:roomId',
    {
      onRequest: admin,
      config: { problems: ['room-changed'] },
      schema: {
        tags: ['rooms'],
        summary: 'Change some of a policy',
        params,
        body: policySchema,
        response: described,
      },
    },
    async (request) => control.patch(request.params.roomId, request.body),
  );
  app.delete(
    '/v1/rooms/:roomId',
    {
      onRequest: admin,
      schema: { tags: ['rooms'], summary: 'Delete a room', params, response: { 204: z.undefined() } },
    },
    async (request, reply) => {
      await control.remove(request.params.roomId);
      return reply.code(204).send();
    },
  );
}

/** What changes while people wait: state, pace, notice. */
function steeringRoutes(instance: FastifyInstance, control: RoomControl, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const operator = requireScope('operator');
  for (const [verb, state] of Object.entries(stateOf)) {
    app.post(
      `/v1/rooms/:roomId/${verb}`,
      {
        onRequest: operator,
        config: { problems: ['room-changed'] },
        schema: {
          tags: ['steering'],
          summary: `The room becomes ${state}`,
          params,
          body: wire.stateBody,
          response: described,
        },
      },
      async (request) => control.setState(request.params.roomId, state, request.body?.reason ?? null),
    );
  }
  app.patch(
    '/v1/rooms/:roomId/admission',
    {
      onRequest: operator,
      config: { problems: ['room-changed'] },
      schema: {
        tags: ['steering'],
        summary: 'Change capacity and pace at once',
        params,
        body: admissionBody,
        response: described,
      },
    },
    async (request) => control.patch(request.params.roomId, request.body),
  );
  app.put(
    '/v1/rooms/:roomId/notice',
    {
      onRequest: operator,
      config: { problems: ['room-changed'] },
      schema: {
        tags: ['steering'],
        summary: 'A message to the whole room',
        params,
        body: wire.noticeBody,
        response: described,
      },
    },
    async (request) => control.setNotice(request.params.roomId, request.body.notice),
  );
  app.delete(
    '/v1/rooms/:roomId/notice',
    {
      onRequest: operator,
      config: { problems: ['room-changed'] },
      schema: { tags: ['steering'], summary: 'Take the message away', params, response: described },
    },
    async (request) => control.setNotice(request.params.roomId, null),
  );
}
