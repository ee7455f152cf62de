/** From one device to another in the public JSON API: the first asks for a code, the second shows it. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { WaitingRoom } from '../service/waiting-room.ts';
import type { PrefixLimit } from './prefix-limit.ts';
import { exceptHeaders, idempotencyKeyOf, noStore, queueTokenOf, ticketBody } from './ticket-wire.ts';
import * as wire from './wire-schemas.ts';

/** Codes that one network may try in a minute. Where a million are good, of 2^50, it hits one in 35 years. */
export const resumeTriesPerMinute = 60;

export type ResumeRouteParts = {
  waitingRoom: WaitingRoom;
  publicUrl: string;
  /** Counts one try; throws rate-limited. */
  resumeLimit: PrefixLimit;
};

export function resumeRoutes(
  instance: FastifyInstance,
  { waitingRoom, publicUrl, resumeLimit }: ResumeRouteParts,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/v1/rooms/:roomId/ticket/code',
    {
      config: { problems: ['token-missing', 'token-refused', 'ticket-over', 'ticket-moved'] },
      schema: {
        tags: ['devices'],
        summary: 'Ask for the code by which another device takes the ticket over',
        params: wire.roomParams,
        body: wire.emptyBody,
        response: { 200: wire.resumeCode },
      },
    },
    async (request, reply) => {
      const { roomId } = request.params;
      noStore(reply);
      const { code, expiresAt } = await waitingRoom.resumeCode(roomId, queueTokenOf(request));
      return { code, resumeUrl: resumeUrl(publicUrl, { roomId, code, target: null }), expiresAt };
    },
  );

  app.post(
    '/v1/rooms/:roomId/tickets/resume',
    {
      config: { problems: ['code-unknown', 'code-used', 'ticket-over', 'ticket-moved', 'rate-limited'] },
      schema: {
        tags: ['devices'],
        summary: 'Take a ticket over by its code',
        params: wire.roomParams,
        headers: wire.idempotencyHeaders,
        body: wire.resumeBody,
        response: { 200: wire.ticketAnswer },
      },
      validatorCompiler: exceptHeaders,
    },
    async (request, reply) => {
      // Every try counts, whether the code could be one or not.
      resumeLimit(request, reply);
      noStore(reply);
      const callId = idempotencyKeyOf(request);
      return ticketBody(await waitingRoom.resume(request.params.roomId, { code: request.body.code, callId }));
    },
  );
}

/** Where another device takes the ticket of a code; short, so that its picture is coarse enough for an old camera. */
export function resumeUrl(
  publicUrl: string,
  { roomId, code, target }: { roomId: string; code: string; target: string | null },
): string {
  const query = new URLSearchParams({ code: code.replace('-', '') });
  if (target !== null) query.set('t', target);
  return `${publicUrl}/rooms/${roomId}/resume?${query.toString()}`;
}
