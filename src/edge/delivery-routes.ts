/** The internal API of a room's delivery: how it stands, dead letters, secrets. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type DeliveryDesk, deliveryStates } from '../service/delivery-desk.ts';
import { buryReasons } from '../service/delivery-tries.ts';
import type { RequireScope } from './api-keys.ts';
import * as wire from './wire-schemas.ts';

/** Dead letters that one request may name. */
const lettersNamedMax = 1_000;

const letterId = z
  .string()
  .regex(/^\d{1,18}-\d{1,18}$/, 'must be the id of a dead letter')
  .meta({ description: 'The id of a dead letter.', examples: ['1764000000000-0'] });
const instant = z.iso.datetime();
const params = wire.roomParams;
const tags = ['delivery'];

const deliveryView = z.object({
  url: z.string().nullable(),
  state: z.enum(deliveryStates).meta({
    description:
      '`off`: the room tells nobody. `holding`: nobody is released until the oldest batch was delivered or given up. `disabled`: the receiver answered 410, and batches become dead letters untried.',
  }),
  pending: z.int().min(0).meta({ description: 'Batches under way.' }),
  oldestAgeMs: z.int().nullable().meta({ description: 'Of the oldest batch under way, milliseconds.' }),
  holding: z.boolean().meta({ description: 'Whether nobody is released for it.' }),
  lastError: z.object({ at: instant, what: z.string().meta({ examples: ['answered 503'] }) }).nullable(),
  nextTryAt: instant.nullable(),
  deadLetters: z.int().min(0).meta({ description: 'Batches that are tried no more.' }),
});

const deadLetter = z.object({
  id: letterId,
  messageId: z.string().meta({ examples: ['msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'] }),
  releaseNumber: z.int().meta({ examples: [41] }),
  tickets: z.int().meta({ description: 'Tickets in it.', examples: [10] }),
  releasedAt: instant,
  deadline: instant,
  deadSince: instant,
  reason: z.enum(buryReasons),
  error: z.string().nullable(),
});
const deadLetterPage = z.object({
  deadLetters: z.array(deadLetter),
  next: z
    .string()
    .nullable()
    .meta({ description: 'What `after` takes to go on; null: no more.', examples: [null] }),
});

const resendBody = z
  .strictObject({ ids: z.array(letterId).min(1).max(lettersNamedMax).optional() })
  .nullish();
const resent = z.object({ resent: z.int(), deadLetters: z.int() });
const secretsView = z.object({
  secrets: z
    .array(z.string().meta({ examples: ['whsec_…'] }))
    .meta({ description: 'The present one first.' }),
});

export function deliveryRoutes(
  instance: FastifyInstance,
  desk: DeliveryDesk,
  requireScope: RequireScope,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/v1/rooms/:roomId/delivery',
    {
      onRequest: requireScope('viewer'),
      schema: {
        tags,
        summary: 'Whether the origin hears of releases',
        params,
        response: { 200: deliveryView },
      },
    },
    async (request) => desk.read(request.params.roomId),
  );
  app.get(
    '/v1/rooms/:roomId/delivery/dead-letters',
    {
      onRequest: requireScope('viewer'),
      schema: {
        tags,
        summary: 'Batches that are tried no more, oldest first',
        params,
        querystring: z.object({ after: letterId.optional() }),
        response: { 200: deadLetterPage },
      },
    },
    async (request) => desk.letters(request.params.roomId, request.query.after ?? null),
  );
  app.post(
    '/v1/rooms/:roomId/delivery/dead-letters/resend',
    {
      onRequest: requireScope('operator'),
      schema: {
        tags,
        summary: 'Send dead letters again: those named, or all',
        params,
        body: resendBody,
        response: { 200: resent },
      },
    },
    async (request) => desk.resend(request.params.roomId, request.body?.ids ?? null),
  );
  app.get(
    '/v1/rooms/:roomId/delivery/secrets',
    {
      onRequest: requireScope('admin'),
      schema: {
        tags,
        summary: 'What the messages of this room are signed with',
        params,
        response: { 200: secretsView },
      },
    },
    async (request, reply) => {
      void reply.header('cache-control', 'no-store');
      return { secrets: await desk.secrets(request.params.roomId) };
    },
  );
}
