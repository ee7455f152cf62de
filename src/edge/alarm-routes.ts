/** The internal API of alarms: what is raised, and what was cleared lately. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Alarm, alarmCatalogue, alarmGuide, alarmKinds } from '../domain/alarm.ts';
import { iso } from '../domain/instant.ts';
import { keyHolderOf, type RequireScope } from './api-keys.ts';

const instant = z.iso.datetime();
const words = z.object({ fr: z.string(), en: z.string() });

const alarmView = z.object({
  alarmId: z
    .string()
    .meta({ description: 'The same on every replica, and in each message about this alarm.' }),
  alarm: z
    .enum(alarmKinds)
    .meta({ description: 'What it is about; docs/operations.md has a section for each.' }),
  roomId: z.string().nullable().meta({ description: 'Null: it is about the service.' }),
  urgency: z
    .enum(['urgent', 'soon'])
    .meta({ description: '`urgent`: people suffer now. `soon`: within days they will.' }),
  raisedAt: instant,
  clearedAt: instant.nullable().meta({ description: 'Null: it is still raised.' }),
  title: words,
  visitors: words.meta({ description: 'What visitors notice.' }),
  first: words.meta({ description: 'What to do first.' }),
  guide: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
});
const alarmList = z.object({
  asOf: instant.meta({ description: 'When this replica last heard from the store.' }),
  alarms: z.array(alarmView),
});

/** Answers the alarms about these rooms; null: all. */
export type ListAlarms = (roomIds: readonly string[] | null) => { asOf: string; alarms: Alarm[] };

export function alarmRoutes(instance: FastifyInstance, list: ListAlarms, requireScope: RequireScope): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/v1/alarms',
    {
      onRequest: requireScope('viewer', { inSomeRoom: true }),
      schema: {
        tags: ['alarms'],
        summary: 'What is raised, and what was cleared lately, newest first',
        description:
          'A key for some rooms sees the alarms of these rooms only. Answered from this replica’s memory, also while the store is away.',
        querystring: z.strictObject({
          raised: z
            .literal('true')
            .optional()
            .meta({ description: 'Only those that are raised now.', example: 'true' }),
        }),
        response: { 200: alarmList },
      },
    },
    async (request) => {
      const { asOf, alarms } = list(keyHolderOf(request).roomIds);
      const { raised } = request.query;
      const asked = raised ? alarms.filter(({ clearedAtMs }) => clearedAtMs === null) : alarms;
      return { asOf, alarms: asked.map(viewOf) };
    },
  );
}

function viewOf({ alarmId, kind, roomId, raisedAtMs, clearedAtMs, facts }: Alarm): z.infer<typeof alarmView> {
  const { urgency, title, visitors, first } = alarmCatalogue[kind];
  return {
    alarmId,
    alarm: kind,
    roomId,
    urgency,
    raisedAt: iso(raisedAtMs),
    clearedAt: clearedAtMs === null ? null : iso(clearedAtMs),
    title,
    visitors,
    first,
    guide: alarmGuide(kind),
    facts,
  };
}
