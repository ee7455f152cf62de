/** The internal API of what changes while people wait: state, pace, notice; and of what waits for a second person. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { RoomState } from '../domain/room.ts';
import type { Confirmations } from '../service/confirmations.ts';
import type { RoomControl } from '../service/room-control.ts';
import { keyHolderOf, type RequireScope } from './api-keys.ts';
import { admissionBody } from './policy-schema.ts';
import {
  changeBody,
  changeProblems,
  proposalBody,
  steeringOf,
  steeringSchema,
  takenBody,
} from './steering.ts';
import * as steering from './steering-schemas.ts';
import * as wire from './wire-schemas.ts';

/** The verb in the address, and the state it leads to. */
const stateOf = {
  open: 'open',
  pause: 'paused',
  resume: 'open',
  drain: 'draining',
  close: 'closed',
  bypass: 'bypass',
} as const satisfies { [verb: string]: RoomState };

const params = wire.roomParams;
const response = steering.changeAnswers;
const config = { problems: changeProblems };

export function steeringRoutes(
  instance: FastifyInstance,
  { control, confirmations }: { control: RoomControl; confirmations: Confirmations },
  requireScope: RequireScope,
): void {
  stateRoutes(instance, control, requireScope);
  admissionRoute(instance, control, requireScope);
  noticeRoutes(instance, control, requireScope);
  proposalRoutes(instance, confirmations, requireScope);
}

function stateRoutes(instance: FastifyInstance, control: RoomControl, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  for (const verb of Object.keys(stateOf) as (keyof typeof stateOf)[]) {
    const state = stateOf[verb];
    const action = `room.${verb}` as const;
    app.post(
      `/v1/rooms/:roomId/${verb}`,
      {
        onRequest: requireScope('operator'),
        config,
        schema: {
          tags: ['steering'],
          summary: `The room becomes ${state}`,
          params,
          ...steeringSchema,
          body: wire.stateBody,
          response,
        },
      },
      async (request, reply) => {
        const change = { state, action, reason: request.body?.reason ?? null };
        return changeBody(reply, await control.setState(request.params.roomId, change, steeringOf(request)));
      },
    );
  }
}

function admissionRoute(instance: FastifyInstance, control: RoomControl, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.patch(
    '/v1/rooms/:roomId/admission',
    {
      onRequest: requireScope('operator'),
      config,
      schema: {
        tags: ['steering'],
        summary: 'Change capacity and pace at once',
        params,
        ...steeringSchema,
        body: admissionBody,
        response,
      },
    },
    async (request, reply) => {
      const { roomId } = request.params;
      return changeBody(
        reply,
        await control.patch(roomId, request.body, steeringOf(request), 'room.admission'),
      );
    },
  );
}

function noticeRoutes(instance: FastifyInstance, control: RoomControl, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const onRequest = requireScope('operator');
  const tags = ['steering'];
  app.put(
    '/v1/rooms/:roomId/notice',
    {
      onRequest,
      config,
      schema: {
        tags,
        summary: 'A message to the whole room',
        params,
        ...steeringSchema,
        body: wire.noticeBody,
        response,
      },
    },
    async (request, reply) => {
      const { notice } = request.body;
      return changeBody(reply, await control.setNotice(request.params.roomId, notice, steeringOf(request)));
    },
  );
  app.delete(
    '/v1/rooms/:roomId/notice',
    {
      onRequest,
      config,
      schema: { tags, summary: 'Take the message away', params, ...steeringSchema, response },
    },
    async (request, reply) =>
      changeBody(reply, await control.setNotice(request.params.roomId, null, steeringOf(request))),
  );
}

function proposalRoutes(
  instance: FastifyInstance,
  confirmations: Confirmations,
  requireScope: RequireScope,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const tags = ['second person'];
  app.get(
    '/v1/rooms/:roomId/proposals',
    {
      onRequest: requireScope('viewer'),
      schema: {
        tags,
        summary: 'Changes that wait for a second person, and those decided within the hour',
        params,
        response: { 200: steering.proposalList },
      },
    },
    async (request) => {
      const proposals = await confirmations.list(request.params.roomId);
      return { proposals: proposals.map(proposalBody) };
    },
  );
  app.post(
    '/v1/rooms/:roomId/proposals/:proposalId/confirm',
    {
      onRequest: requireScope('operator'),
      config: { problems: ['proposal-unknown', 'proposal-own', 'proposal-over', 'audit-unavailable'] },
      schema: {
        tags,
        summary: 'Make the change, as the second person',
        params: steering.proposalParams,
        querystring: steering.noDryRun,
        body: wire.emptyBody,
        response: steering.confirmAnswers,
      },
    },
    async (request, reply) => {
      const { roomId, proposalId } = request.params;
      return takenBody(reply, await confirmations.confirm(roomId, proposalId, keyHolderOf(request)));
    },
  );
  app.post(
    '/v1/rooms/:roomId/proposals/:proposalId/withdraw',
    {
      onRequest: requireScope('operator'),
      config: { problems: ['proposal-unknown', 'proposal-over', 'audit-unavailable'] },
      schema: {
        tags,
        summary: 'Take the change back, or refuse it',
        params: steering.proposalParams,
        querystring: steering.noDryRun,
        body: wire.emptyBody,
        response: { 200: steering.proposal },
      },
    },
    async (request) => {
      const { roomId, proposalId } = request.params;
      return proposalBody(await confirmations.withdraw(roomId, proposalId, keyHolderOf(request)));
    },
  );
}
