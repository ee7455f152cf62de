/** The internal API for operators who watch: a room in figures, as it is now and as it was. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { roomStates } from '../domain/room.ts';
import { timelineLevels } from '../domain/timeline.ts';
import type { RoomFigures } from '../service/room-figures.ts';
import { standingReasons } from '../service/ticket-view.ts';
import type { RequireScope } from './api-keys.ts';
import * as wire from './wire-schemas.ts';

const params = wire.roomParams;
const tags = ['figures'];
const instant = z.iso.datetime();
const count = z.int().min(0);
const [fine, middle, coarse] = timelineLevels.map(({ everyMs }) => String(everyMs / 1_000)) as [
  string,
  string,
  string,
];

const levels = {
  waiting: count.meta({ description: 'Tickets that wait, present or not yet found away.' }),
  parked: count.meta({ description: 'Waiting tickets set aside because their holders are away.' }),
  lapsed: count.meta({ description: 'Tickets whose turn came and nobody answered.' }),
  admitted: count.meta({ description: 'Tickets whose holders may enter now.' }),
  inside: count.meta({ description: 'Visitors inside.' }),
  assumed: count.meta({ description: 'Visitors who may be inside but were not seen since data was lost.' }),
};
const totals = z
  .object({
    joins: count,
    admissions: count,
    passedOver: count,
    lapses: count,
    returns: count,
    entries: count,
    completions: count,
    ends: count,
  })
  .meta({ description: 'Since the room began; after a loss of data, as far as the store still knows.' });
const places = z.object({ total: count, used: count, left: count }).nullable();
const described = { version: z.int(), epochNumber: z.int(), state: z.enum(roomStates), ...levels };

const snapshot = z.object({
  roomId: z.string(),
  now: instant.meta({ description: 'This replica’s wall clock.' }),
  asOf: instant.meta({ description: 'When the store made the figures.' }),
  ...described,
  present: z
    .object({ count, asOf: instant })
    .nullable()
    .meta({ description: 'Of those who wait, the present; 500 are counted a tick. Null: not counted yet.' }),
  capacity: count,
  pace: z.object({
    askedPerMinute: z.int(),
    reachedPerMinute: z.number().nullable(),
    joinsPerMinute: z.number().nullable(),
  }),
  totals,
  lastInLine: z
    .object({
      position: count,
      reason: z.enum(standingReasons),
      expectedWaitMs: z.object({ low: z.int(), high: z.int() }).nullable(),
    })
    .nullable(),
  places,
  batches: z
    .object({ pending: count, oldestAgeMs: z.int().nullable(), holding: z.boolean(), deadLetters: count })
    .nullable()
    .meta({ description: 'Null: the room tells its origin nothing.' }),
  store: z.object({
    ready: z.boolean(),
    why: z.string().nullable(),
    unknownCallsLastMinute: count,
    tickAgeMs: z.number(),
  }),
  replicas: z.object({
    asOf: instant,
    list: z.array(
      z.object({
        replicaId: z.string(),
        version: z.string(),
        sockets: count,
        socketsInRoom: count,
        heardAt: instant,
      }),
    ),
  }),
});

const timelineEntry = z.object({
  at: instant.meta({ description: 'Start of the interval.' }),
  asOf: instant,
  ...described,
  present: count.nullable(),
  capacity: count,
  outflowPerMinute: z.int(),
  totals,
  places,
  batches: z.object({ pending: count, deadLetters: count }),
});
const timelinePage = z.object({
  everySeconds: z.int(),
  entries: z.array(timelineEntry),
  next: z.string().nullable().meta({ description: 'The next page’s `after`; null at the end.' }),
});

const time = z.iso.datetime({ offset: true }).meta({ example: '2026-05-04T18:00:00+02:00' });
const timelineQuery = z
  .strictObject({
    from: time.optional().meta({ description: 'Absent: an hour before `to`.' }),
    to: time.optional().meta({ description: 'Absent: now.' }),
    every: z.enum([fine, middle, coarse]).optional().meta({
      description: 'Seconds from one entry to the next. Absent: the least that goes back to `from`.',
    }),
    after: z
      .string()
      .regex(/^\d{1,16}-\d{1,10}$/, 'must be the `next` of a page')
      .optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) <= Date.parse(to), {
    message: '`from` must not be later than `to`',
  });

export function figuresRoutes(
  instance: FastifyInstance,
  figures: RoomFigures,
  requireScope: RequireScope,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const onRequest = requireScope('viewer');
  app.get(
    '/v1/rooms/:roomId/snapshot',
    {
      onRequest,
      config: { problems: ['room-unknown', 'store-unavailable'] },
      schema: { tags, summary: 'The room in figures, as it is now', params, response: { 200: snapshot } },
    },
    async (request) => figures.snapshot(request.params.roomId),
  );
  app.get(
    '/v1/rooms/:roomId/timeline',
    {
      onRequest,
      config: { problems: ['room-unknown', 'store-unavailable'] },
      schema: {
        tags,
        summary: 'The room in figures, as it was',
        params,
        querystring: timelineQuery,
        response: { 200: timelinePage },
      },
    },
    async ({ params: { roomId }, query: { from, to, every, after } }) => {
      const level = timelineLevels.find(({ everyMs }) => String(everyMs / 1_000) === every);
      return figures.timeline(roomId, {
        fromMs: from === undefined ? null : Date.parse(from),
        toMs: to === undefined ? null : Date.parse(to),
        everyMs: level?.everyMs ?? null,
        after: after ?? null,
      });
    },
  );
}
