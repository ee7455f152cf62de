/** The internal API of audits: who did what. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { GuichetError } from '../domain/errors.ts';
import type { AuditLog } from '../service/audit-log.ts';
import type { RequireScope } from './api-keys.ts';
import * as steering from './steering-schemas.ts';
import * as wire from './wire-schemas.ts';

const tags = ['audit'];

export function auditRoutes(instance: FastifyInstance, audit: AuditLog, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/v1/rooms/:roomId/audit',
    {
      onRequest: requireScope('viewer'),
      schema: {
        tags,
        summary: 'Who changed a room, and what it did by itself, oldest first',
        params: wire.roomParams,
        querystring: steering.auditQuery,
        response: { 200: steering.auditPage },
      },
    },
    async (request) => {
      const page = await audit.read(request.params.roomId, Number(request.query.after ?? 0));
      // Also of a room that was deleted: its audit is kept for a while.
      if (!page.head) throw new GuichetError('room-unknown');
      return page;
    },
  );
  app.get(
    '/v1/audit',
    {
      onRequest: requireScope('admin'),
      schema: {
        tags,
        summary: 'Who did what belongs to no room: API keys, alarms',
        querystring: steering.auditQuery,
        response: { 200: steering.auditPage },
      },
    },
    async (request) => audit.read(null, Number(request.query.after ?? 0)),
  );
}
