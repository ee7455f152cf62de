/** The internal API of API keys: who has one, new ones, and their end. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { scopes } from '../domain/actor.ts';
import { isKeyId, isKeyName, keyNameLengthMax, keyRoomsMax, keyStates } from '../domain/api-key.ts';
import { iso } from '../domain/instant.ts';
import type { ApiKeys } from '../service/api-keys.ts';
import type { KeyView } from '../service/key-view.ts';
import { keyHolderOf, type RequireScope } from './api-keys.ts';
import { idempotencyHeaders, roomParams } from './wire-schemas.ts';

const tags = ['keys'];
const instant = z.iso.datetime();
const params = z.object({ keyId: z.string().refine(isKeyId, 'must be the id of a key') });

const newKeyBody = z
  .strictObject({
    name: z
      .string()
      .refine(isKeyName, `must be one line of 1 to ${keyNameLengthMax} characters, no blanks around it`)
      .meta({ description: 'The person or system that gets it: the audit names whoever acts by it.' }),
    scope: z.enum(scopes).meta({
      description:
        '`viewer` reads; `operator` also steers; `admin` may do everything; `origin` is for a site’s own servers.',
    }),
    roomIds: z
      .array(roomParams.shape.roomId)
      .min(1)
      .max(keyRoomsMax)
      .nullish()
      .meta({ description: 'The rooms that it is for, also such that are not there yet; absent: all.' }),
    expiresAt: z.iso
      .datetime({ offset: true })
      .nullish()
      .meta({ description: 'Opens nothing from then on; absent: never expires.' }),
  })
  .meta({ example: { name: 'Swimming desk', scope: 'operator', roomIds: ['swimming'] } });

const keyView = z.object({
  keyId: z.string().meta({ description: 'Its name, no secret.' }),
  name: z.string(),
  scope: z.enum(scopes),
  roomIds: z.array(z.string()).nullable().meta({ description: 'Null: all.' }),
  state: z.enum(keyStates),
  inSettings: z.boolean().meta({ description: 'It is in the settings, and can be revoked only there.' }),
  createdAt: instant.nullable(),
  createdBy: z.object({ keyId: z.string().nullable(), name: z.string() }).nullable(),
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
  revokedBy: z.string().nullable(),
  lastUsedAt: instant
    .nullable()
    .meta({ description: 'Known ten seconds late where another server was asked; null: never.' }),
});
const newKey = keyView.extend({
  key: z.string().meta({ description: 'The secret. It is shown here only, and kept nowhere.' }),
});

export function keyRoutes(instance: FastifyInstance, apiKeys: ApiKeys, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const admin = requireScope('admin');
  app.get(
    '/v1/keys',
    {
      onRequest: admin,
      schema: {
        tags,
        summary: 'All API keys, without their secrets',
        response: { 200: z.object({ keys: z.array(keyView) }) },
      },
    },
    async (_request, reply) => {
      noStore(reply);
      return { keys: (await apiKeys.list()).map(wireOf) };
    },
  );
  app.post(
    '/v1/keys',
    {
      onRequest: admin,
      config: { problems: ['keys-full', 'key-made-before'] },
      schema: {
        tags,
        summary: 'Make an API key; its secret is in the answer and nowhere else',
        headers: idempotencyHeaders,
        body: newKeyBody,
        response: { 201: newKey },
      },
    },
    async (request, reply) => {
      noStore(reply);
      const { name, scope, roomIds = null, expiresAt = null } = request.body;
      const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt);
      const made = await apiKeys.make(
        { name, scope, roomIds: roomIds && [...new Set(roomIds)].toSorted(), expiresAtMs },
        { holder: keyHolderOf(request), idempotencyKey: request.headers['idempotency-key'] ?? null },
      );
      return reply.code(201).send({ ...wireOf(made.key), key: made.secret });
    },
  );
  app.delete(
    '/v1/keys/:keyId',
    {
      onRequest: admin,
      config: { problems: ['key-unknown', 'key-of-settings'] },
      schema: {
        tags,
        summary: 'Revoke an API key, on every server at once',
        params,
        response: { 200: keyView },
      },
    },
    async (request, reply) => {
      noStore(reply);
      return wireOf(await apiKeys.revoke(request.params.keyId, keyHolderOf(request)));
    },
  );
}

function noStore(reply: FastifyReply): void {
  void reply.header('cache-control', 'no-store');
}

function wireOf(view: KeyView): z.infer<typeof keyView> {
  const { keyId, name, scope, roomIds, state, createdAtMs, createdBy, expiresAtMs } = view;
  return {
    keyId,
    name,
    scope,
    roomIds: roomIds && [...roomIds],
    state,
    inSettings: createdAtMs === null,
    createdAt: instantText(createdAtMs),
    createdBy,
    expiresAt: instantText(expiresAtMs),
    revokedAt: instantText(view.revokedAtMs),
    revokedBy: view.revokedBy,
    lastUsedAt: instantText(view.lastUsedAtMs),
  };
}

function instantText(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}
